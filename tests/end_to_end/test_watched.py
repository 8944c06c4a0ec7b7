"""A real Prometheus watches a real service: what it shows is what the service says, and its alerts fire."""

import json
import re
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from domain.question import end_of
from infra.deploy.watcher import Watcher, make_blocks, rule_files
from projections.practice import AGE_BOUNDS_WORKDAYS
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in
from tests.metrics.samples import samples_in, value
from tests.running import ROOT, command, projecting, serving
from tests.servers.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TODAY = date(2019, 10, 22)
PATIENT_S = 90
DASHBOARDS = sorted((ROOT / "infra/deploy/grafana").glob("*.json"))


def wait_for(ask, what):
    """What ``ask`` returns as soon as it is not false."""
    until = time.monotonic() + PATIENT_S
    while time.monotonic() < until:
        if answer := ask():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"waited in vain for {what}")


def query(watcher, expression, at=None):
    asked = {"query": expression} | ({} if at is None else {"time": str(at)})
    answer = httpx.get(f"{watcher.address}/api/v1/query", params=asked, timeout=30).json()
    assert answer["status"] == "success", answer
    return answer["data"]["result"]


def number_of(watcher, expression, at=None):
    result = query(watcher, expression, at)
    return float(result[0]["value"][1]) if result else None


def quick_rules(folder):
    """The rules, reckoned each second, with alerts that do not wait: the cause is what is under test."""
    folder.mkdir()
    for path in rule_files():
        text = re.sub(r"interval: \w+", "interval: 1s", path.read_text())
        text = re.sub(r"for: \w+", "for: 0s", text).replace("vector(60)      #", "vector(1)  #")
        (folder / path.name).write_text(text)
    return [folder / path.name for path in rule_files()]


class Watched:
    """A service, its projector, and the Prometheus that watches both."""

    def __init__(self, running, projector, watcher):
        self.running, self.projector, self.watcher = running, projector, watcher

    def firing(self, alert, **labels):
        matches = "".join(f',{name}="{told}"' for name, told in labels.items())
        return query(self.watcher, f'ALERTS{{alertname="{alert}",alertstate="firing"{matches}}}')


@contextmanager
def watched(folder, blocks=None, **settings):
    projector_port = free_port()
    settings = {"today": TODAY.isoformat(), **settings}
    with (
        serving(folder, options=["--no-projector"], **settings) as running,
        projecting(folder, projector_port, **settings) as projector,
    ):
        targets = {
            "casetimeline-serve": [running.address.removeprefix("http://")],
            "casetimeline-project": [f"127.0.0.1:{projector_port}"],
        }
        watcher = Watcher(folder / "watcher", free_port(), targets, "2s", quick_rules(folder / "rules"))
        if blocks is not None:
            make_blocks(blocks, watcher.blocks)
        watcher.start()
        try:
            yield Watched(running, projector, watcher)
        finally:
            watcher.stop()


# A year, with the clocks put back and put forward.
FIRST, LAST = date(2018, 10, 22), date(2019, 10, 21)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """An authority with something of everything, its history in Prometheus, and requests going on."""
    folder = tmp_path_factory.mktemp("watched")
    with service_in(folder / "data", TODAY.isoformat()) as service:
        put(service, list(simulate(80, 11, showcase=True)))
        put(service, [
            event("gone", "RecordDisappeared", "2019-10-01", record_kind="assessment", record_id="A-3"),
            event("odd", "AssessmentReopened", "2019-10-01", assessment_id="NEVER", subject="C-ODD"),
        ])  # fmt: skip
        service.projector.catch_up()
    assert command(folder, "verify", "--output", "json").returncode == 0
    days = ("--from", FIRST.isoformat(), "--to", LAST.isoformat())
    history = command(folder, "metrics", "history", *days, today=TODAY.isoformat())
    assert history.returncode == 0, history.stderr
    (folder / "history.txt").write_bytes(history.stdout)
    with watched(folder, folder / "history.txt") as all_of_it:
        number = 0
        with all_of_it.running.client() as client:

            def is_scraped():
                nonlocal number
                number += 1
                fact = event(
                    f"w{number}", "ContactReceived", "2019-10-21", subject="C-W", contact_id=f"K-{number}"
                )
                assert client.post("/events", json=fact, headers=CLOUD_EVENT).status_code == 201
                return number > 8 and query(all_of_it.watcher, "casetimeline:true_age_workdays:mean")

            wait_for(is_scraped, "the first figures")
        settle(all_of_it)
        yield all_of_it


