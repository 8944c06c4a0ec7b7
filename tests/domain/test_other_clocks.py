"""The rules of clocks other than assessment, and their flags: what raises each and what does not."""

from datetime import date

import pytest

from domain.circumstances import Elsewhere
from tests.domain.test_timescales import cin, cp, discussed, held, placed, supervised, told, track, visit
from tests.invented import clock, codes, figures_of, history, ids, moved, reading, withdrawn

BY = date(2019, 12, 31)


def ended(on, plan="P-1"):
    return ("PlanEnded", on, {"plan_id": plan})


def cp2(on):
    return ("PlanStarted", on, {"plan_id": "P-2", "kind": "child_protection"})


def every(on, every, unit="working_days"):
    return ("VisitFrequencySet", on, {"plan_id": "P-1", "every": every, "unit": unit})


def deleted(on, kind, id):
    return ("RecordDeleted", on, {"record_kind": kind, "record_id": id})


def vanished(on, kind, id):
    return ("RecordDisappeared", on, {"record_kind": kind, "record_id": id})


def enquiry(on, enquiry="E-1", **data):
    return ("Section47Started", on, {"enquiry_id": enquiry, **data})


def enquired(on, outcome="no_conference", enquiry="E-1"):
    return ("Section47Completed", on, {"enquiry_id": enquiry, "outcome": outcome})


def raises(code, id, *facts, value=None):
    """Whether the clock of an id carries a flag, and its value."""
    flags = {flag.code: flag.value for flag in clock(history(*facts), id).flags}
    if value is not None and code in flags:
        assert flags[code] == value
    return code in flags


def spans_of(*facts, id="child_protection_visit:P-1"):
    found = figures_of(history(*facts), BY).clocks
    timescale, subject = id.split(":")
    return [
        (str(c.started_on), str(c.stopped_on) if c.stopped_on else None, c.status)
        for c in found
        if c.timescale.id == timescale and c.subject == subject
    ]


# Intervals


def test_each_visit_with_the_child_seen_ends_an_interval_and_begins_the_next():
    assert spans_of(
        cp("2019-03-01"),
        visit("2019-03-10", "child_protection"),
        visit("2019-03-20", "child_protection", "V-2"),
    ) == [
        ("2019-03-01", "2019-03-10", "stopped"),
        ("2019-03-10", "2019-03-20", "stopped"),
        ("2019-03-20", None, "open"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        visit("2019-03-10", "child_protection", seen=False),
        visit("2019-03-10", "child_in_need"),
        ("VisitAttempted", "2019-03-10", {"visit_id": "V-1", "purpose": "child_protection"}),
        visit("2019-02-10", "child_protection"),
    ],
)
def test_a_visit_that_did_not_see_the_child_for_the_plan_ends_nothing(other):
    assert spans_of(cp("2019-03-01"), other) == [("2019-03-01", None, "open")]


def test_the_end_of_a_plan_ends_what_runs_under_it():
    assert spans_of(cp("2019-03-01"), ended("2019-04-01")) == [
        ("2019-03-01", "2019-04-01", "ended_without_completion")
    ]


def test_an_interval_that_ended_past_its_limit_is_late_and_one_before_it_is_not():
    late = reading(history(cp("2019-03-01"), ended("2019-04-01")), "child_protection_visit:P-1")
    soon = reading(history(cp("2019-03-01"), ended("2019-03-08")), "child_protection_visit:P-1")
    assert (late.is_over, soon.is_over) == (True, False)
    assert not soon.clock.is_met_in_time


def test_an_inquorate_review_ends_nothing():
    facts = (cp("2019-03-01"), held("2019-05-01", "review_conference", quorate=False))
    assert spans_of(*facts, id="review_conference_first:P-1") == [("2019-03-01", None, "open")]


def test_a_meeting_about_another_plan_ends_nothing():
    facts = (cp("2019-03-01"), held("2019-03-05", "core_group", plan_id="P-2"))
    assert spans_of(*facts, id="core_group_first:P-1") == [("2019-03-01", None, "open")]


