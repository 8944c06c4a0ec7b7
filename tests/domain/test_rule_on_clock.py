"""What a person rules on a clock: it is decided against the history, and changes the figures openly."""

from datetime import date

import pytest

from domain.amended import Amended
from domain.field import FactReference
from domain.question import Question
from domain.refusal import Refused
from domain.rule_on_clock import RuleOnClock, decide
from infra.holidays import england
from projections.projection import Case
from tests.invented import (
    SOURCE,
    WORKED_EXAMPLE,
    figures_of,
    history,
    ids,
    moved,
    received,
    recorded,
    referral_closed,
    started,
)

AS_AT = date(2019, 12, 31)


def ask(told, ruling, clock="assessment:R-1", **asked):
    case = Case("C1001", told, Question(AS_AT), england())
    command = RuleOnClock(
        child="C1001", clock=clock, ruling=ruling, reason="wrong child", ruled_by="P-1", **asked
    )
    return decide(command, case.figures, case.facts)


def ruled(told, ruling, clock="assessment:R-1", **asked):
    """The history with the ruling in it."""
    about = ask(told, ruling, clock, **asked)
    named = [{"source": fact.source, "id": fact.id} for fact in about]
    at = "2019-12-01"
    one = recorded(
        len(told) + 1,
        "ClockRuled",
        at,
        clock=clock,
        ruling=ruling,
        reason="wrong child",
        ruled_by="P-1",
        facts=named,
    )
    return [*told, one]


def refused(told, ruling, clock="assessment:R-1", **asked):
    with pytest.raises(Refused) as refusal:
        ask(told, ruling, clock, **asked)
    return refusal.value.code


def test_an_accepted_correction_is_followed():
    facts = ruled(history(*WORKED_EXAMPLE, moved("f1", "2019-06-30")), "accept_correction")
    (clock,) = [c for c in figures_of(facts).clocks if c.timescale.id == "assessment"]
    assert clock.started_on == date(2019, 3, 6)
    assert "REFERRAL_DATE_MOVED_LATER" not in [f.code for f in clock.flags]


def test_the_figures_without_rulings_stay_what_they_were():
    facts = ruled(history(*WORKED_EXAMPLE, moved("f1", "2019-06-30")), "accept_correction")
    (clock,) = [c for c in figures_of(facts, with_rulings=False).clocks if c.timescale.id == "assessment"]
    assert clock.started_on == date(2019, 3, 5)


def test_a_clock_made_void_is_gone_with_the_records_on_it():
    assert ids(ruled(history(*WORKED_EXAMPLE), "void")) == []


def test_a_referral_that_joined_a_void_clock_has_one_of_its_own():
    facts = history(received("2019-03-05"), started("2019-03-06"), received("2019-03-20", "R-2"))
    assert ids(ruled(facts, "void")) == ["assessment:R-2"]


def test_what_is_reported_after_a_ruling_is_not_void():
    facts = ruled(history(*WORKED_EXAMPLE), "void")
    assert ids([*facts, recorded(20, "ReferralReceived", "2019-12-10", referral_id="R-1")]) == [
        "assessment:R-1"
    ]


TWO_NEEDS = (
    received("2019-03-05"),
    started("2019-03-06"),
    referral_closed("2019-04-10"),
    received("2019-06-03", "R-2"),
)


def test_linked_clocks_are_one_and_the_gap_counts():
    facts = ruled(history(*TWO_NEEDS), "link", other_clock="assessment:R-2")
    (clock,) = [c for c in figures_of(facts).clocks if c.timescale.id == "assessment"]
    assert (clock.id, clock.started_on, clock.status) == ("assessment:R-1", date(2019, 3, 5), "open")


def test_an_unlinked_referral_has_a_clock_of_its_own_and_leaves_the_other_as_it_would_be_without():
    facts = history(*TWO_NEEDS[:3], received("2019-05-01", "R-2"))
    assert ids(facts) == ["assessment:R-1"]
    parted = ruled(facts, "unlink", facts=(FactReference(SOURCE, "f4"),))
    assert ids(parted) == ["assessment:R-1", "assessment:R-2"]
    assert figures_of(parted).clocks[0].started_on == date(2019, 3, 5)


