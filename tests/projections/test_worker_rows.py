"""Workers as they were told of, from a day to a day."""

from datetime import date

from domain.amended import Amended
from domain.question import Question
from infra.holidays import england
from projections.projection import Case
from projections.worker_rows import worker_rows
from tests.domain.reference_facts import as_recorded
from tests.reference.histories import fact, numbered

STREAM = "worker:W-1"
JOINED, MAY, AUGUST = "2019-01-01", date(2019, 5, 31), date(2019, 8, 31)
ASYE = "2019-12-31"


def given(*facts):
    told = [
        {**fact(f"{number}", name, day, data), "stream": STREAM}
        for number, (name, day, data) in enumerate(facts)
    ]
    recorded = as_recorded(numbered(told))
    asked = Question(date(2019, 12, 1))
    return worker_rows.rows(Case(STREAM, recorded, asked, england(), everything=Amended(recorded)))


def joined(day, **data):
    return "WorkerJoined", day, data


def left(day):
    return "WorkerLeft", day, {}


def described(rows, day):
    """Team, part of the week and last newly qualified day of whoever is there on a day."""
    return [
        (row.team_id, row.full_time_equivalent, row.newly_qualified_until) for row in rows if row.goes_on(day)
    ]


def test_each_day_is_told_by_the_report_that_stood_then():
    first = joined(JOINED, team_id="A", full_time_equivalent=1.0, newly_qualified_until=ASYE)
    rows = given(first, joined("2019-08-01", team_id="B", full_time_equivalent=0.5))
    assert described(rows, MAY) == [("A", 1.0, date(2019, 12, 31))]
    assert described(rows, AUGUST) == [("B", 0.5, date(2019, 12, 31))]
    assert [(row.until, row.has_left) for row in rows] == [(date(2019, 8, 1), False), (None, False)]


def test_a_report_keeps_what_it_is_silent_on():
    rows = given(joined(JOINED, team_id="A", full_time_equivalent=0.6), joined("2019-08-01", team_id="B"))
    assert described(rows, AUGUST) == [("B", 0.6, None)]
    rows = given(joined(JOINED, team_id="A"), joined("2019-08-01", full_time_equivalent=0.5))
    assert described(rows, AUGUST) == [("A", 0.5, None)]


def test_who_left_is_not_there_until_back_and_begins_anew_then():
    told = {"team_id": "A", "full_time_equivalent": 0.5, "newly_qualified_until": ASYE}
    rows = given(joined(JOINED, **told), left("2019-03-15"), joined("2019-08-01", team_id="B"))
    assert described(rows, date(2019, 3, 14)) == [("A", 0.5, date(2019, 12, 31))]
    assert described(rows, date(2019, 3, 15)) == described(rows, MAY) == []
    assert described(rows, AUGUST) == [("B", 1.0, None)]
    assert [row.has_left for row in rows] == [True, False]


def test_a_report_that_tells_nothing_new_begins_no_other_time():
    assert len(given(joined(JOINED, team_id="A"), joined("2019-08-01", team_id="A"))) == 1


def test_of_several_reports_of_one_day_together_the_last_stands():
    first, second = joined(JOINED, team_id="A"), joined(JOINED, full_time_equivalent=0.5)
    (row,) = given(first, second)
    assert (row.team_id, row.full_time_equivalent, row.since) == ("A", 0.5, date(2019, 1, 1))


def test_a_leaving_is_told_of_who_was_never_there_for_a_day():
    for facts in ([left("2019-03-15")], [joined("2019-03-15"), left("2019-03-15")]):
        (row,) = given(*facts)
        assert (row.since, row.until, row.has_left) == (date(2019, 3, 15), date(2019, 3, 15), True)
        assert not row.goes_on(date(2019, 3, 15))


def test_a_report_before_the_leaving_of_a_day_changes_no_day():
    at_ten, at_noon = "2019-03-15T10:00:00+00:00", "2019-03-15T12:00:00+00:00"
    (row,) = given(joined(JOINED, team_id="A"), joined(at_ten, team_id="B"), left(at_noon))
    assert (row.team_id, row.until, row.has_left) == ("A", date(2019, 3, 15), True)


def test_who_leaves_and_comes_on_a_day_left_first():
    gone, back = given(joined(JOINED, team_id="A"), joined("2019-03-15", team_id="B"), left("2019-03-15"))
    assert (gone.until, gone.has_left) == (date(2019, 3, 15), True)
    assert (back.since, back.until, back.team_id) == (date(2019, 3, 15), None, "B")
