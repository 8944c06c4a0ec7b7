"""The rules of the true clock, one example each."""

from datetime import date
from typing import Any

import pytest

from tests.invented import (
    WORKED_EXAMPLE,
    cancelled,
    clock,
    closed,
    codes,
    completed,
    decided,
    history,
    ids,
    moved,
    reading,
    received,
    referral_closed,
    reopened,
    seen,
    started,
    withdrawn,
)  # fmt: skip

# The worked example


def test_closing_and_starting_again_leaves_one_clock_from_the_referral():
    read = reading(history(*WORKED_EXAMPLE))
    assert read.recorded is not None
    assert read.hidden is not None
    assert (read.clock.started_on, read.clock.stopped_on) == (date(2019, 3, 5), date(2019, 7, 12))
    assert (read.elapsed.working_days, read.elapsed.calendar_days) == (89, 129)
    assert (read.recorded.working_days, read.recorded.calendar_days) == (9, 11)
    assert (read.hidden.working_days, read.hidden.calendar_days) == (80, 118)
    assert (read.over_by.working_days, read.over_by.calendar_days) == (44, 63)
    assert read.clock.due_on == date(2019, 5, 10)


def test_the_spans_of_a_clock_lie_end_to_end_and_add_up():
    read = reading(history(*WORKED_EXAMPLE))
    assert [(s.state, s.record, s.days.working_days, s.shown) for s in read.spans] == [
        ("waiting", None, 1, False),
        ("open", "A-1", 30, False),
        ("closed", None, 6, False),
        ("open", "A-2", 36, False),
        ("closed", None, 7, False),
        ("open", "A-3", 9, True),
    ]


def test_each_restart_after_a_closing_is_flagged_with_its_cause():
    (flag,) = [f for f in clock(history(*WORKED_EXAMPLE)).flags if f.code == "RESTARTED_ON_OPEN_REFERRAL"]
    assert [because.id for because in flag.because] == ["f4", "f6"]


# 1. Start


def test_a_referral_starts_a_clock_on_the_day_it_is_received():
    assert clock(history(received("2019-03-05"))).started_on == date(2019, 3, 5)


def test_a_step_up_starts_a_clock_as_a_referral_does():
    facts = history(("SteppedUp", "2019-03-05", {"referral_id": "R-1", "from": "early_help"}))
    assert ids(facts) == ["assessment:R-1"]


def test_an_assessment_without_an_open_referral_starts_a_clock_of_its_own():
    one = clock(history(started("2019-03-06")), "assessment:A-1")
    assert codes(one)[0] == "NO_OPEN_REFERRAL"


def test_no_open_referral_tells_how_long_the_last_has_been_over():
    facts = history(
        received("2019-01-01"), started("2019-01-02"), completed("2019-01-10"),
        referral_closed("2019-01-11"), started("2019-03-06", "A-2"),
    )  # fmt: skip
    (flag,) = [f for f in clock(facts, "assessment:A-2").flags if f.code == "NO_OPEN_REFERRAL"]
    assert flag.value == 38


def test_closing_an_assessment_that_has_no_referral_does_not_end_its_need():
    assert clock(history(started("2019-03-06"), closed("2019-04-01")), "assessment:A-1").status == "open"


def test_a_parenting_assessment_starts_no_clock():
    assert ids(history(started("2019-03-06", kind="parenting"))) == []


# 2. While a clock runs


def test_reopening_a_record_goes_on_with_the_same_clock():
    facts = history(
        received("2019-03-05"), started("2019-03-06"), closed("2019-04-01"), reopened("2019-06-01")
    )
    assert ids(facts) == ["assessment:R-1"]
    assert "REOPENED_SAME_RECORD" in codes(clock(facts))


def test_starting_a_closed_record_counts_as_reopening_it():
    facts = history(
        received("2019-03-05"), started("2019-03-06"), closed("2019-04-01"), started("2019-06-01")
    )
    assert "REOPENED_SAME_RECORD" in codes(clock(facts))


