"""The figures: elapsed, recorded, hidden, spans and flags of each clock."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.reference.days import day_of, due, is_late
from tests.reference.lives import is_not_before, place
from tests.reference.told import Fact, Identity
from tests.reference.walk import Need, Record

if TYPE_CHECKING:
    from tests.reference.true_clock import Clock

WorkingDays = Callable[[date, date], int]
SMALLER = {"contact_decision", "referral_decision", "assessment_child_seen"}
OF_ASSESSMENTS = {"assessment", "parenting_assessment"}
HeldChange = tuple[Fact, str, list[Fact]]


def write(
    found: Sequence["Clock"],
    facts: Sequence[Fact],
    reported: Mapping[Identity, Fact],
    held: Sequence[HeldChange],
    as_at: date,
    wd: WorkingDays,
) -> list[dict[str, Any]]:
    """Every clock as it is answered."""
    written = []
    seen_ids: dict[str, int] = {}
    for clock in found:
        id = f"{clock.timescale}:{clock.subject}"
        # a second one of the same subject is numbered, in order of start
        seen_ids[id] = seen_ids.get(id, 0) + 1
        if seen_ids[id] > 1:
            id = f"{id}:{seen_ids[id]}"
        written.append({"id": id, **_figures(clock, facts, reported, held, as_at, wd)})
    return written


def _figures(
    clock: "Clock",
    facts: Sequence[Fact],
    reported: Mapping[Identity, Fact],
    held: Sequence[HeldChange],
    as_at: date,
    wd: WorkingDays,
) -> dict[str, Any]:
    start, end = clock.start, clock.end or as_at
    value, unit = clock.limit
    due_on = due(start, value, unit)

    def length(a: date, b: date) -> dict[str, int]:
        return {"working_days": wd(a, b), "calendar_days": (b - a).days}

    elapsed = length(start, end)
    late = is_late(start, end, value, unit)
    recorded, hidden = None, None
    spans: list[dict[str, Any]]
    if clock.need is None:
        spans = [{"state": "waiting", "record": None, "from": start, "to": end, "shown": False}]
    else:
        spans, shown = _spans(clock.need, start, end, reported)
        hidden = dict(elapsed)  # "with no record to show, `recorded` is null and all is hidden"
        if shown is not None:
            record, begins, ends, open_spans = shown
            days = {unit: sum(length(a, b)[unit] for a, b in open_spans) for unit in elapsed}
            recorded = {"record": record.id, "from": str(begins), "to": str(ends), **days}
            hidden = {unit: elapsed[unit] - days[unit] for unit in elapsed}
    because = [clock.start_fact] + ([clock.end_fact] if clock.end_fact else [])
    return {
        "timescale": clock.timescale,
        "subject": clock.subject,
        "status": clock.status,
        "started_on": str(start),
        "stopped_on": str(clock.end) if clock.end else None,
        "due_on": str(due_on),
        "limit": {"value": value, "unit": unit},
        "elapsed": elapsed,
        "recorded": recorded,
        "hidden": hidden,
        "over_by": length(due_on, end) if late else {"working_days": 0, "calendar_days": 0},
        "spans": [
            {**span, "from": str(span["from"]), "to": str(span["to"]), **length(span["from"], span["to"])}
            for span in spans
        ],
        "flags": _flags(clock, facts, held, end, late, as_at, wd),
        "because": [_named(fact) for fact in because],
    }


def _named(fact: Fact) -> dict[str, str]:
    return {"source": fact.identity[0], "id": fact.identity[1]}


# -- spans and recorded ----------------------------------------------------------------------------


def _state(record: Record, cutoff: tuple[int, date]) -> tuple[str, bool, int]:
    """What the record was after step ``cutoff[0]`` of the walk, up to the end of day ``cutoff[1]``:
    its state, whether it was gone (deleted or vanished), and the step of its last beginning."""
    state, deleted, vanished, begun = "none", False, False, 0
    for step, day, what, _ in record.happened:
        if step > cutoff[0] or day > cutoff[1]:
            break
        if what == "deleted":
            deleted = True
        elif what in ("vanished", "reappeared"):
            vanished = what == "vanished"
        else:
            if what == "open" and state != "paused":
                begun = step
            state = what
    return state, deleted or vanished, begun


def _spans(
    need: Need, start: date, end: date, reported: Mapping[Identity, Fact]
) -> tuple[list[dict[str, Any]], tuple[Record, date, date, list[tuple[date, date]]] | None]:
    """spans "lie end to end"; `shown` where `recorded` includes the span."""
    # "what happens to a record after the clock stopped changes nothing"
    last_step = need.end_step if need.status == "stopped" else 10**9
    recorded = _recorded(need, start, end, last_step, reported)
    edges = {start, end}
    for record in need.records:
        edges |= {day for step, day, _, _ in record.happened if start < day < end}
    if recorded:
        edges |= {recorded[1], recorded[2]}
    ordered = sorted(edges)
    slices: list[dict[str, Any]] = []
    open_spans: list[tuple[date, date]] = []
    for a, b in list(pairwise(ordered)) or [(start, end)]:
        # the state at the end of day a holds until b; a clock of no days is read at its stop
        cutoff = (10**9, a) if a < b else (last_step, a)
        state, name = _state_of_span(need, cutoff)
        shown = False
        if recorded:
            record, begins, ends = recorded
            was = _state(record, (10**9, a))[0]
            shown = begins <= a and b <= ends and was != "paused"
            if shown:
                open_spans.append((a, b))
        piece = {"state": state, "record": name, "from": a, "to": b, "shown": shown}
        last = slices[-1] if slices else None
        if last and all(last[k] == piece[k] for k in ("state", "record", "shown")):
            last["to"] = b
        else:
            slices.append(piece)
    return slices, (*recorded, open_spans) if recorded else None


def _state_of_span(need: Need, cutoff: tuple[int, date]) -> tuple[str, str | None]:
    states = {record: _state(record, cutoff) for record in need.records}
    begun = [record for record in need.records if states[record][0] != "none"]
    if not begun:
        return "waiting", None  # "no record yet"
    open_now = [
        record for record in begun if states[record][0] in ("open", "paused") and not states[record][1]
    ]
    if not open_now:
        return "closed", None  # "there were records, none is open"
    # "of two open at once, the later started"; one that is open goes before one that is paused
    latest = max(open_now, key=lambda record: (states[record][0] == "open", record.step))
    return states[latest][0], latest.id


def _recorded(
    need: Need, start: date, end: date, last_step: int, reported: Mapping[Identity, Fact]
) -> tuple[Record, date, date] | None:
    """`recorded`: "the latest record on the clock (the one started or reopened last)"."""
    cutoff = (last_step, end)
    shown = []
    for record in need.records:
        state, gone, begun = _state(record, cutoff)
        # "records cancelled, deleted or vanished by then are not shown"; nor is one whose start
        # the case system has withdrawn
        if state in ("none", "cancelled") or gone or record.started.identity not in reported:
            continue
        shown.append((begun, record))
    if not shown:
        return None
    _, record = max(shown, key=lambda pair: pair[0])
    begin, finish = record.started.day, None
    state = "none"
    for step, day, what, fact in record.happened:
        if step > cutoff[0] or day > cutoff[1]:
            break
        if what in ("deleted", "vanished", "reappeared"):
            continue
        now = reported.get(fact.identity)
        if what == "open" and state != "paused":
            # "its last reopening if it was reopened, else its start as last corrected"
            if now is not None:
                begin = now.day
                finish = None
        elif what in ("closed", "completed") and now is not None and finish is None:
            # "the need's end is the record's end until it is reopened": a completion alone reopens nothing
            finish = day if fact.type == "TransferredOut" else now.day
        state = what
    begin = min(max(begin, start), end)
    finish = min(max(finish if finish is not None else end, begin), end)
    return record, begin, finish


# -- flags -------------------------------------------------------------------------------------------


def _flags(
    clock: "Clock",
    facts: Sequence[Fact],
    held: Sequence[HeldChange],
    end: date,
    late: bool,
    as_at: date,
    wd: WorkingDays,
) -> list[dict[str, Any]]:
    found: list[tuple[str, Any, list[Fact]]] = [
        (flag.code, flag.value, list(flag.because)) for flag in clock.flags
    ]
    if clock.status == "open" and late:
        found.append(("OPEN_PAST_LIMIT", None, [clock.start_fact]))
    need = clock.need
    if clock.timescale not in SMALLER:
        found += _worker_flags(facts, clock.start, end)
    if need is not None and clock.timescale in OF_ASSESSMENTS:
        if clock.status == "ended_without_completion" and clock.end_fact:
            found.append(("ENDED_WITHOUT_COMPLETION", need.end_reason, [clock.end_fact]))
        if clock.status == "stopped":
            found += _stop_flags(clock.timescale, need, facts, end, as_at, wd)
        for amendment, code, targets in held:
            if any(_is_about(need, target) for target in targets):
                found.append((code, None, [amendment]))
    else:
        if clock.timescale not in SMALLER:
            found += _gone(clock, facts)
        ours = {clock.start_fact.identity} | ({clock.end_fact.identity} if clock.end_fact else set())
        for amendment, code, targets in held:
            if any(target.identity in ours for target in targets):
                found.append((code, None, [amendment]))
    backdated = _backdated(clock)
    if backdated:
        found.append(backdated)
    return _one_of_each(found)


def _one_of_each(found: Sequence[tuple[str, Any, list[Fact]]]) -> list[dict[str, Any]]:
    """One flag of each code and value, with all the facts it is because of."""
    flags: dict[tuple[str, Any], dict[str, Any]] = {}
    for code, value, because in found:
        flag = flags.setdefault((code, value), {"code": code, "value": value, "because": []})
        flag["because"] += [n for n in map(_named, because) if n not in flag["because"]]
    return list(flags.values())


def _stop_flags(
    timescale: str, need: Need, facts: Sequence[Fact], end: date, as_at: date, wd: WorkingDays
) -> list[tuple[str, Any, list[Fact]]]:
    found: list[tuple[str, Any, list[Fact]]] = []
    record, stop = need.stop_record, need.end_fact
    assert record is not None and stop is not None
    if not stop.data.get("authorised_by"):
        found.append(("COMPLETED_WITHOUT_AUTHORISATION", None, [stop]))
    from tests.reference.true_clock import seen_visits

    seen = any(need.start <= visit.day <= end for visit in seen_visits(facts))
    if not seen and not _is_unborn(facts, end) and timescale == "assessment":
        found.append(("COMPLETED_CHILD_NOT_SEEN", None, [stop]))
    # "where the completed record was open 2 or fewer and was not the first"
    was_open = _open_days(record, 0, need.end_step, end, wd)
    if was_open <= 2 and record is not min(need.records, key=lambda r: r.step):
        found.append(("BRIEF_COMPLETION", was_open, [record.started, stop]))
    # rule 5, reopening the completed record "leaves the clock stopped (value: days open since)"
    reopenings = [
        fact
        for step, _, what, fact in record.happened
        if step > need.end_step and what == "open" and fact.type != "AssessmentResumed"
    ]
    if reopenings:
        value = _open_days(record, need.end_step + 1, 10**9, as_at, wd)
        found.append(("CORRECTION_AFTER_COMPLETION", value, reopenings))
    return found


def _open_days(record: Record, first: int, last: int, until: date, wd: WorkingDays) -> int:
    """Working days that the record was open or paused, between two steps of the walk."""
    total, since = 0, None
    for step, day, what, _ in record.happened:
        if not first <= step <= last:
            continue
        if what in ("open", "paused"):
            since = since or day
        elif what in ("closed", "completed", "cancelled") and since is not None:
            total += wd(since, day)
            since = None
    return total + (wd(since, until) if since is not None else 0)


def _is_unborn(facts: Sequence[Fact], end: date) -> bool:
    registered = [f for f in facts if f.type == "ChildRegistered"]
    for name in ("date_of_birth", "expected_birth_on"):
        births = [f.data[name] for f in registered if f.data.get(name)]
        if births:
            return all(day_of(birth) > end for birth in births)
    return False


def _worker_flags(facts: Sequence[Fact], start: date, end: date) -> list[tuple[str, Any, list[Fact]]]:
    """`WORKER_CHANGES` and `TEAM_CHANGES`: "how many while it ran; a first allocation is none, a
    transfer and an allocation to the same team are one"."""
    found: list[tuple[str, Any, list[Fact]]] = []
    people = [f for f in facts if f.type in ("WorkerAllocated", "CaseTransferred")]
    people.sort(key=lambda f: (f.day, f.instant is not None, f.instant or 0, f.order))
    for code, told_by in (("WORKER_CHANGES", _worker), ("TEAM_CHANGES", _team)):
        current, changes = None, []
        for fact in people:
            now = told_by(fact)
            if now is None:
                continue
            first = current is None and fact.type == "WorkerAllocated"
            if now != current and not first and start <= fact.day <= end:
                changes.append(fact)
            current = now
        if changes:
            found.append((code, len(changes), changes))
    return found


