"""Commands that measure: every measure, or one with its cases."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.opening import asked_of, catch_up, composed, settings
from services.cli.options import AsAt, BasisOption, Data, KnownAt, Log, Output, Today, Views
from services.cli.progress import bar
from services.output import Form, show, tell

if TYPE_CHECKING:
    from projections.measure import Measure
    from services.asked import Asked
    from services.compose import Parts
    from services.measures.asked import Wanted
    from services.measures.restated import Restated

From = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="First day of the period; 12 months by default.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Last day of the period; by default the day asked.")
]
MEASURE_COLUMNS = {
    "measure": "name",
    "numerator": "numerator",
    "denominator": "denominator",
    "value": "value",
    "unit": "unit",
    "recorded numerator": "recorded.numerator",
    "recorded denominator": "recorded.denominator",
    "recorded value": "recorded.value",
    "median": "quartiles.median",
    "small numbers": "is_small",
}
CHANGE_COLUMNS = {
    "child": "child",
    "case": "case",
    "outcome then": "then.outcome",
    "outcome now": "now.outcome",
    "counted then": "then.in_numerator",
    "counts now": "now.in_numerator",
    "facts": "facts",
}
CASELOAD_CASE_COLUMNS = {
    "child": "child",
    "allocated on": "allocated_on",
    "team": "team_id",
    "open": "is_open",
}
CASE_COLUMNS = {
    "child": "child",
    "case": "case",
    "day": "day",
    "since": "since",
    "until": "until",
    "outcome": "outcome",
    "kind": "kind",
    "length": "length",
    "counts": "in_numerator",
    "counts by the records": "recorded.in_numerator",
    "marks": "marks",
    "team": "team_id",
    "worker": "worker_id",
}


def measures(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="Which measures; all by default.")
    ] = None,
    from_: From = None,
    to: To = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="team|worker|kind", help="Tell the parts.")
    ] = None,
    team: Annotated[str | None, typer.Option("--team", help="Only the cases of this team.")] = None,
    worker: Annotated[str | None, typer.Option("--worker", help="Only the cases of this worker.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only the cases of this kind.")] = None,
    cases: Annotated[bool, typer.Option("--cases", help="List the cases behind one measure.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many cases at most.")] = 1_000,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Every measure by true dates, and as the records would show it; or the cases behind one."""
    from domain.question import Question

    chosen = _chosen(names or [])
    if cases and len(chosen) != 1:
        raise typer.BadParameter("--cases lists the cases of one measure; name it")
    found = {"from": from_, "to": to, "by": by, "team_id": team, "worker_id": worker, "kind": kind}
    config = settings(data, log, views, today)
    with composed(config) as parts:
        wanted = _wanted(asked_of(parts, as_at, known_at, basis), found)
        if wanted.asked.question == Question(parts.today()):
            catch_up(parts, config)
        if cases:
            _show_cases(parts, chosen[0], wanted, limit, output)
        else:
            _show_measures(parts, chosen, wanted, output)


