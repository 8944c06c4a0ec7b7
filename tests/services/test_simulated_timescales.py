"""An invented authority has clocks of every timescale."""

from collections import defaultdict
from datetime import date

from domain.amended import Amended
from domain.people import SupervisionHeld
from domain.reviewed_timescales import all_ids
from domain.true_clock import figures
from infra.holidays import england
from services.simulate.reading_back import histories
from services.simulate.simulation import simulate

DAY = date(2019, 10, 22)


def test_every_timescale_occurs_in_a_simulated_authority():
    streams = histories(line for page in simulate(400, 1) for line in page.splitlines() if line.strip())
    beside = defaultdict(list)
    for facts in streams.values():
        for fact in facts:
            if isinstance(fact.fact, SupervisionHeld):
                for child in fact.fact.children or ():
                    beside[child].append(fact)
    found = set()
    for stream, facts in streams.items():
        told = sorted([*facts, *beside[stream]], key=lambda fact: fact.log_order)
        found |= {clock.timescale.id for clock in figures(stream, Amended(told), DAY, england()).clocks}
    assert found == set(all_ids())