def _worker(fact: Fact) -> Any:
    return fact.data.get("worker_id") if fact.type == "WorkerAllocated" else None


def _team(fact: Fact) -> Any:
    return fact.data.get("team_id" if fact.type == "WorkerAllocated" else "to_team_id")


_PLANS = ("core_group", "review_conference", "child_protection_visit", "child_in_need")
_RECORD_KINDS = {
    "minutes": "meeting",
    "conference_decisions": "meeting",
    "initial_conference": "meeting",
    "pre_proceedings": "track",
    "looked_after_visit": "placement",
    "care_plan": "placement",
    "placement_plan": "placement",
    "looked_after_review": "episode",
    **dict.fromkeys(_PLANS, "plan"),
}


def _gone(clock: "Clock", facts: Sequence[Fact]) -> list[tuple[str, Any, list[Fact]]]:
    """A record that the clock is about was deleted or vanished while it ran, which stops nothing."""
    kinds = {kind for start, kind in _RECORD_KINDS.items() if clock.timescale.startswith(start)}
    ids = {clock.subject}
    if clock.need is not None:
        ids |= {record.id for record in clock.need.records}
    on_it: set[tuple[str, Any]] = {(kind, id) for kind in kinds for id in ids}
    data = clock.start_fact.data
    on_it |= {("meeting", data.get("meeting_id")), ("visit", data.get("visit_id"))}
    found: list[tuple[str, Any, list[Fact]]] = []
    for fact in facts:
        if fact.type not in ("RecordDeleted", "RecordDisappeared"):
            continue
        if (fact.data["record_kind"], fact.data["record_id"]) not in on_it:
            continue
        if not is_not_before(fact, clock.start_fact) or not _is_before_end(fact, clock.end_fact):
            continue
        if fact.type == "RecordDisappeared":
            found.append(("DISAPPEARED_FROM_SNAPSHOT", None, [fact]))
        found.append(("DELETED_WITH_OPEN_CLOCK", None, [fact]))
    return found


