"""Measures count what the clocks follow: a correction that is held improves none of them."""

from datetime import date

import pytest

from domain.question import Question
from infra.views.tables import MEASURED
from projections.clock_rows import clock_rows
from projections.measure_catalogue import BY_NAME
from projections.measured.rows import measured_rows
from services.asked import Asked
from services.measures.answers import Measures
from services.measures.asked import wanted
from tests.authority_of_facts import SOURCE, event, put, service_in

TODAY = "2019-10-22"


def corrected(target, **changes):
    return event(
        "c", "FactCorrected", "2019-09-16", corrects={"source": SOURCE, "id": target}, changes=changes
    )


def withdrawn(target):
    return event("w", "FactWithdrawn", "2019-09-16", withdraws={"source": SOURCE, "id": target})


def action(id, due_on):
    return event(id, "ActionSet", "2019-03-01", action_id="X", origin="conference_chair", due_on=due_on)


PLAN = event("p", "PlanStarted", "2019-03-01", plan_id="P", kind="child_protection")
ENDED = event("e", "PlanEnded", "2019-09-15", plan_id="P", reason="no longer needed")
ENDED_BEFORE = event("b", "PlanEnded", "2019-04-01", plan_id="P", reason="no longer needed")
UNSEEN = event("v", "VisitMade", "2019-03-08", visit_id="V", purpose="child_protection", seen=False)
ASKED = wanted(Asked(Question(date.fromisoformat(TODAY)), None), {})


@pytest.mark.parametrize(
    ("facts", "name", "expected"),
    [
        ([action("a", "2019-04-01"), corrected("a", due_on="2019-12-01")], "actions_open_past_due", (1, 1)),
        (
            [action("a", "2019-04-01"), corrected("a", due_on="2019-12-01")],
            "chair_challenges_unanswered",
            (1, 1),
        ),
        ([action("a", "2019-12-01"), action("b", "2019-04-01")], "actions_open_past_due", (1, 1)),
        ([PLAN, withdrawn("p")], "protection_plans_by_duration", (1, None)),
        ([PLAN, ENDED, corrected("e", occurred_on="2019-03-10")], "protection_plans_by_duration", (0, None)),
        ([PLAN, UNSEEN, corrected("v", seen=True)], "visits_not_seen", (1, 1)),
    ],
)
def test_what_is_held_or_told_again_improves_no_measure(tmp_path, facts, name, expected):
    with service_in(tmp_path, TODAY) as service:
        put(service, facts)
        service.projector.catch_up()
        (counted,) = Measures(service).count([BY_NAME[name]], ASKED).items
    assert (counted["numerator"], counted["denominator"]) == expected


@pytest.mark.parametrize(
    "facts", [[PLAN, ENDED_BEFORE, ENDED], [PLAN, ENDED, corrected("e", occurred_on="2019-04-01")]]
)
def test_a_plan_lasts_as_long_as_its_clocks_run(tmp_path, facts):
    with service_in(tmp_path, TODAY) as service:
        put(service, facts)
        service.projector.catch_up()
        (plan,) = service.views.rows(measured_rows, MEASURED.c.series == "plans")
        clocks = service.views.rows(clock_rows)
    assert {row.clock.stopped_on for row in clocks} == {plan.until} == {date(2019, 9, 15)}
