"""The clocks of a child, as at a day and as known at a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.amended import Amended, Amendment
from domain.assessment_clock import assessment_clocks, child_seen_clocks
from domain.assessment_life import AssessmentLife
from domain.circumstances import NOWHERE_ELSE, Elsewhere, circumstances
from domain.clock import Clock
from domain.field import FactReference
from domain.flag import Flag, gathered
from domain.front_door_clock import contact_clocks, referral_clocks
from domain.history import Recorded
from domain.lanes import needs_as_ruled
from domain.merging import OneChild, told_as_one
from domain.needs import Needs, closed_by_ends, find_needs
from domain.reading_order import reading_order
from domain.snapshot import RecordChanged
from domain.telling import Told, told
from domain.upholding import Held, Upheld, uphold
from domain.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class Figures:
    """The clocks of a child: ``child`` is the reference it is read under, ``merged`` those that were merged
    into it.

    ``held`` are the amendments the clocks do not follow; ``rulings`` those in effect.
    """

    child: str
    merged: tuple[str, ...]
    clocks: tuple[Clock, ...]
    held: tuple[Held, ...]
    rulings: tuple[Recorded, ...]


def figures(
    child: str,
    history: Amended,
    day: date,
    calendar: WorkingDays,
    elsewhere: Elsewhere = NOWHERE_ELSE,
    *,
    with_rulings: bool = True,
) -> Figures:
    """All clocks of a child at the end of ``day``, in order of start.

    ``history`` is what is known of all that was recorded under the child's reference and any ever merged with
    it.
    """
    reading = _Reading(child, history, calendar)
    upheld = uphold(history, reading.of_all, with_rulings=with_rulings)
    return reading.figures(upheld, day, elsewhere)


class _Reading:
    """Reads clocks from one history; remembers what it read while amendments are weighed."""

    def __init__(self, child: str, history: Amended, calendar: WorkingDays) -> None:
        self.child = child
        self.history = history
        self.calendar = calendar
        self._weighed: dict[tuple[tuple[int, ...], frozenset[FactReference], date], list[Clock]] = {}

    def of_all(
        self, amendments: Sequence[Amendment], voided: frozenset[FactReference], day: date
    ) -> list[Clock]:
        """The clocks as at ``day`` under every reference concerned, bare of what only explains them."""
        key = (tuple(id(a) for a in amendments), voided, day)
        weighed = self._weighed.get(key)
        if weighed is None:
            facts = self.history.facts(amendments, day, voided)
            one = OneChild(facts)
            streams = sorted({one.survivor(t.recorded.stream) for t in facts})
            weighed = [c for stream in streams for c in self._bare(stream, facts, one, day)]
            self._weighed[key] = weighed
        return weighed

    def _bare(self, survivor: str, facts: Sequence[Told], one: OneChild, day: date) -> list[Clock]:
        of_child = _of_child(facts, one, survivor, self.calendar)
        needs = needs_as_ruled(of_child, (), (), self.calendar)
        return self._clocks(needs, [], of_child, NOWHERE_ELSE, day)

    def figures(self, upheld: Upheld, day: date, elsewhere: Elsewhere) -> Figures:
        facts = self.history.facts(upheld.applied, day, upheld.voided)
        one = OneChild(facts)
        survivor = one.survivor(self.child)
        of_child = _of_child(facts, one, survivor, self.calendar)
        needs = needs_as_ruled(of_child, upheld.links, upheld.unlinks, self.calendar)
        lives = _lives(needs)
        if upheld.held:
            every = sorted(
                [*upheld.applied, *(h.amendment for h in upheld.held)], key=lambda a: a.recorded.log_order
            )
            shown = _of_child(self.history.facts(every, day, upheld.voided), one, survivor, self.calendar)
            lives = _lives(needs_as_ruled(shown, upheld.links, upheld.unlinks, self.calendar))
        clocks = self._clocks(needs, lives, of_child, elsewhere, day)
        merged = tuple(one.merged(survivor))
        if merged:
            clocks = [_marked_merged(clock, one, of_child, merged) for clock in clocks]
        if upheld.held:
            targets = {t.reference: t for t in facts}
            clocks = [_marked_held(clock, upheld.held, targets, day) for clock in clocks]
        clocks.sort(key=lambda clock: (clock.started_on, clock.timescale.id, clock.id))
        return Figures(survivor, merged, tuple(clocks), tuple(upheld.held), tuple(upheld.rulings))

    def _clocks(
        self,
        needs: Needs,
        lives: Sequence[AssessmentLife],
        facts: Sequence[Told],
        elsewhere: Elsewhere,
        day: date,
    ) -> list[Clock]:
        around = circumstances(facts)
        calendar = self.calendar
        return [
            *contact_clocks(facts, elsewhere, calendar),
            *referral_clocks(needs.episodes, elsewhere, calendar),
            *assessment_clocks(needs, lives, around, elsewhere, calendar, day),
            *child_seen_clocks(needs, around, elsewhere, calendar),
        ]


def _of_child(facts: Sequence[Told], one: OneChild, survivor: str, calendar: WorkingDays) -> list[Told]:
    """The facts of a child in reading order.

    The end of a need closes its open assessments, which then are not open the next morning: where it did, the
    facts are put in order once more.
    """
    of_child = [told for told in facts if one.survivor(told.recorded.stream) == survivor]
    as_one = told_as_one(of_child, survivor) if one.into else of_child
    ordered = reading_order(as_one)
    closing = closed_by_ends(find_needs(ordered, calendar))
    return reading_order(as_one, closing) if closing else ordered


def _lives(needs: Needs) -> list[AssessmentLife]:
    return [record for need in needs.found for record in need.records]


def _marked_merged(clock: Clock, one: OneChild, facts: Sequence[Told], merged: Sequence[str]) -> Clock:
    """Flag a clock that was running, or had run, when the histories became one."""
    because = [one.because[reference] for reference in merged]
    merged_on = {told.reference: told.day for told in facts}
    causes = tuple(r for r in because if clock.started_on <= merged_on.get(r, clock.started_on))
    return _with(clock, [Flag("MERGED_CHILD_RECORDS", None, causes)]) if causes else clock


def _marked_held(clock: Clock, held: Sequence[Held], facts: Mapping[FactReference, Told], day: date) -> Clock:
    """Flag a clock whose own facts, or those of its referrals and records, have amendments held back
    from it.
    """
    flags = [
        Flag(one.code, None, (one.amendment.reference,))
        for one in held
        if (
            not isinstance(one.amendment.fact, RecordChanged)
            or told(one.amendment.recorded, one.amendment.fact).day <= day
        )
        and any(_is_about(clock, reference, facts) for reference in one.targets)
    ]
    return _with(clock, flags) if flags else clock


def _is_about(clock: Clock, reference: FactReference, facts: Mapping[FactReference, Told]) -> bool:
    if reference in clock.because:
        return True
    target = facts.get(reference)
    if target is None or clock.timescale.id != "assessment":
        return False
    assessment_id = getattr(target.fact, "assessment_id", None)
    if assessment_id is not None:
        return ("assessment", assessment_id) in clock.concerns
    return ("referral", getattr(target.fact, "referral_id", None)) in clock.concerns


def _with(clock: Clock, flags: Sequence[Flag]) -> Clock:
    return replace(clock, flags=tuple(gathered([*clock.flags, *flags])))