def _is_before_end(fact: Fact, end: Fact | None) -> bool:
    """Of one day without a time, completions are read before what ends a record."""
    if end is None or fact.day != end.day:
        return end is None or fact.day < end.day
    return end.instant is not None and place(fact) < place(end)


def _is_about(need: Need, target: Fact) -> bool:
    """Whether a held change speaks of a fact of this need: its records' or its referrals'."""
    ids = {record.id for record in need.records} | {o.id for o in need.referrals}
    named = {target.data.get("assessment_id"), target.data.get("referral_id")}
    if target.type.startswith("Assessment"):
        named = {target.data.get("assessment_id")}
    return bool(ids & named) or target.identity in {
        need.start_fact.identity,
        need.end_fact.identity if need.end_fact else None,
    }


def _backdated(clock: "Clock") -> tuple[str, Any, list[Fact]] | None:
    """`BACKDATED_RECORDING`: "calendar days between occurring and being entered, from 2 up, on a
    fact that started, stopped or ended the clock, or started the record that stopped it; not on a
    source's first snapshot nor on `import events --history`"."""
    from tests.reference.days import LONDON

    facts = [clock.start_fact]
    if clock.end_fact is not None:
        facts.append(clock.end_fact)
    if clock.need is not None and clock.need.stop_record is not None:
        facts.append(clock.need.stop_record.started)
    late = {
        fact.identity: (fact, (fact.entered.astimezone(LONDON).date() - fact.day).days)
        for fact in facts
        if not fact.historic
    }
    late = {k: v for k, v in late.items() if v[1] >= 2}
    if not late:
        return None
    return "BACKDATED_RECORDING", max(v[1] for v in late.values()), [v[0] for v in late.values()]
