"""Every rule of the returns that is judged from facts: what raises it, and what comes near and does not."""

import re
from datetime import date
from pathlib import Path

import pytest

from domain.discrepancies import HELD_BECAUSE
from domain.integrity import RULES, contradictions
from domain.lifecycle import LIFECYCLES
from domain.question import Question
from infra.holidays import england
from projections.projection import Case
from tests.invented import (
    cancelled,
    completed,
    decided,
    history,
    moved,
    received,
    referral_closed,
    reopened,
    started,
)


def enquiry(on, id="E-1", referral="R-1"):
    return ("Section47Started", on, {"enquiry_id": id, "referral_id": referral})


def enquiry_done(on, id="E-1"):
    return ("Section47Completed", on, {"enquiry_id": id, "outcome": "conference"})


def meeting(on, kind="initial_conference", **data):
    return ("MeetingHeld", on, {"meeting_id": f"M-{on}", "kind": kind, **data})


def plan(on, id="P-1", kind="child_protection"):
    return ("PlanStarted", on, {"plan_id": id, "kind": kind})


def plan_ended(on, id="P-1"):
    return ("PlanEnded", on, {"plan_id": id})


def care(on, id="E-1"):
    return ("CareStarted", on, {"episode_id": id})


def care_ended(on, id="E-1"):
    return ("CareEnded", on, {"episode_id": id})


def placed(on, id="PL-1"):
    return ("PlacementStarted", on, {"placement_id": id, "kind": "foster"})


def placement_ended(on, id="PL-1"):
    return ("PlacementEnded", on, {"placement_id": id})


def allocated(on, worker="SW-1", role=None):
    return ("WorkerAllocated", on, {"worker_id": worker} | ({"role": role} if role else {}))


def unallocated(on, worker="SW-1"):
    return ("WorkerUnallocated", on, {"worker_id": worker})


def codes(*facts):
    case = Case("C1001", history(*facts), Question(date(2019, 12, 31)), england())
    return {one.code for one in contradictions(case.facts)}


REFERRED = received("2019-03-05")
ASSESSED = (REFERRED, started("2019-03-06", referral_id="R-1"), completed("2019-04-01"))
CONFERENCE = (*ASSESSED, enquiry("2019-03-20"), enquiry_done("2019-03-25"), meeting("2019-04-02"))

IN_NEED = plan("2019-05-02", "P-2", "child_in_need")

