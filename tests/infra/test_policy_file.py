"""The operator's file of local policy: what it changes, and how every mistake in it is told."""

import re
from datetime import date
from pathlib import Path

import pytest

from domain.policy import AS_REVIEWED
from domain.timescale import Limit
from infra.policy_file import BadPolicy, read

OWN = b"""
[[timescale]]
id = "child_protection_visit"
limit = 15
unit = "working_days"
from = 2018-04-01
edition = "Visiting policy 2018"

[[timescale]]
id = "minutes"
part = "conference"
limit = 4
unit = "weeks"
from = 2019-01-01
to = 2019-06-30

[[parameter]]
name = "continuation_window_days"
value = 56
from = 2019-01-01
"""


def mistakes(text):
    with pytest.raises(BadPolicy) as error:
        read(text.encode() if isinstance(text, str) else text)
    return [(one.line, one.field) for one in error.value.mistakes]


def row(**told):
    told = {"id": '"minutes"', "limit": 5, "unit": '"working_days"', "from": "2019-01-01", **told}
    return "[[timescale]]\n" + "\n".join(f"{k} = {v}" for k, v in told.items() if v is not None)


def test_a_row_of_its_own_is_in_force_from_its_day_and_not_before():
    policy = read(OWN)
    assert policy.row("child_protection_visit", date(2018, 3, 31)).limit == Limit(10, "working_days")
    assert policy.row("child_protection_visit", date(2018, 4, 1)).limit == Limit(15, "working_days")
    assert policy.row("child_protection_visit", date(2018, 4, 1)).edition == "Visiting policy 2018"


def test_after_its_last_day_the_default_is_in_force_again():
    policy = read(OWN)
    assert policy.row("minutes", date(2019, 6, 30), "conference").limit == Limit(4, "weeks")
    assert policy.row("minutes", date(2019, 7, 1), "conference").limit == Limit(15, "working_days")


EARLY = """
[[timescale]]
id = "child_protection_visit"
limit = 15
unit = "working_days"
from = 2010-01-01
to = 2011-03-31

[[parameter]]
name = "continuation_window_days"
value = 56
from = 2010-01-01
to = 2011-03-31
"""


@pytest.mark.parametrize(
    ("day", "limit", "window"),
    [
        (date(2009, 12, 31), 10, 28),
        (date(2010, 1, 1), 15, 56),
        (date(2011, 3, 31), 15, 56),
        (date(2011, 4, 1), 10, 28),
        (date(2013, 4, 14), 10, 28),
        (date(2013, 4, 15), 10, 28),
    ],
)
def test_a_row_older_than_the_default_is_in_force_on_its_own_days_only(day, limit, window):
    policy = read(EARLY.encode())
    assert policy.row("child_protection_visit", day).limit == Limit(limit, "working_days")
    assert policy.row("child_protection_visit", day).is_in_force_on(day)
    assert policy.days("continuation_window_days", day) == window


def test_a_part_that_is_not_named_stays_as_it_is():
    assert read(OWN).row("minutes", date(2019, 2, 1)).limit == Limit(10, "working_days")


def test_a_parameter_of_its_own_is_in_force_from_its_day():
    policy = read(OWN)
    assert policy.days("continuation_window_days", date(2018, 12, 31)) == 28
    assert policy.days("continuation_window_days", date(2019, 1, 1)) == 56


CASELOADS = """
[[parameter]]
name = "caseload_children"
value = 14
from = 2019-04-01

[[parameter]]
name = "newly_qualified_caseload_percent"
value = {percent}
from = 2019-04-01
"""


def test_how_many_children_a_worker_may_hold_is_the_authoritys_own_from_its_day():
    policy = read(CASELOADS.format(percent=75).encode())
    own = [policy.parameter("caseload_children", date(2019, month, 1)).value for month in (3, 4)]
    assert own == [18, 14]
    assert policy.parameter("newly_qualified_caseload_percent", date(2019, 4, 1)).value == 75


