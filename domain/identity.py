"""Who the child is, whom the child lives with, and which references stand for one child."""

from dataclasses import dataclass

from domain.event import Event
from domain.field import Day, PersonalCode, PersonalDay, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRegistered(Event):
    date_of_birth: PersonalDay | None = None
    family_name: PersonalCode | None = None
    given_name: PersonalCode | None = None
    nhs_number: PersonalCode | None = None
    expected_birth_on: PersonalDay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdJoined(Event):
    household_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdLeft(Event):
    household_id: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildMerged(Event):
    """This reference and ``into`` turned out to be one child; ``into`` survives."""

    into: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildUnmerged(Event):
    """This reference and ``from_`` turned out to be two children after all."""

    from_: Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferredIn(Event):
    from_authority: Reference
    conference_due_from: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferredOut(Event):
    """Ends the authority's own responsibility only once the other authority has accepted it."""

    to_authority: Reference
    accepted_on: Day | None = None
