"""A measure as published and as known now: what changed, case by case, and which facts did it."""

from datetime import UTC, date, datetime

import pytest

from domain.question import Question, end_of
from projections.measure_catalogue import BY_NAME
from services.asked import Asked
from services.measures.answers import tell_nobody
from services.measures.asked import wanted
from services.measures.restated import restate
from tests.authority_of_facts import event, put, service_in

PUBLISHED = date(2019, 7, 31)
TODAY = date(2019, 10, 22)


def fact(child, id, name, on, entered="2019-07-01", **data):
    return event(f"{child}-{id}", name, on, subject=child, **data) | {"recordedtime": f"{entered}T09:00:00Z"}


def need(child, completed_on, entered):
    """A referral assessed, the child seen; the completion entered when it is said to have been."""
    started = {"assessment_id": "A-1", "referral_id": "R-1"}
    seen = {"visit_id": "V-1", "purpose": "assessment", "seen": True}
    completed = {"assessment_id": "A-1", "authorised_by": "M"}
    return [
        fact(child, "1", "ReferralReceived", "2019-05-01", "2019-05-01", referral_id="R-1"),
        fact(child, "2", "AssessmentStarted", "2019-05-02", "2019-05-02", **started),
        fact(child, "3", "VisitMade", "2019-05-03", "2019-05-03", **seen),
        fact(child, "4", "AssessmentCompleted", completed_on, entered, **completed),
    ]


def lives(child):
    return fact(child, "6", "HouseholdJoined", "2019-05-01", "2019-05-01", household_id="H-1")


def joined(worker, entered, **data):
    return fact(f"worker:{worker}", "1", "WorkerJoined", "2019-06-01", entered, **data)


def audit(child, on, entered):
    found = {"audit_id": "AU-1", "grade": "inadequate", "theme": "visits"}
    return fact(child, "10", "AuditCompleted", on, entered, **found)


def action(child, on, entered):
    return fact(child, "11", "ActionSet", on, entered, action_id="AC", origin="audit", due_on="2019-09-30")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("restated"), TODAY.isoformat()) as service:
        decided = {"decision_id": "D-1", "kind": "oversight", "outcome": "none"}
        seen = {"visit_id": "V-2", "purpose": "child_in_need", "seen": True}
        facts = [
            *need("IN-TIME", "2019-07-01", "2019-07-01"),
            *need("TOLD-LATE", "2019-07-01", "2019-08-20"),
            fact("TOLD-LATE", "5", "DecisionMade", "2019-07-02", "2019-08-01", **decided),
            *need("TOLD-LATER", "2019-07-02", "2019-07-20")[:1],
            *(one | {"recordedtime": "2019-08-21T09:00:00Z"} for one in need("UNKNOWN", "2019-07-01", "")),
            lives("IN-TIME"),
            lives("TOLD-LATE"),
            fact("IN-TIME", "7", "VisitMade", "2019-06-03", "2019-08-02", **seen),
            fact("IN-TIME", "8", "WorkerAllocated", "2019-06-04", "2019-06-04", worker_id="W-1"),
            fact("TOLD-LATE", "8", "WorkerAllocated", "2019-06-05", "2019-08-05", worker_id="W-1"),
            fact("IN-TIME", "9", "WorkerAllocated", "2019-06-06", "2019-08-06", worker_id="W-2"),
            audit("IN-TIME", "2019-05-07", "2019-08-08"),
            action("IN-TIME", "2019-05-08", "2019-08-09"),
            audit("TOLD-LATER", "2019-06-07", "2019-06-07"),
            fact("HELD", "7", "PlanStarted", "2019-05-01", "2019-05-01", plan_id="P-1", kind="early_help"),
            fact("HELD", "8", "WorkerAllocated", "2019-05-01", "2019-05-01", worker_id="W-3"),
            fact("worker:W-3", "2", "WorkerLeft", "2019-06-20", "2019-08-10"),
            joined("W-2", entered="2019-08-07", full_time_equivalent=0.5),
        ]
        put(service, facts)
        yield service


def restated(service, name="assessment_in_time", published=PUBLISHED):
    asked = Asked(Question(PUBLISHED, None, "entered"), None)
    return restate(service, BY_NAME[name], wanted(asked, {}), end_of(published), tell_nobody)