def test_a_restart_after_a_cancelling_is_told_apart_from_one_after_a_closing():
    facts = history(
        received("2019-03-05"), started("2019-03-06"), cancelled("2019-04-01"), started("2019-04-02", "A-2")
    )
    assert "CANCELLED_THEN_RESTARTED" in codes(clock(facts))
    assert "RESTARTED_ON_OPEN_REFERRAL" not in codes(clock(facts))


def test_a_second_record_beside_an_open_one_is_no_restart():
    facts = history(received("2019-03-05"), started("2019-03-06"), started("2019-04-02", "A-2"))
    assert "RESTARTED_ON_OPEN_REFERRAL" not in codes(clock(facts))


def test_another_referral_joins_the_clock_that_runs():
    assert ids(history(received("2019-03-05"), received("2019-04-05", "R-2"))) == ["assessment:R-1"]


@pytest.mark.parametrize("end", [closed, cancelled])
def test_ending_a_record_without_completing_it_never_stops_the_clock(end):
    assert clock(history(received("2019-03-05"), started("2019-03-06"), end("2019-04-01"))).status == "open"


def test_deleting_pausing_and_vanishing_never_stop_the_clock():
    for name in ("RecordDeleted", "RecordDisappeared"):
        gone = (name, "2019-04-01", {"record_kind": "assessment", "record_id": "A-1"})
        assert clock(history(received("2019-03-05"), started("2019-03-06"), gone)).status == "open"
    paused = ("AssessmentPaused", "2019-04-01", {"assessment_id": "A-1"})
    one = clock(history(received("2019-03-05"), started("2019-03-06"), paused))
    assert one.status == "open"
    assert "PAUSED_STATUTORY_CLOCK" in codes(one)


# 3. The need ends


def test_a_need_ends_without_completion_on_the_day_its_referral_is_over():
    one = clock(history(received("2019-03-05"), started("2019-03-06"), referral_closed("2019-04-10")))
    assert (one.status, one.stopped_on) == ("ended_without_completion", date(2019, 4, 10))
    assert {"CLOSED_WITH_OPEN_ASSESSMENT", "ENDED_WITHOUT_COMPLETION"} <= set(codes(one))
    assert next(f.value for f in one.flags if f.code == "ENDED_WITHOUT_COMPLETION") == "RC8"


def test_a_new_referral_on_the_28th_day_continues_the_need():
    facts = history(
        received("2019-03-05"),
        started("2019-03-06"),
        referral_closed("2019-04-10"),
        received("2019-05-08", "R-2"),
    )
    assert ids(facts) == ["assessment:R-1"]
    assert clock(facts).status == "open"
    assert "CONTINUATION_WITHIN_WINDOW" in codes(clock(facts))


def test_a_new_referral_on_the_29th_day_is_a_new_need():
    facts = history(
        received("2019-03-05"),
        started("2019-03-06"),
        referral_closed("2019-04-10"),
        received("2019-05-09", "R-2"),
    )
    assert ids(facts) == ["assessment:R-1", "assessment:R-2"]


def test_reopening_a_record_after_the_end_sets_the_clock_running_until_it_is_closed_again():
    ended = (received("2019-03-05"), started("2019-03-06"), referral_closed("2019-04-10"))
    again = history(*ended, reopened("2019-08-01"))
    assert clock(again).status == "open"
    assert "CONTINUATION_WITHIN_WINDOW" not in codes(clock(again))
    one = clock(history(*ended, reopened("2019-08-01"), closed("2019-08-09")))
    assert (one.status, one.stopped_on) == ("ended_without_completion", date(2019, 8, 9))


def test_a_completion_after_the_end_stops_the_clock_on_its_own_day_and_is_never_in_time():
    one = clock(
        history(
            received("2019-03-05"),
            started("2019-03-06"),
            referral_closed("2019-03-20"),
            completed("2019-03-25"),
        )
    )
    assert (one.status, one.stopped_on) == ("stopped", date(2019, 3, 25))
    assert "COMPLETED_AFTER_CLOSING" in codes(one)
    assert not one.is_met_in_time


