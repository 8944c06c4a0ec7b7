"""The projection that everything is measured from: a row for each thing that counts."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.families import FAMILIES, Family
from domain.history import Outline, Recorded
from domain.integrity import JUDGED
from domain.lifecycle import FOLLOWING
from domain.telling import entered_before_it_occurred
from domain.timescale_facts import ALONE
from domain.working_days import WorkingDays
from projections.hands import HANDING_ON
from projections.measure import Period
from projections.measured.audits import audit_things
from projections.measured.care import care_things
from projections.measured.clocks import BY_RISK, clock_things
from projections.measured.gaps import gap_things
from projections.measured.holding import holding_things, named_things
from projections.measured.meetings import MEETING_TYPES, meeting_things
from projections.measured.plans import plan_things
from projections.measured.protection import protection_things
from projections.measured.recording import discrepancy_things, is_late, late_things
from projections.measured.referrals import drift_things, referral_things
from projections.measured.row import Measured
from projections.measured.visits import household_things, visit_things
from projections.projection import Case, Projection

Things = Callable[[Case], Iterator[Measured]]
OnlyWith = Callable[[Recorded | Outline, Period | None, WorkingDays], bool]

_REFERRALS = ALONE["referral_decision"].days
_PLANS, _CARE = frozenset({"PlanStarted", "PlanEnded"}), frozenset({"CareStarted", "CareEnded"})
_PLACEMENTS = frozenset({"PlacementStarted", "PlacementEnded"})
_REVIEWS = ALONE["review_conference"]
_JUDGED = frozenset(fact.__name__ for fact in JUDGED)
_ON_CLOCKS = frozenset[str]().union(*(alone.days for alone in ALONE.values()))


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes the rows of some series: from which types of facts (None: of all), and from which clocks.

    ``others``: from facts of other types of which this is true, too. ``only_with``: in a period, only from
    histories with a fact of which this is true. ``is_of_record``: from what the case system tells, and not
    from what the clocks follow of it.
    """

    things: Things
    series: frozenset[str]
    reads: frozenset[str] | None
    families: tuple[Family, ...] = ()
    is_of_record: bool = False
    others: Callable[[Outline], bool] | None = None
    only_with: OnlyWith | None = None

    def made(self, case: Case) -> Iterator[Measured]:
        return self.things(case if self.is_of_record else case.followed)


_MAKERS: tuple[Maker, ...] = (
    Maker(referral_things, frozenset({"referrals"}), _REFERRALS),
    Maker(drift_things, frozenset({"drift"}), _REFERRALS | _PLANS | _CARE),
    Maker(
        protection_things,
        frozenset({"strategy_discussions", "enquiries", "initial_conferences"}),
        frozenset({
            "StrategyDiscussionHeld", "Section47Started", "Section47Completed", "MeetingHeld", "PlanStarted",
        }),
    ),
    Maker(
        plan_things,
        frozenset({"plans", "plans_reviewed", "last_seen"}),
        _REVIEWS.days | _PLANS | _CARE | {"VisitMade", "PlacementStarted", "PlacementEnded"},
        (_REVIEWS.family,),
    ),
    Maker(
        gap_things,
        frozenset({"visit_gaps", "last_reviewed"}),
        _PLANS | {"VisitMade", "MeetingHeld"},
    ),
    Maker(
        care_things,
        frozenset({"care", "placements", "care_reviewed"}),
        _CARE | _PLACEMENTS | {"MeetingHeld"},
    ),
    Maker(visit_things, frozenset({"visits"}), frozenset({"VisitMade"})),
    Maker(household_things, frozenset({"households"}), frozenset({"HouseholdJoined", "HouseholdLeft"})),
    Maker(meeting_things, frozenset({"meetings_planned", "meetings"}), frozenset(MEETING_TYPES)),
    Maker(
        audit_things,
        frozenset({"actions", "audits"}),
        frozenset({"AuditCompleted", "ActionSet", "ActionDone", "ActionReopened"}),
    ),
    Maker(
        holding_things,
        frozenset({"held", "worker_changes", "unallocated"}),
        HANDING_ON | _REFERRALS | _PLANS | _CARE,
        is_of_record=True,
    ),
    Maker(named_things, frozenset({"workers_named"}), None, is_of_record=True),
    Maker(
        discrepancy_things,
        frozenset({"discrepancies"}),
        FOLLOWING | _JUDGED | _REFERRALS,
        is_of_record=True,
        others=lambda fact: entered_before_it_occurred(fact, fact.occurred_on),
    ),
    Maker(
        late_things,
        frozenset({"late_facts"}),
        _ON_CLOCKS,
        FAMILIES,
        is_of_record=True,
        only_with=is_late,
    ),
)  # fmt: skip
"""What makes the rows of which series; those of clocks are all others."""