def test_a_new_placement_begins_its_own_visits_and_the_old_ones_end():
    facts = (
        placed("2019-03-01"),
        ("PlacementEnded", "2019-03-20", {"placement_id": "PL-1"}),
        ("PlacementStarted", "2019-03-20", {"placement_id": "PL-2"}),
    )
    assert spans_of(*facts, id="looked_after_visit:PL-1") == [
        ("2019-03-01", "2019-03-20", "ended_without_completion")
    ]
    assert spans_of(*facts, id="looked_after_visit:PL-2") == [("2019-03-20", None, "open")]


def test_a_visit_told_on_two_days_stops_once_on_the_later():
    facts = (
        cp("2019-03-01"), visit("2019-03-10", "child_protection"), visit("2019-03-14", "child_protection")
    )  # fmt: skip
    assert spans_of(*facts) == [("2019-03-01", "2019-03-14", "stopped"), ("2019-03-10", None, "open")]


# Continuation


@pytest.mark.parametrize(("again", "runs_on"), [("2019-04-29", True), ("2019-04-30", False)])
def test_an_interval_runs_on_where_a_plan_of_its_kind_begins_within_28_days(again, runs_on):
    facts = (cp("2019-03-01"), ended("2019-04-01"), cp2(again))
    first = clock(history(*facts), "child_protection_visit:P-1")
    assert (first.status == "open", "CONTINUATION_WITHIN_WINDOW" in codes(first)) == (runs_on, runs_on)


def test_an_interval_does_not_run_on_with_a_plan_of_another_kind():
    facts = (
        cp("2019-03-01"),
        ended("2019-04-01"),
        ("PlanStarted", "2019-04-02", cin("")[2] | {"plan_id": "P-2"}),
    )
    assert not raises("CONTINUATION_WITHIN_WINDOW", "child_protection_visit:P-1", *facts)


def test_an_interval_that_runs_on_is_stopped_by_the_next_visit_and_begins_no_other():
    facts = (
        cp("2019-03-01"),
        ended("2019-04-01"),
        cp2("2019-04-10"),
        visit("2019-04-20", "child_protection"),
    )
    assert spans_of(*facts) == [("2019-03-01", "2019-04-20", "stopped")]


# Visit frequency


@pytest.mark.parametrize(
    ("set_to", "raised"),
    [
        (every("2019-03-02", 15), True),
        (every("2019-03-02", 10), False),
        (every("2019-03-02", 2, "weeks"), False),
    ],
)
def test_a_frequency_wider_than_the_policy_is_flagged_on_later_intervals(set_to, raised):
    facts = (cp("2019-03-01"), set_to, visit("2019-03-08", "child_protection"))
    assert raises("FREQUENCY_WIDENED", "child_protection_visit:P-1:2", *facts) is raised
    assert not raises("FREQUENCY_WIDENED", "child_protection_visit:P-1", *facts)


def test_a_frequency_applies_only_to_intervals_that_start_after_it():
    facts = history(
        cp("2019-03-01"), visit("2019-03-08", "child_protection"), every("2019-03-08", 5),
        visit("2019-03-15", "child_protection", "V-2"),
    )  # fmt: skip
    limits = [clock(facts, f"child_protection_visit:P-1{n}").timescale.limit.value for n in ("", ":2", ":3")]
    assert limits == [10, 10, 5]


# A second child protection plan


@pytest.mark.parametrize(
    ("again", "gap", "repeat"),
    [
        ("2019-06-30", 90, True),
        ("2019-07-01", None, True),
        ("2021-04-01", None, True),
        ("2021-04-02", None, False),
    ],
)
def test_a_second_plan_is_flagged_by_the_time_since_the_last(again, gap, repeat):
    facts = history(cp("2019-03-01"), ended("2019-04-01"), cp2(again))
    flags = {f.code: f.value for f in clock(facts, "core_group_first:P-2", date(2021, 12, 31)).flags}
    assert ("REPEAT_PLAN_WITHIN_2_YEARS" in flags, flags.get("PLAN_GAP")) == (repeat, gap)


