"""Referrals as measures count them, and how long it took from one to a plan or to care."""

from collections.abc import Iterator

from domain.months import months_after, months_completed
from domain.referral import ReferralClosed, ReferralDecided, ReferralReceived
from domain.referral_episode import Episode
from domain.working_days import calendar_days
from projections.measured.care import spells
from projections.measured.plans import plan_lives
from projections.measured.row import Measured, marked
from projections.projection import Case

RE_REFERRAL, STEPPED_UP = "RE_REFERRAL", "STEPPED_UP"
_NOT_IN_NEED = frozenset({"RC8", "RC9"})
"""Closed after assessment, with no further action or referred to early help."""


def referral_things(case: Case) -> Iterator[Measured]:
    """One row for each life of a referral, placed by its receipt; lengths are complete months."""
    before: Episode | None = None
    for episode in case.episodes:
        receipt = episode.receipt.fact
        is_received = isinstance(receipt, ReferralReceived)
        marks = [] if is_received else [STEPPED_UP]
        # A referral within 12 months of the one before: DfE's definition of a re-referral.
        if before is not None and episode.received_on <= months_after(before.received_on, 12):
            marks.append(RE_REFERRAL)
        over_on = episode.over_on
        worker, team = case.holders.on(over_on or case.day)
        yield Measured(
            child=case.survivor[0],
            series="referrals",
            thing=episode.referral_id,
            day=episode.received_on,
            since=episode.received_on,
            until=over_on,
            outcome=_outcome(episode),
            kind=receipt.referral_source if isinstance(receipt, ReferralReceived) else None,
            marks=marked(marks),
            length=None if over_on is None else months_completed(episode.received_on, over_on),
            worker_id=worker,
            team_id=team,
        )
        if is_received:
            before = episode


def _outcome(episode: Episode) -> str:
    over = episode.over.fact if episode.over else None
    if isinstance(over, ReferralClosed) and over.reason in _NOT_IN_NEED:
        return "not_in_need"
    if episode.was_decided_for_need:
        return "in_need"
    decided = [d.fact.outcome for d in episode.decisions if isinstance(d.fact, ReferralDecided)]
    if decided:
        return decided[-1]
    return "undecided" if over is None else "over_undecided"


def drift_things(case: Case) -> Iterator[Measured]:
    """From the last referral to a child protection plan, and from either to care; lengths are calendar
    days.
    """
    protection = [(life.start, life.plan_id) for life in plan_lives(case) if life.kind == "child_protection"]
    care = [(episode.since, episode.id) for episode in spells(case.told("CareStarted", "CareEnded"))]
    received = [(e.received_on, e.referral_id) for e in case.episodes]
    for kind, starts, ends in (
        ("referral_to_protection", received, protection),
        ("protection_to_care", protection, care),
        ("referral_to_care", received, care),
    ):
        for day, thing in ends:
            since = max((start for start, _ in starts if start <= day), default=None)
            if since is None:
                continue
            worker, team = case.holders.on(day)
            yield Measured(
                child=case.survivor[0],
                series="drift",
                thing=f"{kind}:{thing}",
                day=day,
                since=since,
                until=day,
                outcome="reached",
                kind=kind,
                length=calendar_days(since, day),
                worker_id=worker,
                team_id=team,
            )
