"""Which references stand for one child."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from domain.assessment import AssessmentStarted
from domain.field import FactReference
from domain.identity import ChildMerged, ChildUnmerged
from domain.referral import ReferralReceived
from domain.telling import Told

_MERGING = (ChildMerged, ChildUnmerged)
_ID_FIELDS = ("assessment_id", "referral_id")


class OneChild:
    """The references that are one child on a day, and the one that survives."""

    def __init__(self, facts: Iterable[Told]) -> None:
        self.into: dict[str, str] = {}
        self.because: dict[str, FactReference] = {}
        merging = [told for told in facts if type(told.fact) in _MERGING]
        for told in sorted(merging, key=lambda t: (t.day, t.recorded.log_order)):
            stream, fact = told.recorded.stream, told.fact
            if isinstance(fact, ChildMerged) and self.survivor(fact.into) != stream:
                self.into[stream] = fact.into
                self.because[stream] = told.reference
            elif isinstance(fact, ChildUnmerged):
                if self.into.get(stream) == fact.from_:
                    del self.into[stream], self.because[stream]
                elif self.into.get(fact.from_) == stream:
                    del self.into[fact.from_], self.because[fact.from_]

    def survivor(self, reference: str) -> str:
        """The reference under which a child is read."""
        while reference in self.into:
            reference = self.into[reference]
        return reference

    def merged(self, survivor: str) -> list[str]:
        """The other references that were merged into ``survivor``, directly or by way of another."""
        return sorted(reference for reference in self.into if self.survivor(reference) == survivor)


def told_as_one(facts: Sequence[Told], survivor: str) -> list[Told]:
    """The facts of several references as those of one child.

    Where two references each started a record of the same id, those are two records: the one that is not the
    survivor's is told apart by its reference.
    """
    streams: dict[tuple[str, str], set[str]] = {}
    for told in facts:
        if isinstance(told.fact, AssessmentStarted):
            streams.setdefault(("assessment_id", told.fact.assessment_id), set()).add(told.recorded.stream)
        elif isinstance(told.fact, ReferralReceived):
            streams.setdefault(("referral_id", told.fact.referral_id), set()).add(told.recorded.stream)
    shared = {key for key, of in streams.items() if len(of) > 1}
    if not shared:
        return list(facts)
    return [_apart(told, shared) if told.recorded.stream != survivor else told for told in facts]


def _apart(told: Told, shared: set[tuple[str, str]]) -> Told:
    changes: dict[str, Any] = {
        field: f"{told.recorded.stream}/{value}"
        for field in _ID_FIELDS
        if (value := getattr(told.fact, field, None)) is not None and (field, value) in shared
    }
    return replace(told, fact=replace(told.fact, **changes)) if changes else told
