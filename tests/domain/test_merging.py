"""After a merge two references are one child, and before it they are two."""

from datetime import date

import pytest

from tests.invented import codes, figures_of, recorded

FACTS = [
    recorded(1, "ReferralReceived", "2019-03-05", stream="C1", referral_id="R-1"),
    recorded(2, "ReferralReceived", "2019-04-01", stream="C9", referral_id="R-9"),
    recorded(3, "ChildMerged", "2019-05-01", stream="C9", into="C1"),
]


def assessments(child, as_at, facts=FACTS):
    found = figures_of(facts, as_at, child)
    return found.child, found.merged, [c.id for c in found.clocks if c.timescale.id == "assessment"]


def test_either_reference_answers_for_both_and_names_the_other():
    expected = ("C1", ("C9",), ["assessment:R-1"])
    assert assessments("C1", date(2019, 6, 1)) == expected
    assert assessments("C9", date(2019, 6, 1)) == expected


def test_as_at_a_day_before_the_merge_there_are_two():
    assert assessments("C1", date(2019, 4, 30)) == ("C1", (), ["assessment:R-1"])
    assert assessments("C9", date(2019, 4, 30)) == ("C9", (), ["assessment:R-9"])


def test_the_earliest_unmet_need_governs_and_says_that_records_were_merged():
    (clock,) = [c for c in figures_of(FACTS, date(2019, 6, 1), "C1").clocks if c.id == "assessment:R-1"]
    assert clock.started_on == date(2019, 3, 5)
    assert "MERGED_CHILD_RECORDS" in codes(clock)


@pytest.mark.parametrize(
    ("received_on", "is_flagged"), [("2019-05-01", True), ("2019-05-02", False)], ids=["that day", "after"]
)
def test_a_need_that_began_after_the_merge_does_not_say_so(received_on, is_flagged):
    merged = [
        recorded(1, "ChildMerged", "2019-05-01", stream="C9", into="C1"),
        recorded(2, "ReferralReceived", received_on, stream="C1", referral_id="R-1"),
    ]
    (clock,) = [c for c in figures_of(merged, date(2019, 6, 1), "C1").clocks if c.id == "assessment:R-1"]
    assert ("MERGED_CHILD_RECORDS" in codes(clock)) is is_flagged


def test_a_need_of_a_child_merged_with_none_does_not_say_so():
    (clock,) = [c for c in figures_of(FACTS[:2], date(2019, 6, 1), "C1").clocks if c.id == "assessment:R-1"]
    assert "MERGED_CHILD_RECORDS" not in codes(clock)


def test_an_unmerge_restores_two():
    facts = [*FACTS, recorded(4, "ChildUnmerged", "2019-06-01", stream="C9", from_="C1")]
    assert assessments("C9", date(2019, 6, 2), facts) == ("C9", (), ["assessment:R-9"])


def test_withdrawing_a_merge_that_would_shorten_a_need_is_held():
    facts = [
        *FACTS,
        recorded(
            4, "FactWithdrawn", "2019-06-01", stream="C9", withdraws={"source": FACTS[0].source, "id": "f3"}
        ),
    ]
    assert assessments("C9", date(2019, 7, 1), facts)[0] in ("C1", "C9")
    assert [
        c.started_on
        for c in figures_of(facts, date(2019, 7, 1), "C1").clocks
        if c.timescale.id == "assessment"
    ] == [date(2019, 3, 5)]


def test_merges_in_a_ring_are_one_child_and_end():
    facts = [*FACTS, recorded(4, "ChildMerged", "2019-05-02", stream="C1", into="C9")]
    assert assessments("C1", date(2019, 6, 1), facts)[0] == "C1"


def test_records_that_share_an_id_by_accident_stay_two():
    facts = [
        recorded(1, "ReferralReceived", "2019-03-05", stream="C1", referral_id="R-1"),
        recorded(2, "AssessmentStarted", "2019-03-06", stream="C1", assessment_id="A-1"),
        recorded(3, "ReferralReceived", "2019-03-05", stream="C9", referral_id="R-1"),
        recorded(4, "AssessmentStarted", "2019-03-08", stream="C9", assessment_id="A-1"),
        recorded(5, "ChildMerged", "2019-05-01", stream="C9", into="C1"),
        recorded(6, "AssessmentCompleted", "2019-05-10", stream="C9", assessment_id="A-1"),
    ]
    by_id = {
        c.id: c.status
        for c in figures_of(facts, date(2019, 6, 1), "C1").clocks
        if c.timescale.id == "assessment"
    }
    assert by_id == {"assessment:R-1": "stopped", "assessment:A-1": "open"}
