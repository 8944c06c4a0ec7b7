"""The assessment clock, and the clock of the child being seen in it, from the needs found in a history."""

from collections.abc import Sequence
from datetime import date, timedelta

from domain.assessment import AssessmentCompleted
from domain.assessment_life import AssessmentLife, State
from domain.assessment_record import on_record, stretches
from domain.circumstances import Circumstances, Elsewhere
from domain.clock import Clock, Stretch
from domain.clock_flags import backdated, changes_of_hands, in_bulk
from domain.clock_making import numbered
from domain.correction import RecordDeleted
from domain.flag import Flag, gathered
from domain.need import Need, NeedStatus
from domain.needs import Needs
from domain.policy import Policy
from domain.referral import ReferralReceived
from domain.referral_episode import Episode
from domain.snapshot import RecordDisappeared
from domain.telling import RECEIPTS, Told
from domain.working_days import WorkingDays

BRIEF_WORKING_DAYS = 2
CONTACT_TO_REFERRAL_WORKING_DAYS = 1


def assessment_clocks(
    needs: Needs,
    as_shown: Sequence[AssessmentLife],
    around: Circumstances,
    elsewhere: Elsewhere,
    calendar: WorkingDays,
    policy: Policy,
    day: date,
) -> list[Clock]:
    """One clock a need, in order of start, as at ``day``."""
    numbers: dict[str, int] = {}
    clocks = []
    for need in needs.found:
        numbers[need.subject] = numbers.get(need.subject, 0) + 1
        flags = _flags(need, needs, around, elsewhere, calendar, policy, day)
        clocks.append(_clock(need, numbers[need.subject], as_shown, flags, calendar, policy))
    return clocks


def _clock(
    need: Need,
    number: int,
    as_shown: Sequence[AssessmentLife],
    flags: list[Flag],
    calendar: WorkingDays,
    policy: Policy,
) -> Clock:
    row = policy.row("assessment", need.started_on)
    due_on, in_time_until = row.days(need.started_on, calendar)
    return Clock(
        id=numbered("assessment", need.subject, number),
        timescale=row,
        subject=need.subject,
        status=need.status.value,
        started_on=need.started_on,
        stopped_on=need.ended_on,
        due_on=due_on,
        in_time_until=in_time_until,
        begun_by=_begun_by(need),
        on_record=on_record(need, as_shown),
        has_records=True,
        stretches=stretches(need),
        flags=tuple(flags),
        because=tuple(t.reference for t in (need.start, need.end) if t is not None),
        concerns=frozenset(
            {("referral", e.referral_id) for e in need.episodes}
            | {("assessment", r.id) for r in need.records}
            | {_begun_by(need)}
        ),
    )


def _begun_by(need: Need) -> tuple[str, str]:
    return ("referral" if isinstance(need.start.fact, RECEIPTS) else "assessment", need.subject)


def _flags(
    need: Need,
    needs: Needs,
    around: Circumstances,
    elsewhere: Elsewhere,
    calendar: WorkingDays,
    policy: Policy,
    day: date,
) -> list[Flag]:
    end = need.ended_on or day
    flags = [*need.start_flags, *need.flags]
    if isinstance(need.start.fact, RECEIPTS):
        flags += _referral_flags(need, needs.episodes, around, calendar, policy)
    if need.status is NeedStatus.ENDED and need.end is not None:
        flags.append(Flag("ENDED_WITHOUT_COMPLETION", need.reason, (need.end.reference,)))
    if need.completed is not None:
        flags += _completion_flags(need, need.completed, around, calendar, day)
    flags += _vanished(need, around)
    flags += changes_of_hands(around, need.started_on, end)
    dated = [
        need.start,
        *([need.end] if need.end else []),
        *([need.completed.start] if need.completed else []),
    ]
    flags += backdated({told.reference: told for told in dated}.values())
    flags += in_bulk(_facts_on(need), elsewhere)
    return gathered(flags)


def _facts_on(need: Need) -> list[Told]:
    of_records = [turn.told for record in need.records for turn in record.turns]
    return [need.start, *(e.receipt for e in need.episodes), *of_records, *([need.end] if need.end else [])]


def _is_before_end(need: Need, place: int) -> bool:
    return need.end_place is None or place < need.end_place


def _vanished(need: Need, around: Circumstances) -> list[Flag]:
    """A referral of the need was deleted, or vanished, while the clock ran."""
    joined_at = {e.referral_id: e.place for e in reversed(need.episodes)}
    flags = []
    for place, told in around.gone:
        fact = told.fact
        assert isinstance(fact, (RecordDeleted, RecordDisappeared))
        is_on_it = fact.record_kind == "referral" and joined_at.get(fact.record_id, place) < place
        if is_on_it and _is_before_end(need, place):
            flags.append(Flag("DELETED_WITH_OPEN_CLOCK", None, (told.reference,)))
            if isinstance(fact, RecordDisappeared):
                flags.append(Flag("DISAPPEARED_FROM_SNAPSHOT", None, (told.reference,)))
    return flags


