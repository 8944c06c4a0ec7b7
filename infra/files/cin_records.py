"""The children in need census as records, each with the line on which it stands."""

from dataclasses import dataclass, fields
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the return. ``unread`` names the fields that are there but could not be read, which is not
    their absence.

    ``set_aside`` names the kinds of record under it of which at least one could not be used.
    """

    line: int
    unread: frozenset[str] = frozenset()
    set_aside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusAssessment(Part):
    started_on: date
    reviewed_on: date | None
    authorised_on: date | None
    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusEnquiry(Part):
    started_on: date
    conference_due_on: date | None
    conference_on: date | None
    is_conference_unnecessary: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusReview(Part):
    held_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusProtectionPlan(Part):
    started_on: date
    ended_on: date | None
    initial_category: str | None
    latest_category: str | None
    reviews: tuple[CensusReview, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusNeedPlan(Part):
    started_on: date
    ended_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusPreProceedings(Part):
    started_on: date
    letter_sent_on: date | None
    met_on: date | None
    decided_on: date | None
    applied_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusReferral(Part):
    received_on: date
    source: str | None
    primary_need: str | None
    closed_on: date | None
    closure_reason: str | None
    conference_on: date | None
    is_no_further_action: bool | None
    assessments: tuple[CensusAssessment, ...] = ()
    enquiries: tuple[CensusEnquiry, ...] = ()
    protection_plans: tuple[CensusProtectionPlan, ...] = ()
    need_plans: tuple[CensusNeedPlan, ...] = ()
    pre_proceedings: tuple[CensusPreProceedings, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CensusChild(Part):
    reference: str
    upn: str | None
    date_of_birth: date | None
    expected_birth_on: date | None
    referrals: tuple[CensusReferral, ...]


def said(part: object) -> object:
    """What a part says, wherever it stands in the file."""
    if isinstance(part, tuple):
        return tuple(said(item) for item in part)
    if isinstance(part, Part):
        return tuple(said(getattr(part, f.name)) for f in fields(part) if f.name != "line")
    return part
