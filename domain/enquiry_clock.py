"""The clock of the initial conference, from the strategy discussion that began an enquiry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.assessment_life import AssessmentLife, State
from domain.clock import Clock
from domain.day_order import day_by_day
from domain.field import FactReference
from domain.flag import Flag
from domain.material import Material, Placed, superseded_reports
from domain.meeting import MeetingHeld
from domain.need import Need, NeedStatus
from domain.protection import Section47Completed, Section47Started, StrategyDiscussionHeld
from domain.record_clock import close_open, mark_gone, record_clocks
from domain.telling import Told


def enquiry_clocks(
    needs: Sequence[Need], as_shown: Sequence[AssessmentLife], material: Material
) -> list[Clock]:
    """One clock for each need of a conference, in order of start."""
    return record_clocks("initial_conference", "meeting", needs, as_shown, material)


def find_enquiries(material: Material) -> list[Need]:
    """The needs of a conference: each from a strategy discussion that led to section 47 enquiries, until a
    quorate conference, or until the last enquiry on it ended with none needed.

    What is held or begun while one runs joins it. One that ended with no conference goes on if another
    discussion or enquiry follows within the window.
    """
    if not material.of(StrategyDiscussionHeld):
        return []
    reading = _read(material, frozenset())
    ignored = _superseded(reading.order)
    if ignored:
        # Which of several reports of an end counts depends on the order, and that on what is open.
        reading = _read(material, ignored)
    mark_gone("meeting", reading.needs, material)
    return reading.needs


def _read(material: Material, ignored: frozenset[FactReference]) -> "_Reading":
    reading = _Reading(material)
    steps = [
        placed
        for placed in material.of(StrategyDiscussionHeld, Section47Started, Section47Completed, MeetingHeld)
        if placed[1].reference not in ignored and _bears(placed[1])
    ]
    for place, (_, told) in enumerate(day_by_day(steps, reading.rank)):
        reading.order.append((place, told))
        reading.read(place, told)
    return reading


def _superseded(order: Sequence[Placed]) -> frozenset[FactReference]:
    conferences = [p for p in order if not isinstance(p[1].fact, (Section47Started, Section47Completed))]
    completions = [p for p in order if isinstance(p[1].fact, (Section47Started, Section47Completed))]
    places = superseded_reports(
        conferences, StrategyDiscussionHeld, "meeting_id", each=False
    ) | superseded_reports(completions, Section47Started, "enquiry_id", each=True)
    return frozenset(order[place][1].reference for place in places)


@dataclass(slots=True)
class _Enquiry:
    """``is_unmet`` until it ends with no conference needed, or a conference is held. ``need`` is None while
    no discussion that began it is known.
    """

    need: Need | None
    is_unmet: bool = True


@dataclass(slots=True)
class _Reading:
    material: Material
    needs: list[Need] = field(default_factory=list)
    running: Need | None = None
    enquiries: dict[str, _Enquiry] = field(default_factory=dict)
    by_meeting: dict[str, Need] = field(default_factory=dict)
    order: list[Placed] = field(default_factory=list)

    def rank(self, told: Told) -> int:
        """What is open in the morning is done with before anything begins, all else after."""
        fact = told.fact
        if isinstance(fact, StrategyDiscussionHeld):
            return 2
        if isinstance(fact, Section47Started):
            return 3
        if isinstance(fact, MeetingHeld):
            return 0 if self.running is not None else 4
        assert isinstance(fact, Section47Completed)
        enquiry = self.enquiries.get(fact.enquiry_id)
        return 1 if enquiry is not None and enquiry.is_unmet else 5

    def read(self, place: int, told: Told) -> None:
        fact = told.fact
        if isinstance(fact, StrategyDiscussionHeld):
            self._discussed(place, told)
        elif isinstance(fact, Section47Started):
            self._begun(told, fact)
        elif isinstance(fact, Section47Completed):
            self._ended(place, told, fact)
        elif self.running is not None:
            self._stop(place, told, State.COMPLETED)

    def _discussed(self, place: int, told: Told) -> None:
        assert isinstance(told.fact, StrategyDiscussionHeld)
        meeting_id = told.fact.meeting_id
        need = self.running
        if need is not None:
            if self.by_meeting.get(meeting_id) is need:
                return
            need.flags.append(Flag("SECOND_STRATEGY_DISCUSSION", None, (told.reference,)))
        else:
            need = self._continued(told) or Need(told, place, meeting_id)
            if need not in self.needs:
                self.needs.append(need)
            self.running = need
            for enquiry_id, enquiry in self.enquiries.items():
                if enquiry.need is None and enquiry.is_unmet:
                    enquiry.need = need
                    need.things.add(("enquiry", enquiry_id))
        record = AssessmentLife(meeting_id, None, told, place, need)
        record.turn(place, State.OPEN, told)
        need.attach(record)
        self.by_meeting[meeting_id] = need

    def _continued(self, told: Told) -> Need | None:
        """The need that ended with no conference so lately that it goes on."""
        last = self.needs[-1] if self.needs else None
        if last is None or last.end is None or not isinstance(last.end.fact, Section47Completed):
            return None
        window = timedelta(days=self.material.policy.days("continuation_window_days", last.end.day))
        if told.day > last.end.day + window:
            return None
        last.run_again()
        last.flags.append(Flag("CONTINUATION_WITHIN_WINDOW", None, (told.reference,)))
        return last

    def _begun(self, told: Told, fact: Section47Started) -> None:
        known = self.enquiries.get(fact.enquiry_id)
        if known is not None and known.is_unmet:
            return
        if self.running is None:
            self.running = self._continued(told)
        named = self.by_meeting.get(fact.meeting_id) if fact.meeting_id else None
        need = named or self.running
        self.enquiries[fact.enquiry_id] = _Enquiry(need)
        if need is not None:
            need.things.add(("enquiry", fact.enquiry_id))

    def _ended(self, place: int, told: Told, fact: Section47Completed) -> None:
        enquiry = self.enquiries.get(fact.enquiry_id)
        if enquiry is None or not enquiry.is_unmet or fact.outcome != "no_conference":
            return
        enquiry.is_unmet = False
        if self.running is None or enquiry.need is not self.running:
            return
        if not any(one.is_unmet for one in self.enquiries.values() if one.need is self.running):
            self._stop(place, told, State.CLOSED)

    def _stop(self, place: int, told: Told, state: State) -> None:
        need = self.running
        assert need is not None
        need.finish(NeedStatus.STOPPED, told, place)
        close_open(need, place, state)
        for enquiry in self.enquiries.values():
            if enquiry.need is need:
                enquiry.is_unmet = False
        self.running = None


def _bears(told: Told) -> bool:
    fact = told.fact
    if isinstance(fact, StrategyDiscussionHeld):
        return fact.outcome == "section_47"
    if isinstance(fact, MeetingHeld):
        return fact.kind == "initial_conference" and fact.quorate
    return True
