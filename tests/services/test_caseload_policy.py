"""Caseloads are held to the authority's own policy, on each day to what was in force then."""

from datetime import UTC, date, datetime

import pytest

from domain.question import Question
from projections.measure_catalogue import BY_NAME
from services.asked import Asked
from services.measures.answers import Measures
from services.measures.asked import wanted
from services.measures.cases import Listed
from tests.authority_of_facts import event, put, service_in

TODAY, LATER = date(2019, 10, 22), "2020-04-30"
OWN = """
[[parameter]]
name = "caseload_children"
value = 3
from = 2019-09-01

[[parameter]]
name = "newly_qualified_caseload_percent"
value = 60
from = 2019-09-01
"""


@pytest.fixture(scope="module")
def measures(tmp_path_factory):
    """A worker who is newly qualified and one who is not, with two children each."""
    folder = tmp_path_factory.mktemp("caseloads")
    file = folder / "own.toml"
    file.write_text(OWN)
    with service_in(folder, TODAY.isoformat(), timescales=str(file)) as service:
        put(service, [
            event("w", "WorkerJoined", "2019-05-01", subject="worker:NEW", newly_qualified_until=LATER),
            *(
                event(f"{worker}{child}", "WorkerAllocated", "2019-06-03", subject=child, worker_id=worker)
                for worker, children in (("NEW", ("C1", "C2")), ("OLD", ("C3", "C4")))
                for child in children
            ),
        ])  # fmt: skip
        service.projector.catch_up()
        yield Measures(service)


@pytest.mark.parametrize(
    "known", [None, datetime(2100, 1, 1, tzinfo=UTC)], ids=["from the views", "from the log"]
)
def test_a_caseload_is_over_what_the_policy_of_the_day_allows(measures, known):
    asked = wanted(Asked(Question(TODAY, known), None), {"from": "2019-08-01"})
    (measure,) = measures.count([BY_NAME["caseloads_over_threshold"]], asked).items
    assert (measure["numerator"], measure["denominator"]) == (1, 2)
    (case,) = (
        one
        for one in measures.cases(BY_NAME["caseloads_over_threshold"], asked, Listed()).items
        if one["in_numerator"]
    )
    assert case["worker_id"] == "NEW"
    most = {(one["on"], one["worker_id"]): one["most"] for one in measures.caseloads(asked, "worker").items}
    assert most["2019-08-31", "NEW"] == 16.2
    assert (most["2019-09-30", "NEW"], most["2019-09-30", "OLD"]) == (1.8, 3.0)


def test_a_threshold_that_is_asked_for_stands_in_place_of_the_policys(measures):
    asked = wanted(Asked(Question(TODAY), None), {"from": "2019-10-01"})
    loads = measures.caseloads(asked, "worker", 1).items
    assert [one["is_over"] for one in loads] == [True, True]
    assert measures.threshold(TODAY) == 3