def settle(all_of_it):
    """Returns once Prometheus has the last of what was reported, and has reckoned every rule from it."""
    timescale = "contact_decision"
    scraped = f'sum(max without (instance, job) (casetimeline_clocks_open{{timescale="{timescale}"}}))'

    def is_shown():
        with all_of_it.running.client() as client:
            if any(one["lag"] for one in client.get("/projections").json()["projections"]):
                return False
        listed = count_of(all_of_it.running, timescale=timescale, status="open")
        return number_of(all_of_it.watcher, scraped) == listed

    def reckoned_at():
        told = httpx.get(f"{all_of_it.watcher.address}/api/v1/rules", timeout=30).json()
        return min(datetime.fromisoformat(one["lastEvaluation"]) for one in told["data"]["groups"])

    wait_for(is_shown, "the last facts")
    now = datetime.now(UTC)
    wait_for(lambda: reckoned_at() > now, "rules reckoned from them")
    wait_for(lambda: all(query(all_of_it.watcher, expression) for expression in EXPRESSIONS), "every panel")


CLOUD_EVENT = {"content-type": "application/cloudevents+json"}


def queries(boards=DASHBOARDS):
    for path in boards:
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                name = f"{path.stem}: {panel['title']}"
                yield pytest.param(target["expr"], id=f"{name} {target['refId']}")


EXPRESSIONS = [of.values[0].replace("$team", "Team-A") for of in queries()]


@pytest.mark.parametrize("expression", list(queries()))
def test_every_query_of_a_dashboard_is_answered_with_data(authority, expression):
    expression = expression.replace("$team", "Team-A")
    assert wait_for(lambda: query(authority.watcher, expression), expression)


def test_a_team_can_be_chosen_on_the_dashboard_of_teams(authority):
    (path,) = [path for path in DASHBOARDS if path.stem == "team"]
    (team,) = [one for one in json.loads(path.read_text())["templating"]["list"] if one["name"] == "team"]
    metric = team["query"]["query"].removeprefix("label_values(").removesuffix(", team)")
    found = {series["metric"]["team"] for series in query(authority.watcher, f"sum by (team) ({metric})")}
    offered = {name for name in found if re.search(team["regex"].strip("/"), name)}
    assert offered == found - {"none", "other"}
    assert "Team-A" in offered


PAST = [path for path in DASHBOARDS if path.stem in ("leaders", "team")]


def points_of(watcher, expression, first, last, step_s):
    """The moments of a range at which an expression has an answer."""
    asked = {"query": expression, "start": str(first), "end": str(last), "step": str(step_s)}
    answer = httpx.get(f"{watcher.address}/api/v1/query_range", params=asked, timeout=30).json()
    assert answer["status"] == "success", answer
    return {at for series in answer["data"]["result"] for at, _ in series["values"]}


# Something of everything is known from then on: the first record vanished on the day before.
COMPLETE = date(2019, 10, 2)


@pytest.mark.parametrize("step_h", [6, 24])
@pytest.mark.parametrize("expression", list(queries(PAST)))
def test_the_history_that_was_loaded_is_on_the_dashboards(authority, expression, step_h):
    """All the year, as far as there was something to show, and without a gap since there was always."""
    expression = expression.replace("$team", "Team-A")
    step_s = step_h * 3600
    first, complete, last = (
        int(end_of(day).timestamp()) // step_s * step_s for day in (FIRST, COMPLETE, LAST)
    )
    found = points_of(authority.watcher, expression, first, last, step_s)
    assert set(range(complete, last + 1, step_s)) <= found
    months = {datetime.fromtimestamp(at, UTC).strftime("%Y-%m") for at in found}
    assert len(months) >= 10 or "records_vanished" in expression, sorted(months)