def test_each_case_that_changed_is_told_with_the_facts_that_changed_it(service):
    found = restated(service)
    assert (found.then["numerator"], found.then["denominator"]) == (1, 3)
    assert (found.now["numerator"], found.now["denominator"]) == (3, 4)
    changes = {change["child"]: change for change in found.changes}
    assert set(changes) == {"TOLD-LATE", "UNKNOWN"}
    late = changes["TOLD-LATE"]
    assert (late["then"]["in_numerator"], late["now"]["in_numerator"]) == (False, True)
    assert [one["id"] for one in late["facts"]] == ["TOLD-LATE-4"]
    unknown = changes["UNKNOWN"]
    assert unknown["then"] is None
    assert [one["id"] for one in unknown["facts"]] == ["UNKNOWN-1", "UNKNOWN-2", "UNKNOWN-4"]


def test_what_was_all_known_when_published_has_not_changed(service):
    found = restated(service, published=TODAY)
    assert found.changes == []
    assert found.then == found.now


def test_what_looks_across_children_is_restated_too(service):
    found = restated(service, "siblings_not_seen")
    assert (found.then["numerator"], found.now["numerator"]) == (0, 1)
    (change,) = found.changes
    assert (change["child"], change["case"]) == ("TOLD-LATE", "H-1:2019-06-03")
    assert (change["then"], change["now"]["outcome"]) == (None, "not_visited")
    assert [one["id"] for one in change["facts"]] == ["IN-TIME-7"]


def test_a_caseload_is_restated_with_the_facts_of_children_and_of_the_worker(service):
    changes = {change["case"]: change for change in restated(service, "caseloads_over_threshold").changes}
    facts = {worker: [one["id"] for one in change["facts"]] for worker, change in changes.items()}
    assert facts == {"W-2": ["IN-TIME-9", "worker:W-2-1"], "W-3": ["worker:W-3-2"]}
    assert changes["W-2"]["then"] is None and changes["W-2"]["now"]["length"] == 1


def test_a_child_whose_worker_changed_is_restated_with_what_told_of_it(service):
    (change,) = restated(service, "worker_changes_by_child").changes
    assert (change["child"], [one["id"] for one in change["facts"]]) == ("IN-TIME", ["IN-TIME-9"])


def test_an_audit_that_repeats_a_theme_is_restated_with_the_audit_that_found_it_first(service):
    changes = {change["child"]: change for change in restated(service, "audits_repeating_a_theme").changes}
    assert {child: [one["id"] for one in change["facts"]] for child, change in changes.items()} == {
        "IN-TIME": ["IN-TIME-10"], "TOLD-LATER": ["IN-TIME-10"],
    }  # fmt: skip
    assert (changes["TOLD-LATER"]["then"]["outcome"], changes["TOLD-LATER"]["now"]["outcome"]) == (
        "first", "repeated",
    )  # fmt: skip


def test_a_child_left_without_a_worker_is_restated_with_the_leaving(service):
    (change,) = (
        one for one in restated(service, "children_without_worker").changes if one["child"] == "HELD"
    )
    assert (change["then"], change["now"]["since"]) == (None, "2019-06-20")
    assert [one["id"] for one in change["facts"]] == ["worker:W-3-2"]


def test_changes_and_numbers_agree(service):
    for name in ("assessment_in_time", "assessments_by_duration", "visits_not_seen", "re_referrals"):
        found = restated(service, name)
        difference = found.now["denominator"] - found.then["denominator"]
        told = [
            bool(one["now"] and one["now"]["in_denominator"])
            - bool(one["then"] and one["then"]["in_denominator"])
            for one in found.changes
        ]
        assert sum(told) == difference, name


def test_the_instant_of_publication_counts_to_the_second(service):
    just_before = datetime(2019, 8, 20, 8, 59, 59, tzinfo=UTC)
    asked = Asked(Question(PUBLISHED, None, "entered"), None)
    of = BY_NAME["assessment_in_time"], wanted(asked, {})
    assert restate(service, *of, just_before, tell_nobody).then["numerator"] == 1
    after = datetime(2019, 8, 20, 9, 0, 1, tzinfo=UTC)
    assert restate(service, *of, after, tell_nobody).then["numerator"] == 2