def _referral_flags(
    need: Need, episodes: Sequence[Episode], around: Circumstances, calendar: WorkingDays, policy: Policy
) -> list[Flag]:
    flags = []
    start = need.started_on
    short_gap = timedelta(days=policy.days("short_gap_days", start))
    previous = [e for e in episodes if e.place < need.place]
    if previous:
        last = previous[-1]
        if start <= twelve_months_after(last.received_on):
            flags.append(Flag("RE_REFERRAL_WITHIN_12_MONTHS", None, (last.receipt.reference,)))
    over = [e for e in episodes if e.is_over_at(need.place) and e.over is not None]
    if over:
        latest = max(over, key=lambda e: e.over_place or 0)
        if latest.over is not None and start <= latest.over.day + short_gap:
            flags.append(Flag("SHORT_GAP_RE_REFERRAL", None, (latest.over.reference,)))
    fact = need.start.fact
    if isinstance(fact, ReferralReceived) and fact.contact_id in around.contacts:
        waited = calendar.between(around.contacts[fact.contact_id], start)
        if waited > CONTACT_TO_REFERRAL_WORKING_DAYS:
            flags.append(Flag("REFERRAL_AFTER_CONTACT", waited, (need.start.reference,)))
    return flags


def twelve_months_after(day: date) -> date:
    """The same day a year on; 28 February for a leap day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _completion_flags(
    need: Need, completed: AssessmentLife, around: Circumstances, calendar: WorkingDays, day: date
) -> list[Flag]:
    completion = completed.completion
    assert completion is not None and isinstance(completion.fact, AssessmentCompleted)
    reference = (completion.reference,)
    flags = []
    if completion.fact.authorised_by is None:
        flags.append(Flag("COMPLETED_WITHOUT_AUTHORISATION", None, reference))
    is_seen = any(need.started_on <= visit.told.day <= completion.day for visit in around.seen)
    if not is_seen and not around.is_unborn_on(completion.day):
        flags.append(Flag("COMPLETED_CHILD_NOT_SEEN", None, reference))
    open_working_days = _open_working_days(completed, completion.day, calendar)
    is_first = all(record.place >= completed.place for record in need.records)
    if not is_first and open_working_days <= BRIEF_WORKING_DAYS:
        flags.append(Flag("BRIEF_COMPLETION", open_working_days, reference))
    if completed.corrections:
        value = sum(calendar.between(since, until or day) for since, until in completed.correcting)
        because = tuple(told.reference for told in completed.corrections)
        flags.append(Flag("CORRECTION_AFTER_COMPLETION", value, because))
    return flags


def _open_working_days(record: AssessmentLife, end: date, calendar: WorkingDays) -> int:
    days = 0
    for turn, after in zip(record.turns, record.turns[1:], strict=False):
        if turn.state in (State.OPEN, State.PAUSED):
            days += calendar.between(turn.day, min(after.day, end))
    return days


def child_seen_clocks(
    needs: Needs, around: Circumstances, elsewhere: Elsewhere, calendar: WorkingDays, policy: Policy
) -> list[Clock]:
    """One clock for each assessment clock, from the same start: stopped by a visit at which the child was
    seen.
    """
    numbers: dict[str, int] = {}
    clocks = []
    for need in needs.found:
        numbers[need.subject] = numbers.get(need.subject, 0) + 1
        end = need.ended_on
        visit = next(
            (v for v in around.seen if need.started_on <= v.told.day and (end is None or v.told.day <= end)),
            None,
        )
        stop = visit.told if visit else need.end
        status = "stopped" if visit else "ended_without_completion" if end is not None else "open"
        row = policy.row("assessment_child_seen", need.started_on)
        due_on, in_time_until = row.days(need.started_on, calendar)
        stopped_on = stop.day if stop else None
        told = [need.start, *([stop] if stop else [])]
        flags = [*backdated(told), *in_bulk(told, elsewhere)]
        clocks.append(
            Clock(
                id=numbered("assessment_child_seen", need.subject, numbers[need.subject]),
                timescale=row,
                subject=need.subject,
                status=status,  # type: ignore[arg-type]
                started_on=need.started_on,
                stopped_on=stopped_on,
                due_on=due_on,
                in_time_until=in_time_until,
                begun_by=_begun_by(need),
                on_record=None,
                has_records=False,
                stretches=(Stretch("waiting", None, need.started_on, stopped_on),),
                flags=tuple(gathered(flags)),
                because=tuple(t.reference for t in told),
                concerns=frozenset(
                    {("referral", e.referral_id) for e in need.episodes}
                    | {("assessment", r.id) for r in need.records}
                    | ({("visit", visit.visit_id)} if visit else set())
                ),
            )
        )
    return clocks
