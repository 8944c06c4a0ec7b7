"""The clock of pre-proceedings: stepped down and soon begun again, they are one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.assessment_life import AssessmentLife, State
from domain.clock import Clock
from domain.day_order import day_by_day
from domain.field import FactReference
from domain.flag import Flag
from domain.material import Material, Placed, superseded_reports
from domain.need import Need, NeedStatus
from domain.pre_proceedings import PreProceedingsDecided, PreProceedingsEnded, ProceedingsIssued
from domain.record_clock import close_open, mark_gone, record_clocks
from domain.telling import Told


def pre_proceedings_clocks(
    needs: Sequence[Need], as_shown: Sequence[AssessmentLife], material: Material
) -> list[Clock]:
    """One clock for each run of pre-proceedings, in order of start."""
    return record_clocks("pre_proceedings", "track", needs, as_shown, material)


def find_tracks(material: Material) -> list[Need]:
    """The runs of pre-proceedings: each from a decision to begin them until proceedings are issued, or until
    the last track on it is stepped down and none follows in time.
    """
    if not material.of(PreProceedingsDecided):
        return []
    reading = _read(material, frozenset())
    ignored = _superseded(reading.order)
    if ignored:
        # Which of several reports of an end counts depends on the order, and that on what is open.
        reading = _read(material, ignored)
    mark_gone("track", reading.needs, material)
    return reading.needs


def _read(material: Material, ignored: frozenset[FactReference]) -> "_Reading":
    reading = _Reading(material)
    facts = material.of(PreProceedingsDecided, PreProceedingsEnded, ProceedingsIssued)
    steps = [placed for placed in facts if placed[1].reference not in ignored]
    for place, (_, told) in enumerate(day_by_day(steps, reading.rank)):
        reading.order.append((place, told))
        reading.read(place, told)
    return reading


def _superseded(order: Sequence[Placed]) -> frozenset[FactReference]:
    of_tracks = [p for p in order if not isinstance(p[1].fact, ProceedingsIssued)]
    of_cases = [p for p in order if not isinstance(p[1].fact, PreProceedingsEnded)]
    places = superseded_reports(of_tracks, PreProceedingsDecided, "track_id", each=True) | superseded_reports(
        of_cases, PreProceedingsDecided, "case_id", each=False
    )
    return frozenset(order[place][1].reference for place in places)


@dataclass(slots=True)
class _Reading:
    material: Material
    needs: list[Need] = field(default_factory=list)
    running: Need | None = None
    tracks: dict[str, AssessmentLife] = field(default_factory=dict)
    order: list[Placed] = field(default_factory=list)

    def rank(self, told: Told) -> int:
        """What is open in the morning is done with before anything begins, all else after."""
        fact = told.fact
        if isinstance(fact, PreProceedingsDecided):
            return 2
        if isinstance(fact, ProceedingsIssued):
            return 0 if self.running is not None else 3
        assert isinstance(fact, PreProceedingsEnded)
        track = self.tracks.get(fact.track_id)
        return 1 if track is not None and track.state is State.OPEN else 4

    def read(self, place: int, told: Told) -> None:
        fact = told.fact
        if isinstance(fact, PreProceedingsDecided):
            self._decided(place, told, fact)
        elif isinstance(fact, PreProceedingsEnded):
            self._ended(place, told, fact)
        elif isinstance(fact, ProceedingsIssued):
            self._issued(place, told, fact)

    def _decided(self, place: int, told: Told, fact: PreProceedingsDecided) -> None:
        track = self.tracks.get(fact.track_id)
        if track is not None and track.state is State.OPEN:
            return
        if self.running is not None:
            self.running.flags.append(Flag("PRE_PROCEEDINGS_RESTARTED", None, (told.reference,)))
        else:
            self.running = self._restarted(told)
        if self.running is None:
            self.running = Need(told, place, fact.track_id)
            self.needs.append(self.running)
        track = AssessmentLife(fact.track_id, None, told, place, self.running)
        track.turn(place, State.OPEN, told)
        self.tracks[fact.track_id] = track
        self.running.attach(track)

    def _restarted(self, told: Told) -> Need | None:
        """The run that was stepped down so lately that it goes on."""
        last = self.needs[-1] if self.needs else None
        if last is None or last.end is None or not _is_step_down(last.end):
            return None
        link = timedelta(days=self.material.policy.days("pre_proceedings_link_days", last.end.day))
        if told.day > last.end.day + link:
            return None
        last.run_again()
        last.flags.append(Flag("PRE_PROCEEDINGS_RESTARTED", None, (told.reference,)))
        return last

    def _ended(self, place: int, told: Told, fact: PreProceedingsEnded) -> None:
        track = self.tracks.get(fact.track_id)
        if track is None or track.state is not State.OPEN:
            return
        if fact.outcome == "issue":
            self._stop(track.need, place, told, State.COMPLETED)
            return
        track.turn(place, State.CLOSED, told)
        if track.need is self.running and all(r.state is not State.OPEN for r in track.need.records):
            self._stop(track.need, place, told, State.CLOSED)

    def _issued(self, place: int, told: Told, fact: ProceedingsIssued) -> None:
        named = self.tracks.get(fact.track_id) if fact.track_id else None
        need = named.need if named is not None else self.running
        if need is not None and need is self.running:
            self._stop(need, place, told, State.COMPLETED)

    def _stop(self, need: Need, place: int, told: Told, state: State) -> None:
        if need is not self.running:
            return
        need.finish(NeedStatus.STOPPED, told, place)
        close_open(need, place, state)
        self.running = None


def _is_step_down(told: Told) -> bool:
    return isinstance(told.fact, PreProceedingsEnded) and told.fact.outcome == "step_down"
