"""The clock of pre-proceedings: stepped down and soon begun again, they are one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.assessment_life import AssessmentLife, State
from domain.clock import Clock
from domain.flag import Flag
from domain.material import Material, superseded_reports
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
    reading = _Reading(material)
    reading.read()
    mark_gone("track", reading.needs, material)
    return reading.needs


@dataclass(slots=True)
class _Reading:
    material: Material
    needs: list[Need] = field(default_factory=list)
    running: Need | None = None
    tracks: dict[str, AssessmentLife] = field(default_factory=dict)

    def read(self) -> None:
        of_tracks = self.material.of(PreProceedingsDecided, PreProceedingsEnded)
        of_cases = self.material.of(PreProceedingsDecided, ProceedingsIssued)
        ignored = superseded_reports(
            of_tracks, PreProceedingsDecided, "track_id", each=True
        ) | superseded_reports(of_cases, PreProceedingsDecided, "case_id", each=False)
        for place, told in self.material.of(PreProceedingsDecided, PreProceedingsEnded, ProceedingsIssued):
            if place in ignored:
                continue
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
        if self.running is None:
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
