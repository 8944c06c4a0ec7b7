"""Invented histories of plans, meetings, visits, tracks, care, workers and actions, believable and hostile.

One maker serves both searches: hypothesis draws from it and shrinks what it finds, and a seed draws from it
many times over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

from tests.reference.histories import SOURCE, Fact, fact

T = TypeVar("T")

FIRST_DAY = date(2019, 11, 25)  # Christmas, a leap day, Easter and 8 May 2020 lie ahead
SPAN_DAYS = 330
GAPS = (0, 0, 0, 1, 1, 2, 5, 7, 8, 10, 13, 14, 15, 16, 21, 27, 28, 29, 42, 43, 60, 90, 91, 92, 112, 113, 182)
MONTH_ENDS = (5, 36, 67, 96, 127, 157, 188)  # 30 Nov, 31 Dec, 31 Jan, 29 Feb, 31 Mar, 30 Apr, 31 May
TIMES = ("", "", "", "", "", "T09:00:00+00:00", "T14:00:00+01:00", "T23:30:00Z")
CHILD = "C1001"


class Draws(Protocol):
    """Where choices come from."""

    def of(self, options: Sequence[T]) -> T:
        """One of the options."""


class Seeded:
    """Choices drawn by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def of(self, options: Sequence[T]) -> T:
        return options[self._random.randrange(len(options))]