def test_only_what_the_second_plan_starts_is_flagged():
    facts = (cp("2019-01-01"), ended("2019-02-01"), cp2("2019-03-01"), held("2019-03-05", "core_group"))
    assert raises("PLAN_GAP", "core_group_first:P-2", *facts, value=28)
    assert not raises("PLAN_GAP", "core_group:P-2", *facts)


# Enquiries


def test_a_second_discussion_joins_the_clock_and_is_the_record():
    read = reading(
        history(discussed("2019-03-01"), enquiry("2019-03-02"), discussed("2019-03-12", "SD-2"),
                held("2019-03-20", "initial_conference")),
        "initial_conference:SD-1",
    )  # fmt: skip
    assert "SECOND_STRATEGY_DISCUSSION" in codes(read)
    assert read.recorded is not None
    assert read.clock.on_record is not None
    assert (read.clock.on_record.record, read.elapsed.working_days, read.recorded.working_days) == (
        "SD-2",
        13,
        6,
    )
    assert ids(
        history(discussed("2019-03-01"), discussed("2019-03-12", "SD-2")), BY, "initial_conference"
    ) == ["initial_conference:SD-1"]


@pytest.mark.parametrize(
    "near",
    [
        discussed("2019-03-05"),
        ("StrategyDiscussionHeld", "2019-03-05", {"meeting_id": "SD-2", "outcome": "no_section_47"}),
    ],
)
def test_the_same_discussion_or_one_that_led_to_nothing_is_no_second(near):
    assert not raises("SECOND_STRATEGY_DISCUSSION", "initial_conference:SD-1", discussed("2019-03-01"), near)


def test_an_enquiry_that_needs_no_conference_stops_the_clock():
    facts = history(discussed("2019-03-01"), enquiry("2019-03-02"), enquired("2019-03-10"))
    assert clock(facts, "initial_conference:SD-1").status == "stopped"


@pytest.mark.parametrize(
    "end",
    [enquired("2019-03-10", "conference"), enquired("2019-03-10", enquiry="E-9"),
     held("2019-03-10", "initial_conference", quorate=False), held("2019-03-10", "review_conference")],
)  # fmt: skip
def test_what_is_no_conference_stops_nothing(end):
    facts = history(discussed("2019-03-01"), enquiry("2019-03-02"), end)
    assert clock(facts, "initial_conference:SD-1").status == "open"


@pytest.mark.parametrize(("again", "goes_on"), [("2019-04-07", True), ("2019-04-08", False)])
def test_an_enquiry_that_soon_follows_goes_on_with_the_clock(again, goes_on):
    facts = history(
        discussed("2019-03-01"), enquiry("2019-03-02"), enquired("2019-03-10"), discussed(again, "SD-2")
    )
    first = clock(facts, "initial_conference:SD-1")
    assert (first.status == "open", "CONTINUATION_WITHIN_WINDOW" in codes(first)) == (goes_on, goes_on)


# Pre-proceedings


@pytest.mark.parametrize(("again", "goes_on"), [("2019-07-30", True), ("2019-07-31", False)])
def test_pre_proceedings_begun_again_within_90_days_are_one(again, goes_on):
    facts = history(
        track("PreProceedingsDecided", "2019-03-01"),
        track("PreProceedingsEnded", "2019-05-01", outcome="step_down"),
        track("PreProceedingsDecided", again, "T-2"),
    )
    first = clock(facts, "pre_proceedings:T-1")
    assert (first.status == "open", "PRE_PROCEEDINGS_RESTARTED" in codes(first)) == (goes_on, goes_on)


