"""A history with some of its corrections, withdrawals and changes applied."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.catalogue import read
from domain.correction import FactCorrected, FactWithdrawn
from domain.event import Event
from domain.field import FactReference, Invalid
from domain.history import Recorded
from domain.identity import ChildMerged, ChildUnmerged
from domain.people import SupervisionHeld
from domain.reading_order import reading_order
from domain.ruling import ClockRuled
from domain.snapshot import RecordChanged
from domain.telling import Told, told

AMENDING = (FactCorrected, FactWithdrawn, RecordChanged)
MERGING = (ChildMerged, ChildUnmerged)

STARTING_FACTS: Mapping[str, tuple[str, ...]] = {
    "contact": ("ContactReceived",),
    "referral": ("ReferralReceived", "SteppedUp"),
    "assessment": ("AssessmentStarted",),
    "enquiry": ("Section47Started",),
    "meeting": ("MeetingHeld", "StrategyDiscussionHeld"),
    "plan": ("PlanStarted",),
    "visit": ("VisitMade",),
    "track": ("PreProceedingsDecided",),
    "placement": ("PlacementStarted",),
    "episode": ("CareStarted",),
}
ENDING_FACTS: Mapping[str, tuple[str, ...]] = {
    "contact": ("ContactDecided",),
    "referral": ("ReferralClosed", "SteppedDown"),
    "assessment": ("AssessmentCompleted", "AssessmentClosed", "AssessmentCancelled"),
    "enquiry": ("Section47Completed",),
    "meeting": (),
    "plan": ("PlanEnded",),
    "visit": (),
    "track": ("PreProceedingsEnded",),
    "placement": ("PlacementEnded",),
    "episode": ("CareEnded",),
}


@dataclass(frozen=True, slots=True)
class Amendment:
    """A correction, withdrawal or change as it stands, itself perhaps corrected.

    ``targets`` are the facts that a change seen in a snapshot is about: those that had the value it ``was``.
    """

    recorded: Recorded
    fact: Event
    targets: tuple[FactReference, ...] = ()

    @property
    def reference(self) -> FactReference:
        return self.recorded.reference


Effect = dict[FactReference, Told | None]


class Amended:
    """The facts of a history, and what amendments make of them.

    Facts and amendments are told apart once; `facts` is then cheap to ask for many days and sets of
    amendments.
    """

    def __init__(self, known: Sequence[Recorded]) -> None:
        self.told: dict[FactReference, Told] = {}
        self.amendments: list[Amendment] = []
        self.rulings: list[Recorded] = []
        self._as_reported: tuple[date, list[Told]] | None = None
        self._corrected: dict[tuple[int, int], tuple[Amendment, Told, Effect]] = {}
        for recorded in known:
            if isinstance(recorded.fact, ClockRuled):
                self.rulings.append(recorded)
            elif isinstance(recorded.fact, AMENDING):
                self.amendments.append(Amendment(recorded, recorded.fact))
            else:
                self.told[recorded.reference] = told(recorded, recorded.fact)
        if any(isinstance(amendment.fact, RecordChanged) for amendment in self.amendments):
            self._find_targets()

    def as_reported(self, day: date) -> list[Told]:
        """The facts up to ``day`` with nothing amended, in reading order. Not to be changed: it is kept for
        whoever asks for the same day again.
        """
        if self._as_reported is None or self._as_reported[0] != day:
            self._as_reported = day, reading_order(t for t in self.told.values() if t.day <= day)
        return self._as_reported[1]

    def read(self, facts: Sequence[Told], day: date) -> list[Told]:
        """Some of the facts up to ``day`` in reading order, which those as reported are put in but once.

        Where facts were left out that have no place of their own in it, the others keep theirs.
        """
        reported = self.as_reported(day)
        chosen = {id(told) for told in facts}
        others = [told for told in reported if id(told) not in chosen]
        is_reported = len(reported) - len(others) == len(facts)
        if not is_reported or any(type(told.fact) is not SupervisionHeld for told in others):
            return reading_order(facts)
        return [told for told in reported if id(told) in chosen] if others else reported

    def _find_targets(self) -> None:
        """Find what changes are about, in what the case system showed: all told before, held or not."""
        shown = dict(self.told)
        for place, amendment in enumerate(self.amendments):
            if isinstance(amendment.fact, RecordChanged):
                amendment = replace(amendment, targets=_had_the_value(amendment.fact, shown))
                self.amendments[place] = amendment
            for reference, after in effect(amendment, shown).items():
                if after is None:
                    del shown[reference]
                else:
                    shown[reference] = after

    def facts(
        self, amendments: Iterable[Amendment], day: date, without: frozenset[FactReference]
    ) -> list[Told]:
        """The facts up to ``day`` as ``amendments`` leave them, in log order, but for those in
        ``without``.
        """
        facts = self.overlaid(amendments, day)
        return [t for reference, t in facts.items() if t.day <= day and reference not in without]

    def overlaid(self, amendments: Iterable[Amendment], day: date) -> dict[FactReference, Told]:
        """All facts as ``amendments`` leave them; changes seen after ``day`` are not made."""
        overlaid: dict[FactReference, Told] | None = None
        for amendment in amendments:
            fact = amendment.fact
            if isinstance(fact, RecordChanged) and told(amendment.recorded, fact).day > day:
                continue
            current = self.told if overlaid is None else overlaid
            made = self._effect(amendment, current)
            if made:
                overlaid = overlaid if overlaid is not None else dict(self.told)
                for reference, after in made.items():
                    if after is None:
                        overlaid.pop(reference, None)
                    else:
                        overlaid[reference] = after
        return self.told if overlaid is None else overlaid

    def _effect(self, amendment: Amendment, facts: Mapping[FactReference, Told]) -> Effect:
        """As `effect`. What a correction makes of a fact is kept: whoever weighs amendments asks for the same
        again and again.
        """
        target = facts.get(amendment.fact.corrects) if isinstance(amendment.fact, FactCorrected) else None
        if target is None:
            return effect(amendment, facts)
        # With both, so that their ids stay theirs.
        made = self._corrected.get((id(amendment), id(target)))
        if made is None:
            made = amendment, target, effect(amendment, facts)
            self._corrected[id(amendment), id(target)] = made
        return made[2]


def effect(amendment: Amendment, facts: Mapping[FactReference, Told]) -> Effect:
    """What an amendment makes of ``facts``: those that become others, or nothing (None)."""
    fact = amendment.fact
    if isinstance(fact, FactWithdrawn):
        return {fact.withdraws: None} if fact.withdraws in facts else {}
    if isinstance(fact, FactCorrected):
        target = facts.get(fact.corrects)
        after = corrected(target, fact.changes, amendment.recorded) if target is not None else None
        return {fact.corrects: after} if after is not None else {}
    assert isinstance(fact, RecordChanged)
    return _change(amendment, fact, facts)


def corrected(target: Told, changes: Mapping[str, Any], by: Recorded) -> Told | None:
    """The fact with ``changes`` made; None where that would be no fact at all, or they were erased."""
    if not changes:
        return None
    data = {key: value for key, value in {**target.recorded.data, **changes}.items() if value is not None}
    try:
        fact = read(target.recorded.type, data)
    except Invalid:
        return None
    if not changes.keys() & {"occurred_on", "accepted_on"}:
        return replace(target, recorded=replace(target.recorded, data=data), fact=fact)
    return told(replace(target.recorded, data=data), fact, dated_by=by if "occurred_on" in changes else None)


def _had_the_value(fact: RecordChanged, shown: Mapping[FactReference, Told]) -> tuple[FactReference, ...]:
    of_record = [t for t in shown.values() if is_about(t, fact.record_kind, fact.record_id)]
    if fact.field in ("started_on", "ended_on"):
        names = (STARTING_FACTS if fact.field == "started_on" else ENDING_FACTS)[fact.record_kind]
        return tuple(
            t.reference for t in of_record if t.recorded.type in names and t.day.isoformat() == fact.was
        )
    having = [t for t in of_record if fact.field in t.recorded.data]
    return tuple(t.reference for t in having if fact.was in (None, t.recorded.data[fact.field]))


def _change(amendment: Amendment, fact: RecordChanged, facts: Mapping[FactReference, Told]) -> Effect:
    targets = [facts[reference] for reference in amendment.targets if reference in facts]
    is_dated = fact.field in ("started_on", "ended_on")
    if is_dated and fact.now is None:
        return {t.reference: None for t in targets}
    changes = {"occurred_on" if is_dated else fact.field: fact.now}
    made = {t.reference: corrected(t, changes, amendment.recorded) for t in targets}
    return {reference: after for reference, after in made.items() if after is not None}


_ID_FIELD = {kind: f"{kind}_id" for kind in STARTING_FACTS}


def is_about(told: Told, record_kind: str, record_id: str) -> bool:
    """Whether a fact starts or ends, or otherwise tells of, a record."""
    data = told.recorded.data
    name = told.recorded.type
    if data.get(_ID_FIELD[record_kind]) != record_id:
        return False
    return _ABOUT.get(name, record_kind) == record_kind


_ABOUT = {
    "ReferralReceived": "referral",
    "AssessmentStarted": "assessment",
    "StrategyDiscussionHeld": "meeting",
    "Section47Started": "enquiry",
    "MeetingHeld": "meeting",
    "PlanStarted": "plan",
    "RiskAssessed": "risk",
    "PreProceedingsMeetingHeld": "track",
}
