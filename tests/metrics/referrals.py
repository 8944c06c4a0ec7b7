"""Children with an open need, and who holds their cases."""

from collections.abc import Iterator
from typing import Any

from tests.authority_of_facts import event


def referrals(team: str, count: int, start: int = 1) -> Iterator[dict[str, Any]]:
    """Children of whom each has an open need, held by a team."""
    for number in range(start, start + count):
        child = f"{team}-{number}"
        yield event(f"{child}-r", "ReferralReceived", "2019-10-01", subject=child, referral_id=f"R-{child}")
        yield event(
            f"{child}-d", "ReferralDecided", "2019-10-01", subject=child, referral_id=f"R-{child}",
            outcome="assessment",
        )  # fmt: skip
        yield event(
            f"{child}-w", "WorkerAllocated", "2019-10-02", subject=child, worker_id=f"W-{team}", team_id=team
        )


IN_HAND = [
    *referrals("LEFT", 2),
    event("left", "WorkerLeft", "2019-10-08", subject="worker:W-LEFT"),
    *referrals("STAYED", 3),
    event("over", "ReferralClosed", "2019-10-09", subject="STAYED-1", referral_id="R-STAYED-1"),
    event("early", "WorkerAllocated", "2019-10-01", subject="EARLY", worker_id="W-STAYED"),
    event("care", "CareStarted", "2019-10-03", subject="CARE", episode_id="E-1"),
    *referrals("ANEW", 1),
    event("gone", "WorkerLeft", "2019-10-07", subject="worker:W-ANEW"),
    event("again", "WorkerAllocated", "2019-10-10", subject="ANEW-1", worker_id="W-NEW"),
]
