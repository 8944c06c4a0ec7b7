"""Measures: from the views or from the log they are the same, and their parts make the whole."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.event import listen

from domain.field import Invalid
from domain.question import Question, end_of
from infra.views.measured import Only, summed
from infra.views.tables import MEASURED
from projections.measure_catalogue import BY_NAME, MEASURES, WITH_RECORDS
from services import shares
from services.asked import Asked
from services.measures import cases, counted
from services.measures.answers import Measures
from services.measures.asked import BYS, wanted
from services.measures.cases import Listed
from services.measures.counted import Counted
from services.measures.past import Ask, cases_as_at, count_cases, looked_across
from services.measures.reply import measure_json
from services.simulate.simulation import simulate
from tests.authority_of_facts import put, service_in

TODAY = date(2019, 10, 22)
PERIODS: tuple[dict[str, str], ...] = ({}, {"from": "2019-04-01", "to": "2019-06-30"}, {"from": "2019-10-22"})


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("authority"), TODAY.isoformat()) as service:
        put(service, simulate(60, 5, showcase=True))
        service.projector.catch_up()
        yield service


@pytest.fixture(scope="module")
def folded(service):
    """The rows that are folded for what is asked; once for each period."""
    known = {}

    def rows_for(asked):
        if asked.period not in known:
            ask = Ask(MEASURES, asked, keeps_rows=True)
            part = count_cases(cases_as_at(service.log, service.histories, Question(TODAY)), ask)
            # What several measures count is kept once for each.
            kept = list(dict.fromkeys(part.kept))
            known[asked.period] = [*kept, *looked_across(part, ask)]
        return known[asked.period]

    return rows_for


def ask(**found):
    return wanted(Asked(Question(TODAY), None), {name.rstrip("_"): value for name, value in found.items()})


def told(counts, asked):
    return {one.measure.name: measure_json(one, asked) for one in counts}


@pytest.mark.parametrize(
    ("period", "by"), [*((period, None) for period in PERIODS), *(({}, by) for by in BYS)], ids=str
)
def test_the_views_and_the_log_count_the_same(service, folded, period, by):
    asked = ask(**period, **({"by": by} if by else {}))
    rows = folded(asked)
    live = told(counted.from_views(service.views, MEASURES, asked), asked)
    again = [Counted(measure) for measure in MEASURES]
    counted.count_rows(rows, again, asked, service.calendar)
    assert live == told(again, asked)
    assert sum(one["denominator"] or one["numerator"] for one in live.values()) > 100


def test_one_team_counts_what_its_part_of_the_whole_does(service):
    whole = told(counted.from_views(service.views, MEASURES, ask(by="team")), ask(by="team"))
    of_team = told(counted.from_views(service.views, MEASURES, ask(team_id="Team-A")), ask(team_id="Team-A"))
    for name, measure in whole.items():
        numbers = {p["team_id"]: p for p in measure["parts"]}.get("Team-A", {"numerator": 0})
        assert of_team[name]["numerator"] == numbers["numerator"], name


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_parts_bands_and_cases_make_the_whole(service, folded, measure):
    asked = ask(by="team")
    (one,) = counted.from_views(service.views, [measure], asked)
    numbers = measure_json(one, asked)

    def listed(**which):
        return pages(lambda page: cases.from_views(service.views, measure, asked, page), Listed(**which))

    cased = listed()
    rows = folded(asked)
    past = pages(lambda page: cases.from_rows(rows, measure, asked, page, service.calendar), Listed())
    assert cased == past
    assert len(cased) == len({(case["child"], case["case"]) for case in cased})
    of = numbers["denominator"] if measure.is_share else numbers["numerator"]
    assert number(cased) == of
    assert sum(part["numerator"] for part in numbers["parts"]) == numbers["numerator"]
    if measure.is_share:
        assert sum(part["denominator"] for part in numbers["parts"]) == of
        assert number(case for case in cased if case["in_numerator"]) == numbers["numerator"]
        assert number(listed(only_numerator=True)) == numbers["numerator"]
    for band in numbers.get("bands", ()):
        wanted_band = next(one for one in measure.bands if one.name == band["band"])
        assert number(listed(band=wanted_band)) == band["count"]
    if measure.bands:
        assert sum(band["count"] for band in numbers["bands"]) == of
    if numbers["recorded"] is not None:
        recorded, of_records = numbers["recorded"], listed(is_recorded=True)
        assert len(of_records) == recorded["denominator"]
        assert sum(case["recorded"]["in_numerator"] for case in of_records) == recorded["numerator"]
        if measure.bands:
            assert sum(band["count"] for band in recorded["bands"]) == len(of_records)


def number(cased):
    return sum(case["stands_for"] for case in cased)


def pages(ask_for, listed):
    found = []
    listed = replace(listed, limit=60)
    while True:
        page = ask_for(listed)
        found += page.cases
        if page.next is None:
            return found
        listed = replace(listed, cursor=page.next)


@pytest.mark.parametrize("by", BYS)
def test_the_visits_of_a_year_are_summed_by_part_without_sorting_them(service, by):
    said = []
    with service.views.reading() as connection:
        listen(connection, "before_cursor_execute", lambda *told: said.append((told[2], told[3])))
        list(summed(connection, MEASURED, BY_NAME["visits_not_seen"], ask().period, TODAY, Only(), by))
        statement, parameters = said[-1]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert [detail for *_, detail in plan if "TEMP B-TREE" in detail] == []


@pytest.mark.parametrize(
    ("found", "pointer"),
    [
        ({"from": "2019-13-01"}, "from"),
        ({"to": "soon"}, "to"),
        ({"to": "2019-10-23"}, "to"),
        ({"from": "2019-10-02", "to": "2019-10-01"}, "from"),
        ({"by": "colour"}, "by"),
    ],
    ids=str,
)
def test_a_period_or_a_part_that_is_none_is_refused_by_name(found, pointer):
    with pytest.raises(Invalid) as refused:
        ask(**found)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJhc3Nlc3NtZW50X2luX3RpbWUiLDEsMiwzXQ", "é"])
def test_a_cursor_that_was_not_given_is_refused(service, cursor):
    with pytest.raises(Invalid):
        cases.from_views(service.views, BY_NAME["visits_not_seen"], ask(), Listed(cursor=cursor))


@pytest.mark.slow
def test_other_processes_fold_a_past_day_the_same(service, monkeypatch):
    asked = wanted(Asked(Question(date(2019, 6, 30), end_of(date(2019, 6, 30)), "entered"), None), {})
    told = []
    here = Measures(service).count(MEASURES, asked).items
    monkeypatch.setattr(shares, "PAYS_FROM_STREAMS", 0)
    there = Measures(service).count(MEASURES, asked, lambda done, of: told.append((done, of))).items
    assert there == here
    streams = len(list(service.log.streams()))
    assert told[-1] == (streams, streams)


def test_the_names_of_measures_differ():
    assert len(BY_NAME) == len(MEASURES)


def test_only_timescales_with_records_have_numbers_by_the_records(service, folded):
    recorded = {row.series for row, _ in folded(ask()) if row.recorded_outcome is not None}
    assert {"assessment", "initial_conference"} <= recorded <= WITH_RECORDS