def test_a_need_ended_at_once_and_never_assessed_leaves_no_clock():
    assert ids(history(received("2019-03-05"), decided("2019-03-19", "no_further_action"))) == []


def test_a_need_ended_on_the_eleventh_working_day_leaves_its_clock():
    assert ids(history(received("2019-03-05"), decided("2019-03-20", "no_further_action"))) == [
        "assessment:R-1"
    ]


def test_a_referral_once_decided_for_assessment_leaves_its_clock_however_soon_it_is_closed():
    facts = history(received("2019-03-05"), decided("2019-03-06"), referral_closed("2019-03-07"))
    assert ids(facts) == ["assessment:R-1"]


def test_an_assessment_that_names_the_referral_keeps_its_clock_whenever_it_starts():
    facts = (received("2019-03-05"), referral_closed("2019-03-07"))
    later = history(*facts, started("2019-08-01", referral_id="R-1"))
    assert ids(later) == ["assessment:R-1", "assessment:A-1"]


def test_a_decision_for_assessment_prevails_over_one_for_no_further_action():
    facts = history(received("2019-03-05"), decided("2019-03-06", "no_further_action"), decided("2019-04-01"))
    assert clock(facts).status == "open"


def test_a_transfer_ends_a_need_only_on_the_day_it_is_accepted():
    start = (received("2019-03-05"), decided("2019-03-06"))
    asked = ("TransferredOut", "2019-04-01", {"to_authority": "E08"})
    assert clock(history(*start, asked)).status == "open"
    accepted = ("TransferredOut", "2019-04-01", {"to_authority": "E08", "accepted_on": "2019-04-12"})
    assert clock(history(*start, accepted)).stopped_on == date(2019, 4, 12)
    assert clock(history(*start, accepted), as_at=date(2019, 4, 11)).status == "open"


# 4. A new referral after the need was met


def test_a_new_referral_after_a_completion_is_a_new_clock_flagged_as_a_re_referral():
    facts = history(
        received("2019-01-07"), started("2019-01-08"), completed("2019-02-01"),
        referral_closed("2019-02-04"), received("2019-03-04", "R-2"),
    )  # fmt: skip
    assert ids(facts) == ["assessment:R-1", "assessment:R-2"]
    assert {"RE_REFERRAL_WITHIN_12_MONTHS", "SHORT_GAP_RE_REFERRAL"} <= set(
        codes(clock(facts, "assessment:R-2"))
    )


def test_the_gap_is_short_up_to_28_calendar_days():
    met = (
        received("2019-01-07"),
        started("2019-01-08"),
        completed("2019-02-01"),
        referral_closed("2019-02-04"),
    )
    assert "SHORT_GAP_RE_REFERRAL" not in codes(
        clock(history(*met, received("2019-03-05", "R-2")), "assessment:R-2")
    )


def test_a_referral_that_waited_as_a_contact_is_flagged_with_its_working_days():
    contact = ("ContactReceived", "2019-03-01", {"contact_id": "K-1"})
    facts = history(contact, received("2019-03-05", contact_id="K-1"))
    assert next(f.value for f in clock(facts).flags if f.code == "REFERRAL_AFTER_CONTACT") == 2


# 5. What a completion answers


def test_a_referral_received_after_the_completed_record_began_goes_on_from_its_receipt():
    facts = history(
        received("2019-03-05"), started("2019-03-06"), received("2019-03-20", "R-2"), completed("2019-04-01")
    )
    assert ids(facts) == ["assessment:R-1", "assessment:R-2"]
    later = clock(facts, "assessment:R-2")
    assert (later.started_on, later.status) == (date(2019, 3, 20), "open")
    assert "SUBSEQUENT_ON_OPEN_REFERRAL" in codes(later)


