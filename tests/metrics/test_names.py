"""The names of what is measured."""

import re
import subprocess

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from projections.practice import AGE_BOUNDS_WORKDAYS
from services.metrics.names import NAMES
from tests.metrics import page

OF_PEOPLE = {"child", "worker", "worker_id", "subject", "id", "stream"}
BASE_UNITS = ("seconds", "bytes", "workdays", "events", "children", "ratio")


def test_the_page_lists_every_metric_as_it_is():
    assert page.in_page() == page.table()


class Everything(Collector):
    """A sample of every metric."""

    def collect(self):
        for name in NAMES:
            values = ["told"] * len(name.labels)
            if name.kind == "info":
                yield name.info(version="1")
            elif name.kind in ("histogram", "gaugehistogram"):
                yield name.buckets([(values, [("1.0", 1.0), ("+Inf", 2.0)], 3.0)])
            else:
                yield name.family([(values, 1)])


def test_promtool_finds_nothing_to_say_about_any_metric():
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Everything())
    text = generate_latest(registry)
    assert all(f"# HELP {name.name}".encode() in text for name in NAMES)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_is_in_working_days_says_so():
    in_working_days = {name.name for name in NAMES if "working days" in name.told.lower()}
    assert in_working_days
    assert in_working_days == {name.name for name in NAMES if name.name.endswith("_workdays")}


def test_labels_are_few_and_only_open_and_late_clocks_have_a_team():
    assert {name.name for name in NAMES if "team" in name.labels} == {
        "casetimeline_clocks_open", "casetimeline_clocks_past_limit",
    }  # fmt: skip
    of_practice = NAMES[: [name.name for name in NAMES].index("casetimeline_practice_read_timestamp_seconds")]
    assert {label for name in of_practice for label in name.labels} == {
        "timescale", "team", "in_time", "status", "type", "source", "code", "record_kind",
    }  # fmt: skip


ASSESSMENTS, CONFERENCES = (0, 10, 20, 30, 40, 45, 50, 60), (10, 15, 20)
"""The last days of the bands in which the Department for Education publishes how long they took."""


@pytest.mark.parametrize("bands", [ASSESSMENTS, CONFERENCES])
def test_ages_are_counted_by_the_bands_that_are_published(bands):
    assert set(bands) <= set(AGE_BOUNDS_WORKDAYS)


def test_no_two_metrics_share_a_name():
    assert len({name.name for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_a_name_follows_the_rules_of_prometheus(name):
    assert re.fullmatch(r"casetimeline(_[a-z]+)+", name.name)
    assert not name.name.endswith(("_total", "_info", "_count", "_sum", "_bucket"))
    words = name.name.split("_")
    assert not {"days", "weeks", "minutes", "milliseconds", "ms"} & set(words)
    if name.kind in ("histogram", "gaugehistogram"):
        assert words[-1] in BASE_UNITS
    if "timestamp" in words or "duration" in words:
        assert words[-1] == "seconds"


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_a_metric_tells_a_manager_what_it_is_in_a_sentence(name):
    assert name.told[0].isupper()
    assert name.told.endswith(".")
    assert len(name.told.split()) >= 4


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.name)
def test_no_label_is_for_a_person(name):
    assert not OF_PEOPLE & set(name.labels)
