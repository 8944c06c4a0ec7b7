"""The names of what is measured."""

import re

import pytest

from services.metrics.names import NAMES
from tests.metrics import page

OF_PEOPLE = {"child", "worker", "worker_id", "subject", "id", "stream"}
BASE_UNITS = ("seconds", "bytes", "workdays", "events", "children", "ratio")


def test_the_page_lists_every_metric_as_it_is():
    assert page.in_page() == page.table()


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