def test_a_panel_shows_of_every_past_day_what_the_list_had_as_at_its_end(authority):
    """At midnight in London of the day after, and still at noon."""
    (shown,) = [q.values[0] for q in queries(PAST) if q.id == "leaders: Assessments past their limit A"]
    for day in (date(2018, 10, 27), date(2018, 10, 28), date(2019, 3, 30), date(2019, 3, 31), LAST):
        asked = {"timescale": "assessment", "status": "open", "over": "true", "as_at": day.isoformat()}
        listed = count_of(authority.running, **asked)
        for hours in (0, 12):
            at = end_of(day).timestamp() + hours * 3600
            assert (number_of(authority.watcher, shown, at) or 0) == listed, (day, hours)


def panels_of(path):
    return [panel for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def links_of(panel, series):
    """The links of one series as Grafana shows them, by the name that it has in the legend."""
    legend, field = panel["targets"][0]["legendFormat"], panel["fieldConfig"]
    for target in panel["targets"]:
        if target["expr"] == series["of"]:
            legend = target["legendFormat"]
    shown = re.sub(r"\{\{(\w+)\}\}", lambda found: series["metric"].get(found[1], ""), legend)
    for override in field.get("overrides", ()):
        assert override["matcher"]["id"] == "byRegexp"
        if re.search(override["matcher"]["options"].strip("/"), shown):
            (links,) = [one["value"] for one in override["properties"] if one["id"] == "links"]
            return links
    return field["defaults"]["links"]


def address_of(link, labels):
    """Where a link of a series leads."""
    address = link["url"].removeprefix("${service}").replace("${team}", "Team-A")
    for label, told in labels.items():
        address = address.replace(f"${{__field.labels.{label}}}", told)
    assert "$" not in address, address
    return address


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_leads_to_something_that_there_is(authority, path):
    for panel in panels_of(path):
        shown = [
            series | {"of": target["expr"]}
            for target in panel["targets"]
            for series in query(authority.watcher, target["expr"].replace("$team", "Team-A"))
        ]
        assert shown
        for series in shown[:1] + shown[-1:]:
            links = links_of(panel, series)
            assert links, panel["title"]
            for link in links:
                with authority.running.client() as client:
                    address = address_of(link, series["metric"])
                    assert client.get(address).status_code == 200, address


NO_LIST = {"Children", "Caseloads", "Entered late", "Vanished records"}
"""Panels whose links say that they lead to something else, as no list is of what they show."""


def days_of(clocks, which):
    return [clock[which]["working_days"] if clock[which] else 0 for clock in clocks]


def mean(days):
    return sum(days) / len(days)


# How the number of a panel is made of the lists behind it, where it is not how many they have between them.
MADE: dict[str, Callable[..., float]] = {
    "Longest hidden": lambda clocks: days_of(clocks, "hidden")[0],
    "Assessments: true and recorded age A": lambda clocks: mean(days_of(clocks, "elapsed")),
    "Assessments: true and recorded age B": lambda clocks: mean(days_of(clocks, "recorded")),
    "Hidden working days": lambda clocks: sum(days_of(clocks, "hidden")),
    "Met in time": lambda met, ended: len(met) / len(ended),
    "Share past their limit": lambda over, running: len(over) / len(running),
}


def listed(client, address):
    """All that a list has."""
    found, cursor = [], None
    while True:
        more = {"limit": "1000"} | ({} if cursor is None else {"cursor": cursor})
        reply = client.get(httpx.URL(address).copy_merge_params(more))
        assert reply.status_code == 200, reply.text
        (rows,) = [value for value in reply.json().values() if isinstance(value, list)]
        found += rows
        cursor = reply.json()["next"]
        if cursor is None:
            return found


def how_many(*lists):
    """How many there are in one or more of the lists."""
    return len({json.dumps(row, sort_keys=True) for rows in lists for row in rows})


COUNTED = [
    pytest.param(panel, target, id=f"{path.stem}: {panel['title']} {target['refId']}")
    for path in DASHBOARDS
    for panel in panels_of(path)
    if panel["title"] not in NO_LIST and (path in PAST or panel["title"] == "Set aside")
    for target in panel["targets"]
]


@pytest.mark.parametrize(("panel", "target"), COUNTED)
def test_a_panel_leads_to_the_list_of_the_very_number_that_it_shows(authority, panel, target):
    title = panel["title"]
    made = MADE.get(title, MADE.get(f"{title} {target['refId']}", how_many))
    compared = 0
    with authority.running.client() as client:
        for series in query(authority.watcher, target["expr"].replace("$team", "Team-A")):
            links = links_of(panel, series | {"of": target["expr"]})
            # What has no label of its own has no list of its own, and its link says so.
            if not {"none", "other"}.isdisjoint(series["metric"].values()):
                assert not any(link["title"].startswith("Which") for link in links)
                continue
            assert all(link["title"].startswith("Which") for link in links)
            lists = [listed(client, address_of(link, series["metric"])) for link in links]
            assert made(*lists) == pytest.approx(float(series["value"][1])), (series["metric"], links)
            compared += 1
    assert compared


def count_of(running, **asked):
    """How many clocks a list has."""
    counted, cursor = 0, None
    with running.client() as client:
        while True:
            params = {"limit": "1000", **asked} | ({} if cursor is None else {"cursor": cursor})
            reply = client.get("/clocks", params=params).json()
            counted += len(reply["clocks"])
            cursor = reply["next"]
            if cursor is None:
                return counted


@pytest.mark.parametrize("timescale", ["assessment", "child_protection_visit", "minutes"])
def test_prometheus_shows_how_many_clocks_the_list_has(authority, timescale):
    expression = f'sum(max without (instance, job) (casetimeline_clocks_open{{timescale="{timescale}"}}))'
    listed = count_of(authority.running, timescale=timescale, status="open")
    assert listed > 0
    wait_for(lambda: number_of(authority.watcher, expression) == listed, f"{listed} open {timescale}")


@pytest.mark.parametrize(
    "day", [FIRST, date(2018, 10, 28), date(2019, 3, 31), date(2019, 8, 1), LAST], ids=str
)
def test_prometheus_shows_of_a_past_day_what_the_list_had_as_at_it(authority, day):
    at = end_of(day).timestamp() - 1
    for timescale, asked in (
        ("assessment", {"status": "open"}),
        ("assessment", {"status": "open", "over": "true"}),
        ("child_protection_visit", {"status": "open"}),
    ):
        name = "casetimeline_clocks_past_limit" if "over" in asked else "casetimeline_clocks_open"
        shown = number_of(authority.watcher, f'sum({name}{{timescale="{timescale}"}})', at)
        listed = count_of(authority.running, timescale=timescale, as_at=day.isoformat(), **asked)
        assert (shown or 0) == listed, (timescale, asked)


@pytest.fixture
def alone(tmp_path):
    with watched(tmp_path) as all_of_it:
        yield all_of_it


def report(running, *facts):
    with running.client() as client:
        for fact in facts:
            assert client.post("/events", json=fact, headers=CLOUD_EVENT).status_code in (200, 201)


def need(child, day):
    return (
        event(f"{child}-r", "ReferralReceived", day, subject=child, referral_id=f"R-{child}"),
        event(
            f"{child}-d",
            "ReferralDecided",
            day,
            subject=child,
            referral_id=f"R-{child}",
            outcome="assessment",
        ),
    )


def test_alerts_fire_when_their_cause_is_made(alone):
    """A child left past the limit; then a projector stopped."""
    report(alone.running, *need("C1", "2019-10-01"))
    wait_for(lambda: query(alone.watcher, "casetimeline:clocks_open:sum"), "the first figures")
    assert not alone.firing("NeedWaitingTooLong")
    report(alone.running, *need("C2", "2019-05-01"))
    wait_for(lambda: alone.firing("NeedWaitingTooLong"), "the alert on a child left past the limit")
    wait_for(lambda: not alone.firing("ProjectionStale"), "lists that are up")
    alone.projector.kill()
    alone.projector.wait(30)
    report(alone.running, *need("C3", "2019-10-01"))
    wait_for(lambda: alone.firing("ProjectionStale", projection="clocks"), "the alert on stale lists")
    wait_for(lambda: alone.firing("ScrapeMissing", job="casetimeline-project"), "the alert on its process")


def test_an_alert_fires_when_the_broker_is_killed(tmp_path, breakable_kafka):
    brokers = breakable_kafka(1)
    log = f"kafka://{brokers.bootstrap}/casetimeline.log"
    with watched(tmp_path, log=log, kafka_partitions="2") as all_of_it:
        report(all_of_it.running, *need("C1", "2019-10-01"))
        wait_for(
            lambda: query(all_of_it.watcher, 'casetimeline_part_up{part="log"} == 1'), "the log in reach"
        )
        wait_for(lambda: not all_of_it.firing("PartDown"), "every part in reach")
        listed = 'casetimeline:clocks_open:sum{timescale="assessment"} == 1'
        wait_for(lambda: query(all_of_it.watcher, listed), "the first figures")
        brokers.nodes[0].kill()
        wait_for(lambda: all_of_it.firing("PartDown", part="log"), "the alert on the log out of reach")
        wait_for(lambda: all_of_it.firing("PartDown", part="lag"), "the alert on how far the lists are")
        # The database answers, and what is counted in it is told: no alert says otherwise.
        for _ in range(10):
            told = figures(all_of_it.running)
            assert all(value(told, UP, part=part) == 1 for part in ("views", "practice", "keys", "runs"))
            assert value(told, "casetimeline_clocks_open", timescale="assessment", team="none") == 1
            time.sleep(1)
        # The intake is on the same broker.
        fired = {one["metric"]["part"] for one in all_of_it.firing("PartDown")}
        assert fired - {"intake"} == {"log", "lag"}


UP = "casetimeline_part_up"


def figures(running):
    return samples_in(httpx.get(f"{running.address}/metrics", timeout=30).text)


def test_closing_and_reopening_never_lowers_true_age_and_raises_what_is_hidden(tmp_path):
    of = {"timescale": "assessment"}
    name = "casetimeline_open_clock_true_age_workdays"

    seen = []
    """Of every scrape: how many clocks are older than each bound, and the sum of their ages."""

    def ages(running, version):
        """The figures once the lists show so many facts."""

        def shown():
            samples = figures(running)
            facts = sum(n for (sample, _), n in samples.items() if sample == "casetimeline_facts")
            if facts >= 3:
                seen.append(older_than_each_bound(samples, name, **of))
            return samples if facts == version else None

        samples = wait_for(shown, f"{version} facts in the figures")
        return (
            value(samples, f"{name}_gcount", **of),
            value(samples, f"{name}_gsum", **of),
            value(samples, "casetimeline_hidden_workdays", **of),
        )

    with serving(tmp_path, today=TODAY.isoformat()) as running:
        start = event("s", "AssessmentStarted", "2019-06-04", assessment_id="A", referral_id="R-C1")
        report(running, *(fact | {"subject": "C1001"} for fact in need("C1", "2019-06-03")), start)
        clocks, true_age, hidden = ages(running, 3)
        assert clocks == 1
        for turn, day in enumerate(
            (date(2019, 6, 24), date(2019, 7, 22), date(2019, 9, 2), date(2019, 10, 7))
        ):
            reopened = day + timedelta(days=7)
            report(
                running,
                event(
                    f"c{turn}", "AssessmentClosed", day.isoformat(), assessment_id="A", reason="re-evaluate"
                ),
            )
            closed = ages(running, 4 + 2 * turn)
            report(running, event(f"o{turn}", "AssessmentReopened", reopened.isoformat(), assessment_id="A"))
            after = ages(running, 5 + 2 * turn)
            assert closed[:2] == after[:2] == (clocks, true_age)
            assert closed[2] >= hidden
            assert after[2] > hidden
            hidden = after[2]
    for before, after in pairwise(seen):
        assert all(now >= then for then, now in zip(before, after, strict=True)), (before, after)


def older_than_each_bound(samples, name, **of):
    """How many clocks are older than each bound, and the sum of all ages: none of it may ever fall."""
    clocks = value(samples, f"{name}_gcount", **of)
    up_to = [value(samples, f"{name}_bucket", le=str(float(bound)), **of) for bound in AGE_BOUNDS_WORKDAYS]
    return [*(clocks - counted for counted in up_to), clocks, value(samples, f"{name}_gsum", **of)]
