"""The exposition stays small, however many teams, sources and kinds of fact there are."""

import pytest

from domain.catalogue import EVENT_TYPES
from domain.clock import Status
from domain.reviewed_timescales import all_ids
from projections.catalogue import PROJECTIONS
from projections.practice import Practice, Standing
from services.metrics.counting import Appends, Counts
from services.metrics.names import NAMES
from services.metrics.practice import Facts, Figures, practice_metrics
from tests.asking import Client
from tests.authority_of_facts import put, service_in
from tests.metrics.forty_teams import facts_of
from tests.metrics.samples import samples_in, samples_of

TEAMS = [f"team {n}" for n in range(60)]
SOURCES = [f"urn:system:{n}" for n in range(30)]
WITH_RECORDS = ("assessment", "parenting_assessment", "initial_conference", "pre_proceedings")
ROUTES, PARTITIONS, BY_PARTITION = 50, 8, 5
MOST_SERIES = 5_000
ENDS: tuple[tuple[Status, bool], ...] = (
    ("stopped", True), ("stopped", False), ("ended_without_completion", False),
)  # fmt: skip


def everything():
    practice = Practice()
    for timescale in all_ids():
        for team in TEAMS:
            for state in ("waiting", "open", "paused"):
                practice.add(Standing(timescale, team, "open", state, True, False, True, True, 50, 10, 40), 1)
        for status, in_time in ENDS:
            practice.add(
                Standing(timescale, None, status, "closed", True, in_time, False, False, 0, None, None)
            )
    return Figures(
        clocks=practice.by_timescale,
        children=dict.fromkeys(("closed", "referred", "child_in_need", "child_protection"), 9),
        caseloads=dict.fromkeys(range(60), 1),
        facts=[Facts(name, source, 3, 1.0) for name in EVENT_TYPES for source in SOURCES],
        delays=dict.fromkeys(range(200), 1),
        discrepancies={f"CODE_{n}": 1 for n in range(70)},
        vanished={"assessment": 1, "plan": 2},
        named_sources=frozenset(SOURCES),
    )


TODAY = "2019-10-22"
OF_A_PARTITION = ("casetimeline_projection_", "casetimeline_log_events", "casetimeline_log_index_behind")
HOSTILE = (
    "/nothing/C1001",
    "/children/C1001/nothing",
    "/set-aside/C1001",
    "/workers/W-1/clocks",
    "/children/a b/clocks",
)


@pytest.mark.slow
def test_the_whole_exposition_of_forty_teams_stays_under_five_thousand_series(tmp_path):
    """Each with an open clock of every timescale, every address asked, and a log in eight partitions."""
    with service_in(tmp_path, TODAY) as service:
        for number in range(41):
            put(service, [*facts_of(f"T{number}", f"urn:system:{number % 5}")])
        service.projector.catch_up()
        client = Client(service)
        paths = [
            path.replace("{", "").replace("}", "") for path in client.get("/openapi.json").json()["paths"]
        ]
        for path in (*paths, *HOSTILE):
            for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE", f"X{path[-3:]}"):
                client.request(method, path)
        told = figures_told_by(client)
    open_clocks = {
        (dict(of)["timescale"], dict(of)["team"])
        for (name, of), n in told.items()
        if name.endswith("clocks_open") and n
    }
    assert len(open_clocks) == 41 * len(all_ids())
    assert len({team for _, team in open_clocks}) == 41
    assert len({dict(of)["route"] for name, of in told if name.endswith("requests_total")}) > 25
    of_one = sum(name.startswith(OF_A_PARTITION) for name, _ in told)
    assert of_one >= len(PROJECTIONS) * BY_PARTITION
    assert len(told) + (PARTITIONS - 1) * of_one < MOST_SERIES


def figures_told_by(client):
    while True:
        told = samples_in(client.get("/metrics").text)
        if any(name == "casetimeline_clocks_open" for name, _ in told):
            return told


def test_sixty_teams_and_thirty_sources_stay_under_five_thousand_series():
    counts = Counts()
    for route in range(ROUTES):
        for status in (200, 404):
            counts.request("GET", f"/route/{route}", status, 0.01)
    practice = len(samples_of(practice_metrics(everything())))
    own = len(samples_of([*counts.collect(), *Appends().collect()]))
    of_projections = len(PROJECTIONS) * PARTITIONS * BY_PARTITION
    assert practice + own + of_projections + len(NAMES) < MOST_SERIES