EXAMPLES = {
    "ASSESSMENT_BEFORE_REFERRAL": (
        [REFERRED, started("2019-03-04", referral_id="R-1")],
        [REFERRED, started("2019-03-05", referral_id="R-1")],
    ),
    "CONFERENCE_BEFORE_REFERRAL": ([REFERRED, meeting("2019-03-04")], [REFERRED, meeting("2019-03-05")]),
    "PROTECTION_PLAN_BEFORE_REFERRAL": ([REFERRED, plan("2019-03-04")], [REFERRED, plan("2019-03-05")]),
    "IN_NEED_PLAN_BEFORE_REFERRAL": (
        [REFERRED, plan("2019-03-04", kind="child_in_need")],
        [REFERRED, plan("2019-03-05", kind="child_in_need")],
    ),
    "ENQUIRY_BEFORE_REFERRAL": ([REFERRED, enquiry("2019-03-04")], [REFERRED, enquiry("2019-03-05")]),
    "AUTHORISED_BEFORE_START": (
        [REFERRED, started("2019-03-06"), completed("2019-03-05")],
        [REFERRED, started("2019-03-06"), completed("2019-03-06")],
    ),
    "CONFERENCE_WITHOUT_ENQUIRY": ([REFERRED, meeting("2019-04-02")], [*CONFERENCE]),
    "CLOSED_BEFORE_RECEIVED": (
        [REFERRED, referral_closed("2019-03-04")],
        [REFERRED, referral_closed("2019-03-05")],
    ),
    "ACTIVITY_AFTER_CLOSURE": (
        [REFERRED, referral_closed("2019-04-01"), started("2019-04-02", referral_id="R-1")],
        [REFERRED, started("2019-04-01", referral_id="R-1"), referral_closed("2019-04-01")],
    ),
    "CLOSED_WITH_UNAUTHORISED_ASSESSMENT": (
        [REFERRED, started("2019-03-06", referral_id="R-1"), referral_closed("2019-04-02")],
        [*ASSESSED, referral_closed("2019-04-02")],
    ),
    "CLOSED_WITH_OPEN_ENQUIRY": (
        [*ASSESSED, enquiry("2019-03-20"), referral_closed("2019-04-02", reason="RC7")],
        [*ASSESSED, enquiry("2019-03-20"), enquiry_done("2019-03-25"), referral_closed("2019-04-02")],
    ),
    "ASSESSMENTS_OVERLAP": (
        [REFERRED, started("2019-03-06"), started("2019-03-07", "A-2")],
        [REFERRED, started("2019-03-06"), completed("2019-04-01"), started("2019-04-02", "A-2")],
    ),
    "SECOND_ASSESSMENT_OPEN": (
        [REFERRED, started("2019-03-06", referral_id="R-1"), started("2019-03-07", "A-2", referral_id="R-1")],
        [
            REFERRED,
            started("2019-03-06", referral_id="R-1"),
            cancelled("2019-03-07"),
            started("2019-03-08", "A-2", referral_id="R-1"),
        ],
    ),
    "ENQUIRIES_OVERLAP": (
        [*ASSESSED, enquiry("2019-03-20"), enquiry("2019-03-21", "E-2")],
        [*ASSESSED, enquiry("2019-03-20"), enquiry_done("2019-03-25"), enquiry("2019-03-26", "E-2")],
    ),
    "REFERRALS_OVERLAP": (
        [REFERRED, received("2019-04-01", "R-2")],
        [REFERRED, referral_closed("2019-04-01"), received("2019-04-01", "R-2")],
    ),
    "CLOSURE_WITHOUT_REASON": (
        [REFERRED, ("ReferralClosed", "2019-04-01", {"referral_id": "R-1"})],
        [REFERRED, referral_closed("2019-04-01")],
    ),
    "PLAN_WITHOUT_CONFERENCE": ([*CONFERENCE, plan("2019-04-03")], [*CONFERENCE, plan("2019-04-02")]),
    "PLAN_OF_NO_DAYS": (
        [*CONFERENCE, plan("2019-04-02"), plan_ended("2019-04-02")],
        [*CONFERENCE, plan("2019-04-02"), plan_ended("2019-04-03")],
    ),
    "IN_NEED_PLAN_ENDED_BEFORE_START": (
        [*ASSESSED, IN_NEED, plan_ended("2019-05-01", "P-2")],
        [*ASSESSED, IN_NEED, plan_ended("2019-05-02", "P-2")],
    ),
    "IN_NEED_PLAN_OF_NO_DAYS": (
        [*ASSESSED, IN_NEED, plan_ended("2019-05-02", "P-2")],
        [*ASSESSED, IN_NEED, plan_ended("2019-05-03", "P-2")],
    ),
    "REVIEW_WITHIN_IN_NEED_PLAN": (
        [*ASSESSED, IN_NEED, meeting("2019-05-10", "review_conference")],
        [*ASSESSED, IN_NEED, meeting("2019-05-10", "child_in_need_review")],
    ),
    "PROTECTION_ON_NO_FURTHER_ACTION": (
        [REFERRED, decided("2019-03-06", "no_further_action"), plan("2019-03-07")],
        [REFERRED, decided("2019-03-06"), plan("2019-03-07")],
    ),
    "IN_NEED_PLAN_ON_NO_FURTHER_ACTION": (
        [REFERRED, decided("2019-03-06", "no_further_action"), IN_NEED],
        [REFERRED, decided("2019-03-06", "no_further_action"), received("2019-04-01", "R-2"), IN_NEED],
    ),
    "CARE_OF_NO_DAYS": (
        [care("2019-03-05"), care_ended("2019-03-05")],
        [care("2019-03-05"), care_ended("2019-03-06")],
    ),
    "PLAN_ENDED_BEFORE_START": (
        [*CONFERENCE, plan("2019-04-02"), plan_ended("2019-04-01")],
        [*CONFERENCE, plan("2019-04-02"), plan_ended("2019-04-02")],
    ),
    "REVIEW_BEFORE_PLAN": (
        [*CONFERENCE, plan("2019-04-02"), meeting("2019-04-02", "review_conference", plan_id="P-1")],
        [*CONFERENCE, plan("2019-04-02"), meeting("2019-04-03", "review_conference", plan_id="P-1")],
    ),
    "PROTECTION_PLANS_OVERLAP": (
        [*CONFERENCE, plan("2019-04-02"), plan("2019-05-02", "P-2")],
        [*CONFERENCE, plan("2019-04-02"), plan_ended("2019-05-01"), plan("2019-05-02", "P-2")],
    ),
    "PLANS_CONCURRENT": (
        [*CONFERENCE, plan("2019-04-02"), plan("2019-05-02", "P-2", "child_in_need")],
        [
            *CONFERENCE,
            plan("2019-04-02"),
            plan_ended("2019-05-02"),
            plan("2019-05-03", "P-2", "child_in_need"),
        ],
    ),
    "IN_NEED_PLANS_OVERLAP": (
        [*ASSESSED, plan("2019-04-02", "P-1", "child_in_need"), plan("2019-05-02", "P-2", "child_in_need")],
        [*ASSESSED, plan("2019-04-02", "P-1", "child_in_need"), plan("2019-05-02", "P-2", "looked_after")],
    ),
    "NOT_IN_NEED_AFTER_PROTECTION": (
        [*CONFERENCE, referral_closed("2019-05-01", reason="RC8")],
        [*CONFERENCE, referral_closed("2019-05-01", reason="RC7")],
    ),
    "ENQUIRY_WITHOUT_ASSESSMENT": ([REFERRED, enquiry("2019-03-20")], [*ASSESSED, enquiry("2019-03-20")]),
    "ACTIVITY_ON_NO_FURTHER_ACTION": (
        [
            REFERRED,
            decided("2019-03-06", "no_further_action"),
            started("2019-03-07", referral_id="R-1"),
        ],
        [REFERRED, decided("2019-03-06"), started("2019-03-07", referral_id="R-1")],
    ),
    "CONFERENCE_AT_WEEKEND": ([*CONFERENCE, meeting("2019-04-06")], [*CONFERENCE, meeting("2019-04-05")]),
    "CARE_EPISODES_OVERLAP": (
        [care("2019-03-05"), care("2019-03-06", "E-2")],
        [care("2019-03-05"), care_ended("2019-03-06"), care("2019-03-06", "E-2")],
    ),
    "CARE_ENDED_BEFORE_START": (
        [care("2019-03-05"), care_ended("2019-03-04")],
        [care("2019-03-05"), care_ended("2019-03-05")],
    ),
    "PLACEMENTS_OVERLAP": (
        [placed("2019-03-05"), placed("2019-03-06", "PL-2")],
        [placed("2019-03-05"), placement_ended("2019-03-06"), placed("2019-03-06", "PL-2")],
    ),
    "ALLOCATION_OF_NO_DAYS": (
        [allocated("2019-03-05"), unallocated("2019-03-05")],
        [allocated("2019-03-05"), unallocated("2019-03-06")],
    ),
    "ALLOCATIONS_OVERLAP": (
        [allocated("2019-03-05"), allocated("2019-03-06", "SW-2"), unallocated("2019-03-07")],
        [allocated("2019-03-05"), allocated("2019-03-07", "SW-2"), unallocated("2019-03-07")],
    ),
}


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_raised_by_what_breaks_it_and_not_by_what_comes_near(code):
    breaks, near = EXAMPLES[code]
    assert code in codes(*breaks)
    assert code not in codes(*near)


