"""Who was not seen when another of the household was: rows that hang on several children follow each."""

import random
from typing import Any

import pytest

from infra.views.tables import MEASURED
from projections.across.siblings import Spell, Visit, siblings
from projections.measured.rows import measured_rows
from tests.authority_of_facts import event, put, service_in
from tests.failing import failing

TODAY = "2019-10-22"
STEPS = 30
CHILDREN, HOMES = ("A", "B", "C", "D"), ("H-1", "H-2")
DAYS = [f"2019-05-{day:02}" for day in range(1, 13)]


def rows_found(service, series):
    return service.views.rows(measured_rows, MEASURED.c.series == series)


def rows_made_slowly(service):
    """From every visit and every household there is."""
    visits = [
        Visit(row.child, row.day, row.outcome, row.worker_id, row.team_id)
        for row in rows_found(service, "visits")
    ]
    spells = [Spell(row.child, row.kind, row.since, row.until) for row in rows_found(service, "households")]
    return sorted(map(repr, siblings(visits, spells)))


def facts_of(draw: random.Random, number: int, told: list[dict[str, Any]]) -> dict[str, Any]:
    """A fact that makes, moves, ends, corrects, withdraws, merges or parts."""
    name = draw.choices(
        ["VisitMade", "HouseholdJoined", "HouseholdLeft", "FactCorrected", "FactWithdrawn", "ChildMerged",
         "ChildUnmerged"],
        [12, 4, 2, 3, 2, 1, 1],
    )[0]  # fmt: skip
    child = draw.choice(CHILDREN)
    more: dict[str, Any] = {}
    if name == "VisitMade":
        more = {
            "visit_id": f"V-{number}", "purpose": "child_in_need", "seen": draw.random() < 0.7,
            "seen_alone": draw.random() < 0.5,
        }  # fmt: skip
    elif name.startswith("Household"):
        more = {"household_id": draw.choice(HOMES)}
    elif name.startswith("Fact"):
        fact = draw.choice(told)
        child, target = fact["subject"], {"source": fact["source"], "id": fact["id"]}
        more = {"withdraws": target}
        if name == "FactCorrected":
            more = {"corrects": target, "changes": {"occurred_on": draw.choice(DAYS)}}
    elif name == "ChildMerged":
        more = {"into": draw.choice([one for one in CHILDREN if one != child])}
    else:
        more = {"from_": draw.choice([one for one in CHILDREN if one != child])}
    return event(f"F-{number}", name, draw.choice(DAYS), subject=child, **more)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_after_every_step_the_rows_are_those_of_all_visits_and_households(tmp_path, views, seed):
    draw = random.Random(seed)
    told = [event("F", "HouseholdJoined", DAYS[0], subject="A", household_id="H-1")]
    most = 0
    with service_in(tmp_path, TODAY, views) as service:
        put(service, told)
        for step in range(STEPS):
            facts = [facts_of(draw, step * 100 + number, told) for number in range(draw.choice((1, 1, 3, 8)))]
            told += [fact for fact in facts if fact["type"].endswith(("Made", "Joined", "Left"))]
            put(service, facts)
            service.projector.catch_up()
            expected = rows_made_slowly(service)
            assert sorted(map(repr, rows_found(service, "siblings"))) == expected
            most = max(most, len(expected))
        assert most >= 5
        assert all(one.is_equal for one in service.rebuild.run(["measured"], lambda step: None))


def test_of_a_child_set_aside_nothing_that_hangs_on_it_is_compared(tmp_path):
    joined = [event(child, "HouseholdJoined", DAYS[0], subject=child, household_id="H-1") for child in "AB"]
    seen = event("V", "VisitMade", DAYS[1], subject="A", visit_id="V", purpose="child_in_need", seen=True)
    with service_in(tmp_path, TODAY) as service:
        put(service, [*joined, seen])
        service.projector.catch_up()
        assert [row.child for row in rows_found(service, "siblings")] == ["B"]
        with failing(measured_rows, ["A"]):
            service.rebuild.build(["measured"], lambda step: None)
        (compared,) = service.rebuild.compare(["measured"])
        assert compared.is_equal