def test_the_record_of_pre_proceedings_is_the_latest_track():
    read = reading(
        history(
            track("PreProceedingsDecided", "2019-03-01"),
            track("PreProceedingsEnded", "2019-05-01", outcome="step_down"),
            track("PreProceedingsDecided", "2019-06-03", "T-2"),
        ),
        "pre_proceedings:T-1",
        date(2019, 7, 1),
    )
    assert [(s.state, s.record, s.shown) for s in read.spans] == [
        ("open", "T-1", False), ("closed", None, False), ("open", "T-2", True),
    ]  # fmt: skip
    assert read.hidden is not None
    assert read.hidden.calendar_days == 94


def test_issuing_proceedings_stops_pre_proceedings_and_starts_the_court_s_clock():
    facts = history(
        track("PreProceedingsDecided", "2019-03-01"), ("ProceedingsIssued", "2019-05-01", {"case_id": "K-1"})
    )
    assert clock(facts, "pre_proceedings:T-1").status == "stopped"
    assert clock(facts, "proceedings:K-1").started_on == date(2019, 5, 1)


# Transfer in


def test_a_transfer_in_counts_from_the_day_its_conference_is_due_from():
    told_of = ("TransferredIn", "2019-03-05", {"from_authority": "E", "conference_due_from": "2019-03-01"})
    found = clock(history(told_of), "transfer_in_conference:E")
    assert (found.started_on, codes(found)) == (date(2019, 3, 1), ["TRANSFER_IN"])


def test_a_transfer_out_is_no_transfer_in():
    facts = history(("TransferredOut", "2019-03-05", {"to_authority": "E", "accepted_on": "2019-03-06"}))
    assert figures_of(facts).clocks == ()


# Parenting assessments


def test_closing_and_reopening_a_parenting_assessment_hides_nothing():
    read = reading(
        history(
            ("AssessmentStarted", "2019-03-01", {"assessment_id": "A-1", "kind": "parenting"}),
            ("AssessmentClosed", "2019-04-01", {"assessment_id": "A-1"}),
            ("AssessmentReopened", "2019-07-01", {"assessment_id": "A-1"}),
            ("AssessmentCompleted", "2019-07-08", {"assessment_id": "A-1"}),
        ),
        "parenting_assessment:A-1",
    )
    assert read.recorded is not None
    assert (read.elapsed.calendar_days, read.recorded.calendar_days) == (129, 7)
    assert {"REOPENED_SAME_RECORD", "COMPLETED_WITHOUT_AUTHORISATION"} <= {*codes(read)}


def test_a_parenting_assessment_begun_again_after_it_was_deleted_is_another_record_on_its_clock():
    begun = {"assessment_id": "A-2", "kind": "parenting"}
    read = reading(
        history(
            ("AssessmentStarted", "2020-04-30", begun),
            ("RecordDeleted", "2020-07-13", {"record_kind": "assessment", "record_id": "A-2", "reason": "x"}),
            ("AssessmentStarted", "2020-08-20", begun),
        ),
        "parenting_assessment:A-2",
        date(2020, 9, 1),
    )
    assert read.recorded is not None
    assert (read.clock.started_on, read.recorded.calendar_days) == (date(2020, 4, 30), 12)
    assert "CANCELLED_THEN_RESTARTED" in codes(read)


def test_cancelling_what_was_begun_on_the_day_of_a_completion_does_not_take_that_back():
    facts = history(
        ("AssessmentStarted", "2020-07-30", {"assessment_id": "A-1", "kind": "parenting"}),
        ("AssessmentStarted", "2020-08-01", {"assessment_id": "A-1", "kind": "parenting"}),
        ("AssessmentCompleted", "2020-08-01", {"assessment_id": "A-1"}),
        ("AssessmentCancelled", "2020-10-02", {"assessment_id": "A-1", "reason": "x"}),
    )
    first = reading(facts, "parenting_assessment:A-1", date(2020, 11, 2))
    assert (first.clock.status, first.clock.stopped_on) == ("stopped", date(2020, 8, 1))
    second = reading(facts, "parenting_assessment:A-1:2", date(2020, 11, 2))
    assert (second.clock.status, second.clock.started_on) == ("open", date(2020, 8, 1))