def caseloads(
    from_: From = None,
    to: To = None,
    by: Annotated[
        str, typer.Option("--by", metavar="worker|team", help="Of each worker, or team.")
    ] = "worker",
    team: Annotated[str | None, typer.Option("--team", help="Only of this team.")] = None,
    worker: Annotated[str | None, typer.Option("--worker", help="Only of this worker.")] = None,
    cases: Annotated[
        bool, typer.Option("--cases", help="List the children that --worker holds on the day.")
    ] = False,
    threshold: Annotated[
        int | None,
        typer.Option(min=1, help="Most children for a full-time worker, whatever the policy says."),
    ] = None,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """What each worker or team holds, at the end of each month of a period and on its last day."""
    from domain.question import Question
    from services.measures.answers import Measures

    if by not in ("worker", "team"):
        raise typer.BadParameter("--by must be worker or team")
    if cases and worker is None:
        raise typer.BadParameter("--cases lists the children of one worker; name it with --worker")
    found = {"from": from_, "to": to, "team_id": team, "worker_id": worker}
    config = settings(data, log, views, today)
    with composed(config) as parts:
        wanted = _wanted(asked_of(parts, as_at, known_at, basis), found)
        if wanted.asked.question == Question(parts.today()):
            catch_up(parts, config)
        with bar("Folding", "children") as move:
            measures = Measures(parts)
            if cases and worker is not None:
                held = measures.caseload_cases(wanted, worker, move).items
                reply = {**wanted.asked.echo(), "worker_id": worker, "cases": held}
                title = f"Held by {worker} as at {wanted.day.isoformat()}"
                show(output, reply, held, CASELOAD_CASE_COLUMNS, title)
                return
            answer = measures.caseloads(wanted, "team" if by == "team" else "worker", threshold, move)
        most = threshold or measures.threshold(wanted.day)
    reply = {**wanted.echo(), "by": by, "threshold": most, "caseloads": answer.items}
    names = list(answer.items[0]) if answer.items else ["on", f"{by}_id", "children"]
    show(output, reply, answer.items, {name.replace("_", " "): name for name in names}, "Caseloads")


def restatement(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which measure.")],
    published_at: Annotated[
        str, typer.Option("--published-at", metavar="WHEN", help="The day or instant of the publication.")
    ],
    from_: From = None,
    to: To = None,
    as_at: AsAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """A measure as it was known when published, and as it is known now: each case that changed, and why."""
    from domain.field import Invalid
    from services.measures.answers import Measures
    from services.measures.asked import published

    (measure,) = _chosen([name])
    told = {"published_at": published_at, "as_at": as_at, "basis": basis}
    found = {key: value for key, value in told.items() if value is not None}
    with composed(settings(data, log, views, today)) as parts:
        try:
            asked, before = published(found, parts.today(), parts.calendar)
        except Invalid as error:
            wrong = "; ".join(f"--{p.pointer.replace('_', '-')} {p.detail}" for p in error.problems)
            raise typer.BadParameter(wrong) from None
        wanted = _wanted(asked, {"from": from_, "to": to})
        with bar("Folding", "children") as move:
            restated = Measures(parts).restated(measure, wanted, before, move)
    reply = {
        **wanted.echo(),
        "published_at": published_at,
        "measure": measure.name,
        "then": restated.then,
        "now": restated.now,
        "changes": restated.changes,
    }
    show(output, reply, restated.changes, CHANGE_COLUMNS, f"{measure.title}: {_then_and_now(restated)}")


def _then_and_now(restated: "Restated") -> str:
    def told(numbers: Mapping[str, Any]) -> str:
        of = "" if numbers["denominator"] is None else f" of {numbers['denominator']}"
        return f"{numbers['numerator']}{of}"

    return f"{told(restated.then)} as published, {told(restated.now)} now"


def _chosen(names: Sequence[str]) -> "Sequence[Measure]":
    from projections.measure_catalogue import BY_NAME, MEASURES

    for name in names:
        if name not in BY_NAME:
            raise typer.BadParameter(f"{name} is no measure; casetimeline measures lists them")
    return [BY_NAME[name] for name in names] or MEASURES


def _wanted(asked: "Asked", found: Mapping[str, str | None]) -> "Wanted":
    from domain.field import Invalid
    from services.measures.asked import wanted

    try:
        return wanted(asked, {name: value for name, value in found.items() if value is not None})
    except Invalid as error:
        wrong = "; ".join(f"--{p.pointer} {p.detail}" for p in error.problems)
        raise typer.BadParameter(wrong) from None


def _show_measures(parts: "Parts", chosen: "Sequence[Measure]", wanted: "Wanted", output: Form) -> None:
    from services.measures.answers import Measures

    with bar("Folding", "children") as move:
        answer = Measures(parts).count(chosen, wanted, move)
    reply = {**wanted.echo(), "measures": answer.items, "next": None}
    columns = MEASURE_COLUMNS
    items: Sequence[Mapping[str, Any]] = answer.items
    if output in (Form.TABLE, Form.CSV):
        items = [_with_smallness(item) for item in items]
    if wanted.by is not None and output in (Form.TABLE, Form.CSV):
        items = [{**item, **part} for item in items for part in item["parts"]]
        part = {"team": "team_id", "worker": "worker_id"}.get(wanted.by, wanted.by)
        columns = {"measure": "name", wanted.by: part, **MEASURE_COLUMNS}
    period = f"{wanted.period.first.isoformat()} to {wanted.period.last.isoformat()}"
    show(output, reply, items, columns, f"As at {wanted.day.isoformat()}; the period is {period}")


def _with_smallness(item: Mapping[str, Any]) -> dict[str, Any]:
    """The caution in a word: a table has no room for the sentence."""
    parts = [_with_smallness(part) for part in item.get("parts", ())]
    return {**item, "is_small": "yes" if item["caution"] else None, "parts": parts}


def _show_cases(parts: "Parts", measure: "Measure", wanted: "Wanted", limit: int, output: Form) -> None:
    from services.measures.answers import Measures
    from services.measures.cases import Listed

    with bar("Folding", "children") as move:
        answer = Measures(parts).cases(measure, wanted, Listed(limit=limit), move)
    reply = {**wanted.echo(), "measure": measure.name, "cases": answer.items, "next": answer.next}
    show(output, reply, answer.items, CASE_COLUMNS, f"{measure.title}, as at {wanted.day.isoformat()}")
    if answer.next is not None:
        tell(f"There are more than {limit}; ask for more with --limit.")
