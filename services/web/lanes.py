"""What stands in each lane of a child's picture, told from the replies: marks and bars with their words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain.working_days import WorkingDays
from services.overview import LATE_RECORDING_WORKING_DAYS
from services.web.days import in_full, in_short
from services.web.event_sentences import capitalised, title
from services.web.facts import Fact
from services.web.flag_sentences import count
from services.web.timescale_names import spaced

Clock = Mapping[str, Any]

VISIT_CLOCKS = (
    "assessment_child_seen",
    "child_protection_visit",
    "child_in_need_visit",
    "looked_after_visit",
)
MEETINGS = ("MeetingHeld", "StrategyDiscussionHeld", "PreProceedingsMeetingHeld")
VISITS = ("VisitMade", "VisitAttempted")
DECISIONS = {
    "ReferralReceived": "Referral",
    "SteppedUp": "Stepped up",
    "SteppedDown": "Stepped down",
    "ReferralClosed": "Referral closed",
    "Section47Started": "Section 47",
    "Section47Completed": "Section 47 completed",
    "DecisionMade": "",
    "RiskAssessed": "Risk",
    "PreProceedingsDecided": "Pre-proceedings",
    "LetterBeforeProceedingsSent": "",
    "PreProceedingsEnded": "Pre-proceedings ended",
    "ProceedingsIssued": "Proceedings",
    "ProceedingsConcluded": "Proceedings concluded",
    "CareStarted": "Care",
    "CareEnded": "Left care",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What happened on a day, its meaning in its ``shape``; ``late_until``: when it was recorded, if late."""

    day: date
    shape: str
    title: str
    anchor: str
    late_until: date | None = None
    is_ghost: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that lasted. ``look`` names how it is drawn; ``label`` stands on it or beside it."""

    start: date
    end: date
    look: str
    title: str
    label: str = ""
    strong: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs together in one row: a mark, perhaps a line to what answered it, and a label."""

    mark: Mark
    until: date | None = None
    line: str = ""
    answer: Mark | None = None
    label: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """A named lane of the picture; ``layout`` says how its things are laid out."""

    name: str
    caption: str
    layout: str
    bars: Sequence[Bar] = ()
    groups: Sequence[Group] = ()
    marks: Sequence[Mark] = ()
    tick_on: date | None = None
    tick_label: str = ""
    after: str = ""
    after_is_late: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What lanes are made from, as answered for one day: facts, those recorded only later, and clocks."""

    facts: Sequence[Fact]
    unrecorded: Sequence[Fact]
    clocks: Sequence[Clock]
    need: Clock | None
    as_at: date
    calendar: WorkingDays
    meetings: Mapping[str, str] = field(default_factory=dict)


def lanes(told: Told) -> list[Lane]:
    """The lanes of a child, from the top. Only supervision is left out where there is none."""
    found = [
        *([_recorded(told.need), _true(told.need, told.as_at)] if told.need else []),
        _workers(told),
        _visits(told),
        _meetings(told),
        _decisions(told),
        _supervision(told),
    ]
    return [lane for lane in found if lane is not None]


def day(text: str) -> date:
    return date.fromisoformat(text)


def is_over(clock: Clock) -> bool:
    """Whether a clock has run past its limit, as the reply says."""
    return bool(clock["over_by"]["working_days"] or clock["over_by"]["calendar_days"])


def over_in_words(clock: Clock) -> str:
    """By how much a clock is over, in the unit in which its limit is counted."""
    unit = "working_days" if clock["limit"]["unit"] == "working_days" else "calendar_days"
    return count(clock["over_by"][unit], "day")


def _recorded(need: Clock) -> Lane:
    bars = []
    spans = [span for span in need["spans"] if span["record"] is not None]
    for span in spans:
        is_last = span is need["spans"][-1] and need["status"] == "open"
        days = count(span["working_days"], "day")
        look = "paused" if span["state"] == "paused" else "record-open" if is_last else "record"
        quiet = ", “in time”" if span["shown"] and is_over(need) and not _shown_late(need) else ""
        bars.append(
            Bar(
                day(span["from"]),
                day(span["to"]),
                look,
                f"{span['record']}, {in_full(day(span['from']))} to {in_full(day(span['to']))}: "
                f"{count(span['working_days'], 'working day')}" + (", paused" if look == "paused" else ""),
                days + (quiet if span is spans[-1] and not is_last else ""),
                span["record"],
            )
        )
    return Lane("As recorded", "assessment clock", "blocks", bars=bars)


def _shown_late(need: Clock) -> bool:
    recorded, limit = need["recorded"], need["limit"]
    return (
        recorded is not None and limit["unit"] == "working_days" and recorded["working_days"] > limit["value"]
    )


def _true(need: Clock, as_at: date) -> Lane:
    start, due = day(need["started_on"]), day(need["due_on"])
    end = day(need["spans"][-1]["to"])
    total, over = need["elapsed"]["working_days"], need["over_by"]["working_days"]
    bars = []
    if is_over(need):
        bars.append(Bar(start, due, "within", "", count(total - over, "day")))
        bars.append(Bar(due, end, "over", "", f"+{over}"))
    else:
        bars.append(Bar(start, end, "within", "", count(total, "day")))
    for span in need["spans"]:
        if span["state"] == "closed":
            length = count(span["working_days"], "working day")
            told = (
                f"Closed, need not met: {in_full(day(span['from']))} to {in_full(day(span['to']))}, {length}"
            )
            bars.append(Bar(day(span["from"]), day(span["to"]), "gap", told))
    ending = {"open": ", still running", "ended_without_completion": ", not completed"}.get(
        need["status"], ""
    )
    return Lane(
        "True elapsed",
        "one need, one clock",
        "need",
        bars=bars,
        tick_on=due,
        tick_label=f"{need['limit']['value']}-day limit, {in_short(due)}",
        after=(count(total, "day") + ending)
        if is_over(need) or need["status"] == "ended_without_completion"
        else "",
        after_is_late=is_over(need),
    )


def _workers(told: Told) -> Lane:
    bars: list[Bar] = []
    holder, since = "", told.as_at
    changes = [
        f for f in told.facts if f.type in ("WorkerAllocated", "WorkerUnallocated") and not f.is_withdrawn
    ]

    def held(until: date) -> None:
        if holder:
            look = "light" if len(bars) % 2 == 0 else "dark"
            told_of = f"{holder}, {in_full(since)} to {in_full(until)}"
            bars.append(Bar(since, until, look, told_of, holder))

    for fact in sorted(changes, key=lambda fact: fact.day):
        worker = fact.get("worker_id")
        if fact.type == "WorkerAllocated" and worker != holder:
            held(fact.day)
            holder, since = worker, fact.day
        elif fact.type == "WorkerUnallocated" and worker == holder:
            held(fact.day)
            holder = ""
    held(told.as_at)
    return Lane("Social worker", "", "slim", bars=bars)


def _visits(told: Told) -> Lane:
    clocks = [clock for clock in told.clocks if clock["timescale"] in VISIT_CLOCKS]
    marks = [_mark(fact, _visit_shape(fact), told) for fact in _of(told.facts, VISITS)]
    marks += [_ghost(fact, told) for fact in _of(told.unrecorded, VISITS)]
    return Lane(
        "Visits",
        _visit_caption(clocks),
        "line",
        bars=[_overdue(c, f"{over_in_words(c)} late") for c in clocks if is_over(c)],
        marks=marks,
    )


def _visit_caption(clocks: Sequence[Clock]) -> str:
    running = [clock for clock in clocks if clock["timescale"] != "assessment_child_seen"]
    if not running:
        return ""
    limit = max(running, key=lambda clock: clock["started_on"])["limit"]
    return f"every {count(limit['value'], spaced(limit['unit']).removesuffix('s'))}"


def _visit_shape(fact: Fact) -> str:
    if fact.data.get("seen") is not True:
        return "cross"
    return "filled" if fact.data.get("seen_alone") is True else "ring"


def _overdue(clock: Clock, label: str) -> Bar:
    due, end = day(clock["due_on"]), day(clock["spans"][-1]["to"])
    return Bar(due, end, "overdue", f"Due by {in_full(due)}: {over_in_words(clock)} late", label)


def _meetings(told: Told) -> Lane:
    clocks = {clock["subject"]: clock for clock in told.clocks if clock["timescale"] == "minutes"}
    shared = {f.get("meeting_id"): f for f in _of(told.facts, ("MinutesWritten",))}
    shared |= {f.get("meeting_id"): f for f in _of(told.facts, ("MinutesDistributed",))}
    groups = []
    for fact in _of(told.facts, MEETINGS):
        meeting = fact.get("meeting_id")
        groups.append(_meeting(fact, shared.get(meeting), clocks.get(meeting), told))
    groups += [Group(_ghost(fact, told)) for fact in _of(told.unrecorded, MEETINGS)]
    limits = {
        clock["limit"]["value"] for clock in clocks.values() if clock["limit"]["unit"] == "working_days"
    }
    caption = f"minutes due in {min(limits)}" if limits else "to their minutes"
    return Lane("Meetings", caption, "rows", groups=groups)


def _meeting(fact: Fact, minutes: Fact | None, clock: Clock | None, told: Told) -> Group:
    kind = told.meetings.get(fact.get("meeting_id"), "meeting")
    if fact.type == "PreProceedingsMeetingHeld":
        kind = "pre-proceedings meeting"
    kind = (
        capitalised(kind)
        .replace("Initial child protection", "Initial")
        .replace("Review child protection", "Review")
    )
    mark = _mark(fact, "square", told)
    is_late = clock is not None and is_over(clock)
    if minutes is not None:
        label = f"{kind}: minutes {_taken(fact, minutes.day, clock, told)}" if is_late else kind
        answer = _mark(minutes, "cap", told)
        return Group(mark, max(minutes.day, fact.day), "minutes", answer, label, is_late)
    if clock is None and fact.type != "MeetingHeld":
        return Group(mark, label=kind)
    label = f"{kind}: no minutes, {_taken(fact, told.as_at, clock, told)}"
    return Group(mark, told.as_at, "no-minutes", None, label, is_late)


def _taken(fact: Fact, until: date, clock: Clock | None, told: Told) -> str:
    """The working days that an answer took, or has taken so far: the clock's own where there is one."""
    return count(clock["elapsed"]["working_days"] if clock else told.calendar.between(fact.day, until), "day")