def test_cancelling_a_parenting_assessment_takes_its_completion_back():
    facts = history(
        ("AssessmentStarted", "2020-07-30", {"assessment_id": "A-1", "kind": "parenting"}),
        ("AssessmentCompleted", "2020-08-01", {"assessment_id": "A-1"}),
        ("AssessmentCancelled", "2020-10-02", {"assessment_id": "A-1", "reason": "x"}),
    )
    assert reading(facts, "parenting_assessment:A-1", date(2020, 11, 2)).clock.status == "open"


# Actions


def test_an_action_that_is_reopened_was_not_done():
    facts = history(
        ("ActionSet", "2019-03-01", {"action_id": "X", "origin": "audit", "due_on": "2019-04-01"}),
        ("ActionDone", "2019-03-20", {"action_id": "X"}),
        ("ActionReopened", "2019-05-01", {"action_id": "X"}),
    )
    found = reading(facts, "action:X", date(2019, 5, 2))
    assert (found.clock.status, found.is_over) == ("open", True)
    assert codes(found) == ["OPEN_PAST_LIMIT", "REOPENED_SAME_RECORD"]


# Supervision


def test_no_change_of_worker_restarts_the_supervision_of_a_case():
    facts = told(
        "",
        ("WorkerAllocated", "2019-03-01", {"worker_id": "W-1"}),
        ("WorkerUnallocated", "2019-03-20", {"worker_id": "W-1"}),
        ("WorkerAllocated", "2019-05-20", {"worker_id": "W-2"}),
        supervised("2019-06-01"),
    )
    found = clock(facts, "case_supervision:W-1")
    assert (found.started_on, found.stopped_on) == (date(2019, 3, 1), date(2019, 6, 1))
    assert "WORKER_CHANGES" in codes(found)


def test_the_supervision_of_a_case_ends_with_the_case():
    facts = told(
        "",
        ("ReferralReceived", "2019-03-01", {"referral_id": "R-1"}),
        ("WorkerAllocated", "2019-03-01", {"worker_id": "W-1"}),
        ("ReferralClosed", "2019-03-20", {"referral_id": "R-1"}),
    )
    found = clock(facts, "case_supervision:W-1")
    assert (found.status, found.stopped_on) == ("ended_without_completion", date(2019, 3, 20))


def test_supervision_in_which_others_were_discussed_stops_nothing():
    facts = told(
        "",
        ("WorkerAllocated", "2019-03-01", {"worker_id": "W-1"}),
        ("SupervisionHeld", "2019-03-20", {"supervision_id": "S-1", "children": ["C9"]}),
    )
    assert clock(facts, "case_supervision:W-1").status == "open"


# What was once reported is not undone


def test_a_visit_moved_earlier_is_held():
    facts = history(cp("2019-03-01"), visit("2019-03-20", "child_protection"), moved("f2", "2019-03-08"))
    found = clock(facts, "child_protection_visit:P-1")
    assert (found.stopped_on, "STOP_DATE_MOVED_EARLIER" in codes(found)) == (date(2019, 3, 20), True)


def test_a_plan_moved_later_is_held():
    facts = history(cp("2019-03-01"), moved("f1", "2019-03-08"))
    found = clock(facts, "core_group_first:P-1")
    assert (found.started_on, "START_DATE_MOVED_LATER" in codes(found)) == (date(2019, 3, 1), True)


def test_a_plan_moved_earlier_is_followed():
    facts = history(cp("2019-03-08"), moved("f1", "2019-03-01"))
    found = clock(facts, "core_group_first:P-1")
    assert (found.started_on, codes(found)) == (date(2019, 3, 1), ["BACKDATED_RECORDING"])


def test_a_visit_withdrawn_makes_one_longer_interval_of_two():
    facts = (cp("2019-03-01"), visit("2019-03-08", "child_protection"), withdrawn("f2"))
    assert spans_of(*facts) == [("2019-03-01", None, "open")]


