"""Invented facts, as they stand on the record."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from domain.amended import Amended
from domain.catalogue import read
from domain.clock import Clock, Reading
from domain.clock import read as read_clock
from domain.history import Recorded
from domain.moment import read_instant
from domain.question import Question
from domain.true_clock import Figures, figures
from infra.holidays import england

SOURCE = "urn:invented:cases"
FAR_DAY = date(2019, 12, 31)


def recorded(
    number: int,
    name: str,
    occurred_on: str,
    *,
    stream: str = "C1001",
    entered_at: str | None = None,
    recorded_at: str | None = None,
    id: str | None = None,
    historic: bool = False,
    **data: Any,
) -> Recorded:
    """A fact, the ``number``-th in the log; recorded at noon on the day it occurred, unless told
    otherwise.
    """
    whole = {"occurred_on": occurred_on, **{key.rstrip("_"): value for key, value in data.items()}}
    fact = read(name, whole)
    at = read_instant(recorded_at) if recorded_at else datetime.combine(fact.occurred_on.day, time(12), UTC)
    return Recorded(
        stream=stream, version=number, source=SOURCE, id=id or f"f{number}", type=name,
        occurred_on=fact.occurred_on, entered_at=read_instant(entered_at) if entered_at else None,
        recorded_at=at, partition=0, offset=number - 1, data=whole, fact=fact, historic=historic,
    )  # fmt: skip


def history(*facts: tuple[str, str, dict[str, Any]]) -> list[Recorded]:
    """Facts of one child in log order, each as its name, when it occurred and its fields; ids are f1, f2 and
    so on.
    """
    return [recorded(number, name, on, **data) for number, (name, on, data) in enumerate(facts, 1)]


def figures_of(
    facts: Iterable[Recorded], as_at: date = FAR_DAY, child: str = "C1001", **options: Any
) -> Figures:
    """All clocks as at a day, with everything known."""
    known = Question(as_at).known(facts)
    return figures(child, Amended(known), as_at, england(), **options)


def clock(facts: Iterable[Recorded], id: str = "assessment:R-1", as_at: date = FAR_DAY) -> Clock:
    """One clock as at a day. Fails where there is none of that id."""
    found = figures_of(facts, as_at).clocks
    return next(c for c in found if c.id == id)


def reading(facts: Iterable[Recorded], id: str = "assessment:R-1", as_at: date = FAR_DAY) -> Reading:
    """One clock read as at a day."""
    return read_clock(clock(facts, id, as_at), as_at, england())


def ids(facts: Iterable[Recorded], as_at: date = FAR_DAY, timescale: str = "assessment") -> list[str]:
    """The ids of the clocks of a timescale, in order of start."""
    return [c.id for c in figures_of(facts, as_at).clocks if c.timescale.id == timescale]


def codes(one: Clock | Reading) -> list[str]:
    return [flag.code for flag in one.flags]


def received(on: str, referral: str = "R-1", **data: Any) -> tuple[str, str, dict[str, Any]]:
    return ("ReferralReceived", on, {"referral_id": referral, **data})


def decided(on: str, outcome: str = "assessment", referral: str = "R-1") -> tuple[str, str, dict[str, Any]]:
    return ("ReferralDecided", on, {"referral_id": referral, "outcome": outcome})


def referral_closed(on: str, referral: str = "R-1", reason: str = "RC8") -> tuple[str, str, dict[str, Any]]:
    return ("ReferralClosed", on, {"referral_id": referral, "reason": reason})


def started(on: str, assessment: str = "A-1", **data: Any) -> tuple[str, str, dict[str, Any]]:
    return ("AssessmentStarted", on, {"assessment_id": assessment, **data})


def closed(on: str, assessment: str = "A-1") -> tuple[str, str, dict[str, Any]]:
    return ("AssessmentClosed", on, {"assessment_id": assessment, "reason": "re-evaluate"})


def reopened(on: str, assessment: str = "A-1") -> tuple[str, str, dict[str, Any]]:
    return ("AssessmentReopened", on, {"assessment_id": assessment})


def cancelled(on: str, assessment: str = "A-1") -> tuple[str, str, dict[str, Any]]:
    return ("AssessmentCancelled", on, {"assessment_id": assessment})


def completed(on: str, assessment: str = "A-1", by: str | None = "M-1") -> tuple[str, str, dict[str, Any]]:
    return ("AssessmentCompleted", on, {"assessment_id": assessment, **({"authorised_by": by} if by else {})})


def seen(on: str, visit: str = "V-1", **data: Any) -> tuple[str, str, dict[str, Any]]:
    return ("VisitMade", on, {"visit_id": visit, "purpose": "assessment", "seen": True, **data})


def moved(fact: str, on: str, at: str = "2019-11-01") -> tuple[str, str, dict[str, Any]]:
    """A correction of when a fact occurred, learnt on a day."""
    return ("FactCorrected", at, {"corrects": {"source": SOURCE, "id": fact}, "changes": {"occurred_on": on}})


def withdrawn(fact: str, at: str = "2019-11-01") -> tuple[str, str, dict[str, Any]]:
    return ("FactWithdrawn", at, {"withdraws": {"source": SOURCE, "id": fact}})


WORKED_EXAMPLE = (
    received("2019-03-05"),
    started("2019-03-06", "A-1", referral_id="R-1"),
    closed("2019-04-17", "A-1"),
    started("2019-04-29", "A-2", referral_id="R-1"),
    closed("2019-06-20", "A-2"),
    started("2019-07-01", "A-3", referral_id="R-1"),
    completed("2019-07-12", "A-3"),
)
"""The example of how closing and starting again hides 80 of 89 working days."""
