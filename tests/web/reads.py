"""What the pages read in these tests: replies of fixed children, and an invented authority."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.field import Invalid, Problem
from domain.moment import Moment
from projections.measure_catalogue import BY_NAME
from services.overview import Freshness, Overview, is_late, overview
from services.web.question import Question
from services.web.reads import ChildView, LatePage, MeasurePage
from tests.web import authority, measured, showcase
from tests.web.calendar import CALENDAR
from tests.web.showcase import because, entry

HOSTILE = "<script>window.broken = 1</script>\u202e gnp.exe ‘\"'>&amp; " + "unbreakable" * 60
Replies = Callable[[date, Moment | None], ChildView]


def _showcase(as_at: date, known_at: Moment | None) -> ChildView:
    return ChildView(showcase.clocks("C1001", as_at, known_at), showcase.timeline("C1001", as_at, known_at))


def _fixed(
    child: str, entries: list[dict[str, Any]], clocks: Callable[[date], list[dict[str, Any]]], **more: Any
) -> Replies:
    def replies(as_at: date, known_at: Moment | None) -> ChildView:
        asked = showcase.reply(child, as_at, known_at)
        return ChildView(
            asked | {"clocks": clocks(as_at)} | more,
            asked | {"entries": showcase.entries_by(entries, as_at, known_at)},
        )

    return replies


def _hostile() -> Replies:
    entries = [
        entry(
            "h1",
            "ReferralReceived",
            "2019-03-05",
            {"referral_id": "R-1", "referral_source": HOSTILE, "note": HOSTILE * 3},
            1,
        ),
        entry("h2", "WorkerAllocated", "2019-03-05", {"worker_id": HOSTILE, "team_id": HOSTILE}, 2),
        entry(
            "h3",
            "AssessmentStarted",
            "2019-03-06",
            {"assessment_id": HOSTILE, "note": "مرحبا <b>بالعالم</b>"},
            3,
        ),
        entry("h4", "AssessmentClosed", "2019-04-17", {"assessment_id": HOSTILE, "reason": HOSTILE}, 4),
        entry("h5", "MeetingHeld", "2019-05-01", {"meeting_id": HOSTILE, "kind": HOSTILE}, 5),
        entry(
            "h6", "DecisionMade", "2019-05-02", {"decision_id": "D", "kind": HOSTILE, "outcome": HOSTILE}, 6
        ),
        entry("h7", "PlanStarted", "2019-05-03", {"plan_id": HOSTILE, "kind": HOSTILE}, 7),
        entry("h8", "Something<script>", "2019-05-04", {}, 8),
    ]

    def clocks(as_at: date) -> list[dict[str, Any]]:
        clock = showcase.assessment_clock(as_at)
        if clock is None:
            return []
        clock["flags"] = [
            {"code": HOSTILE, "value": HOSTILE, "because": because("h4")},
            {"code": "ENDED_WITHOUT_COMPLETION", "value": HOSTILE, "because": []},
        ]
        for span in clock["spans"]:
            span["record"] = span["record"] and HOSTILE
        return [
            clock | {"subject": HOSTILE},
            showcase.simple_clock("minutes", HOSTILE, date(2019, 5, 1), None, 10, "working_days", as_at),
        ]

    return _fixed("HOSTILE", entries, clocks)


def _many() -> Replies:
    kinds = (
        ("VisitMade", {"visit_id": "V", "purpose": "child_in_need", "seen": True, "seen_alone": True}),
        ("MeetingHeld", {"meeting_id": "G", "kind": "core_group"}),
        ("DecisionMade", {"decision_id": "D", "kind": "no_change", "outcome": "agreed"}),
        ("WorkerAllocated", {"worker_id": "SW-1"}),
        ("VisitAttempted", {"visit_id": "V", "purpose": "child_in_need"}),
    )
    entries = []
    for n in range(500):
        kind, data = kinds[n % 5]
        day = (date(2012, 1, 9) + timedelta(days=n * 5)).isoformat()
        entries.append(
            entry(f"m{n}", kind, day, {**data, "meeting_id": f"G{n}", "worker_id": f"SW-{n % 7}"}, n + 1)
        )

    def clocks(as_at: date) -> list[dict[str, Any]]:
        found = [showcase.assessment_clock(as_at, f"R-{n}", timedelta(days=-300 * n)) for n in range(6)]
        return [clock for clock in found if clock]

    return _fixed("MANY", entries, clocks)


def _ruled() -> Replies:
    entries = [
        entry("r1", "ReferralReceived", "2019-03-05", {"referral_id": "R-1"}, 1),
        entry("r2", "AssessmentStarted", "2019-03-06", {"assessment_id": "A-1"}, 2),
        entry(
            "r3",
            "FactCorrected",
            "2019-03-20",
            {"corrects": because("r1")[0], "changes": {"occurred_on": "2019-03-18"}, "reason": "typed wrong"},
            3,
        ),
        entry("r4", "VisitMade", "2019-03-21", {"visit_id": "V-1", "purpose": "assessment", "seen": True}, 4),
        entry(
            "r5", "FactWithdrawn", "2019-03-22", {"withdraws": because("r4")[0], "reason": "another child"}, 5
        ),
        entry("r6", "AssessmentReopened", "2019-03-25", {"assessment_id": "A-9", "reason": "unknown"}, 6),
    ]
    entries[0] |= {
        "corrected_by": because("r3"),
        "effective": {"referral_id": "R-1", "occurred_on": "2019-03-18"},
    }
    entries[3] |= {"withdrawn_by": because("r5")}
    entries[0] |= {
        "held": [
            {
                "by": because("r3")[0],
                "code": "REFERRAL_DATE_MOVED_LATER",
                "why": "Held: the referral was first reported for an earlier day; it would hide time from "
                "2019-03-05 on. A ruling can accept it.",
            }
        ]
    }
    entries[5] |= {
        "discrepancies": [{"code": "never-started", "detail": "Assessment A-9 was never started."}]
    }

    def clocks(as_at: date) -> list[dict[str, Any]]:
        clock = showcase.assessment_clock(as_at)
        if clock is None:
            return []
        held = {"code": "REFERRAL_DATE_MOVED_LATER", "value": None, "because": because("r3")}
        return [clock | {"flags": [held, *clock["flags"]], "because": because("r1")}]

    def replies(as_at: date, known_at: Moment | None) -> ChildView:
        without = [clock | {"id": "assessment:R-0"} for clock in clocks(as_at)]
        return _fixed("RULED", entries, clocks, without_rulings=without, merged=["OLD-1"])(as_at, known_at)

    return replies


def _quiet(child: str) -> Replies:
    entries = [
        entry("q1", "ContactReceived", "2019-09-02", {"contact_id": "K-9", "contact_source": "school"}, 1)
    ]
    return _fixed(child, entries, lambda as_at: [])


CHILDREN: dict[str, Replies] = {
    "C1001": _showcase,
    "HOSTILE": _hostile(),
    "MANY": _many(),
    "RULED": _ruled(),
    "OLD-1": _ruled(),
    "QUIET": _quiet("QUIET"),
}

LISTED = dict.fromkeys(row.child for row in authority.rows())
"""Children of the lists, of whom little is known."""

LATE_SHOWN = 50


@dataclass(frozen=True, slots=True)
class FixedReads:
    """Reads over fixed replies; ``is_empty`` is an authority of which nothing is known yet."""

    is_empty: bool = False

    def overview(self, question: Question) -> Overview:
        if self.is_empty:
            freshness = Freshness(events=0, newest_recorded_at=None, position=0, lag=0, recorded_late=0)
            return overview([], [], question.as_at, CALENDAR, freshness)
        return authority.authority()

    def child(self, child: str, question: Question) -> ChildView | None:
        if self.is_empty or child not in CHILDREN.keys() | LISTED.keys():
            return None
        replies = CHILDREN.get(child) or _quiet(child)
        return replies(question.as_at, question.known_at)

    async def late(self, question: Question, timescale: str, cursor: str | None) -> LatePage:
        if cursor is not None and not cursor.isdecimal():
            raise ValueError("The cursor is not one that was given")
        found = [
            row
            for row in authority.rows()
            if row.timescale == timescale and row.status != "stopped" and is_late(row) and not self.is_empty
        ]
        found.sort(key=lambda row: -row.over_by_working_days)
        start = int(cursor or 0)
        following = start + LATE_SHOWN
        return LatePage(
            found[start:following], str(following) if following < len(found) else None, len(found)
        )

    def measures(self, question: Question, asked: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
        if asked.get("from") == "soon":
            raise Invalid([Problem("from", "is not a date")])
        return [] if self.is_empty else measured.measures()

    async def measure(
        self, name: str, question: Question, asked: Mapping[str, str], cursor: str | None
    ) -> MeasurePage | None:
        if cursor is not None and not cursor.isdecimal():
            raise ValueError("The cursor is not one that was given")
        return None if name not in BY_NAME else measured.page(name, int(cursor or 0), HOSTILE)

    def find(self, text: str) -> Sequence[authority.Child]:
        known = {row.child: row for row in authority.children()}
        known |= {
            c: authority.Child(c, "referred", None, None, None, None) for c in CHILDREN if c not in known
        }
        return [row for name, row in sorted(known.items()) if text.lower() in name.lower()]


READS = FixedReads()
