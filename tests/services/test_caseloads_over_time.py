"""Caseloads of past months are what was answered in those months."""

from datetime import UTC, date, datetime

import pytest

from domain.question import Question
from services.asked import Asked
from services.measures.answers import Measures
from services.measures.asked import wanted
from tests.authority_of_facts import event, put, service_in

TODAY = date(2019, 10, 22)
MONTHS = [date(2019, month, 28) for month in range(2, 10)]
ASYE = "2019-12-31"


def joined(id, worker, day, **data):
    return event(f"{worker}-{id}", "WorkerJoined", day, subject=f"worker:{worker}", **data)


def left(worker, day):
    return event(f"{worker}-left", "WorkerLeft", day, subject=f"worker:{worker}")


@pytest.fixture(scope="module")
def measures(tmp_path_factory):
    """One who moved to another team for half the week, and one who left in March and came back in August."""
    with service_in(tmp_path_factory.mktemp("caseloads"), TODAY.isoformat()) as service:
        first = {"team_id": "A", "full_time_equivalent": 1.0, "newly_qualified_until": ASYE}
        put(service, [
            joined("1", "MOVED", "2019-01-01", **first),
            joined("2", "MOVED", "2019-08-01", team_id="B", full_time_equivalent=0.5),
            joined("1", "BACK", "2019-01-01", team_id="A"),
            left("BACK", "2019-03-04"),
            joined("2", "BACK", "2019-08-05", team_id="B"),
            event("c1", "WorkerAllocated", "2019-01-07", subject="C1", worker_id="CASES", team_id="A"),
            event("c2", "CaseTransferred", "2019-08-01", subject="C1", to_team_id="B"),
        ])  # fmt: skip
        service.projector.catch_up()
        yield Measures(service)


def loads(measures, as_at, first, known=None):
    asked = wanted(Asked(Question(as_at, known), None), {"from": first.isoformat()})
    return [one for one in measures.caseloads(asked, "worker").items if one["on"][:7] == f"{first:%Y-%m}"]


def last_of(day):
    return date(2019, day.month + 1, 1) - (date(2019, 1, 2) - date(2019, 1, 1))


@pytest.mark.parametrize(
    "known", [None, datetime(2100, 1, 1, tzinfo=UTC)], ids=["from the views", "from the log"]
)
@pytest.mark.parametrize("month", MONTHS, ids="{:%B}".format)
def test_a_month_asked_about_today_is_as_it_was_told_then(measures, month, known):
    then = loads(measures, last_of(month), month.replace(day=1))
    assert loads(measures, TODAY, month.replace(day=1), known) == then


def test_who_moved_is_in_the_team_of_the_month_and_newly_qualified_all_the_time(measures):
    told = {
        (one["on"], one["team_id"], one["full_time_equivalent"], one["newly_qualified"], one["most"])
        for day in (date(2019, 5, 1), date(2019, 9, 1))
        for one in loads(measures, TODAY, day)
        if one["worker_id"] == "MOVED"
    }
    assert told == {("2019-05-31", "A", 1.0, True, 16.2), ("2019-09-30", "B", 0.5, True, 8.1)}


def test_who_left_is_not_counted_until_back(measures):
    there = {
        f"{day:%B}" for day in MONTHS for one in loads(measures, TODAY, day.replace(day=1))
        if one["worker_id"] == "BACK"
    }  # fmt: skip
    assert there == {"February", "August", "September"}