def test_a_record_still_open_goes_on_from_its_own_start():
    facts = history(
        received("2019-03-05"),
        started("2019-03-06"),
        started("2019-03-08", "A-2"),
        completed("2019-04-01", "A-2"),
    )
    assert (clock(facts, "assessment:A-1").started_on, clock(facts, "assessment:A-1").status) == (
        date(2019, 3, 6), "open",
    )  # fmt: skip


def test_a_record_closed_before_the_completion_is_answered():
    assert ids(history(*WORKED_EXAMPLE)) == ["assessment:R-1"]


def test_a_closed_record_completed_later_makes_a_stopped_clock_of_its_own():
    facts = history(*WORKED_EXAMPLE, completed("2019-08-01", "A-1"))
    own = clock(facts, "assessment:A-1")
    assert (own.started_on, own.stopped_on) == (date(2019, 3, 6), date(2019, 8, 1))
    assert clock(facts).stopped_on == date(2019, 7, 12)


def test_a_closed_record_reopened_after_the_completion_runs_from_its_own_start():
    own = clock(history(*WORKED_EXAMPLE, reopened("2019-08-01", "A-1")), "assessment:A-1")
    assert (own.started_on, own.status) == (date(2019, 3, 6), "open")


def test_reopening_the_completed_record_leaves_the_clock_stopped():
    facts = history(*WORKED_EXAMPLE, reopened("2019-07-15", "A-3"), closed("2019-07-18", "A-3"))
    assert clock(facts).stopped_on == date(2019, 7, 12)
    assert next(f.value for f in clock(facts).flags if f.code == "CORRECTION_AFTER_COMPLETION") == 3


def test_cancelling_the_completed_record_takes_the_completion_back():
    assert clock(history(*WORKED_EXAMPLE, cancelled("2019-07-20", "A-3"))).status == "open"


def test_a_start_of_a_completed_record_is_a_new_record():
    facts = history(*WORKED_EXAMPLE, started("2019-09-02", "A-3"))
    assert (clock(facts, "assessment:A-3").started_on, clock(facts).status) == (date(2019, 9, 2), "stopped")


# 6. What was once reported is not undone


def test_a_referral_date_moved_later_is_held_and_shown():
    facts = history(*WORKED_EXAMPLE, moved("f1", "2019-06-30"))
    assert clock(facts).started_on == date(2019, 3, 5)
    assert "REFERRAL_DATE_MOVED_LATER" in codes(clock(facts))


def test_a_referral_date_moved_earlier_is_followed():
    facts = history(*WORKED_EXAMPLE, moved("f1", "2019-02-20"))
    assert clock(facts).started_on == date(2019, 2, 20)


def test_a_completion_moved_earlier_is_held_but_shown_in_what_is_recorded():
    read = reading(history(*WORKED_EXAMPLE, moved("f7", "2019-07-05")))
    assert read.clock.stopped_on == date(2019, 7, 12)
    assert "STOP_DATE_MOVED_EARLIER" in codes(read)
    assert read.recorded is not None
    assert read.hidden is not None
    assert (read.recorded.working_days, read.hidden.working_days) == (4, 85)
    assert sum(s.days.working_days for s in read.spans if s.shown) == 4


def test_withdrawing_the_referral_is_held_while_its_need_would_vanish():
    assert "DELETED_WITH_OPEN_CLOCK" in codes(clock(history(received("2019-03-05"), withdrawn("f1"))))


def test_withdrawing_a_completion_sets_the_clock_running_again():
    assert clock(history(*WORKED_EXAMPLE, withdrawn("f7"))).status == "open"


def test_withdrawing_the_closing_that_would_turn_late_into_in_time_is_held():
    facts = history(
        received("2019-03-05"), started("2019-03-06"), referral_closed("2019-03-20"),
        completed("2019-03-25"), withdrawn("f3"),
    )  # fmt: skip
    assert "CHANGE_HELD" in codes(clock(facts))


def test_a_withdrawn_correction_is_as_if_it_had_never_been_made():
    facts = history(
        received("2019-03-05"), moved("f1", "2019-02-20"), moved("f1", "2019-06-01"), withdrawn("f3")
    )
    assert clock(facts).started_on == date(2019, 2, 20)
    assert "REFERRAL_DATE_MOVED_LATER" not in codes(clock(facts))


