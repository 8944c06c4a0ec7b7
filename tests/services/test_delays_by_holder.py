"""How late facts were entered is told by who held the case on that day, from the views and from the log."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event as events

from domain.question import Question
from infra.views.tables import RECORDING_DELAYS
from projections.measure_catalogue import BY_NAME
from services.asked import Asked
from services.measures.answers import Measures
from services.measures.asked import wanted
from services.measures.cases import Listed
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in
from tests.servers.kafka import unique

TODAY = date(2019, 10, 22)
FROM_VIEWS, FROM_LOG = (Question(TODAY, known) for known in (None, datetime(2100, 1, 1, tzinfo=UTC)))
NAMES = ("recording_delays", "recorded_late_1", "recorded_late_2", "recorded_late_5")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def authority(request, tmp_path_factory):
    """Of whose cases every second changed teams, with views in either database."""
    if request.param == "sqlite":
        yield from authority_in(tmp_path_factory.mktemp("holders"), None)
        return
    server, name = request.getfixturevalue("postgres_server"), unique("holders")
    yield from authority_in(tmp_path_factory.mktemp("holders"), server.create_database(name))
    server.drop_database(name)


def authority_in(folder, views):
    with service_in(folder, TODAY.isoformat(), views) as service:
        told = [json.loads(one) for one in simulate(12, 5, richness=2.0)]
        allocated = sorted({one["subject"] for one in told if one["type"].endswith(".WorkerAllocated")})
        put(service, told)
        put(service, [
            event(f"moved {child}", "CaseTransferred", "2019-04-15", subject=child, to_team_id="Team-Z")
            | {"recordedtime": "2019-04-16T09:00:00Z"}
            for child in allocated[::2]
        ])  # fmt: skip
        service.projector.catch_up()
        yield Measures(service)


def counted(measures, question, name, **found):
    (item,) = measures.count([BY_NAME[name]], wanted(Asked(question, None), found)).items
    return item


def listed(measures, question, name, **found):
    asked, listed = wanted(Asked(question, None), found), Listed(limit=50)
    page = measures.cases(BY_NAME[name], asked, listed)
    cases = page.items
    while page.next is not None:
        page = measures.cases(BY_NAME[name], asked, replace(listed, cursor=page.next))
        cases += page.items
    return cases


@pytest.mark.parametrize("by", ["team", "worker", "kind"])
@pytest.mark.parametrize("name", NAMES)
def test_the_parts_are_the_same_from_the_views_as_from_the_log_and_make_the_whole(authority, name, by):
    told = counted(authority, FROM_VIEWS, name, by=by)
    assert told == counted(authority, FROM_LOG, name, by=by)
    assert sum(part["numerator"] for part in told["parts"]) == told["numerator"] > 0
    if by != "kind":
        assert len(told["parts"]) > 2


@pytest.mark.parametrize("by", ["team", "worker"])
def test_a_part_is_what_is_counted_of_it_alone_and_what_is_listed(authority, by):
    for name in ("recording_delays", "recorded_late_1"):
        parts = counted(authority, FROM_VIEWS, name, by=by)["parts"]
        for part in [part for part in parts if part[f"{by}_id"] is not None][:4]:
            only = {f"{by}_id": part[f"{by}_id"]}
            alone = counted(authority, FROM_VIEWS, name, **only)
            assert alone == counted(authority, FROM_LOG, name, **only)
            assert (alone["numerator"], alone["denominator"]) == (part["numerator"], part["denominator"])
            cases = listed(authority, FROM_VIEWS, name, **only)
            assert cases == listed(authority, FROM_LOG, name, **only)
            assert {case[f"{by}_id"] for case in cases} == {part[f"{by}_id"]}


def test_a_part_is_told_apart_by_another(authority):
    team = counted(authority, FROM_VIEWS, "recorded_late_1", by="team")["parts"][0]
    found = counted(authority, FROM_VIEWS, "recorded_late_1", by="worker", team_id=team["team_id"])
    assert found == counted(authority, FROM_LOG, "recorded_late_1", by="worker", team_id=team["team_id"])
    assert sum(part["denominator"] for part in found["parts"]) == team["denominator"]


@pytest.mark.parametrize("question", [FROM_VIEWS, FROM_LOG], ids=["from the views", "from the log"])
def test_what_was_entered_before_a_case_changed_teams_is_of_the_team_before(tmp_path, question):
    entered = {
        ("1", "2019-06-03"): event("1", "WorkerAllocated", "2019-06-03", worker_id="W-1", team_id="T-1"),
        ("2", "2019-06-07"): event("2", "RiskAssessed", "2019-06-03", level="low"),
        ("3", "2019-06-10"): event("3", "CaseTransferred", "2019-06-10", to_team_id="T-2"),
        ("4", "2019-06-14"): event("4", "RiskAssessed", "2019-06-04", level="low"),
        ("5", "2019-06-14"): event("5", "RiskAssessed", "2019-06-05", level="high"),
    }
    with service_in(tmp_path, TODAY.isoformat()) as service:
        put(service, [one | {"recordedtime": f"{day}T09:00:00Z"} for (_, day), one in entered.items()])
        service.projector.catch_up()
        parts = counted(Measures(service), question, "recorded_late_2", by="team")["parts"]
    told = [(part["team_id"], part["numerator"], part["denominator"]) for part in parts]
    assert told == [("T-1", 1, 2), ("T-2", 2, 3)]


@pytest.mark.parametrize(
    "found",
    [{}, {"by": "team"}, {"by": "worker"}, {"by": "kind"}, {"team_id": "T-1"}, {"worker_id": "W-1"}],
    ids=str,
)
def test_sums_by_whoever_held_a_case_read_an_index_and_sort_nothing(tmp_path, found):
    with service_in(tmp_path, TODAY.isoformat()) as service:
        put(service, simulate(3, 5))
        service.projector.catch_up()
        statements = []
        events.listen(
            service.views.engine,
            "before_cursor_execute",
            lambda _, __, statement, parameters, *rest: statements.append((statement, parameters)),
        )
        counted(Measures(service), FROM_VIEWS, "recorded_late_1", **found)
        (summed,) = [one for one in statements if f"sum({RECORDING_DELAYS.name}" in one[0]]
        with service.views.engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {summed[0]}", summed[1]).all()
    assert len(plan) == 1 and "USING COVERING INDEX" in plan[0][3]
