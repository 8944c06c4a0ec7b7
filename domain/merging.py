"""Which references stand for one child."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from domain.field import FactReference
from domain.identity import ChildMerged, ChildUnmerged
from domain.telling import Told

_MERGING = (ChildMerged, ChildUnmerged)
_STARTS: dict[str, str] = {
    "AssessmentStarted": "assessment_id",
    "ReferralReceived": "referral_id",
    "Section47Started": "enquiry_id",
    "PlanStarted": "plan_id",
    "PlacementStarted": "placement_id",
    "CareStarted": "episode_id",
    "PreProceedingsDecided": "track_id",
    "ProceedingsIssued": "case_id",
    "ActionSet": "action_id",
}
"""The facts that start a record, and the field that holds its id."""

_ID_FIELDS = tuple(_STARTS.values())


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
    shared = shared_records(facts)
    if not shared:
        return list(facts)
    return [_apart(told, shared) if told.recorded.stream != survivor else told for told in facts]


def shared_records(facts: Iterable[Told]) -> set[tuple[str, str]]:
    """The records, as the field that names each and its id, that several references each started."""
    streams: dict[tuple[str, str], set[str]] = {}
    for told in facts:
        field = _STARTS.get(told.recorded.type)
        if field is not None:
            streams.setdefault((field, getattr(told.fact, field)), set()).add(told.recorded.stream)
    return {key for key, of in streams.items() if len(of) > 1}


def _apart(told: Told, shared: set[tuple[str, str]]) -> Told:
    changes: dict[str, Any] = {
        field: f"{told.recorded.stream}/{value}"
        for field in _ID_FIELDS
        if (value := getattr(told.fact, field, None)) is not None and (field, value) in shared
    }
    return replace(told, fact=replace(told.fact, **changes)) if changes else told
