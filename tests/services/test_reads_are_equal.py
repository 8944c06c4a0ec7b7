"""What is read of the lists is the same from PostgreSQL as from SQLite, page by page."""

import asyncio
from itertools import product

import httpx
import pytest

from projections.catalogue import PROJECTIONS
from projections.measure_catalogue import MEASURES
from services.api.app import application
from services.clock_list import SORTS, STATUSES
from services.measures.answers import Measures
from services.metrics.from_views import figures_of_today
from services.metrics.practice import practice_metrics
from services.page_reads import PageReads
from services.simulate.simulation import simulate
from services.web.pages import pages
from tests.authority_of_facts import event, put, service_in
from tests.metrics.samples import samples_of
from tests.servers.kafka import unique

pytestmark = pytest.mark.slow

TODAY = "2019-10-22"
NAMES = tuple(projection.name for projection in PROJECTIONS)
MOST_PAGES = 2
PERIODS = ("", "from=2019-04-01&to=2019-06-30")


def authority():
    """An invented authority, where two references may be one child."""
    yield from simulate(60, 5, showcase=True)
    for child in ("C-one", "C-other"):
        yield event(
            f"r-{child}", "ChildRegistered", "2019-03-05", subject=child,
            family_name="Invented", given_name="Ada", date_of_birth="2012-02-03",
        )  # fmt: skip


@pytest.fixture(scope="module")
def services(tmp_path_factory, postgres_server):
    """One log, and the lists that both databases have of it."""
    folder, name = tmp_path_factory.mktemp("read"), unique("read")
    url = postgres_server.create_database(name)
    with service_in(folder, TODAY) as on_sqlite, service_in(folder, TODAY, url) as on_postgres:
        put(on_sqlite, authority())
        for service in (on_sqlite, on_postgres):
            service.rebuild.run(NAMES, lambda step: None)
        yield on_sqlite, on_postgres
    postgres_server.drop_database(name)


@pytest.fixture(scope="module")
def ask(services):
    """What each of them answers to a request, without waiting for the other."""
    apps = []
    for parts in services:
        reads = PageReads(
            parts.log, parts.histories, parts.views, parts.calendar, parts.today, Measures(parts)
        )
        shown = pages(reads, calendar=parts.calendar, today=parts.today)
        apps.append(application(parts, shown, max_body_bytes=1_000_000, max_batch_events=100))

    async def get(app, path):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.get(path)

    def both(path):
        answers = [asyncio.run(get(app, path)) for app in apps]
        assert {answer.status_code for answer in answers} == {200}, answers[1].text
        return answers

    return both


def same(ask, path):
    """Every page of a list, or the first of them, is the same; how many items those have."""
    found, cursor = 0, ""
    for _ in range(MOST_PAGES):
        first, second = (answer.json() for answer in ask(f"{path}{cursor}"))
        assert first == second, path
        found += sum(len(items) for items in first.values() if isinstance(items, list))
        if first.get("next") is None:
            break
        cursor = f"&cursor={first['next']}"
    return found


def test_rows_answer_and_not_the_log(services):
    for service in services:
        assert all(one.build.answers(service.today()) for one in service.views.positions())
        assert all(one.partitions and not one.lag(service.log.heads()) for one in service.views.positions())


@pytest.mark.parametrize("sort", SORTS)
def test_lists_of_clocks_are_the_same(ask, sort):
    of = ["", *(f"status={status}" for status in STATUSES), "over=true", "over=false", "flag=OPEN_PAST_LIMIT"]
    assert sum(same(ask, f"/clocks?limit=40&sort={sort}&{one}") for one in of) > 400


@pytest.mark.parametrize("by", ["", "by=team", "by=worker", "by=kind"])
def test_measures_are_the_same(ask, by):
    assert all(same(ask, f"/measures?limit=100&{by}&{period}") for period in PERIODS)


def test_cases_of_measures_are_the_same(ask):
    found = {measure.name: 0 for measure in MEASURES}
    for measure, period in product(MEASURES, PERIODS):
        found[measure.name] += same(ask, f"/measures/{measure.name}/cases?limit=7&{period}")
    assert sum(1 for cases in found.values() if cases) > len(found) * 2 / 3


def test_cases_of_a_part_of_a_measure_are_the_same(ask):
    for measure in MEASURES:
        of = [f"band={band.name}" for band in measure.bands[:1]]
        of += ["of=numerator"] if measure.is_share else []
        of += ["by_dates=recorded"] if measure.recorded_among is not None else []
        for part in of:
            same(ask, f"/measures/{measure.name}/cases?limit=100&{part}")


def test_caseloads_are_the_same(ask):
    for by, period in product(("worker", "team"), PERIODS):
        assert same(ask, f"/caseloads?limit=100&by={by}&{period}")


def test_what_is_wrong_with_the_record_is_the_same(ask):
    assert same(ask, "/discrepancies?limit=9")
    (code,) = {one["code"] for one in ask("/discrepancies?limit=1")[0].json()["discrepancies"]}
    assert same(ask, f"/discrepancies?limit=9&code={code}")
    assert same(ask, "/possible-duplicates?limit=9")


@pytest.mark.parametrize(
    "path", ["/overview", "/late", "/children?reference=10", "/figures", f"/figures/{MEASURES[0].name}"]
)
def test_pages_are_the_same(ask, path):
    first, second = ask(path)
    assert first.text == second.text


def test_figures_for_prometheus_are_the_same(services):
    first, second = (
        samples_of(practice_metrics(figures_of_today(service.views, service.today()))) for service in services
    )
    assert first == second