_NOT_CLOCKS = frozenset(name for maker in _MAKERS for name in maker.series)


def rows(case: Case) -> list[Measured]:
    """Every thing of a child that measures count. The second life of a thing is told apart by its number."""
    return _told_apart([clock_things, *(maker.made for maker in _MAKERS)], case)


def rows_of(case: Case, series: Collection[str]) -> list[Measured]:
    """Those of some series, without reckoning what they do not need."""
    makers: list[Things] = [maker.made for maker in _MAKERS if not maker.series.isdisjoint(series)]
    if not _NOT_CLOCKS.issuperset(series):
        makers.insert(0, clock_things)
    return [row for row in _told_apart(makers, case) if row.series in series]


@dataclass(frozen=True, slots=True)
class Sources:
    """What rows are made from: facts of some types (None: of all), and clocks of some families, with every
    flag or without those that other facts explain. ``others`` and ``only_with`` as of a `Maker`; ``only_of``:
    histories without a fact of this type matter to none. ``says``: of facts of some of
    these types, only those are read from in which one of some words is.
    """

    types: frozenset[str] | None
    families: tuple[Family, ...]
    with_flags: bool
    others: Callable[[Outline], bool] | None = None
    says: Mapping[str, frozenset[str]] = field(default_factory=dict)
    only_with: OnlyWith | None = None
    only_of: str | None = None

    def with_types(self, types: frozenset[str] | None) -> "Sources":
        return replace(self, types=None if self.types is None or types is None else self.types | types)


def sources_of(series: Iterable[str], *, with_flags: bool) -> Sources:
    """What the rows of some series are made from: all of them, or, but for flags, all that is counted."""
    types: frozenset[str] = frozenset()
    families: dict[str, Family] = {}
    makers: list[Maker] = []
    read_for: dict[str, list[str | None]] = {}
    for name in series:
        maker = next((maker for maker in _MAKERS if name in maker.series), None)
        alone = ALONE.get(name)
        if maker is not None:
            makers.append(maker)
            types |= maker.reads or frozenset()
            families |= {family.name: family for family in maker.families}
        elif alone is not None:
            types |= alone.flags if with_flags else alone.days
            types |= {"RiskAssessed"} if name in BY_RISK else frozenset()
            for each in alone.days:
                read_for.setdefault(each, []).append(alone.says.get(each))
            families[alone.family.name] = alone.family
    is_all = any(maker.reads is None for maker in makers)
    is_part = not (makers or with_flags)
    says = {
        name: frozenset(word for word in words if word is not None)
        for name, words in read_for.items()
        if is_part and None not in words
    }
    return Sources(
        None if is_all else types,
        tuple(families.values()),
        with_flags,
        others=next((maker.others for maker in makers if maker.others is not None), None),
        says=says,
        only_with=makers[0].only_with if len(makers) == 1 and not read_for else None,
    )


def _told_apart(makers: Sequence[Things], case: Case) -> list[Measured]:
    found: list[Measured] = []
    lives: dict[tuple[str, str], int] = {}
    for things in makers:
        for row in things(case):
            key = (row.series, row.thing)
            life = lives[key] = lives.get(key, 0) + 1
            found.append(row if life == 1 else replace(row, thing=f"{row.thing}:{life}"))
    return found


measured_rows: Projection[Measured] = Projection(name="measured", version=4, row=Measured, rows=rows)
