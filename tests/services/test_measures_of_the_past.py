"""Measures of a past day read only the facts they are made from, and count what all facts make them count."""

from dataclasses import replace
from datetime import date

import pytest

from domain.clock import Clock
from domain.families import FAMILIES
from domain.field import FactReference
from domain.moment import london_day
from domain.question import Question, end_of
from projections.across.delays import measured_delays
from projections.delay_rows import delay_rows
from projections.measure_catalogue import BY_NAME, MEASURES
from projections.measured.rows import rows_of
from services.asked import Asked
from services.measures import cases
from services.measures.answers import Measures
from services.measures.asked import wanted
from services.measures.cases import Listed
from services.measures.counted import Counted, count_rows
from services.measures.past import Ask, cases_as_at, count_cases, looked_across
from services.measures.reply import measure_json
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in

TODAY = date(2019, 10, 22)
PAST = Question(date(2019, 6, 28), end_of(date(2019, 7, 15)), "entered")
SHOWN = Question(date(2019, 9, 30))


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("past"), TODAY.isoformat()) as service:
        put(service, simulate(25, 11, richness=2.0, showcase=True))
        yield service


@pytest.fixture(scope="module")
def slowly(service):
    """What all facts of every child make: the rows that measures count."""
    known = {}

    def rows_for(asked):
        key = (asked.asked.question, asked.period)
        if key not in known:
            ask = Ask(MEASURES, asked, keeps_rows=True)
            part = count_cases(cases_as_at(service.log, service.histories, asked.asked.question), ask)
            kept = list(dict.fromkeys(part.kept))
            known[key] = [*kept, *looked_across(part, ask)]
        return known[key]

    return rows_for


def ask(question, **found):
    return wanted(Asked(question, None), found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "by"), [(PAST, None), (PAST, "team"), (SHOWN, "worker"), (SHOWN, None)], ids=str
)
def test_each_measure_by_itself_counts_what_all_facts_make_it_count(service, slowly, question, by):
    asked = ask(question, **({"by": by} if by else {}))
    again = [Counted(measure) for measure in MEASURES]
    count_rows(slowly(asked), again, asked, service.calendar)
    for counted in again:
        (alone,) = Measures(service).count([counted.measure], asked).items
        assert alone == measure_json(counted, asked), counted.measure.name


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_the_cases_of_a_past_day_are_told_whole(service, slowly, measure):
    asked = ask(PAST)
    for listed in (Listed(limit=7), Listed(limit=1_000, only_numerator=True)):
        page = Measures(service).cases(measure, asked, listed)
        slow = cases.from_rows(slowly(asked), measure, asked, listed, service.calendar)
        assert (page.items, page.next) == (slow.cases, slow.next)


def test_only_what_a_measure_is_made_from_is_read():
    read = Ask((BY_NAME["visits_not_seen"],), ask(PAST)).sources
    assert read.types == frozenset({"VisitMade"}) and read.families == ()
    listed = Ask((BY_NAME["assessment_in_time"],), ask(PAST), keeps_rows=True).sources
    assert listed.types is not None and {"VisitMade", "WorkerUnallocated"} <= listed.types


def test_a_fact_entered_before_it_occurred_is_a_discrepancy_whatever_it_tells(tmp_path):
    def visit(number, **told):
        return event(
            f"{number}", "VisitMade", "2019-03-05", visit_id=f"V-{number}", purpose="child_in_need",
            seen=True,
        ) | told  # fmt: skip

    read = Ask((BY_NAME["discrepancies"],), ask(SHOWN)).sources
    assert read.types is not None and "VisitMade" not in read.types
    with service_in(tmp_path, TODAY.isoformat()) as service:
        early = [visit(number, recordedtime="2019-03-04T09:00:00Z") for number in (1, 2)]
        put(service, [*early, visit(3, recordedtime="2019-03-05T09:00:00Z"), visit(4)])
        learnt_on = london_day(service.log.page(0, 0, 1)[0].recorded_at)
        asked = ask(Question(learnt_on), by="kind")
        (item,) = Measures(service).count([BY_NAME["discrepancies"]], asked).items
    assert [(part["kind"], part["numerator"]) for part in item["parts"]] == [("ENTERED_BEFORE_OCCURRED", 2)]


def test_clocks_wanted_because_of_a_fact_are_all_that_it_starts_or_stops(service):
    of_repeating = 0
    for case in cases_as_at(service.log, service.histories, Question(TODAY)):
        of_fact: dict[FactReference, list[Clock]] = {}
        for clock in case.figures.clocks:
            of_repeating += clock.timescale.repeats
            for reference in clock.because:
                of_fact.setdefault(reference, []).append(clock)
        for fact in case.known:
            only = replace(case, everything=case.amended).of_families(FAMILIES, {fact.reference})
            found = [clock for clock in only.figures.clocks if fact.reference in clock.because]
            assert found == of_fact.get(fact.reference, [])
    assert of_repeating > 100


def test_facts_that_came_too_late_are_those_of_the_period(service):
    asked = ask(SHOWN, **{"from": "2018-01-01", "to": "2019-03-31"})
    found, others = 0, 0
    for case in cases_as_at(service.log, service.histories, SHOWN):
        rows = rows_of(case, {"late_facts"})
        within = rows_of(replace(case, period=asked.period), {"late_facts"})
        assert within == [row for row in rows if asked.period.holds(row.day)]
        found, others = found + len(within), others + len(rows) - len(within)
    assert found > 2 and others > 2


def test_a_supervision_told_late_is_late_for_a_child_that_has_nothing_late_of_its_own(tmp_path):
    at_once = {"recordedtime": "2019-01-07T09:00:00Z"}
    late = {"recordedtime": "2019-04-30T09:00:00Z"}
    held = event("2", "SupervisionHeld", "2019-01-28", subject="worker:W-1", supervision_id="S",
                 children=["C1"])  # fmt: skip
    with service_in(tmp_path, TODAY.isoformat()) as service:
        told = event("1", "WorkerAllocated", "2019-01-07", subject="C1", worker_id="W-1")
        put(service, [told | at_once, held | late])
        asked = ask(Question(date(2019, 9, 30)))
        page = Measures(service).cases(BY_NAME["facts_after_publication"], asked, Listed(limit=9))
    assert [item["child"] for item in page.items] == ["C1"]


def test_a_list_of_delays_is_the_same_from_the_views_wherever_they_are(tmp_path, views):
    with service_in(tmp_path, TODAY.isoformat(), views) as service:
        put(service, simulate(6, 3, richness=2.0))
        service.projector.catch_up()
        asked = ask(Question(TODAY))
        measures = Measures(service)
        for name in ("recording_delays", "recorded_late_1"):
            measure = BY_NAME[name]
            rows = [
                (row, number)
                for case in cases_as_at(service.log, service.histories, Question(TODAY))
                for row, number in measured_delays(delay_rows.rows(case))
            ]
            cursor, pages = None, 0
            while cursor is not None or not pages:
                listed = Listed(limit=2, cursor=cursor, only_numerator=True)
                page = measures.cases(measure, asked, listed)
                same = cases.from_rows(rows, measure, asked, listed, service.calendar)
                assert (page.items, page.next) == (same.cases, same.next)
                cursor, pages = page.next, pages + 1
            assert pages > 1