CLOSED = referral_closed("2019-05-01", reason="RC7")


@pytest.mark.parametrize(
    ("facts", "late"),
    [
        (
            [REFERRED, started("2019-03-06", referral_id="R-1"), referral_closed("2019-03-20")],
            lambda day: completed(day),
        ),
        ([*CONFERENCE, CLOSED], lambda day: meeting(day)),
        ([*ASSESSED, CLOSED], lambda day: plan(day, "P-2", "child_in_need")),
        ([*CONFERENCE, plan("2019-04-02"), CLOSED], lambda day: plan_ended(day)),
    ],
)
def test_what_the_rule_names_is_not_done_after_the_referral_was_closed(facts, late):
    closed_on = facts[-1][1]
    assert "ACTIVITY_AFTER_CLOSURE" in codes(*facts, late("2019-05-02"))
    assert "ACTIVITY_AFTER_CLOSURE" not in codes(*facts, late(closed_on))


def test_a_worker_of_another_role_does_not_take_the_case_over():
    facts = [allocated("2019-03-05"), allocated("2019-03-06", "SW-2", "reviewing_officer")]
    assert "ALLOCATIONS_OVERLAP" not in codes(*facts, unallocated("2019-03-07"))


def test_a_worker_who_was_there_for_a_while_overlaps_whoever_stayed():
    facts = [allocated("2019-03-05"), allocated("2019-03-06", "SW-2"), unallocated("2019-03-07", "SW-2")]
    assert "ALLOCATIONS_OVERLAP" in codes(*facts, unallocated("2019-03-08"))


