"""Commands that ask: a child's timeline and clocks, and who is late."""

from typing import Annotated

import typer

from services.cli.opening import asked_of, catch_up, composed, history_of, settings
from services.cli.options import AsAt, BasisOption, Child, Data, KnownAt, Log, Output, Today, Views
from services.output import Form, show, tell

TIMELINE_COLUMNS = {
    "occurred on": "occurred_on",
    "type": "type",
    "recorded at": "recorded_at",
    "entered at": "entered_at",
    "delay, working days": "recording_delay_working_days",
    "source": "source",
    "id": "id",
    "facts": "effective",
    "discrepancies": "discrepancies",
}
CLOCK_COLUMNS = {
    "clock": "id",
    "status": "status",
    "started": "started_on",
    "due": "due_on",
    "stopped": "stopped_on",
    "true working days": "elapsed.working_days",
    "shown working days": "recorded.working_days",
    "hidden working days": "hidden.working_days",
    "over by working days": "over_by.working_days",
    "flags": "flags",
}


def timeline(
    child: Child,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """All that happened to a child, and when it was learnt."""
    from services.timeline import timeline_reply

    with composed(settings(data, log, views, today)) as parts:
        asked = asked_of(parts, as_at, known_at, basis)
        reply = timeline_reply(parts.histories.case(history_of(parts, child), asked.question), asked)
    show(output, reply, reply["entries"], TIMELINE_COLUMNS, f"{child} as at {reply['as_at']}")


def clocks(
    child: Child,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """How long each need of a child has run, and what the record shows."""
    from services.clocks import clocks_reply

    with composed(settings(data, log, views, today)) as parts:
        asked = asked_of(parts, as_at, known_at, basis)
        reply = clocks_reply(parts.histories.case(history_of(parts, child), asked.question), asked)
    show(output, reply, reply["clocks"], CLOCK_COLUMNS, f"{child} as at {reply['as_at']}")


def late(
    timescale: Annotated[
        str | None, typer.Option("--timescale", help="Only clocks of this timescale.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="How many to list at most.")] = 100,
    as_at: AsAt = None,
    known_at: KnownAt = None,
    basis: BasisOption = None,
    output: Output = Form.TABLE,
    data: Data = None,
    log: Log = None,
    views: Views = None,
    today: Today = None,
) -> None:
    """Whose clocks are past their limit, longest over first."""
    from domain.question import Question
    from domain.reviewed_timescales import all_ids
    from projections.clock_rows import clock_rows
    from services.clock_list import Wanted, from_rows, from_views
    from services.page_reads import LATE_STATUSES
    from services.past_rows import rows_as_at

    known = sorted(all_ids())
    if timescale is not None and timescale not in known:
        raise typer.BadParameter(f"--timescale must be one of {', '.join(known)}")
    wanted = Wanted(timescale=timescale, statuses=LATE_STATUSES, over=True, limit=limit)
    config = settings(data, log, views, today)
    with composed(config) as parts:
        asked = asked_of(parts, as_at, known_at, basis)
        day = asked.question.as_at
        is_of_today = asked.question == Question(parts.today())
        if is_of_today:
            catch_up(parts, config)
        if is_of_today and parts.views.serving(clock_rows).answers(day):
            page = from_views(parts.views, wanted, day)
        else:
            rows = rows_as_at(parts.log, parts.histories, asked.question)
            page = from_rows(rows, wanted, day, parts.calendar)
        items = page.to_json(parts.calendar)
    reply = {**asked.echo(), "clocks": items, "next": page.next}
    columns = {"child": "child", **CLOCK_COLUMNS, "team": "team_id", "worker": "worker_id"}
    show(output, reply, items, columns, f"Past their limit as at {day.isoformat()}")
    if page.next is not None:
        tell(f"There are more than {limit}; ask for more with --limit.")
