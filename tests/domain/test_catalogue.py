"""Every type of event, its fields, and what is wrong with data that is none."""

import pytest

from domain.catalogue import EVENT_TYPES, FIELDS, misplaced, parse, read, recall
from domain.decision import DecisionMade
from domain.field import Invalid
from domain.personal import join, split

STARTED = {"occurred_on": "2019-03-06", "assessment_id": "A-1"}


def pointers(name, data):
    with pytest.raises(Invalid) as refused:
        parse(name, data)
    return [problem.pointer for problem in refused.value.problems]


def test_every_problem_is_listed_by_its_place():
    data = {"occurred_on": "2019-02-30", "assesment_id": "A-1", "kind": "quick", "referral_id": 7}
    assert pointers("AssessmentStarted", data) == [
        "/data/occurred_on",
        "/data/assesment_id",
        "/data/kind",
        "/data/referral_id",
        "/data/assessment_id",
    ]


def test_a_null_is_an_absent_field():
    assert read("AssessmentStarted", {**STARTED, "referral_id": None}) == read("AssessmentStarted", STARTED)
    assert pointers("AssessmentStarted", {**STARTED, "assessment_id": None}) == ["/data/assessment_id"]


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_type_takes_whose_work_it_was_its_batch_and_a_note(name):
    assert {"occurred_on", "worker_id", "team_id", "batch_id", "note"} <= {
        field.name for field in FIELDS[name]
    }


@pytest.mark.parametrize("value", ["", " ", "x" * 129, "a\nb", "\ud800", "a\x00b", 5, True, [], {}])
def test_an_id_is_short_clean_text_on_one_line(value):
    assert pointers("AssessmentStarted", {**STARTED, "assessment_id": value}) == ["/data/assessment_id"]


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", 10**9])
def test_a_count_is_a_whole_number_from_one(value):
    data = {"occurred_on": "2019-03-06", "plan_id": "P-1", "every": value, "unit": "weeks"}
    assert pointers("VisitFrequencySet", data) == ["/data/every"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, True, "1"])
def test_a_number_is_finite_and_not_negative(value):
    assert pointers("WorkerJoined", {"occurred_on": "2019-03-06", "full_time_equivalent": value}) == [
        "/data/full_time_equivalent"
    ]


def test_nothing_occurred_before_1900():
    assert pointers("AssessmentStarted", {**STARTED, "occurred_on": "1899-12-31"}) == ["/data/occurred_on"]


@pytest.mark.parametrize(
    ("name", "stream", "belongs"),
    [
        ("AssessmentStarted", "C1001", True),
        ("AssessmentStarted", "worker:W-1", False),
        ("AssessmentStarted", "authority", False),
        ("SupervisionHeld", "worker:W-1", True),
        ("SupervisionHeld", "C1001", False),
        ("ActionSet", "authority", True),
        ("ActionSet", "C1001", True),
        ("ActionSet", "worker:W-1", False),
        ("FactWithdrawn", "worker:W-1", True),
        ("FactCorrected", "authority", True),
    ],
)
def test_types_of_workers_and_of_the_authority_stand_only_on_theirs(name, stream, belongs):
    assert (misplaced(name, stream) is None) is belongs


def test_what_is_personal_is_parted_and_put_together_again():
    data = {
        "occurred_on": "2019-03-06",
        "corrects": {"source": "s", "id": "1"},
        "reason": "typing",
        "changes": {
            "occurred_on": "2019-03-07",
            "note": "Sam",
            "outcome": "assessment",
            "family_name": "Invented",
        },
    }
    clear, personal = split("FactCorrected", data)
    assert clear["changes"] == {"occurred_on": "2019-03-07", "outcome": "assessment"}
    assert personal == {"reason": "typing", "changes": {"note": "Sam", "family_name": "Invented"}}
    assert join(clear, personal) == data


def test_a_fact_bereft_of_what_is_personal_still_tells_when():
    fact = recall("DecisionMade", {"occurred_on": "2019-03-06", "decision_id": "D-1", "kind": "threshold"})
    assert fact.occurred_on.text == "2019-03-06"
    assert isinstance(fact, DecisionMade)
    assert fact.outcome is None
