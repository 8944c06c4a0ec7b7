"""The families of clocks: which facts bear on each, and how its clocks are drawn."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from domain.assessment_clock import assessment_clocks, child_seen_clocks
from domain.assessment_life import AssessmentLife
from domain.care_clocks import care_clocks
from domain.clock import Clock
from domain.clock_making import numbered_in_order
from domain.enquiry_clock import enquiry_clocks, find_enquiries
from domain.event import Event
from domain.front_door_clock import contact_clocks, referral_clocks
from domain.material import Material
from domain.matters import MATTERS, matter_clocks
from domain.meeting import MeetingHeld
from domain.need import Need
from domain.needs import Needs
from domain.parenting_clock import find_parenting, parenting_clocks
from domain.plan_clocks import REPEATING, Repeating, plan_clocks
from domain.pre_proceedings_clock import find_tracks, pre_proceedings_clocks
from domain.supervision_clock import case_supervision_clocks, supervision_clocks
from domain.transfer_clock import transfer_clocks
from domain.visit import VisitMade


@dataclass(slots=True)
class Drawing:
    """What clocks are drawn from: the material, the needs for assessment as ruled, and the lives of records
    as shown where they are not as they count.
    """

    material: Material
    needs: Callable[[], Needs]
    shown: "Shown | None" = None


@dataclass(slots=True)
class Shown:
    """The lives of the records that the case system shows, with every correction applied."""

    assessments: Sequence[AssessmentLife] = ()
    parenting: Sequence[AssessmentLife] = ()
    discussions: Sequence[AssessmentLife] = ()
    tracks: Sequence[AssessmentLife] = ()


def shown(drawing: Drawing) -> Shown:
    """The lives of records in a drawing of all that was told."""
    return Shown(
        lives(drawing.needs().found),
        lives(_parenting(drawing.material)),
        lives(find_enquiries(drawing.material)),
        lives(find_tracks(drawing.material)),
    )


def lives(needs: Iterable[Need]) -> list[AssessmentLife]:
    """The records of needs."""
    return [record for need in needs for record in need.records]


OF_ALL = frozenset({"ChildMerged", "ChildUnmerged"})
"""Facts on which the clocks of every family depend."""

EXPLAINING = frozenset({
    "WorkerAllocated", "CaseTransferred", "ContactReceived", "ChildRegistered", "VisitMade", "RecordDeleted",
    "RecordDisappeared", "RecordReappeared",
})  # fmt: skip
"""Facts that flags of clocks of any family may tell of."""


_GONE = frozenset({"RecordDeleted", "RecordDisappeared", "RecordReappeared"})


@dataclass(frozen=True, slots=True)
class Family:
    """Clocks drawn together. ``bears`` names the types of facts on which their days depend, ``moves`` tells
    which facts of those types do. ``has_records`` where the case system shows records of their needs.
    """

    name: str
    bears: frozenset[str]
    draw: Callable[[Drawing], list[Clock]] = field(repr=False)
    moves: Callable[[Event], bool] = field(default=lambda _: True, repr=False)
    has_records: bool = False

    @property
    def reads(self) -> frozenset[str]:
        """The types of all facts that its clocks are made from, flags and all."""
        return self.bears | EXPLAINING | OF_ALL

    @property
    def types(self) -> frozenset[str]:
        """The types of facts on which the days of its clocks depend, and those that the case system shows."""
        return self.bears | _GONE if self.has_records else self.bears


def _contacts(drawing: Drawing) -> list[Clock]:
    material = drawing.material
    return contact_clocks(material.facts, material.elsewhere, material.calendar, material.policy)


def _assessments(drawing: Drawing) -> list[Clock]:
    needs, material = drawing.needs(), drawing.material
    around, elsewhere, calendar = material.around, material.elsewhere, material.calendar
    as_shown = drawing.shown.assessments if drawing.shown else lives(needs.found)
    return [
        *referral_clocks(needs.episodes, elsewhere, calendar, material.policy),
        *assessment_clocks(needs, as_shown, around, elsewhere, calendar, material.policy, material.day),
        *child_seen_clocks(needs, around, elsewhere, calendar, material.policy),
    ]


def _parenting(material: Material) -> list[Need]:
    return find_parenting(material)


def _parenting_clocks(drawing: Drawing) -> list[Clock]:
    needs = _parenting(drawing.material)
    return parenting_clocks(
        needs, drawing.shown.parenting if drawing.shown else lives(needs), drawing.material
    )


def _enquiries(drawing: Drawing) -> list[Clock]:
    needs = find_enquiries(drawing.material)
    return enquiry_clocks(
        needs, drawing.shown.discussions if drawing.shown else lives(needs), drawing.material
    )


def _tracks(drawing: Drawing) -> list[Clock]:
    needs = find_tracks(drawing.material)
    return pre_proceedings_clocks(
        needs, drawing.shown.tracks if drawing.shown else lives(needs), drawing.material
    )


def _case_supervision(drawing: Drawing) -> list[Clock]:
    return case_supervision_clocks(drawing.needs().episodes, drawing.material)


def _unless_meeting_other_than(kind: str) -> Callable[[Event], bool]:
    return lambda fact: not isinstance(fact, MeetingHeld) or fact.kind == kind


_ASSESSMENTS = frozenset({
    "AssessmentStarted", "AssessmentCompleted", "AssessmentClosed", "AssessmentReopened",
    "AssessmentCancelled", "AssessmentPaused", "AssessmentResumed",
})  # fmt: skip
_REFERRALS = frozenset({
    "ReferralReceived", "ReferralDecided", "ReferralClosed", "SteppedDown", "SteppedUp", "TransferredIn",
    "TransferredOut",
})  # fmt: skip
_PLANS = frozenset({"PlanStarted", "PlanEnded"})
_CARE = frozenset({"CareStarted", "CareEnded", "PlacementStarted", "PlacementEnded"})


def _of_plans(what: Repeating) -> Family:
    visits = {"VisitMade", "VisitFrequencySet"}
    return Family(
        what.later,
        _PLANS | (visits if what.occasion is VisitMade else {"MeetingHeld"}),
        lambda drawing: plan_clocks(drawing.material, what),
        moves=lambda fact: not isinstance(fact, what.occasion) or what.tells(fact),
    )


FAMILIES: tuple[Family, ...] = (
    Family("contact", frozenset({"ContactReceived", "ContactDecided"}), _contacts),
    Family(
        "assessment",
        _ASSESSMENTS | _REFERRALS | _GONE | {"VisitMade"},
        _assessments,
        moves=lambda fact: not isinstance(fact, VisitMade) or fact.seen,
        has_records=True,
    ),
    Family("parenting", _ASSESSMENTS | _GONE, _parenting_clocks, has_records=True),
    Family(
        "enquiry",
        frozenset({"StrategyDiscussionHeld", "Section47Started", "Section47Completed", "MeetingHeld"}),
        _enquiries,
        moves=_unless_meeting_other_than("initial_conference"),
        has_records=True,
    ),
    Family(
        "track",
        frozenset({"PreProceedingsDecided", "PreProceedingsEnded", "ProceedingsIssued"}),
        _tracks,
        has_records=True,
    ),
    Family(
        "transfer",
        frozenset({"TransferredIn", "MeetingHeld"}),
        lambda d: transfer_clocks(d.material),
        moves=_unless_meeting_other_than("transfer_in_conference"),
    ),
    *map(_of_plans, REPEATING),
    Family(
        "care",
        _CARE | {"CarePlanPrepared", "PlacementPlanPrepared", "VisitMade", "MeetingHeld"},
        lambda d: care_clocks(d.material),
    ),
    Family(
        "matter",
        frozenset(one.__name__ for matter in MATTERS for one in matter.types),
        lambda d: matter_clocks(d.material),
    ),
    Family(
        "supervision",
        frozenset({"WorkerJoined", "WorkerLeft", "SupervisionHeld"}),
        lambda d: supervision_clocks(d.material),
    ),
    Family(
        "case supervision",
        _REFERRALS | _PLANS | _CARE | {"WorkerAllocated", "SupervisionHeld"},
        _case_supervision,
    ),
)


def families_of(types: Iterable[str]) -> tuple[Family, ...]:
    """The families whose clocks may depend on facts of some types."""
    asked = frozenset(types)
    if asked & OF_ALL:
        return FAMILIES
    return tuple(family for family in FAMILIES if family.bears & asked)


def families_moved(facts: Iterable[Event]) -> tuple[Family, ...]:
    """Those whose clocks may depend on facts as they stand: of one corrected, the types alone tell."""
    facts = list(facts)
    return tuple(
        family
        for family in families_of(type(fact).__name__ for fact in facts)
        if any(type(fact).__name__ in family.bears | OF_ALL and family.moves(fact) for fact in facts)
    )


def draw(drawing: Drawing, families: Sequence[Family] = FAMILIES) -> list[Clock]:
    """The clocks of some families."""
    return numbered_in_order([clock for family in families for clock in family.draw(drawing)])
