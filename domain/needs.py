"""The needs for assessment in a child's history, by the rules of the true clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.assessment import (
    AssessmentCancelled,
    AssessmentClosed,
    AssessmentCompleted,
    AssessmentPaused,
    AssessmentReopened,
    AssessmentResumed,
    AssessmentStarted,
)  # fmt: skip
from domain.assessment_life import UNDER_WAY, AssessmentLife, State, Turn, superseded
from domain.correction import RecordDeleted
from domain.event import Event
from domain.field import FactReference
from domain.flag import Flag
from domain.need import Need, NeedStatus
from domain.policy import Policy
from domain.referral_episode import Episode, episodes
from domain.snapshot import RecordDisappeared, RecordReappeared
from domain.telling import COUNTED_KIND, RECEIPTS, Told
from domain.working_days import WorkingDays


@dataclass(slots=True)
class Needs:
    """All needs of a child on a day, and the lives of the referrals, each in order of start."""

    found: list[Need]
    episodes: list[Episode]


def find_needs(facts: Sequence[Told], calendar: WorkingDays, policy: Policy) -> Needs:
    """Read facts, in reading order and up to the day asked about, into needs in order of start.

    A need runs from what began it until a completion, or until the last referral on it is over; closing,
    cancelling, deleting, pausing and disappearing change the record and not the need.
    """
    reading = _Reading(calendar, policy, episodes(facts), superseded(facts), _named_referrals(facts))
    for place, told in enumerate(facts):
        reading.read(place, told)
    found = [need for need in reading.needs if not reading.is_no_need(need)]
    return Needs(sorted(found, key=lambda need: need.place), reading.episodes)


def closed_by_ends(needs: Needs) -> dict[FactReference, set[str]]:
    """The assessments that were closed because their need ended, by the fact that ended it."""
    closed: dict[FactReference, set[str]] = {}
    for need in needs.found:
        for record in need.records:
            for turn in record.turns:
                if turn.state is State.CLOSED and not isinstance(turn.told.fact, AssessmentClosed):
                    closed.setdefault(turn.told.reference, set()).add(record.id)
    return closed


def _named_referrals(facts: Sequence[Told]) -> frozenset[str]:
    return frozenset(
        t.fact.referral_id
        for t in facts
        if isinstance(t.fact, AssessmentStarted) and t.fact.kind == COUNTED_KIND and t.fact.referral_id
    )


@dataclass(slots=True)
class _Reading:
    calendar: WorkingDays
    policy: Policy
    episodes: list[Episode]
    superseded: set[int]
    named: frozenset[str]
    needs: list[Need] = field(default_factory=list)
    records: dict[str, AssessmentLife] = field(default_factory=dict)
    running: Need | None = None
    receipts: dict[int, Episode] = field(init=False)
    ends: dict[int, list[Episode]] = field(init=False)

    def __post_init__(self) -> None:
        self.receipts = {episode.place: episode for episode in self.episodes}
        self.ends = {}
        for episode in self.episodes:
            if episode.over_place is not None:
                self.ends.setdefault(episode.over_place, []).append(episode)

    def read(self, place: int, told: Told) -> None:
        step = _STEPS.get(type(told.fact))
        if step is not None and place not in self.superseded:
            step(self, place, told, told.fact)
        if place in self.ends:
            self._referrals_over(place, told)

    # Referrals

    def receipt(self, place: int, told: Told, fact: Any) -> None:
        episode = self.receipts.get(place)
        if episode is None:
            return
        need = self._running_or_continued(told, by_assessment=False)
        if need is None:
            need = self._begin(Need(told, place, episode.referral_id))
        need.bring([episode])

    def _referrals_over(self, place: int, told: Told) -> None:
        need = self.running
        if need is None or not any(episode in need.episodes for episode in self.ends[place]):
            return
        if not all(episode.is_over_at(place) for episode in need.episodes):
            return
        need.is_sustained = False
        if need.reopened:
            return
        left_open = [
            record for record in need.records if record.state in UNDER_WAY and record.completion is None
        ]
        for record in left_open:
            record.turn(place, State.CLOSED, told)
        if left_open:
            need.flags.append(Flag("CLOSED_WITH_OPEN_ASSESSMENT", None, (told.reference,)))
        reason = next(e.reason for e in self.ends[place] if e in need.episodes)
        need.finish(NeedStatus.ENDED, told, place, reason)
        self.running = None

    # Assessments

    def start(self, place: int, told: Told, fact: AssessmentStarted) -> None:
        if fact.kind != COUNTED_KIND:
            return
        record = self.records.get(fact.assessment_id)
        if record is not None and record.completion is None and record.deletion is None:
            if record.state not in UNDER_WAY:
                self._open_again(place, told, record)
            return
        restart = _restart(self.running, told) if self.running else []
        need = self._running_or_continued(told, by_assessment=True)
        still_open = self._open_episodes(place)
        if need is None:
            need = self._begin(Need(told, place, fact.assessment_id))
            if still_open:
                self._mark_subsequent(need, told, fact.referral_id, still_open)
            else:
                need.start_flags.append(self._no_open_referral(place, told))
        need.flags += restart
        record = AssessmentLife(fact.assessment_id, fact.referral_id, told, place, need)
        record.turn(place, State.OPEN, told)
        self.records[fact.assessment_id] = record
        need.attach(record)
        need.bring(still_open)
        need.is_sustained = need.is_sustained or not still_open

    def reopen(self, place: int, told: Told, fact: AssessmentReopened) -> None:
        record = self.records.get(fact.assessment_id)
        if record is None:
            return
        if record.completion is not None:
            if not record.correcting or record.correcting[-1][1] is not None:
                record.correcting.append((told.day, None))
                record.corrections.append(told)
        elif record.state not in UNDER_WAY:
            self._open_again(place, told, record)

    def _open_again(self, place: int, told: Told, record: AssessmentLife) -> None:
        record.reopenings.append(record.turn(place, State.OPEN, told))
        need = record.need
        was_answered = need.status is NeedStatus.STOPPED
        still_open = self._open_episodes(place)
        if need.status is NeedStatus.STOPPED:
            need.detach(record)
            need = Need(record.start, record.place, record.id, is_sustained=not still_open)
            self._mark_subsequent(need, record.start, record.referral_id, still_open)
            need.attach(record)
            self.needs.append(need)
        elif need.status is NeedStatus.ENDED:
            need.late_after = need.ended_on
            need.run_again()
            need.reopened.add(record)
        elif need.late_after is not None:
            need.reopened.add(record)
        if self.running is not None and self.running is not need:
            need = self._made_one([self.running, need])
        self.running = need
        need.bring(still_open)
        if not was_answered:
            need.flags.append(Flag("REOPENED_SAME_RECORD", None, (told.reference,)))

    def close(self, place: int, told: Told, fact: AssessmentClosed) -> None:
        record = self.records.get(fact.assessment_id)
        if record is None or self._ended_correction(record, told) or record.state not in UNDER_WAY:
            return
        record.turn(place, State.CLOSED, told)
        need = record.need
        if record in need.reopened:
            need.reopened.discard(record)
            if not (need.reopened or need.is_sustained or any(e.is_open_at(place) for e in need.episodes)):
                need.finish(NeedStatus.ENDED, told, place)
                self.running = None

    def cancel(self, place: int, told: Told, fact: AssessmentCancelled) -> None:
        record = self.records.get(fact.assessment_id)
        if record is not None and record.state is not State.CANCELLED:
            record.turn(place, State.CANCELLED, told)

    def pause(self, place: int, told: Told, fact: AssessmentPaused) -> None:
        record = self._between(place, told, fact.assessment_id, State.OPEN, State.PAUSED)
        if record is not None:
            record.need.flags.append(Flag("PAUSED_STATUTORY_CLOCK", None, (told.reference,)))

    def resume(self, place: int, told: Told, fact: AssessmentResumed) -> None:
        self._between(place, told, fact.assessment_id, State.PAUSED, State.OPEN)

    def _between(
        self, place: int, told: Told, assessment_id: str, expected: State, after: State
    ) -> AssessmentLife | None:
        record = self.records.get(assessment_id)
        if record is None or record.state is not expected:
            return None
        record.turn(place, after, told)
        return record

    def complete(self, place: int, told: Told, fact: AssessmentCompleted) -> None:
        record = self.records.get(fact.assessment_id)
        if record is None or self._ended_correction(record, told):
            return
        counts = record.state is not State.CANCELLED and not record.is_deleted_before(place)
        if record.completion is None and counts:
            self._met(place, told, record)

    def _met(self, place: int, told: Told, record: AssessmentLife) -> None:
        """A completion answers for its own record, those closed before it, and referrals received before its
        start.
        """
        record.completion = told
        record.turn(place, State.COMPLETED, told)
        need = record.need
        if need.status is NeedStatus.STOPPED:
            need.detach(record)
            apart = Need(record.start, record.place, record.id)
            self._mark_subsequent(apart, record.start, record.referral_id, self._open_episodes(place))
            apart.attach(record)
            self.needs.append(apart)
            need = apart
        elif need.status is NeedStatus.ENDED or need.late_after is not None:
            need.flags.append(Flag("COMPLETED_AFTER_CLOSING", None, (told.reference,)))
        was_running = need is self.running
        need.completed = record
        need.finish(NeedStatus.STOPPED, told, place)
        if was_running:
            self.running = None
            self._goes_on(place, need, record)

    def _goes_on(self, place: int, need: Need, completed: AssessmentLife) -> None:
        received_later = [e for e in need.episodes if e.is_open_at(place) and e.place > completed.place]
        still_open = [
            r for r in need.records if r.state in UNDER_WAY and r is not completed and r.completion is None
        ]
        if not received_later and not still_open:
            return
        referrals = {episode.referral_id for episode in received_later}
        naming = [
            r
            for r in need.records
            if r is not completed and r.referral_id in referrals and r not in still_open
        ]
        referral = min(received_later, key=lambda episode: episode.place, default=None)
        record = min(still_open, key=lambda life: life.place, default=None)
        if referral is not None and (record is None or referral.place < record.place):
            later = Need(referral.receipt, referral.place, referral.referral_id)
            self._mark_subsequent(later, referral.receipt, referral.referral_id, [referral])
        else:
            assert record is not None
            later = Need(record.start, record.place, record.id)
            self._mark_subsequent(later, record.start, record.referral_id, self._open_episodes(place))
        later.bring(received_later)
        if still_open:
            later.bring(self._open_episodes(place))
        later.is_sustained = not later.episodes
        for going in sorted([*still_open, *naming], key=lambda life: life.place):
            need.detach(going)
            later.attach(going)
        self._begin(later)

    def delete(self, place: int, told: Told, fact: RecordDeleted) -> None:
        record = self.records.get(fact.record_id) if fact.record_kind == "assessment" else None
        if record is not None and record.deletion is None:
            record.deletion = _turn(place, told, record)
            self._gone(told, record, "DELETED_WITH_OPEN_CLOCK")

    def disappear(self, place: int, told: Told, fact: RecordDisappeared) -> None:
        record = self.records.get(fact.record_id) if fact.record_kind == "assessment" else None
        if record is not None and not record.is_gone:
            self._gone(told, record, "DELETED_WITH_OPEN_CLOCK", "DISAPPEARED_FROM_SNAPSHOT")

    def _gone(self, told: Told, record: AssessmentLife, *codes: str) -> None:
        record.gone.append((told.day, None))
        if record.need.status is NeedStatus.RUNNING:
            record.need.flags += [Flag(code, None, (told.reference,)) for code in codes]

    def reappear(self, place: int, told: Told, fact: RecordReappeared) -> None:
        record = self.records.get(fact.record_id) if fact.record_kind == "assessment" else None
        if record is not None and record.deletion is None and record.is_gone:
            record.gone[-1] = (record.gone[-1][0], told.day)

    # Needs

    def is_no_need(self, need: Need) -> bool:
        """Whether a need ended so soon, undecided and unassessed, that it leaves no clock."""
        return (
            need.status is NeedStatus.ENDED
            and need.ended_on is not None
            and not need.records
            and self.calendar.between(need.started_on, need.ended_on)
            <= self.policy.days("no_need_days", need.started_on)
            and not any(e.was_decided_for_need or e.referral_id in self.named for e in need.episodes)
        )

    def _begin(self, need: Need) -> Need:
        self.needs.append(need)
        self.running = need
        return need

    def _running_or_continued(self, told: Told, *, by_assessment: bool) -> Need | None:
        """The need that a referral or assessment joins: the running one, those it sets running again; all
        become one.

        A need that left no clock goes on only with an assessment that starts while none runs.
        """
        no_need_too = by_assessment and self.running is None
        within = [
            need
            for need in self.needs
            if need.can_continue_on(told.day, self.policy) and (no_need_too or not self.is_no_need(need))
        ]
        if within:
            need = self._made_one([*within, *([self.running] if self.running else [])])
            need.run_again()
            need.late_after = None
            need.flags.append(Flag("CONTINUATION_WITHIN_WINDOW", None, (told.reference,)))
            self.running = need
        if self.running is not None:
            self.running.join(told, self.policy)
        return self.running

    def _made_one(self, needs: Sequence[Need]) -> Need:
        earliest, *others = sorted(needs, key=lambda need: need.place)
        is_running = any(need.status is NeedStatus.RUNNING for need in needs)
        for other in others:
            earliest.absorb(other)
            self.needs.remove(other)
        if is_running:
            earliest.run_again()
        return earliest

    def _open_episodes(self, place: int) -> list[Episode]:
        return [episode for episode in self.episodes if episode.is_open_at(place)]

    def _mark_subsequent(
        self, need: Need, start: Told, referral_id: str | None, still_open: Sequence[Episode]
    ) -> None:
        """Tell how long its referral had run: the one it names, else the earliest, of those open."""
        named = [episode for episode in still_open if episode.referral_id == referral_id]
        episode = min(named or still_open, key=lambda e: e.place, default=None)
        value = self.calendar.between(episode.received_on, start.day) if episode else None
        need.start_flags.append(Flag("SUBSEQUENT_ON_OPEN_REFERRAL", value, (start.reference,)))

    def _no_open_referral(self, place: int, told: Told) -> Flag:
        over_on = [e.over_on for e in self.episodes if e.is_over_at(place) and e.over_on is not None]
        value = self.calendar.between(max(over_on), told.day) if over_on else None
        return Flag("NO_OPEN_REFERRAL", value, (told.reference,))

    def _ended_correction(self, record: AssessmentLife, told: Told) -> bool:
        """End the correction of a completed record, if one is under way."""
        if record.completion is None or not record.correcting or record.correcting[-1][1] is not None:
            return False
        record.correcting[-1] = (record.correcting[-1][0], told.day)
        return True


def _restart(need: Need, told: Told) -> list[Flag]:
    """Whether a record starts on a need after the last one started there was closed, or was cancelled or
    deleted.
    """
    last = max(need.records, key=lambda record: record.place, default=None)
    if last is None:
        return []
    if last.state is State.CANCELLED or last.is_gone:
        return [Flag("CANCELLED_THEN_RESTARTED", None, (told.reference,))]
    return [Flag("RESTARTED_ON_OPEN_REFERRAL", None, (told.reference,))] if last.state is State.CLOSED else []


def _turn(place: int, told: Told, record: AssessmentLife) -> Turn:
    return Turn(place, told.day, record.state, told)


_STEPS: dict[type[Event], Callable[[_Reading, int, Told, Any], None]] = {
    **dict.fromkeys(RECEIPTS, _Reading.receipt),
    AssessmentStarted: _Reading.start,
    AssessmentReopened: _Reading.reopen,
    AssessmentClosed: _Reading.close,
    AssessmentCancelled: _Reading.cancel,
    AssessmentPaused: _Reading.pause,
    AssessmentResumed: _Reading.resume,
    AssessmentCompleted: _Reading.complete,
    RecordDeleted: _Reading.delete,
    RecordDisappeared: _Reading.disappear,
    RecordReappeared: _Reading.reappear,
}