def test_a_plan_withdrawn_while_it_runs_is_held():
    facts = history(cp("2019-03-01"), withdrawn("f1"))
    assert "DELETED_WITH_OPEN_CLOCK" in codes(clock(facts, "review_conference_first:P-1"))


def test_a_later_due_day_of_an_action_is_held():
    facts = history(
        ("ActionSet", "2019-03-01", {"action_id": "X", "origin": "audit", "due_on": "2019-04-01"}),
        ("FactCorrected", "2019-05-01",
         {"corrects": {"source": "urn:invented:cases", "id": "f1"}, "changes": {"due_on": "2019-09-01"}}),
    )  # fmt: skip
    found = clock(facts, "action:X")
    assert (found.due_on, "CHANGE_HELD" in codes(found)) == (date(2019, 4, 1), True)


def test_a_frequency_moved_before_an_interval_is_held_where_it_widens_it():
    facts = history(cp("2019-03-01"), every("2019-03-05", 30), moved("f2", "2019-02-01"))
    found = clock(facts, "child_protection_visit:P-1")
    assert (found.timescale.limit.value, "CHANGE_HELD" in codes(found)) == (10, True)


# Records gone


@pytest.mark.parametrize(
    ("gone", "raised"),
    [
        (deleted("2019-03-05", "plan", "P-1"), ["DELETED_WITH_OPEN_CLOCK"]),
        (vanished("2019-03-05", "plan", "P-1"), ["DELETED_WITH_OPEN_CLOCK", "DISAPPEARED_FROM_SNAPSHOT"]),
        (vanished("2019-03-05", "plan", "P-2"), []),
        (vanished("2019-03-08", "plan", "P-1"), []),
    ],
)
def test_a_plan_that_goes_while_its_clock_runs_ends_nothing_and_is_flagged(gone, raised):
    facts = history(cp("2019-03-01"), gone, held("2019-03-08", "core_group"))
    found = clock(facts, "core_group_first:P-1")
    assert (found.status, codes(found)) == ("stopped", raised)


# Flags of every clock


def test_a_fact_entered_late_is_flagged_on_the_clocks_it_starts_and_stops():
    facts = history(
        cp("2019-03-01"), visit("2019-03-08", "child_protection", entered_at="2019-03-11T09:00:00Z")
    )
    first = clock(facts, "child_protection_visit:P-1")
    assert [(f.code, f.value) for f in first.flags] == [("BACKDATED_RECORDING", 3)]
    near = history(
        cp("2019-03-01"), visit("2019-03-08", "child_protection", entered_at="2019-03-09T09:00:00Z")
    )
    assert codes(clock(near, "child_protection_visit:P-1")) == []


@pytest.mark.parametrize(("children", "raised"), [(3, True), (1, False)])
def test_a_visit_recorded_for_several_children_at_once_is_flagged(children, raised):
    facts = history(cp("2019-03-01"), visit("2019-03-08", "child_protection", batch_id="B-1"))
    found = figures_of(facts, elsewhere=Elsewhere(batches={"B-1": children})).clocks
    (first, _) = [c for c in found if c.timescale.id == "child_protection_visit"]
    assert ("BULK_RECORDED" in codes(first)) is raised


@pytest.mark.parametrize(
    ("on", "raised"), [("2019-03-05", True), ("2019-03-09", False), ("2019-02-01", False)]
)
def test_a_change_of_worker_and_team_is_counted_while_the_clock_runs(on, raised):
    facts = history(
        ("WorkerAllocated", "2019-01-01", {"worker_id": "W-1", "team_id": "T-1"}),
        ("WorkerAllocated", on, {"worker_id": "W-2", "team_id": "T-2"}),
        cp("2019-03-01"), held("2019-03-08", "core_group"),
    )  # fmt: skip
    found = codes(clock(facts, "core_group_first:P-1"))
    assert (found == ["TEAM_CHANGES", "WORKER_CHANGES"], found == []) == (raised, not raised)
