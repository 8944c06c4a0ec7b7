"""Measures of children counted once, of gaps and reviews, and of visits by the risk that was seen."""

from datetime import date

import pytest

from domain.question import Question, end_of
from projections.measure_catalogue import BY_NAME
from services.asked import Asked
from services.measures.answers import Measures
from services.measures.asked import wanted
from services.measures.cases import Listed
from tests.authority_of_facts import event, put, service_in

TODAY = date(2019, 10, 22)


def of(child, *told):
    """Facts of a child: a type, a day, and its data."""
    return [
        event(f"{child}-{number}", name, day, subject=child, **data)
        for number, (name, day, data) in enumerate(told)
    ]


def visit(day, **data):
    return ("VisitMade", day, {"visit_id": day, "purpose": "child_protection", "seen": True, **data})


def plan(day, kind="child_protection"):
    return ("PlanStarted", day, {"plan_id": "P", "kind": kind})


def review(day, kind="review_conference", **data):
    return ("MeetingHeld", day, {"meeting_id": day, "kind": kind, **data})


def referral(day, id):
    return ("ReferralReceived", day, {"referral_id": id})


def placement(day, id):
    return ("PlacementStarted", day, {"placement_id": id, "kind": "foster"})


def care(day):
    return ("CareStarted", day, {"episode_id": "E"})


def left(day, id):
    return ("PlacementEnded", day, {"placement_id": id})


FACTS = [
    # Six weeks and a day without being seen; and a visit at which the child was not seen fills no gap.
    *of("GAP", plan("2019-07-01"), visit("2019-07-03"), visit("2019-07-20", seen=False), visit("2019-08-15")),
    *of("NEAR", plan("2019-08-30"), visit("2019-09-10"), visit("2019-10-22")),
    *of("RUNS", plan("2019-09-09")),
    *of("REVIEWED", plan("2019-01-07"), review("2019-04-01"), review("2019-07-01", quorate=False)),
    *of("TWICE", referral("2019-01-07", "R-1"), referral("2019-03-04", "R-2"), referral("2019-09-02", "R-3")),
    *of("ONCE", referral("2019-05-06", "R-1")),
    *of("MOVED", care("2019-01-07"), placement("2019-01-07", "A"), left("2019-03-04", "A"),
        placement("2019-03-04", "B"), left("2019-06-03", "B"), placement("2019-06-03", "C")),
    *of("STAYED", care("2017-01-09"), placement("2017-01-09", "A"),
        review("2019-09-02", "looked_after_review")),
    *of("LATELY", care("2017-01-09"), placement("2018-06-04", "A")),
    *of("RISK", plan("2019-04-01"), ("RiskAssessed", "2019-04-10", {"level": "high"}), visit("2019-04-11"),
        visit("2019-04-25")),
]  # fmt: skip


@pytest.fixture(scope="module")
def measures(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("by-child"), TODAY.isoformat()) as service:
        put(service, FACTS)
        service.projector.catch_up()
        yield Measures(service)


def asked(day=TODAY, known=None, **found):
    return wanted(Asked(Question(day, known), None), found)


def lengths(measures, name, at):
    return {case["child"]: case["length"] for case in measures.cases(BY_NAME[name], at, Listed()).items}


@pytest.fixture(params=["views", "log"])
def at(request):
    """Today from the lists, and the same day from the log, as known by its end."""
    return asked() if request.param == "views" else asked(known=end_of(date(2099, 1, 1)))


def numbers(measures, name, at):
    (counted,) = measures.count([BY_NAME[name]], at).items
    return counted["numerator"], counted["denominator"]


def test_the_longest_gap_between_visits_is_that_of_any_two_or_since_the_last(measures, at):
    found = lengths(measures, "longest_visit_gaps", at)
    assert {child: found[child] for child in ("GAP", "NEAR", "RUNS")} == {"GAP": 68, "NEAR": 42, "RUNS": 43}
    assert numbers(measures, "longest_visit_gaps", at) == (4, 5)


def test_a_child_is_referred_again_once_however_often(measures, at):
    assert numbers(measures, "re_referred_children", at) == (1, 2)


def test_an_inquorate_review_reviews_nothing(measures, at):
    assert (
        lengths(measures, "child_protection_last_reviewed", at)["REVIEWED"] == (TODAY - date(2019, 4, 1)).days
    )


def test_care_is_reviewed_by_its_own_reviews(measures, at):
    found = lengths(measures, "looked_after_last_reviewed", at)
    assert found["STAYED"] == (TODAY - date(2019, 9, 2)).days
    assert found["MOVED"] == (TODAY - date(2019, 1, 7)).days


def test_three_placements_in_the_period_are_told_from_fewer(measures, at):
    assert lengths(measures, "care_three_placements", at) == {"MOVED": 3, "STAYED": 1, "LATELY": 1}
    assert numbers(measures, "care_three_placements", at) == (1, 3)


def test_who_was_long_in_care_stayed_two_years_or_not(measures, at):
    assert lengths(measures, "care_same_placement", at) == {"STAYED": 33, "LATELY": 16}
    assert numbers(measures, "care_same_placement", at) == (1, 2)


def test_visits_are_parted_by_the_risk_seen_when_they_became_due(measures):
    (counted,) = measures.count([BY_NAME["child_protection_visit_in_time"]], asked(by="kind")).items
    parts = {part["kind"]: (part["numerator"], part["denominator"]) for part in counted["parts"]}
    # The first interval of RISK began before the risk was assessed, the two later ones after.
    assert parts["high"] == (1, 2)
    (again,) = measures.count(
        [BY_NAME["child_protection_visit_in_time"]], asked(known=end_of(date(2099, 1, 1)), by="kind")
    ).items
    assert again["parts"] == counted["parts"]
