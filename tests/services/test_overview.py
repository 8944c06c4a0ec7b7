"""What the overview counts, of an invented authority and of small ones."""

from dataclasses import replace
from datetime import date

from services.overview import Band, Month, overview
from tests.web.authority import FRESHNESS, Child, Row, authority, flag
from tests.web.calendar import CALENDAR

TODAY = date(2019, 10, 22)


def told(*rows, children=()):
    return overview(rows, children, TODAY, CALENDAR, FRESHNESS)


LATE_HIDDEN = Row(child="C1", elapsed_working_days=46, recorded_working_days=9)
LATE_ON_BOTH = Row(child="C2", elapsed_working_days=46, recorded_working_days=46)
IN_TIME = Row(child="C3", elapsed_working_days=45, recorded_working_days=44)
NO_RECORD = Row(child="C4", elapsed_working_days=50)


def test_an_assessment_that_looks_in_time_but_is_late_is_the_headline():
    found = told(LATE_HIDDEN, LATE_ON_BOTH, IN_TIME)
    assert (found.open_assessments, found.late_hidden, found.late_on_both) == (3, 1, 1)


def test_with_no_record_to_show_nothing_looks_late():
    assert told(NO_RECORD).late_hidden == 1


def test_the_last_day_of_the_limit_is_in_time():
    assert told(IN_TIME).late_assessments == 0


def test_what_ended_past_its_limit_with_nothing_completed_stays_on_the_late_list():
    ended = replace(LATE_HIDDEN, status="ended_without_completion", stopped_on=date(2019, 9, 3))
    found = told(ended)
    assert (found.open_assessments, found.ended_late, found.late_assessments) == (0, 1, 1)


def test_what_was_completed_is_counted_in_its_month():
    done = replace(LATE_HIDDEN, status="stopped", stopped_on=date(2019, 9, 30))
    assert told(done, replace(IN_TIME, status="stopped", stopped_on=date(2019, 9, 1))).months[-2] == Month(
        date(2019, 9, 1), completed=2, in_time_recorded=2, in_time_true=1
    )


def test_a_completion_after_the_need_ended_is_never_in_time():
    after = replace(IN_TIME, status="stopped", stopped_on=TODAY, flags=[flag("COMPLETED_AFTER_CLOSING")])
    assert told(after).months[-1].in_time_true == 0


def test_twelve_months_are_shown_up_to_this_one():
    months = [month.first_day for month in told().months]
    assert (months[0], months[-1], len(months)) == (date(2018, 11, 1), date(2019, 10, 1), 12)


def test_ages_are_counted_in_bands_that_meet():
    ages = [
        Row(child=f"C{n}", elapsed_working_days=n, recorded_working_days=n)
        for n in (0, 10, 11, 45, 46, 90, 91, 400)
    ]
    assert [band.count for band in told(*ages).bands] == [2, 1, 0, 1, 1, 0, 1, 2]


def test_a_band_tells_what_is_late_and_what_of_it_is_hidden():
    assert told(LATE_HIDDEN, LATE_ON_BOTH).bands[4] == Band(46, 60, count=2, late=2, hidden=1)


def test_the_longest_hidden_come_first_and_what_hides_nothing_is_not_listed():
    found = told(IN_TIME, LATE_ON_BOTH, LATE_HIDDEN, NO_RECORD).longest_hidden
    assert [(row.child, row.recorded, row.hidden) for row in found] == [
        ("C4", None, 50),
        ("C1", 9, 37),
        ("C3", 44, 1),
    ]


def test_a_listed_child_shows_its_status_and_when_it_was_last_seen():
    child = Child("C1", "child_in_need", "Team B", "SW-1", date(2019, 10, 3), True)
    unseen = Row(child="C1", timescale="assessment_child_seen", elapsed_working_days=12, limit_value=10)
    row = told(LATE_HIDDEN, unseen, children=[child]).longest_hidden[0]
    assert (row.status, row.last_seen_working_days, row.is_seen_late) == ("child_in_need", 13, True)


def test_also_late_counts_open_clocks_and_the_worst_of_them():
    late = [
        Row(child=f"C{n}", timescale="contact_decision", elapsed_working_days=n, limit_value=1)
        for n in (1, 2, 5)
    ]
    decided = replace(late[2], status="stopped", stopped_on=TODAY)
    found = {row.timescale: (row.count, row.longest_over) for row in told(*late, decided).also_late}
    assert found == {"contact_decision": (2, 4), "referral_decision": (0, 0), "assessment_child_seen": (0, 0)}


def test_what_else_is_late_is_told_in_one_order_whatever_that_of_the_rows():
    late = [
        Row(child="C1", timescale=name, elapsed_working_days=30, limit_value=10)
        for name in ("minutes", "action", "contact_decision", "child_protection_visit")
    ]
    assert told(*late).also_late == told(*reversed(late)).also_late


def test_an_authority_of_which_nothing_is_known_has_an_overview():
    found = told()
    assert (found.open_assessments, found.limit, found.longest_hidden) == (0, 45, ())


def test_the_parts_of_the_overview_agree():
    found = authority()
    assert sum(band.count for band in found.bands) == found.open_assessments == 212
    assert sum(band.hidden for band in found.bands) == found.late_hidden == 37
    assert sum(band.late for band in found.bands) == found.late_hidden + found.late_on_both == 71