def _decisions(told: Told) -> Lane:
    letters = {
        clock["subject"]: clock for clock in told.clocks if clock["timescale"] == "pre_proceedings_letter"
    }
    sent = {f.get("track_id"): f for f in _of(told.facts, ("LetterBeforeProceedingsSent",))}
    groups = []
    for fact in _of(told.facts, tuple(DECISIONS)):
        track = fact.get("track_id")
        if fact.type == "PreProceedingsDecided":
            groups.append(_letter(fact, sent.get(track), letters.get(track), told))
        elif fact.type != "LetterBeforeProceedingsSent":
            label = DECISIONS[fact.type] or capitalised(spaced(fact.get("kind")))
            groups.append(Group(_mark(fact, "diamond", told), label=label))
    groups += [Group(_ghost(fact, told)) for fact in _of(told.unrecorded, tuple(DECISIONS))]
    return Lane("Decisions", "and plans", "rows", bars=_plans(told), groups=groups)


def _letter(fact: Fact, letter: Fact | None, clock: Clock | None, told: Told) -> Group:
    mark = _mark(fact, "diamond", told)
    is_late = clock is not None and is_over(clock)
    if letter is not None:
        answer = _mark(letter, "diamond", told)
        label = f"Pre-proceedings: {_taken(fact, letter.day, clock, told)} to letter"
        return Group(mark, max(letter.day, fact.day), "letter", answer, label, is_late)
    if clock is None:
        return Group(mark, label="Pre-proceedings")
    label = f"Pre-proceedings: no letter, {_taken(fact, told.as_at, clock, told)}"
    return Group(mark, told.as_at, "letter", None, label, is_late)


