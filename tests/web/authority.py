"""An invented authority, large enough for every list and chart of the overview."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.overview import Freshness, Overview, overview
from tests.web.calendar import CALENDAR
from tests.web.showcase import TODAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A clock as read on a day."""

    child: str
    timescale: str = "assessment"
    status: str = "open"
    elapsed_working_days: int = 0
    recorded_working_days: int | None = None
    limit_value: int = 45
    limit_unit: str = "working_days"
    flags: Sequence[Mapping[str, Any]] = ()
    team_id: str | None = "Team B"
    worker_id: str | None = "SW-305"
    stopped_on: date | None = None
    started_on: date = field(default=date(2019, 3, 5))

    @property
    def clock_id(self) -> str:
        return f"{self.timescale}:R-{self.child}"

    @property
    def subject(self) -> str:
        return f"R-{self.child}"

    @property
    def due_on(self) -> date:
        return CALENDAR.after(self.started_on, self.limit_value)

    @property
    def hidden_working_days(self) -> int | None:
        return (
            self.elapsed_working_days - (self.recorded_working_days or 0)
            if self.timescale == "assessment"
            else None
        )

    @property
    def over_by_working_days(self) -> int:
        return max(self.elapsed_working_days - self.limit_value, 0)


@dataclass(frozen=True, slots=True)
class Child:
    """How a child stands."""

    child: str
    status: str
    team_id: str | None
    worker_id: str | None
    last_seen_on: date | None
    last_seen_alone: bool | None


def flag(code: str, value: object = None) -> dict[str, Any]:
    return {"code": code, "value": value, "because": []}


LONGEST = (
    ("C1001", "child_protection", 9, 89, ("RESTARTED_ON_OPEN_REFERRAL", "WORKER_CHANGES"), "Team B", 13),
    ("C1391", "child_in_need", 12, 84, ("RESTARTED_ON_OPEN_REFERRAL", "WORKER_CHANGES"), "Team B", 21),
    (
        "C1112",
        "child_in_need",
        4,
        77,
        ("CONTINUATION_WITHIN_WINDOW", "CLOSED_WITH_OPEN_ASSESSMENT"),
        "Team D",
        9,
    ),
    ("C1560", "child_in_need", 31, 76, ("REOPENED_SAME_RECORD",), "Team B", 34),
    ("C1288", "referred", None, 71, ("DELETED_WITH_OPEN_CLOCK",), "Team A", 41),
    ("C1633", "child_protection", 22, 66, ("RESTARTED_ON_OPEN_REFERRAL",), "Team C", 6),
    ("C1019", "child_in_need", 17, 63, ("CANCELLED_THEN_RESTARTED",), "Team D", None),
    ("C1477", "child_in_need", 40, 61, ("START_DATE_MOVED_LATER",), "Team A", 11),
)


def rows() -> list[Row]:
    """212 open assessments, of which 37 look in time but are late and 34 are late on both clocks."""
    found = [
        Row(
            child=c,
            recorded_working_days=r,
            elapsed_working_days=e,
            team_id=t,
            flags=[flag(f) for f in (*codes, "OPEN_PAST_LIMIT")],
        )
        for c, _, r, e, codes, t, _ in LONGEST
    ]
    for low, step, number in ((0, 11, 41), (11, 10, 38), (21, 10, 33), (31, 15, 29)):
        found += [
            Row(
                child=f"C2{low:02}{n:02}",
                elapsed_working_days=low + n % step,
                recorded_working_days=low + n % step,
            )
            for n in range(number)
        ]
    for low, step, hidden, both in ((46, 14, 17, 15), (61, 14, 5, 12), (76, 10, 7, 4), (91, 30, 0, 3)):
        for n in range(hidden + both):
            age = low + n % step
            found.append(
                Row(
                    child=f"C3{low:02}{n:02}",
                    elapsed_working_days=age,
                    recorded_working_days=min(age - 19, 45) if n < hidden else age,
                    flags=[flag("OPEN_PAST_LIMIT")],
                )
            )
    for month, (share_recorded, share_true) in enumerate(
        zip(
            (78, 79, 77, 80, 81, 83, 84, 86, 85, 87, 88, 89),
            (76, 76, 73, 74, 72, 70, 66, 63, 61, 60, 58, 57),
            strict=True,
        )
    ):
        year, number = divmod(2018 * 12 + 10 + month, 12)
        for n in range(100):
            found.append(
                Row(
                    child=f"C5{month:02}{n:02}",
                    status="stopped",
                    stopped_on=date(year, number + 1, 1 + n % 21),
                    elapsed_working_days=30 if n < share_true else 60,
                    recorded_working_days=30 if n < share_recorded else 60,
                )
            )
    found += [
        Row(
            child="C4001",
            status="ended_without_completion",
            elapsed_working_days=52,
            recorded_working_days=40,
            stopped_on=date(2019, 9, 3),
            flags=[flag("ENDED_WITHOUT_COMPLETION", "RC8")],
        )
    ]
    found += [
        Row(
            child=f"C6{n:03}",
            timescale="contact_decision",
            elapsed_working_days=2 + n,
            limit_value=1,
            flags=[flag("OPEN_PAST_LIMIT")],
        )
        for n in range(6)
    ]
    found += [
        Row(
            child=f"C7{n:03}",
            timescale="referral_decision",
            elapsed_working_days=3 + n,
            limit_value=1,
            flags=[flag("OPEN_PAST_LIMIT")],
        )
        for n in range(3)
    ]
    found += [
        Row(
            child=child,
            timescale="assessment_child_seen",
            elapsed_working_days=14 + n,
            limit_value=10,
            flags=[flag("OPEN_PAST_LIMIT")],
        )
        for n, child in enumerate(("C1391", "C1560", "C1288", "C1019"))
    ]
    return found


def children() -> list[Child]:
    return [
        Child(
            child,
            status,
            team,
            "SW-305",
            None if seen is None else TODAY - timedelta(days=seen * 7 // 5),
            True,
        )
        for child, status, _, _, _, team, seen in LONGEST
    ]


FRESHNESS = Freshness(
    events=48_212,
    newest_recorded_at=datetime(2019, 10, 22, 8, 41, tzinfo=UTC),
    position=48_212,
    lag=0,
    recorded_late=312,
)


def authority() -> Overview:
    """The overview of it all."""
    return overview(rows(), children(), TODAY, CALENDAR, FRESHNESS)
