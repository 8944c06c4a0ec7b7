"""The exposition stays small, however many teams, sources and kinds of fact there are."""

from domain.catalogue import EVENT_TYPES
from domain.clock import Status
from domain.reviewed_timescales import all_ids
from projections.catalogue import PROJECTIONS
from projections.practice import Practice, Standing
from services.metrics.counting import Appends, Counts
from services.metrics.names import NAMES
from services.metrics.practice import Facts, Figures, practice_metrics
from tests.metrics.samples import samples_of

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


def test_sixty_teams_and_thirty_sources_stay_under_five_thousand_series():
    counts = Counts()
    for route in range(ROUTES):
        for status in (200, 404):
            counts.request("GET", f"/route/{route}", status, 0.01)
    practice = len(samples_of(practice_metrics(everything())))
    own = len(samples_of([*counts.collect(), *Appends().collect()]))
    of_projections = len(PROJECTIONS) * PARTITIONS * BY_PARTITION
    assert practice + own + of_projections + len(NAMES) < MOST_SERIES
