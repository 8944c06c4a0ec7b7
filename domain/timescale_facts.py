"""The clocks of one timescale by themselves: with which family they are drawn, and from which facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.families import EXPLAINING, FAMILIES, OF_ALL, Family
from domain.matters import MATTERS
from domain.plan_clocks import REPEATING

_FAMILY = {family.name: family for family in FAMILIES}
# What is open in the morning orders a day's facts about assessments and referrals, whichever are drawn from.
_NEEDS = _FAMILY["assessment"].bears - {"VisitMade"}
_GONE = frozenset({"RecordDeleted", "RecordDisappeared", "RecordReappeared"})
_PLACEMENTS = frozenset({"PlacementStarted", "PlacementEnded"})
_CARE = frozenset({"CareStarted", "CareEnded"})

EXPLAINED = frozenset({
    "COMPLETED_CHILD_NOT_SEEN", "REFERRAL_AFTER_CONTACT", "WORKER_CHANGES", "TEAM_CHANGES", "BULK_RECORDED",
    "BULK_COMPLETION",
})  # fmt: skip
"""The flags that tell of facts which bear on no day of the clock that carries them."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What the clocks of a timescale are drawn from. ``days``: the types of facts that bear on their days, on
    what the case system shows, and on every flag but those `EXPLAINED`. ``says``: of some of these types, the
    word that is in every fact that does.
    """

    family: Family
    days: frozenset[str]
    says: Mapping[str, str] = field(default_factory=dict)

    @property
    def flags(self) -> frozenset[str]:
        """The types of facts that they are made from, with every flag."""
        return self.days | self.family.bears | EXPLAINING | OF_ALL


def _alone(family: str, *types: frozenset[str], **says: str) -> Alone:
    return Alone(_FAMILY[family], OF_ALL.union(_GONE, *types), says)


_MEETINGS, _VISITS = frozenset({"MeetingHeld"}), frozenset({"VisitMade"})

ALONE: Mapping[str, Alone] = {
    "contact_decision": _alone("contact", _FAMILY["contact"].bears),
    "referral_decision": _alone("assessment", _NEEDS),
    "assessment": _alone("assessment", _NEEDS),
    "assessment_child_seen": _alone("assessment", _NEEDS, _VISITS),
    "parenting_assessment": _alone("parenting", _NEEDS),
    "initial_conference": _alone(
        "enquiry", _FAMILY["enquiry"].bears, MeetingHeld="initial_conference"
    ),
    "pre_proceedings": _alone("track", _FAMILY["track"].bears),
    "transfer_in_conference": _alone(
        "transfer", _FAMILY["transfer"].bears, MeetingHeld="transfer_in_conference"
    ),
    **{
        timescale: _alone(what.later, _FAMILY[what.later].bears, **{what.occasion.__name__: what.kind})
        for what in REPEATING
        for timescale in (what.first, what.later)
    },
    "looked_after_visit": _alone("care", _PLACEMENTS, _VISITS, VisitMade="looked_after"),
    "looked_after_review": _alone("care", _CARE, _MEETINGS, MeetingHeld="looked_after_review"),
    "care_plan": _alone("care", _PLACEMENTS, _CARE, frozenset({"CarePlanPrepared"})),
    "placement_plan": _alone("care", _PLACEMENTS, frozenset({"PlacementPlanPrepared"})),
    **{
        matter.timescale: _alone("matter", frozenset(one.__name__ for one in matter.types))
        for matter in MATTERS
    },
    "supervision": _alone("supervision", _FAMILY["supervision"].bears),
    "case_supervision": _alone("case supervision", _FAMILY["case supervision"].bears, _NEEDS),
}  # fmt: skip
"""By the id of the timescale."""
