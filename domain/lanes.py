"""Needs as rulings part or join them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from domain.assessment import AssessmentStarted
from domain.event import Event
from domain.field import FactReference
from domain.need import NeedStatus
from domain.needs import Needs, find_needs
from domain.policy import Policy
from domain.telling import RECEIPTS, Told
from domain.working_days import WorkingDays

Things = frozenset[tuple[str, str]]
"""Referrals and assessments, as the field that names each and its id."""


def needs_as_ruled(
    facts: Sequence[Told],
    links: Sequence[tuple[FactReference, ...]],
    unlinks: Sequence[FactReference],
    calendar: WorkingDays,
    policy: Policy,
) -> Needs:
    """Find the needs in facts in reading order: what a person unlinked is read apart, what was linked
    as one.
    """
    parted = [things for reference in unlinks if (things := _begun_by(facts, reference))]
    if not parted:
        needs = find_needs(facts, calendar, policy)
    else:
        rest = frozenset().union(*parted)
        lanes = [find_needs(_lane(facts, things, rest), calendar, policy) for things in (None, *parted)]
        needs = Needs(
            sorted((need for lane in lanes for need in lane.found), key=lambda need: need.place),
            sorted((e for lane in lanes for e in lane.episodes), key=lambda episode: episode.place),
        )
    for link in links:
        _join(needs, link)
    return needs


def _begun_by(facts: Sequence[Told], reference: FactReference) -> Things | None:
    """The referral or assessment that a fact began, with the assessments that name the referral."""
    told = next((t for t in facts if t.reference == reference), None)
    if told is None:
        return None
    if isinstance(told.fact, AssessmentStarted):
        return frozenset({("assessment_id", told.fact.assessment_id)})
    if not isinstance(told.fact, RECEIPTS):
        return None
    referral_id = told.fact.referral_id
    naming = {
        ("assessment_id", t.fact.assessment_id)
        for t in facts
        if isinstance(t.fact, AssessmentStarted) and t.fact.referral_id == referral_id
    }
    return frozenset({("referral_id", referral_id), *naming})


def _lane(facts: Sequence[Told], things: Things | None, parted: Things) -> list[Told]:
    """The facts about ``things`` (None: about whatever is not ``parted``), the others silenced in their
    places.
    """
    return [told if _is_in_lane(told, things, parted) else _silenced(told) for told in facts]


def _is_in_lane(told: Told, things: Things | None, parted: Things) -> bool:
    about = _about(told)
    if about is None:
        return True
    return about not in parted if things is None else about in things


def _about(told: Told) -> tuple[str, str] | None:
    fact = told.fact
    for name in ("assessment_id", "referral_id"):
        value = getattr(fact, name, None)
        if value is not None:
            return (name, value)
    kind = getattr(fact, "record_kind", None)
    return (f"{kind}_id", getattr(fact, "record_id", "")) if kind in ("assessment", "referral") else None


def _silenced(told: Told) -> Told:
    return replace(told, fact=Event(occurred_on=told.fact.occurred_on))


def _join(needs: Needs, link: tuple[FactReference, ...]) -> None:
    """Make one of the needs that the linked facts began: from the earlier start to the later end, the gap
    counted.
    """
    linked = [need for need in needs.found if need.start.reference in link]
    if len(linked) < 2:
        return
    earliest, *others = linked
    last = max(
        linked, key=lambda need: (need.status is NeedStatus.RUNNING, need.ended_on or date.max, need.place)
    )
    status, end, end_place, reason, completed = (
        last.status,
        last.end,
        last.end_place,
        last.reason,
        last.completed,
    )
    for other in others:
        earliest.absorb(other)
        needs.found.remove(other)
    earliest.status, earliest.end, earliest.end_place = status, end, end_place
    earliest.reason, earliest.completed = reason, completed