@pytest.mark.parametrize(("percent", "found"), [(100, None), (101, [(9, "value")]), (0, [(9, "value")])])
def test_a_share_of_a_caseload_is_of_a_hundred(percent, found):
    text = CASELOADS.format(percent=percent)
    if found is None:
        assert (
            read(text.encode()).parameter("newly_qualified_caseload_percent", date(2020, 1, 1)).value == 100
        )
    else:
        assert mistakes(text) == found


def test_of_two_rows_the_one_that_began_later_is_in_force():
    two = row() + "\n" + row(limit=7, **{"from": "2020-01-01"})
    assert read(two.encode()).row("minutes", date(2021, 1, 1)).limit.value == 7


def test_an_empty_file_changes_nothing():
    day = date(2019, 10, 22)
    assert read(b"").timescales_on(day) == AS_REVIEWED.timescales_on(day)


@pytest.mark.parametrize(
    "id", ["assessment", "proceedings", "looked_after_visit", "pre_proceedings", "supervision"]
)
def test_statute_and_guidance_cannot_be_overridden(id):
    assert mistakes(row(id=f'"{id}"')) == [(2, "id")]


def test_an_action_has_its_own_day_and_no_limit_to_override():
    assert mistakes(row(id='"action"')) == [(2, "id")]


@pytest.mark.parametrize(
    ("told", "line", "field"),
    [
        ({"id": '"minuets"'}, 2, "id"),
        ({"id": "3"}, 2, "id"),
        ({"id": None}, 1, "id"),
        ({"limit": 0}, 3, "limit"),
        ({"limit": "1.5"}, 3, "limit"),
        ({"limit": "true"}, 3, "limit"),
        ({"limit": None}, 1, "limit"),
        ({"unit": '"days"'}, 4, "unit"),
        ({"unit": None}, 1, "unit"),
        ({"from": '"2019-01-01"'}, 5, "from"),
        ({"from": "2019-01-01T00:00:00Z"}, 5, "from"),
        ({"from": "1066-10-14"}, 5, "from"),
        ({"from": None}, 1, "from"),
        ({"to": "2018-12-31"}, 6, "to"),
        ({"part": '"confrence"'}, 6, "part"),
        ({"colour": '"red"'}, 6, "colour"),
        ({"source": "3"}, 6, "source"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_field(told, line, field):
    assert mistakes(row(**told)) == [(line, field)]


def test_every_mistake_is_told_at_once():
    text = (
        row(id='"assessment"', limit=0) + '\n[[parameter]]\nname = "short_gap"\nvalue = 3\nfrom = 2019-01-01'
    )
    assert mistakes(text) == [(2, "id"), (3, "limit"), (7, "name")]


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("x = [\n", 2, "the file"),
        ("\n[[timescale]\n", 2, "the file"),
        (b"\n\xff", 2, "the file"),
        ("[timescale]\nid = 1", 1, "timescale"),
        ("\n[limits]\nx = 1", 2, "limits"),
        ("timescale = 3", 1, "timescale"),
        (row() + "\n" + row(), 10, "from"),
    ],
)
def test_what_cannot_be_read_at_all_is_told_with_its_line(text, line, field):
    assert mistakes(text) == [(line, field)]


def test_a_file_that_an_editor_began_with_a_byte_order_mark_is_read_like_any_other():
    own = b"\xef\xbb\xbf" + OWN
    assert read(own).row("child_protection_visit", date(2018, 4, 1)).edition == "Visiting policy 2018"
    assert mistakes(b"\xef\xbb\xbf\n\xff") == [(2, "the file")]


def test_each_mistake_says_what_to_do():
    with pytest.raises(BadPolicy) as error:
        read(row(id='"minuets"').encode())
    assert "did you mean minutes?" in str(error.value)


def test_the_example_in_the_manual_has_no_mistakes():
    page = (Path(__file__).parents[2] / "docs" / "timescales.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    policy = read(example.encode())
    assert policy.row("child_protection_visit", date(2024, 4, 1)).edition == "2024"
