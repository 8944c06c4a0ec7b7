"""Clocks told for a range of days are those that are told as at each of its days."""

from datetime import date, timedelta

import pytest

from domain.clocks_over_time import clocks_over_time, reads_day_by_day
from domain.policy import AS_REVIEWED
from domain.question import Question
from domain.telling import Told
from domain.true_clock import facts_read
from infra.holidays import england
from services.simulate.simulation import simulate
from tests.authority_of_facts import put, service_in
from tests.invented import history

FIRST, LAST = date(2017, 6, 1), date(2019, 10, 22)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("over-time"), LAST.isoformat()) as service:
        put(service, list(simulate(60, 23)))
        yield service


def plain_cases(authority):
    for stream in authority.log.streams():
        known = authority.histories.of(stream)
        case = authority.histories.case(known, Question(LAST))
        if reads_day_by_day(case.amended):
            yield stream, known, case


def bare(clock):
    """What a day's figures are counted from: what only explains a clock is left out."""
    return (
        clock.timescale.id, clock.status, clock.started_on, clock.stopped_on, clock.in_time_until,
        clock.stretches[-1].state, clock.on_record and clock.on_record.intervals,
        "CONTINUATION_WITHIN_WINDOW" in {flag.code for flag in clock.flags},
    )  # fmt: skip


def test_what_is_told_of_each_day_is_what_is_told_as_at_that_day(authority):
    calendar, compared = england(), 0
    for stream, known, case in plain_cases(authority):
        facts = facts_read(stream, case.amended, LAST, calendar)
        ran = list(clocks_over_time(facts, FIRST, LAST, calendar, AS_REVIEWED))
        for n in range(0, (LAST - FIRST).days + 1, 31):
            day = FIRST + timedelta(days=n)
            told = [one.clock for one in ran if one.since <= day and (one.until is None or day < one.until)]
            asked = authority.histories.case(known, Question(day)).figures.clocks
            assert sorted(map(repr, map(bare, told))) == sorted(map(repr, map(bare, asked))), (stream, day)
            compared += len(told)
    assert compared > 1_000


def test_most_histories_read_day_by_day(authority):
    plain = len(list(plain_cases(authority)))
    assert plain > 0.7 * len(list(authority.log.streams()))


def test_a_conference_due_from_a_later_day_runs_from_that_day_on():
    facts = history(
        ("TransferredIn", "2019-03-01", {"from_authority": "E", "conference_due_from": "2019-03-20"})
    )
    told = [Told(one, one.fact, one.occurred_on.day, None) for one in facts]
    (ran,) = clocks_over_time(told, FIRST, LAST, england(), AS_REVIEWED)
    assert (ran.clock.started_on, ran.since, ran.until) == (date(2019, 3, 20), date(2019, 3, 20), None)