@pytest.mark.parametrize(
    ("ruling", "clock", "asked", "code"),
    [
        ("void", "assessment:R-7", {}, "no-such-clock"),
        ("void", "referral_decision:R-1", {}, "rule-on-the-need"),
        ("accept_correction", "assessment:R-1", {}, "nothing-held"),
        ("link", "assessment:R-1", {}, "no-such-other-clock"),
        ("link", "assessment:R-1", {"other_clock": "assessment:R-1"}, "same-clock"),
        ("link", "assessment:R-1", {"other_clock": "assessment:R-9"}, "no-such-other-clock"),
        ("link", "referral_decision:R-1", {"other_clock": "assessment:R-1"}, "not-linkable"),
        ("unlink", "assessment:R-1", {}, "not-on-the-clock"),
        ("unlink", "assessment:R-1", {"facts": (FactReference(SOURCE, "f3"),)}, "not-a-beginning"),
        ("unlink", "assessment:R-1", {"facts": (FactReference(SOURCE, "f1"),)}, "not-on-the-clock"),
    ],
)
def test_a_ruling_that_cannot_be_is_refused_with_a_stable_code(ruling, clock, asked, code):
    assert refused(history(*WORKED_EXAMPLE), ruling, clock, **asked) == code


def test_a_correction_that_is_not_held_cannot_be_accepted():
    facts = history(*WORKED_EXAMPLE, moved("f1", "2019-06-30"))
    assert refused(facts, "accept_correction", facts=(FactReference(SOURCE, "f2"),)) == "not-held"


def test_the_history_of_a_ruling_is_known_only_from_when_it_was_made():
    facts = ruled(history(*WORKED_EXAMPLE), "void")
    before = Question(AS_AT, known_before=facts[-1].recorded_at).known(facts)
    assert len(Amended(before).rulings) == 0


# Clocks of other timescales


PLAN = history(
    ("PlanStarted", "2019-03-01", {"plan_id": "P-1", "kind": "child_protection"}),
    ("VisitMade", "2019-03-08", {"visit_id": "V-1", "purpose": "child_protection", "seen": True}),
)


def test_voiding_the_first_clock_of_a_plan_voids_the_plan_and_all_its_clocks():
    assert ids_of(ruled(PLAN, "void", "child_protection_visit:P-1")) == []


def test_an_interval_that_followed_an_earlier_one_goes_with_the_plan():
    assert refused(PLAN, "void", "child_protection_visit:P-1:2") == "rule-on-the-need"


def test_supervision_of_a_case_is_not_voided():
    facts = history(("WorkerAllocated", "2019-03-01", {"worker_id": "W-1"}))
    assert refused(facts, "void", "case_supervision:W-1") == "not-voidable"


def test_only_assessment_clocks_are_linked_and_unlinked():
    assert refused(PLAN, "link", "core_group_first:P-1") == "not-linkable"
    assert refused(PLAN, "unlink", "core_group_first:P-1") == "not-linkable"


def test_a_held_correction_of_a_visit_is_accepted_on_its_clock():
    later = recorded(3, "FactCorrected", "2019-11-01", corrects={"source": SOURCE, "id": "f2"},
                     changes={"occurred_on": "2019-03-20"})  # fmt: skip
    held = [*PLAN, later]
    accepted = ruled(held, "accept_correction", "child_protection_visit:P-1")
    (before, _), (after, _) = (
        [c for c in figures_of(told).clocks if c.timescale.id == "child_protection_visit"]
        for told in (held, accepted)
    )
    assert (before.stopped_on, after.stopped_on) == (date(2019, 3, 8), date(2019, 3, 20))


def ids_of(told):
    return [clock.id for clock in figures_of(told).clocks]