class Drawn:
    """Choices drawn by hypothesis, which knows how to make them simpler."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def of(self, options: Sequence[T]) -> T:
        return options[self._draw(st.integers(0, len(options) - 1))]


@dataclass
class History:
    """What is on the record of a child, and the supervisions on the records of workers."""

    facts: list[Fact] = field(default_factory=list)
    held: list[Fact] = field(default_factory=list)


class Pen:
    """Tells facts, each some days after another that was told."""

    def __init__(self, draws: Draws) -> None:
        self.draws = draws
        self.day = draws.of((0, 1, 2, 3, 5, 36, 66, 67, 96))
        self.facts: list[Fact] = []

    def of(self, options: Sequence[T]) -> T:
        return self.draws.of(options)

    def one_in(self, count: int) -> bool:
        return self.of(range(count)) == count - 1

    def move(self) -> None:
        """Go on some days, or back to one of the days told of, or to the end of a month."""
        card = self.of(range(10))
        if card == 9:
            self.day = self.of(MONTH_ENDS)
        elif card == 8 and self.facts:
            told = date.fromisoformat(self.of(self.facts)["occurred_on"][:10])
            self.day = (told - FIRST_DAY).days + self.of(GAPS)
        else:
            self.day += self.of(GAPS)
        if self.day > SPAN_DAYS:
            self.day = self.of(MONTH_ENDS)

    def moment(self) -> str:
        return f"{FIRST_DAY + timedelta(days=self.day)}{self.of(TIMES)}"

    def tell(self, type: str, **data: Any) -> None:
        self.move()
        entered = None
        occurred_on = self.moment()
        if self.one_in(20):
            typed = date.fromisoformat(occurred_on[:10]) + timedelta(days=self.of((-2, 1, 2, 6)))
            entered = f"{typed}T10:00:00+00:00"
        said = {key.rstrip("_"): value for key, value in data.items() if value is not None}
        self.facts.append(fact(f"e{len(self.facts)}", type, occurred_on, said, entered))


PLANS = ("P-1", "P-1", "P-2", "P-3")
NAMED_PLAN = (None, None, "P-1", "P-2")
MEETINGS = ("M-1", "M-2", "M-3", "M-4", "M-5")
VISITS = ("V-1", "V-2", "V-3", "V-4")
TRACKS = ("T-1", "T-1", "T-2")
WORKERS = ("W-1", "W-2")


def _protection(pen: Pen) -> None:
    _plan(pen, "child_protection", ("core_group", "review_conference"), (7, 10, 15, 20))


def _in_need(pen: Pen) -> None:
    _plan(pen, "child_in_need", ("child_in_need_review",), (10, 20, 30))


def _plan(pen: Pen, kind: str, meetings: Sequence[str], frequencies: Sequence[int]) -> None:
    card = pen.of(
        ("visit", "visit", "visit", "meeting", "meeting", "meeting", "start", "start", "end", "frequency")
    )
    plan = pen.of(PLANS)
    if card == "start":
        pen.tell("PlanStarted", plan_id=plan, kind=kind)
    elif card == "end":
        pen.tell("PlanEnded", plan_id=plan, reason="needs met")
    elif card == "frequency":
        unit = pen.of(("working_days", "calendar_days", "weeks"))
        every = pen.of((1, 2, 3)) if unit == "weeks" else pen.of(frequencies)
        pen.tell("VisitFrequencySet", plan_id=plan, every=every, unit=unit)
    elif card == "visit":
        pen.tell("VisitMade", visit_id=pen.of(VISITS), purpose=kind, seen=not pen.one_in(3))
    else:
        pen.tell(
            "MeetingHeld",
            meeting_id=pen.of(MEETINGS),
            kind=pen.of(meetings),
            quorate=pen.of((None, None, True, False)),
            plan_id=pen.of(NAMED_PLAN),
        )


def _enquiry(pen: Pen) -> None:
    card = pen.of(("discussion", "discussion", "started", "completed", "completed", "conference"))
    meeting, enquiry = pen.of(MEETINGS), pen.of(("E-1", "E-1", "E-2"))
    if card == "discussion":
        outcome = "no_section_47" if pen.one_in(4) else "section_47"
        pen.tell("StrategyDiscussionHeld", meeting_id=meeting, outcome=outcome)
    elif card == "started":
        pen.tell("Section47Started", enquiry_id=enquiry, meeting_id=pen.of((None, meeting)))
    elif card == "completed":
        outcome = pen.of(("no_conference", "no_conference", "conference"))
        pen.tell("Section47Completed", enquiry_id=enquiry, outcome=outcome)
    else:
        quorate = pen.of((None, None, False))
        pen.tell("MeetingHeld", meeting_id=meeting, kind="initial_conference", quorate=quorate)


def _paperwork(pen: Pen) -> None:
    meeting = pen.of(MEETINGS)
    card = pen.of(("held", "held", "minutes", "minutes", "decisions", "written", "scheduled", "cancelled"))
    kind = pen.of(("initial_conference", "review_conference", "core_group", "legal_planning", "multi_agency"))
    if card == "held":
        pen.tell("MeetingHeld", meeting_id=meeting, kind=kind, quorate=pen.of((None, True, False)))
    elif card == "scheduled":
        pen.tell("MeetingScheduled", meeting_id=meeting, kind=kind, scheduled_for=pen.moment())
    else:
        types = {"minutes": "MinutesDistributed", "decisions": "DecisionsSent", "written": "MinutesWritten"}
        pen.tell(types.get(card, "MeetingCancelled"), meeting_id=meeting)


def _track(pen: Pen) -> None:
    track = pen.of(TRACKS)
    card = pen.of(("decided", "decided", "ended", "ended", "letter", "meeting", "issued", "concluded"))
    if card == "ended":
        outcome = "issue" if pen.one_in(4) else "step_down"
        pen.tell("PreProceedingsEnded", track_id=track, outcome=outcome)
    elif card == "issued":
        pen.tell("ProceedingsIssued", case_id=pen.of(("PC-1", "PC-2")), track_id=pen.of((None, track)))
    elif card == "concluded":
        pen.tell("ProceedingsConcluded", case_id=pen.of(("PC-1", "PC-2")))
    else:
        types = {
            "decided": "PreProceedingsDecided",
            "letter": "LetterBeforeProceedingsSent",
            "meeting": "PreProceedingsMeetingHeld",
        }
        pen.tell(types[card], track_id=track)


def _care(pen: Pen) -> None:
    card = pen.of("visit visit review review placed placed moved taken home plan".split())
    if card == "visit":
        pen.tell("VisitMade", visit_id=pen.of(VISITS), purpose="looked_after", seen=not pen.one_in(4))
    elif card == "review":
        pen.tell("MeetingHeld", meeting_id=pen.of(MEETINGS), kind="looked_after_review")
    elif card == "plan":
        type = pen.of(("CarePlanPrepared", "PlacementPlanPrepared"))
        pen.tell(type, plan_id=pen.of(("PP-1", "PP-2")))
    elif card in ("placed", "moved"):
        type = "PlacementStarted" if card == "placed" else "PlacementEnded"
        pen.tell(type, placement_id=pen.of(("PL-1", "PL-2")))
    else:
        pen.tell("CareStarted" if card == "taken" else "CareEnded", episode_id=pen.of(("EP-1", "EP-2")))


def _people(pen: Pen) -> None:
    card = pen.of(("allocated", "allocated", "unallocated", "transferred", "supervised", "supervised"))
    worker = pen.of(WORKERS)
    if card == "allocated":
        pen.tell("WorkerAllocated", worker_id=worker, team_id=pen.of((None, "T-1", "T-2")))
    elif card == "unallocated":
        pen.tell("WorkerUnallocated", worker_id=worker)
    elif card == "transferred":
        pen.tell("CaseTransferred", to_team_id=pen.of(("T-1", "T-2")))
    else:
        children = pen.of(([CHILD], [CHILD], ["C2", CHILD], ["C2"]))
        pen.tell("SupervisionHeld", supervision_id=pen.of(("S-1", "S-2", "S-3")), children=children)


def _action(pen: Pen) -> None:
    action = pen.of(("AC-1", "AC-1", "AC-2"))
    card = pen.of(("set", "set", "done", "done", "reopened"))
    if card == "set":
        due_on = FIRST_DAY + timedelta(days=min(pen.day + pen.of((0, 7, 14, 30, 60)), SPAN_DAYS))
        origin = pen.of(("audit", "conference_chair"))
        pen.tell("ActionSet", action_id=action, origin=origin, due_on=str(due_on))
    else:
        pen.tell("ActionDone" if card == "done" else "ActionReopened", action_id=action)


def _move_in(pen: Pen) -> None:
    if pen.one_in(2):
        pen.tell("MeetingHeld", meeting_id=pen.of(MEETINGS), kind="transfer_in_conference")
    else:
        due_from = FIRST_DAY + timedelta(days=max(0, pen.day + pen.of((-5, 0, 3, 20))))
        pen.tell(
            "TransferredIn",
            from_authority=pen.of(("Elsewhere", "Nowhere")),
            conference_due_from=pen.of((None, str(due_from))),
        )


def _parenting(pen: Pen) -> None:
    id = pen.of(("A-1", "A-1", "A-2"))
    card = pen.of(("Started", "Started", "Completed", "Closed", "Reopened", "Cancelled", "Paused", "Resumed"))
    kind = pen.of(("parenting", "parenting", None)) if card == "Started" else None
    pen.tell(f"Assessment{card}", assessment_id=id, kind=kind)


def _front_door(pen: Pen) -> None:
    referral = pen.of(("R-1", "R-1", "R-2"))
    card = pen.of(("received", "closed", "decided", "out", "visit"))
    if card == "received":
        pen.tell("ReferralReceived", referral_id=referral)
    elif card == "closed":
        pen.tell("ReferralClosed", referral_id=referral, reason="RC8")
    elif card == "decided":
        pen.tell("ReferralDecided", referral_id=referral, outcome=pen.of(("assessment", "no_further_action")))
    elif card == "out":
        pen.tell("TransferredOut", to_authority="Elsewhere")
    else:
        pen.tell("VisitMade", visit_id=pen.of(VISITS), purpose="assessment", seen=True)


def _records(pen: Pen) -> None:
    """What a case system does to its records, which ends nothing."""
    kind, ids = pen.of(
        (
            ("plan", PLANS),
            ("meeting", MEETINGS),
            ("enquiry", ("E-1", "E-2")),
            ("track", TRACKS),
            ("placement", ("PL-1", "PL-2")),
            ("episode", ("EP-1", "EP-2")),
            ("visit", VISITS),
            ("assessment", ("A-1", "A-2")),
        )
    )
    type = pen.of(("RecordDeleted", "RecordDisappeared", "RecordDisappeared", "RecordReappeared"))
    pen.tell(type, record_kind=kind, record_id=pen.of(ids))


OPENINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "protection": ("PlanStarted", {"plan_id": "P-1", "kind": "child_protection"}),
    "in_need": ("PlanStarted", {"plan_id": "P-1", "kind": "child_in_need"}),
    "enquiry": ("StrategyDiscussionHeld", {"meeting_id": "M-1", "outcome": "section_47"}),
    "track": ("PreProceedingsDecided", {"track_id": "T-1"}),
    "people": ("WorkerAllocated", {"worker_id": "W-1", "team_id": "T-1"}),
    "parenting": ("AssessmentStarted", {"assessment_id": "A-1", "kind": "parenting"}),
}
"""How a topic begins, more often than not."""
Topic = Callable[[Pen], None]
TOPICS: dict[str, Topic] = {
    "protection": _protection,
    "in_need": _in_need,
    "enquiry": _enquiry,
    "paperwork": _paperwork,
    "track": _track,
    "care": _care,
    "people": _people,
    "action": _action,
    "move_in": _move_in,
    "parenting": _parenting,
    "front_door": _front_door,
}
NAMES = tuple(TOPICS)


def _amend(pen: Pen, number: int) -> Fact:
    """A correction, a withdrawal or a change seen in a snapshot, of something told."""
    target = pen.of(pen.facts)
    pen.move()
    occurred_on = pen.moment()
    named = {"source": SOURCE, "id": target["id"]}
    kind = pen.of(("moved", "moved", "moved", "field", "withdrawn", "changed"))
    moved = date.fromisoformat(target["occurred_on"][:10]) + timedelta(
        days=pen.of((-20, -7, -1, 0, 1, 3, 10, 30))
    )
    moved = min(max(moved, FIRST_DAY), FIRST_DAY + timedelta(days=SPAN_DAYS))
    if kind == "withdrawn":
        return fact(f"m{number}", "FactWithdrawn", occurred_on, {"withdraws": named})
    if kind == "changed" and (of := _record_of(target)) is not None:
        record_kind, id, which = of
        return fact(
            f"m{number}",
            "RecordChanged",
            occurred_on,
            {
                "record_kind": record_kind,
                "record_id": id,
                "field": which,
                "was": target["occurred_on"][:10],
                "now": pen.of((str(moved), str(moved), None)),
            },
        )
    changes: dict[str, Any] = {"occurred_on": f"{moved}{pen.of(TIMES)}"}
    if kind == "field":
        changes = pen.of(_field_changes(target) or [changes])
    return fact(f"m{number}", "FactCorrected", occurred_on, {"corrects": named, "changes": changes})


_RECORDS = {
    "PlanStarted": ("plan", "plan_id", "started_on"),
    "PlanEnded": ("plan", "plan_id", "ended_on"),
    "MeetingHeld": ("meeting", "meeting_id", "started_on"),
    "Section47Completed": ("enquiry", "enquiry_id", "ended_on"),
    "PreProceedingsDecided": ("track", "track_id", "started_on"),
    "PreProceedingsEnded": ("track", "track_id", "ended_on"),
    "PlacementStarted": ("placement", "placement_id", "started_on"),
    "PlacementEnded": ("placement", "placement_id", "ended_on"),
    "CareStarted": ("episode", "episode_id", "started_on"),
    "CareEnded": ("episode", "episode_id", "ended_on"),
    "VisitMade": ("visit", "visit_id", "started_on"),
}


def _record_of(target: Fact) -> tuple[str, str, str] | None:
    if target["type"] not in _RECORDS:
        return None
    kind, id_field, which = _RECORDS[target["type"]]
    return kind, target["data"][id_field], which


def _field_changes(target: Fact) -> list[dict[str, Any]]:
    """Corrections of a field of the fact that could matter."""
    data = target["data"]
    found: list[dict[str, Any]] = []
    if "seen" in data:
        found.append({"seen": not data["seen"]})
    if target["type"] == "MeetingHeld":
        found += [{"quorate": data.get("quorate") is False}, {"kind": "review_conference"}]
    if "plan_id" in data:
        found.append({"plan_id": "P-2"})
    if target["type"] == "StrategyDiscussionHeld":
        found.append({"outcome": "no_section_47"})
    if target["type"] == "Section47Completed":
        found.append({"outcome": "conference" if data["outcome"] == "no_conference" else "no_conference"})
    if target["type"] == "PreProceedingsEnded":
        found.append({"outcome": "issue" if data["outcome"] == "step_down" else "step_down"})
    if "due_on" in data:
        due_on = date.fromisoformat(data["due_on"])
        found += [{"due_on": str(due_on + timedelta(days=days))} for days in (-10, 10, 40)]
    if "every" in data:
        found.append({"every": data["every"] + 5})
    return found


def told(draws: Draws, most: int = 14, most_amendments: int = 0, topics: Sequence[str] = NAMES) -> History:
    """A history of one to three topics mixed, in the order told, which need not be that of the days."""
    pen = Pen(draws)
    names = [draws.of(topics) for _ in range(draws.of((1, 1, 2, 3)))]
    chosen = [TOPICS[name] for name in names]
    for name in names:
        if name in OPENINGS and not pen.one_in(4):
            type, data = OPENINGS[name]
            pen.tell(type, **data)
    if "care" in names and not pen.one_in(4):
        pen.tell("CareStarted", episode_id="EP-1")
        pen.tell("PlacementStarted", placement_id="PL-1")
    for _ in range(draws.of(range(1, most + 1))):
        _records(pen) if pen.one_in(15) else draws.of(chosen)(pen)
    held = [told for told in pen.facts if told["type"] == "SupervisionHeld"]
    pen.facts = [told for told in pen.facts if told["type"] != "SupervisionHeld"]
    count = draws.of(range(most_amendments + 1)) if pen.facts else 0
    amendments = [_amend(pen, number) for number in range(count)]
    return History(recorded_in_turn([*pen.facts, *amendments]), recorded_in_turn(held))


def recorded_in_turn(facts: Sequence[Fact]) -> list[Fact]:
    """Gives each fact its place in the log; none is recorded before it occurred."""
    recorded = f"{FIRST_DAY}T18:00:00+00:00"
    for position, one in enumerate(facts):
        one["position"] = position
        day = date.fromisoformat(one["occurred_on"][:10]) + timedelta(days=1)
        recorded = max(recorded, f"{day}T18:00:00+00:00")
        one["recorded_at"] = recorded
    return list(facts)


def seeded(seed: int, **options: Any) -> History:
    return told(Seeded(seed), **options)


@st.composite
def every_history(draw: st.DrawFn, /, most: int = 14, most_amendments: int = 0) -> History:
    return told(Drawn(draw), most, most_amendments)


def two_references(draws: Draws, most: int = 8) -> dict[str, list[Fact]]:
    """The streams of two references that turn out to be one child, and perhaps not to be after all."""
    streams: dict[str, list[Fact]] = {}
    for stream, mark in ((CHILD, ""), (DUPLICATE, "x")):
        told_here = told(draws, most, topics=[name for name in NAMES if name != "people"])
        pen = Pen(draws)
        pen.facts = told_here.facts
        if stream == DUPLICATE:
            pen.tell("ChildMerged", into=CHILD)
            if pen.one_in(3):
                pen.day = min(pen.day + draws.of((1, 5, 30)), SPAN_DAYS)
                pen.tell("ChildUnmerged", from_=CHILD)
        streams[stream] = [_of_stream(one, stream, mark) for one in pen.facts]
    in_turn = recorded_in_turn([one for facts in streams.values() for one in facts])
    return {stream: [f for f in in_turn if f["stream"] == stream] for stream in streams}


DUPLICATE = "C2002"


def _of_stream(one: Fact, stream: str, mark: str) -> Fact:
    """A fact on a stream; the ids of the records of another reference are others."""
    data = {name: f"{value}{mark}" if name.endswith("_id") else value for name, value in one["data"].items()}
    return {**one, "id": f"{one['id']}{mark}", "stream": stream, "data": data}


Inserted = tuple[History, History, Fact]


def with_one_more(draws: Draws, most: int = 12, most_amendments: int = 0) -> Inserted:
    """A history, the same with one fact more that a case system could report to hide time, and that fact."""
    before = told(draws, most, most_amendments)
    pen = Pen(draws)
    pen.facts = [dict(one) for one in before.facts]
    pen.day = draws.of(range(SPAN_DAYS))
    card = draws.of(("amendment", "amendment", "record", "record", "idle", "second report", "people"))
    if card == "amendment" and pen.facts:
        inserted = _amend(pen, 99)
        place = len(pen.facts)
    else:
        pen.facts = pen.facts[:1]  # what is told is appended; the days told of are of no interest
        if card == "record":
            _records(pen)
        elif card == "second report" and (ends := _ends(before.facts)):
            end = draws.of(ends)
            pen.tell(end["type"], **end["data"])
        elif card == "people":
            type, data = draws.of(
                (
                    ("WorkerAllocated", {"worker_id": "W-9", "team_id": "T-9"}),
                    ("WorkerUnallocated", {"worker_id": "W-1"}),
                    ("CaseTransferred", {"to_team_id": "T-9"}),
                )
            )
            pen.tell(type, **data)
        else:
            type, data = draws.of(IDLE)
            pen.tell(type, **data)
        inserted = pen.facts[-1]
        place = draws.of(range(len(before.facts) + 1))
    inserted["id"] = "inserted"
    longer = [dict(one) for one in before.facts]
    longer.insert(place, inserted)
    return before, History(recorded_in_turn(longer), before.held), inserted


IDLE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("AssessmentClosed", {"assessment_id": "A-1"}),
    ("AssessmentCancelled", {"assessment_id": "A-1"}),
    ("AssessmentPaused", {"assessment_id": "A-1"}),
    ("AssessmentReopened", {"assessment_id": "A-1"}),
    ("MeetingCancelled", {"meeting_id": "M-1"}),
    ("MeetingScheduled", {"meeting_id": "M-9", "kind": "core_group", "scheduled_for": "2020-01-07"}),
    ("MeetingHeld", {"meeting_id": "M-9", "kind": "review_conference", "quorate": False}),
    ("MeetingHeld", {"meeting_id": "M-9", "kind": "initial_conference", "quorate": False}),
    ("MinutesWritten", {"meeting_id": "M-1"}),
    ("VisitMade", {"visit_id": "V-9", "purpose": "child_protection", "seen": False}),
    ("VisitMade", {"visit_id": "V-9", "purpose": "looked_after", "seen": False}),
    ("VisitAttempted", {"visit_id": "V-9", "purpose": "child_in_need"}),
    ("StrategyDiscussionHeld", {"meeting_id": "M-9", "outcome": "section_47"}),
    ("Section47Started", {"enquiry_id": "E-9"}),
    ("PreProceedingsDecided", {"track_id": "T-9"}),
    ("TransferredIn", {"from_authority": "Elsewhere"}),
    ("TransferredOut", {"to_authority": "Elsewhere", "accepted_on": "2020-03-02"}),
    ("ActionReopened", {"action_id": "AC-1"}),
    ("ActionSet", {"action_id": "AC-1", "origin": "audit", "due_on": "2020-10-01"}),
    ("PlanStarted", {"plan_id": "P-1", "kind": "child_protection"}),
    ("PlacementStarted", {"placement_id": "PL-9"}),
)
"""What ends no need: closing, pausing, planning, trying, beginning again."""
ENDS = (
    "PlanEnded PlacementEnded CareEnded MeetingHeld MinutesDistributed DecisionsSent Section47Completed "
    "LetterBeforeProceedingsSent PreProceedingsMeetingHeld PreProceedingsEnded ProceedingsConcluded "
    "VisitMade ActionDone AssessmentCompleted CarePlanPrepared PlacementPlanPrepared"
).split()


def _ends(facts: Sequence[Fact]) -> list[Fact]:
    return [one for one in facts if one["type"] in ENDS]


@st.composite
def every_insertion(draw: st.DrawFn, /, most: int = 12, most_amendments: int = 0) -> Inserted:
    return with_one_more(Drawn(draw), most, most_amendments)