def _plans(told: Told) -> list[Bar]:
    ended = {fact.get("plan_id"): fact.day for fact in _of(told.facts, ("PlanEnded",))}
    bars: list[Bar] = []
    for fact in _of(told.facts, ("PlanStarted",)):
        until = max(ended.get(fact.get("plan_id"), told.as_at), fact.day)
        label = capitalised(f"{spaced(fact.get('kind'))} plan")
        look = "light" if len(bars) % 2 == 0 else "dark"
        bars.append(Bar(fact.day, until, look, f"{label}, {in_full(fact.day)} to {in_full(until)}", label))
    return bars


def _supervision(told: Told) -> Lane | None:
    clocks = [c for c in told.clocks if c["timescale"] in ("case_supervision", "action") and is_over(c)]
    bars = [
        _overdue(clock, f"{count(clock['elapsed']['calendar_days'], 'day')} without supervision")
        if clock["timescale"] == "case_supervision"
        else _overdue(clock, f"Action {over_in_words(clock)} late")
        for clock in clocks
    ]
    marks = [_mark(fact, "upright", told) for fact in _of(told.facts, ("SupervisionHeld",))]
    marks += [_mark(fact, "triangle", told) for fact in _of(told.facts, ("AuditCompleted",))]
    marks += [
        _mark(fact, "small", told) for fact in _of(told.facts, ("ActionSet", "ActionDone", "ActionReopened"))
    ]
    marks += [
        _ghost(fact, told)
        for fact in _of(told.unrecorded, ("SupervisionHeld", "AuditCompleted", "ActionSet"))
    ]
    return Lane("Supervision, audit", "", "line", bars=bars, marks=marks) if bars or marks else None


def _of(facts: Sequence[Fact], types: tuple[str, ...]) -> list[Fact]:
    return sorted((f for f in facts if f.type in types and not f.is_withdrawn), key=lambda fact: fact.day)


def _mark(fact: Fact, shape: str, told: Told) -> Mark:
    words = f"{in_full(fact.day)}: {title(fact, told.meetings).striptags()}"
    if fact.delay > LATE_RECORDING_WORKING_DAYS:
        words += f" (recorded {count(fact.delay, 'working day')} later, {in_full(fact.learnt_on)})"
        return Mark(fact.day, shape, words, fact.anchor, fact.learnt_on)
    return Mark(fact.day, shape, words, fact.anchor)


def _ghost(fact: Fact, told: Told) -> Mark:
    words = f"{in_full(fact.day)}: {title(fact, told.meetings).striptags()}"
    words += f" (not recorded until {in_full(fact.learnt_on)})"
    return Mark(fact.day, "ghost", words, fact.anchor, is_ghost=True)