def test_the_latest_of_two_reports_of_one_completion_counts():
    one = history(
        received("2019-03-05"), started("2019-03-06"), completed("2019-04-01"), completed("2019-04-10")
    )
    assert clock(one).stopped_on == date(2019, 4, 10)
    assert clock(one, as_at=date(2019, 4, 9)).stopped_on == date(2019, 4, 1)


# 7. A completion that does not follow


def test_a_completion_of_a_record_never_started_stops_nothing():
    assert clock(history(received("2019-03-05"), completed("2019-04-01"))).status == "open"


def test_a_completion_dated_before_its_start_stops_nothing_until_a_start_arrives():
    facts = [received("2019-03-05"), started("2019-04-01"), completed("2019-03-20")]
    assert clock(history(*facts)).status == "open"
    assert clock(history(*facts, started("2019-03-06"))).stopped_on == date(2019, 3, 20)


# Other flags


def test_a_completion_without_the_child_seen_is_flagged_unless_seen_at_any_visit():
    base = (received("2019-03-05"), started("2019-03-06"), completed("2019-04-01"))
    assert "COMPLETED_CHILD_NOT_SEEN" in codes(clock(history(*base)))
    assert "COMPLETED_CHILD_NOT_SEEN" not in codes(clock(history(*base, seen("2019-03-20"))))


def test_an_unborn_child_cannot_be_seen():
    unborn = ("ChildRegistered", "2019-03-05", {"expected_birth_on": "2019-08-01"})
    facts = history(unborn, received("2019-03-05"), started("2019-03-06"), completed("2019-04-01"))
    assert "COMPLETED_CHILD_NOT_SEEN" not in codes(clock(facts))


def test_a_brief_completion_of_a_later_record_is_flagged_with_its_working_days():
    facts = history(
        received("2019-03-05"), started("2019-03-06"), closed("2019-04-01"),
        started("2019-04-02", "A-2"), completed("2019-04-04", "A-2"),
    )  # fmt: skip
    assert next(f.value for f in clock(facts).flags if f.code == "BRIEF_COMPLETION") == 2


BEGUN = (received("2019-03-05"), started("2019-03-06"))
AGAIN = (*BEGUN, closed("2019-04-01"), started("2019-04-02", "A-2"))
BEFORE = (
    received("2018-03-05"), started("2018-03-06"), completed("2018-04-03"), referral_closed("2018-04-04"),
)  # fmt: skip


def contacted(on, contact="K-1"):
    return ("ContactReceived", on, {"contact_id": contact})


def paused(on, assessment="A-1"):
    return ("AssessmentPaused", on, {"assessment_id": assessment})


