"""An invented child, as the replies tell of them on any day: the worked example with a life around it."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from domain.moment import Moment
from tests.web.calendar import CALENDAR

TODAY = date(2019, 10, 22)
SOURCE = "urn:example:case-system"

# Id, type, day, what else was reported; "entered" is the day it was typed where that was another one.
FACTS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("0", "ChildRegistered", "2019-03-04", {"date_of_birth": "2013-02-11"}),
    ("1", "ContactReceived", "2019-03-04", {"contact_id": "K-1", "contact_source": "police_domestic_abuse"}),
    ("1d", "ContactDecided", "2019-03-05", {"contact_id": "K-1", "outcome": "referral", "worker_id": "M-31"}),
    (
        "2",
        "ReferralReceived",
        "2019-03-05",
        {"referral_id": "R-1", "contact_id": "K-1", "team_id": "Front door team"},
    ),
    ("3", "WorkerAllocated", "2019-03-05", {"worker_id": "SW-221", "team_id": "Team B"}),
    ("3p", "PlanStarted", "2019-03-05", {"plan_id": "P-1", "kind": "child_in_need", "worker_id": "M-12"}),
    ("3v", "VisitFrequencySet", "2019-03-05", {"plan_id": "P-1", "every": 10, "unit": "working_days"}),
    (
        "3d",
        "ReferralDecided",
        "2019-03-06",
        {"referral_id": "R-1", "outcome": "assessment", "worker_id": "M-12"},
    ),
    (
        "4",
        "AssessmentStarted",
        "2019-03-06",
        {"assessment_id": "A-1", "referral_id": "R-1", "worker_id": "SW-221"},
    ),
    (
        "5",
        "VisitMade",
        "2019-03-12",
        {
            "visit_id": "V-1",
            "purpose": "child_in_need",
            "seen": True,
            "seen_alone": False,
            "worker_id": "SW-221",
        },
    ),
    ("6", "MeetingHeld", "2019-03-21", {"meeting_id": "G-1", "kind": "multi_agency", "worker_id": "SW-221"}),
    (
        "7",
        "VisitAttempted",
        "2019-04-03",
        {"visit_id": "V-2", "purpose": "child_in_need", "worker_id": "SW-221"},
    ),
    ("8", "WorkerAllocated", "2019-04-08", {"worker_id": "SW-305", "team_id": "Team B"}),
    (
        "9",
        "SupervisionHeld",
        "2019-04-10",
        {"supervision_id": "S-1", "supervisor_id": "M-12", "children": ["C1001"]},
    ),
    (
        "10",
        "AssessmentClosed",
        "2019-04-17",
        {"assessment_id": "A-1", "reason": "re-evaluate", "worker_id": "M-12"},
    ),
    (
        "11",
        "AssessmentStarted",
        "2019-04-29",
        {"assessment_id": "A-2", "referral_id": "R-1", "worker_id": "SW-305"},
    ),
    (
        "18",
        "VisitMade",
        "2019-05-07",
        {
            "visit_id": "V-3",
            "purpose": "child_in_need",
            "seen": True,
            "seen_alone": False,
            "worker_id": "SW-305",
            "entered": "2019-06-06",
        },
    ),
    ("12", "MinutesDistributed", "2019-05-09", {"meeting_id": "G-1", "worker_id": "SW-305"}),
    (
        "13",
        "WorkerAllocated",
        "2019-05-14",
        {"worker_id": "SW-318", "team_id": "Team B", "role": "newly_qualified"},
    ),
    (
        "14",
        "StrategyDiscussionHeld",
        "2019-05-22",
        {"meeting_id": "G-2", "referral_id": "R-1", "outcome": "section_47", "worker_id": "M-12"},
    ),
    ("15", "MinutesDistributed", "2019-05-23", {"meeting_id": "G-2", "worker_id": "M-12"}),
    (
        "16",
        "Section47Started",
        "2019-05-23",
        {"enquiry_id": "E-1", "meeting_id": "G-2", "worker_id": "SW-318"},
    ),
    (
        "17",
        "VisitMade",
        "2019-06-04T16:20:00+01:00",
        {
            "visit_id": "V-4",
            "purpose": "child_in_need",
            "seen": True,
            "seen_alone": True,
            "worker_id": "SW-318",
        },
    ),
    (
        "19",
        "MeetingHeld",
        "2019-06-13",
        {"meeting_id": "G-3", "kind": "initial_conference", "worker_id": "Chair C-4"},
    ),
    (
        "20",
        "DecisionMade",
        "2019-06-13",
        {"decision_id": "D-1", "kind": "child_protection_plan", "outcome": "neglect", "made_by": "Chair C-4"},
    ),
    ("20e", "PlanEnded", "2019-06-13", {"plan_id": "P-1", "reason": "child protection plan"}),
    (
        "20p",
        "PlanStarted",
        "2019-06-13",
        {"plan_id": "P-2", "kind": "child_protection", "category": "neglect"},
    ),
    (
        "21",
        "AssessmentClosed",
        "2019-06-20",
        {"assessment_id": "A-2", "reason": "re-evaluate", "worker_id": "M-12"},
    ),
    (
        "22",
        "VisitMade",
        "2019-06-24",
        {
            "visit_id": "V-5",
            "purpose": "child_protection",
            "seen": True,
            "seen_alone": True,
            "worker_id": "SW-318",
        },
    ),
    ("23", "MeetingHeld", "2019-06-27", {"meeting_id": "G-4", "kind": "core_group", "worker_id": "SW-318"}),
    (
        "24",
        "AssessmentStarted",
        "2019-07-01",
        {"assessment_id": "A-3", "referral_id": "R-1", "worker_id": "SW-318"},
    ),
    ("25", "MinutesDistributed", "2019-07-04", {"meeting_id": "G-3", "worker_id": "Chair C-4"}),
    (
        "26",
        "VisitMade",
        "2019-07-09",
        {
            "visit_id": "V-6",
            "purpose": "child_protection",
            "seen": True,
            "seen_alone": False,
            "worker_id": "SW-318",
        },
    ),
    ("27", "AssessmentCompleted", "2019-07-12", {"assessment_id": "A-3", "authorised_by": "M-12"}),
    (
        "28",
        "VisitAttempted",
        "2019-07-30",
        {"visit_id": "V-7", "purpose": "child_protection", "worker_id": "SW-318"},
    ),
    ("29", "MeetingHeld", "2019-08-08", {"meeting_id": "G-5", "kind": "core_group", "worker_id": "SW-318"}),
    ("30", "AuditCompleted", "2019-08-21", {"audit_id": "U-1", "grade": "inadequate", "worker_id": "AU-2"}),
    (
        "33",
        "VisitMade",
        "2019-08-29",
        {
            "visit_id": "V-8",
            "purpose": "child_protection",
            "seen": True,
            "seen_alone": True,
            "worker_id": "SW-340",
            "entered": "2019-09-12",
        },
    ),
    ("31", "WorkerAllocated", "2019-09-02", {"worker_id": "SW-340", "team_id": "Team B"}),
    ("32", "PreProceedingsDecided", "2019-09-09", {"track_id": "T-1", "worker_id": "Legal planning meeting"}),
    (
        "34",
        "SupervisionHeld",
        "2019-09-26",
        {"supervision_id": "S-2", "supervisor_id": "M-31", "children": ["C1001"]},
    ),
    (
        "35",
        "VisitMade",
        "2019-10-03",
        {
            "visit_id": "V-9",
            "purpose": "child_protection",
            "seen": True,
            "seen_alone": True,
            "worker_id": "SW-340",
        },
    ),
    ("36", "LetterBeforeProceedingsSent", "2019-10-14", {"track_id": "T-1", "worker_id": "SW-340"}),
]

SPANS = (
    ("waiting", None, "2019-03-05", "2019-03-06"),
    ("open", "A-1", "2019-03-06", "2019-04-17"),
    ("closed", None, "2019-04-17", "2019-04-29"),
    ("open", "A-2", "2019-04-29", "2019-06-20"),
    ("closed", None, "2019-06-20", "2019-07-01"),
    ("open", "A-3", "2019-07-01", "2019-07-12"),
)


def entry(identity: str, kind: str, happened: str, data: Mapping[str, Any], version: int) -> dict[str, Any]:
    """An entry of a timeline; ``entered`` in the data is when it was typed."""
    reported = {name: value for name, value in data.items() if name != "entered"}
    day = Moment.parse(happened).day
    entered = date.fromisoformat(data.get("entered", day.isoformat()))
    return {
        "type": f"casetimeline.{kind}",
        "source": SOURCE,
        "id": identity,
        "occurred_on": happened,
        "entered_at": f"{entered.isoformat()}T15:00:00+00:00",
        "recorded_at": f"{entered.isoformat()}T15:00:02+00:00",
        "version": version,
        "position": {"partition": 0, "offset": version - 1},
        "data": reported,
        "recording_delay_working_days": CALENDAR.between(day, entered),
        "corrected_by": [],
        "withdrawn_by": [],
        "effective": reported,
        "discrepancies": [],
    }


def timeline(child: str, as_at: date, known_at: Moment | None) -> dict[str, Any]:
    """The timeline reply of the showcase child."""
    entries = [entry(*fact, version) for version, fact in enumerate(FACTS, 1)]
    return reply(child, as_at, known_at) | {"entries": entries_by(entries, as_at, known_at)}


def entries_by(entries: list[dict[str, Any]], as_at: date, known_at: Moment | None) -> list[dict[str, Any]]:
    """Those that had occurred by ``as_at`` and were known by ``known_at``."""
    until = known_at.day.isoformat() if known_at else "9999"
    return [
        e for e in entries if e["occurred_on"][:10] <= as_at.isoformat() and e["entered_at"][:10] <= until
    ]


def reply(child: str, as_at: date, known_at: Moment | None) -> dict[str, Any]:
    return {
        "child": child,
        "as_at": as_at.isoformat(),
        "known_at": known_at.text if known_at else None,
        "basis": "recorded",
    }


def days(start: date, end: date) -> dict[str, int]:
    return {"working_days": CALENDAR.between(start, end), "calendar_days": (end - start).days}


def because(*identities: str) -> list[dict[str, str]]:
    return [{"source": SOURCE, "id": identity} for identity in identities]


def simple_clock(
    timescale: str,
    subject: str,
    start: date,
    stop: date | None,
    limit: int,
    unit: str,
    as_at: date,
    number: int = 1,
) -> dict[str, Any]:
    """A clock with no record of its own."""
    is_open = stop is None or stop > as_at
    end = as_at if stop is None or stop > as_at else stop
    due = CALENDAR.after(start, limit) if unit == "working_days" else start + timedelta(weeks=limit)
    over = days(due, end) if end > due else {"working_days": 0, "calendar_days": 0}
    late = bool(over["working_days"] or (unit != "working_days" and over["calendar_days"]))
    return {
        "id": f"{timescale}:{subject}" + (f":{number}" if number > 1 else ""),
        "timescale": timescale,
        "subject": subject,
        "status": "open" if is_open else "stopped",
        "started_on": start.isoformat(),
        "stopped_on": None if is_open else end.isoformat(),
        "due_on": due.isoformat(),
        "limit": {"value": limit, "unit": unit},
        "elapsed": days(start, end),
        "recorded": None,
        "hidden": None,
        "over_by": over if late else {"working_days": 0, "calendar_days": 0},
        "spans": [
            {
                "state": "waiting",
                "record": None,
                "from": start.isoformat(),
                "to": end.isoformat(),
                **days(start, end),
                "shown": False,
            }
        ],
        "flags": [{"code": "OPEN_PAST_LIMIT", "value": None, "because": []}] if late and is_open else [],
        "because": [],
    }


def assessment_clock(
    as_at: date, subject: str = "R-1", shift: timedelta = timedelta(0)
) -> dict[str, Any] | None:
    """The worked example of the contract as it stood on a day, moved by ``shift``."""
    moved = [(s, r, date.fromisoformat(a) + shift, date.fromisoformat(b) + shift) for s, r, a, b in SPANS]
    begun = [span for span in moved if span[2] <= as_at]
    if not begun:
        return None
    start, end = begun[0][2], min(begun[-1][3], as_at)
    is_open = as_at < moved[-1][3]
    if is_open and begun[-1][3] == as_at and len(begun) < len(moved):
        begun.append(moved[len(begun)])
    shown = next((record for _, record, *_ in reversed(begun) if record), None)
    spans = [
        {
            "state": state,
            "record": record,
            "from": a.isoformat(),
            "to": min(b, as_at).isoformat(),
            **days(a, min(b, as_at)),
            "shown": record is not None and record == shown,
        }
        for state, record, a, b in begun
        if a < min(b, as_at) or len(begun) == 1
    ]
    elapsed = {"working_days": CALENDAR.between(start, end), "calendar_days": (end - start).days}
    due = CALENDAR.after(start, 45)
    over = days(due, end) if CALENDAR.between(start, end) > 45 else {"working_days": 0, "calendar_days": 0}
    span = next((s for s in spans if s["shown"]), None)
    recorded: dict[str, Any] | None = span and {
        "record": shown,
        "from": span["from"],
        "to": span["to"],
        "working_days": span["working_days"],
        "calendar_days": span["calendar_days"],
    }
    flags: list[dict[str, Any]] = []
    if any(s["record"] == "A-2" for s in spans):
        flags.append(
            {
                "code": "RESTARTED_ON_OPEN_REFERRAL",
                "value": None,
                "because": because("10", "11", *(["21", "24"] if shown == "A-3" else [])),
            }
        )
        changes = 1 + (as_at >= date(2019, 5, 14))
        flags.append({"code": "WORKER_CHANGES", "value": changes, "because": because("8", "13")[:changes]})
    if not is_open:
        flags.append(
            {"code": "BRIEF_COMPLETION", "value": 2, "because": because("27")}
            if shift
            else {"code": "RE_REFERRAL_WITHIN_12_MONTHS", "value": None, "because": because("2")}
        )
    if is_open and over["working_days"]:
        flags.append({"code": "OPEN_PAST_LIMIT", "value": None, "because": []})
    hidden = {unit: elapsed[unit] - (recorded[unit] if recorded else 0) for unit in elapsed}
    return {
        "id": f"assessment:{subject}",
        "timescale": "assessment",
        "subject": subject,
        "status": "open" if is_open else "stopped",
        "started_on": start.isoformat(),
        "stopped_on": None if is_open else end.isoformat(),
        "due_on": due.isoformat(),
        "limit": {"value": 45, "unit": "working_days"},
        "elapsed": elapsed,
        "recorded": recorded,
        "hidden": hidden,
        "over_by": over,
        "spans": spans,
        "flags": flags,
        "because": because("2", *([] if is_open else ["27"])),
    }


def clocks(child: str, as_at: date, known_at: Moment | None) -> dict[str, Any]:
    """The clocks reply of the showcase child."""
    known = timeline(child, as_at, known_at)["entries"]
    day = {e["id"]: Moment.parse(e["occurred_on"]).day for e in known}
    found: list[dict[str, Any]] = []
    need = assessment_clock(as_at) if "2" in day else None
    found += [need] if need else []

    def simple(
        timescale: str, subject: str, start: str, stop: str | None, limit: int, unit: str = "working_days"
    ) -> None:
        if start in day:
            found.append(
                simple_clock(timescale, subject, day[start], day.get(stop or ""), limit, unit, as_at)
            )

    simple("contact_decision", "K-1", "1", "1d", 1)
    simple("referral_decision", "R-1", "2", "3d", 1)
    simple("assessment_child_seen", "R-1", "2", "5", 10)
    simple("minutes", "G-1", "6", "12", 10)
    simple("minutes", "G-2", "14", "15", 10)
    simple("minutes", "G-3", "19", "25", 15)
    simple("minutes", "G-4", "23", None, 10)
    simple("minutes", "G-5", "29", None, 10)
    simple("pre_proceedings_letter", "T-1", "32", "36", 5)
    simple("case_supervision", "SW-221", "9", "34", 6, "weeks")
    for timescale, plan, start, end, purpose in (
        ("child_in_need_visit", "P-1", "3p", "20e", "child_in_need"),
        ("child_protection_visit", "P-2", "20p", None, "child_protection"),
    ):
        if start in day:
            seen = [
                Moment.parse(e["occurred_on"]).day
                for e in known
                if e["data"].get("purpose") == purpose and e["data"].get("seen")
            ]
            ends = [*seen, day.get(end or "")]
            for number, (a, b) in enumerate(zip([day[start], *seen], ends, strict=True), 1):
                found.append(simple_clock(timescale, plan, a, b, 10, "working_days", as_at, number))
    return reply(child, as_at, known_at) | {"clocks": found}
