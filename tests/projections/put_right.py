"""Histories that are put right in every way: corrected, withdrawn, ruled on, merged and parted again."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from domain.history import Recorded
from tests.domain.reference_facts import as_recorded
from tests.reference.every_history import (
    CHILD,
    DUPLICATE,
    FIRST_DAY,
    SPAN_DAYS,
    Seeded,
    recorded_in_turn,
    seeded,
    two_references,
)
from tests.reference.histories import SOURCE, Fact, fact, numbered

_MOST_RULINGS = 3


def one_child(seed: int) -> list[Recorded]:
    """A child and the supervisions in which it was discussed, with amendments and rulings."""
    history = seeded(seed, most=14, most_amendments=3)
    told = [*history.facts, *({"stream": "worker:W-1", **one} for one in history.held)]
    return as_recorded(recorded_in_turn([*told, *_rulings(Random(seed), history.facts, CHILD)]))


def two_children(seed: int) -> tuple[tuple[str, str], list[Recorded]]:
    """Two references that are one child for a while, some of their facts amended or ruled on."""
    drawn = Random(seed)
    streams = two_references(Seeded(seed))
    told = sorted((one for facts in streams.values() for one in facts), key=lambda one: one["position"])
    amended = [_amendment(drawn, told, number) for number in range(drawn.randrange(4))]
    ruled = _rulings(drawn, [*told, *amended], CHILD)
    return (CHILD, DUPLICATE), as_recorded(recorded_in_turn([*told, *amended, *ruled]))


def _amendment(drawn: Random, told: Sequence[Fact], number: int) -> Fact:
    merging = [one for one in told if one["type"] in ("ChildMerged", "ChildUnmerged")]
    target = drawn.choice(merging if merging and drawn.random() < 0.4 else told)
    named = {"source": SOURCE, "id": target["id"]}
    day = FIRST_DAY + timedelta(days=drawn.randrange(SPAN_DAYS))
    stream = {"stream": target["stream"]}
    if drawn.random() < 0.3:
        return {**fact(f"put-{number}", "FactWithdrawn", f"{day}", {"withdraws": named}), **stream}
    moved = date.fromisoformat(target["occurred_on"][:10]) + timedelta(days=drawn.randrange(-20, 20))
    changes = {"corrects": named, "changes": {"occurred_on": f"{max(moved, FIRST_DAY)}"}}
    return {**fact(f"put-{number}", "FactCorrected", f"{day}", changes), **stream}


def _rulings(drawn: Random, told: Sequence[Fact], stream: str) -> list[Fact]:
    if not told or drawn.random() < 0.5:
        return []
    rulings = []
    for number in range(drawn.randrange(1, _MOST_RULINGS + 1)):
        ruling = drawn.choice(("accept_correction", "void", "link", "unlink"))
        chosen = drawn.sample(told, min(len(told), 2 if ruling == "link" else 1))
        data = {
            "clock": "assessment:R-1", "ruling": ruling, "reason": "seen on the file", "ruled_by": "M-1",
            "facts": [{"source": SOURCE, "id": one["id"]} for one in chosen],
        }  # fmt: skip
        day = FIRST_DAY + timedelta(days=drawn.randrange(SPAN_DAYS))
        rulings.append({**fact(f"ruled-{number}", "ClockRuled", f"{day}", data), "stream": stream})
    return rulings


_CROWDED: tuple[str, ...] = (
    "ReferralReceived", "ReferralReceived", "ReferralClosed", "ReferralClosed", "ReferralDecided",
    "AssessmentStarted", "AssessmentStarted", "AssessmentCompleted", "AssessmentCompleted",
    "AssessmentClosed", "AssessmentCancelled", "AssessmentReopened", "RecordDeleted", "RecordDisappeared",
    "RecordReappeared", "VisitMade", "Section47Started", "PlanStarted", "PlanEnded", "MeetingHeld",
)  # fmt: skip


def crowded(seed: int, count: int = 20, days: int = 15) -> list[Recorded]:
    """Few things, of which much is told on few days, so that later facts turn the order of earlier ones."""
    drawn = Random(seed)
    told = []
    for number in range(count):
        type = drawn.choice(_CROWDED)
        day = FIRST_DAY + timedelta(days=3 * drawn.randrange(days))
        told.append(fact(f"e{number}", type, f"{day}", _crowded_data(drawn, type)))
    return as_recorded(numbered(told))


def _crowded_data(drawn: Random, type: str) -> dict[str, object]:
    referral, assessment = drawn.choice(("R-1", "R-2")), drawn.choice(("A-1", "A-2"))
    plan = drawn.choice(("P-1", "P-2"))
    if type.startswith("Record"):
        return {"record_kind": "assessment", "record_id": assessment}
    if type == "AssessmentStarted":
        return {"assessment_id": assessment, "referral_id": drawn.choice((None, referral))}
    if type.startswith("Assessment"):
        return {"assessment_id": assessment}
    if type == "ReferralDecided":
        return {"referral_id": referral, "outcome": drawn.choice(("assessment", "no_further_action"))}
    if type.startswith("Referral"):
        return {"referral_id": referral}
    others: dict[str, dict[str, object]] = {
        "VisitMade": {"visit_id": drawn.choice(("V-1", "V-2")), "purpose": "assessment", "seen": True},
        "Section47Started": {"enquiry_id": "E-1", "referral_id": referral},
        "PlanStarted": {"plan_id": plan, "kind": drawn.choice(("child_protection", "child_in_need"))},
        "PlanEnded": {"plan_id": plan},
        "MeetingHeld": {
            "meeting_id": "M-1",
            "kind": drawn.choice(("initial_conference", "review_conference")),
            "plan_id": "P-1",
        },
    }
    return others[type]
