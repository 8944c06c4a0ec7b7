"""Whenever projectors and rebuilds are killed, and the database too, the views end in the same bytes."""

import random

import pytest

from projections.catalogue import PROJECTIONS
from services.simulate.simulation import simulate
from tests.authority_of_facts import put, service_in
from tests.end_to_end.forked_command import ForkedCommand
from tests.rows import rows_of

KILLS = 50
"""On each database."""

RESTARTED_EVERY = 10
WORKS_S = {"project": 0.3, "rebuild": 0.9}
"""How long a process has the processor at most before it is killed."""

SEED = 20_191_022
TODAY = "2019-10-22"
NAMES = [projection.name for projection in PROJECTIONS]


def killed_often(folder, views, restart):
    """Kill projectors and rebuilds, alone or at work on the same rows, again and again as facts come in."""
    draw = random.Random(SEED)
    facts = list(simulate(4, SEED, showcase=True))
    settings = {"CASETIMELINE_DATA": str(folder), "CASETIMELINE_TODAY": TODAY}
    if views is not None:
        settings["CASETIMELINE_VIEWS"] = views
    said = folder / "said.txt"
    with service_in(folder, TODAY) as recording:
        size = len(facts) // KILLS + 1
        for kill in range(KILLS):
            put(recording, facts[kill * size : (kill + 1) * size])
            doing = [draw.choice(("project", "rebuild"))]
            if draw.random() < 0.3:
                doing.append("project")
            running = [ForkedCommand(settings, one, said) for one in doing]
            for one in running:
                one.wait()
            running[0].let_work(draw.uniform(0.0, WORKS_S[doing[0]]))
            if kill % RESTARTED_EVERY == RESTARTED_EVERY - 1:
                restart()
            for one in running:
                one.kill()
    return facts


def check(folder, views, facts, aside):
    """What was killed so often, brought to its end, is what a service makes that nobody ever killed."""
    with service_in(folder, TODAY, views) as service:
        assert sum(service.log.heads()) == len(set(facts))
        taken_over = {one.build.number > 1 for one in service.views.positions()}
        assert taken_over == {True}, "no rebuild ever took over: it was killed too soon each time"
        service.projector.catch_up()
        live = rows_of(service.views)
        compared = service.rebuild.run(NAMES, lambda step: None)
        assert [one.projection for one in compared if not one.is_equal] == []
        assert rows_of(service.views) == live
        for position in service.views.positions():
            assert {0: position.number(0)} == position.applied == {0: len(facts)}
    with service_in(folder, TODAY, f"sqlite:///{aside}") as service:
        service.rebuild.run(NAMES, lambda step: None)
        assert rows_of(service.views) == live


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_views_in_sqlite_end_in_the_same_bytes(tmp_path):
    facts = killed_often(tmp_path, None, lambda: None)
    check(tmp_path, None, facts, tmp_path / "aside.sqlite3")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_views_in_postgresql_that_is_killed_too_end_in_the_same_bytes(tmp_path, breakable_postgres):
    url = breakable_postgres.create_database("views")

    def restart():
        breakable_postgres.kill()
        breakable_postgres.start()

    facts = killed_often(tmp_path, url, restart)
    check(tmp_path, url, facts, tmp_path / "aside.sqlite3")
