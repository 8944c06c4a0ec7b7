"""The limits that statute, guidance and policy set, as reviewed data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.working_days import WorkingDays

Kind = Literal["statute", "statutory guidance", "national guidance", "local policy"]
Unit = Literal["working_days"]
Confidence = Literal[
    "primary text read", "secondary text read", "one authority's policy read", "not verified"
]


@dataclass(frozen=True, slots=True)
class Limit:
    """``value`` counted in ``unit``; the day of the start is day zero."""

    value: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Timescale:
    """One row of the catalogue: a limit, what starts and stops it, and where it comes from.

    In force from ``in_force_from`` until ``in_force_to``, which is None while no later row replaced it.
    ``confidence`` says how sure we are of the source.
    """

    id: str
    limit: Limit
    starts: str
    stops: str
    kind: Kind
    source: str
    edition: str
    in_force_from: date
    in_force_to: date | None
    confidence: Confidence
    nation: str = "England"

    def due_on(self, started_on: date, calendar: WorkingDays) -> date:
        """The last day in time: the n-th working day after the start."""
        return calendar.after(started_on, self.limit.value)

    def in_time_until(self, started_on: date, calendar: WorkingDays) -> date:
        """The last day on which no more working days than the limit have passed."""
        return calendar.after(started_on, self.limit.value + 1) - timedelta(days=1)


_WORKING_TOGETHER = (
    ("2013", date(2013, 4, 15), date(2015, 3, 26)),
    ("2015", date(2015, 3, 26), date(2018, 7, 4)),
    ("2018", date(2018, 7, 4), date(2023, 12, 15)),
    ("2023", date(2023, 12, 15), None),
)


def _working_together(timescale: str, value: int, starts: str, stops: str, passage: str) -> list[Timescale]:
    return [
        Timescale(
            id=timescale,
            limit=Limit(value, "working_days"),
            starts=starts,
            stops=stops,
            kind="statutory guidance",
            source=f"Working Together to Safeguard Children, chapter 1, {passage}",
            edition=edition,
            in_force_from=since,
            in_force_to=until,
            confidence="secondary text read" if edition in ("2015", "2018") else "not verified",
        )
        for edition, since, until in _WORKING_TOGETHER
    ]


def _local(
    timescale: str, value: int, starts: str, stops: str, source: str, confidence: Confidence
) -> Timescale:
    return Timescale(
        id=timescale,
        limit=Limit(value, "working_days"),
        starts=starts,
        stops=stops,
        kind="local policy",
        source=source,
        edition="default of this service",
        in_force_from=date(2013, 4, 15),
        in_force_to=None,
        confidence=confidence,
    )


CATALOGUE: tuple[Timescale, ...] = (
    _local(
        "contact_decision", 1, "ContactReceived", "ContactDecided",
        "local practice, after the one working day that Working Together gives a referral",
        "one authority's policy read",
    ),
    *_working_together(
        "referral_decision", 1, "ReferralReceived or SteppedUp", "ReferralDecided",
        "a decision about the type of response within one working day of a referral being received",
    ),
    *_working_together(
        "assessment", 45, "ReferralReceived or SteppedUp, or the start of an assessment while no need runs",
        "AssessmentCompleted",
        "the assessment concluded within 45 working days from the point of referral",
    ),
    _local(
        "assessment_child_seen", 10, "the start of an assessment clock", "VisitMade with the child seen",
        "local practice: no national limit; authorities set 24 hours to 10 working days",
        "one authority's policy read",
    ),
)  # fmt: skip


def in_force(timescale: str, day: date, catalogue: Sequence[Timescale] = CATALOGUE) -> Timescale:
    """The row under which a clock that starts on ``day`` runs; before the first row, that one."""
    rows = [row for row in catalogue if row.id == timescale]
    current = [
        row for row in rows if row.in_force_from <= day and (row.in_force_to is None or day < row.in_force_to)
    ]
    return current[0] if current else min(rows, key=lambda row: row.in_force_from)


def in_force_on(day: date, catalogue: Sequence[Timescale] = CATALOGUE) -> list[Timescale]:
    """Every timescale in the row in force on ``day``."""
    return [
        row
        for row in catalogue
        if row.in_force_from <= day and (row.in_force_to is None or day < row.in_force_to)
    ]