NEAR: dict[str, dict[str, tuple[Any, ...]]] = {
    "BRIEF_COMPLETION": {
        "the first record": (*BEGUN, completed("2019-03-07")),
        "three working days": (*AGAIN, completed("2019-04-05", "A-2")),
        "the first of two, closed": (*AGAIN, completed("2019-04-30", "A-2")),
    },
    "RE_REFERRAL_WITHIN_12_MONTHS": {
        "the first referral": (received("2019-03-05"),),
        "a day more than twelve months": (*BEFORE, received("2019-03-06", "R-2")),
    },
    "REFERRAL_AFTER_CONTACT": {
        "one working day, over a weekend": (
            contacted("2019-03-01"), received("2019-03-04", contact_id="K-1"),
        ),
        "another contact": (contacted("2019-02-01", "K-2"), received("2019-03-05", contact_id="K-1")),
        "no contact": (contacted("2019-02-01"), received("2019-03-05")),
    },
    "PAUSED_STATUTORY_CLOCK": {
        "another record": (*BEGUN, paused("2019-03-20", "A-9")),
        "closed already": (*BEGUN, closed("2019-03-19"), paused("2019-03-20")),
        "resumed and never paused": (*BEGUN, ("AssessmentResumed", "2019-03-20", {"assessment_id": "A-1"})),
    },
    "COMPLETED_AFTER_CLOSING": {
        "the day before": (*BEGUN, completed("2019-03-25"), referral_closed("2019-03-26")),
        "the same day, completed first": (*BEGUN, completed("2019-03-25"), referral_closed("2019-03-25")),
        "another referral is open": (
            *BEGUN, received("2019-03-10", "R-2"), referral_closed("2019-03-20"), completed("2019-03-25"),
        ),
    },
    "CLOSED_WITH_OPEN_ASSESSMENT": {
        "closed before": (*BEGUN, closed("2019-04-09"), referral_closed("2019-04-10")),
        "none was started": (received("2019-03-05"), referral_closed("2019-04-10")),
        "completed before": (*BEGUN, completed("2019-04-09"), referral_closed("2019-04-10")),
    },
    "COMPLETED_WITHOUT_AUTHORISATION": {
        "a manager is named": (*BEGUN, completed("2019-04-01", by="M-1")),
        "not completed": (*BEGUN, closed("2019-04-01")),
    },
}  # fmt: skip
RAISED = {
    "BRIEF_COMPLETION": (*AGAIN, completed("2019-04-04", "A-2")),
    "RE_REFERRAL_WITHIN_12_MONTHS": (*BEFORE, received("2019-03-05", "R-2")),
    "REFERRAL_AFTER_CONTACT": (contacted("2019-03-01"), received("2019-03-05", contact_id="K-1")),
    "PAUSED_STATUTORY_CLOCK": (*BEGUN, paused("2019-03-20")),
    "COMPLETED_AFTER_CLOSING": (*BEGUN, referral_closed("2019-03-20"), completed("2019-03-21")),
    "CLOSED_WITH_OPEN_ASSESSMENT": (*BEGUN, referral_closed("2019-04-10")),
    "COMPLETED_WITHOUT_AUTHORISATION": (*BEGUN, completed("2019-04-01", by=None)),
}


def latest_flags(facts):
    """Of the clock that began last: the need in question, whatever was met before it."""
    known = history(*facts)
    return codes(clock(known, ids(known)[-1]))


@pytest.mark.parametrize(("code", "facts"), RAISED.items())
def test_a_flag_is_raised_by_the_least_that_raises_it(code, facts):
    assert code in latest_flags(facts)


@pytest.mark.parametrize(
    ("code", "facts"),
    [pytest.param(code, facts, id=f"{code}: {near}") for code in NEAR for near, facts in NEAR[code].items()],
)
def test_a_flag_is_not_raised_by_what_is_near(code, facts):
    assert code not in latest_flags(facts)


def test_changes_of_worker_and_team_are_counted_while_the_clock_ran_and_the_first_is_none():
    def to(on, worker, team):
        return ("WorkerAllocated", on, {"worker_id": worker, "team_id": team})

    transferred = ("CaseTransferred", "2019-04-01", {"to_team_id": "T-2"})
    facts = history(
        received("2019-03-05"), to("2019-03-05", "W-1", "T-1"), transferred, to("2019-04-01", "W-2", "T-2")
    )
    assert {f.code: f.value for f in clock(facts).flags if f.code.endswith("CHANGES")} == {
        "WORKER_CHANGES": 1, "TEAM_CHANGES": 1,
    }  # fmt: skip


# The clock of the child being seen


def test_the_first_visit_at_which_the_child_is_seen_stops_that_clock():
    facts = history(received("2019-03-05"), seen("2019-03-19"))
    one = clock(facts, "assessment_child_seen:R-1")
    assert (one.status, one.stopped_on, one.is_met_in_time) == ("stopped", date(2019, 3, 19), True)


def test_a_need_that_is_over_ends_the_clock_of_the_child_being_seen():
    facts = history(received("2019-03-05"), started("2019-03-06"), completed("2019-04-01"))
    assert clock(facts, "assessment_child_seen:R-1").status == "ended_without_completion"