def test_what_follows_on_another_referral_is_not_after_closure():
    again = received("2019-05-01", "R-2")
    assert "ACTIVITY_AFTER_CLOSURE" not in codes(*CONFERENCE, CLOSED, again, meeting("2019-05-02"))


def test_an_ordinary_case_breaks_no_rule():
    assert codes(*CONFERENCE, plan("2019-04-02")) == set()


def test_a_record_opened_again_is_open():
    facts = [REFERRED, started("2019-03-06"), completed("2019-04-01"), reopened("2019-04-02")]
    assert "ASSESSMENTS_OVERLAP" in codes(*facts, started("2019-04-03", "A-2"))


def test_what_was_put_right_is_no_longer_wrong():
    wrong = [REFERRED, started("2019-03-04", referral_id="R-1")]
    assert "ASSESSMENT_BEFORE_REFERRAL" not in codes(*wrong, moved("f2", "2019-03-06"))


ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "data-quality.md"


def test_the_page_on_the_record_lists_all_else_that_does_not_follow():
    _, _, listed = PAGE.read_text().partition("## What does not follow\n")
    things = {step.thing.upper() for steps in LIFECYCLES.values() for step in steps}
    found = set(re.findall(r"`([A-Z_]+)`", listed.partition("\n## ")[0]))
    assert things <= found
    assert set(HELD_BECAUSE) <= found
    written = "".join((ROOT / "domain" / f"{name}.py").read_text() for name in ("discrepancies", "lifecycle"))
    said = set(re.findall(r'Discrepancy\([^,]+, "([A-Z_]+)"', written))
    assert said <= found
    assert {f"THING{end}" for end in re.findall(r"{thing}(_[A-Z_]+)", written)} - {"THING_PAUSED"} <= found


def test_the_page_on_the_record_lists_every_rule():
    _, _, listed = PAGE.read_text().partition("|---|---|---|\n")
    assert listed == "".join(
        f"| `{code}` | {rule.number} | {rule.says} |\n" for code, rule in sorted(RULES.items())
    )
