"""England's bank holidays are those that were published."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.working_days import WorkingDays
from infra.holidays import england

# The lists that the government published for England and Wales, substitute days included.
PUBLISHED = {
    2019: "01-01 04-19 04-22 05-06 05-27 08-26 12-25 12-26",
    2020: "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28",
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    2022: "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27",
    2023: "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26",
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
}
DAYS = st.dates(date(1990, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_weekdays_off_of_a_year_are_those_published(year):
    calendar = england()
    first = date(year, 1, 1)
    days = [first + timedelta(days=n) for n in range(366) if (first + timedelta(days=n)).year == year]
    off = {day for day in days if day.weekday() < 5 and not calendar.is_working_day(day)}
    assert off == {date.fromisoformat(f"{year}-{day}") for day in PUBLISHED[year].split()}


def test_the_calendar_is_known_from_1900_to_the_last_published_list():
    calendar = england()
    assert (calendar.first_day, calendar.last_day) == (date(1900, 1, 1), date(max(PUBLISHED), 12, 31))
    assert calendar.is_provisional(date(2028, 1, 1))
    assert not calendar.is_provisional(date(2027, 12, 31))


@given(DAYS, st.integers(0, 400))
def test_counting_between_two_days_agrees_with_counting_one_by_one(start, length):
    calendar = england()
    days = [start + timedelta(days=n) for n in range(1, length + 1)]
    assert calendar.between(start, start + timedelta(days=length)) == sum(map(calendar.is_working_day, days))


@given(DAYS, st.integers(1, 150))
def test_the_nth_working_day_is_one_and_is_the_nth(start, count):
    calendar = england()
    day = calendar.after(start, count)
    assert calendar.is_working_day(day)
    assert calendar.between(start, day) == count


@given(st.one_of(DAYS, st.dates(date(1899, 6, 1), date(1900, 6, 1))), st.integers(0, 150))
def test_the_last_day_in_time_is_the_last_by_which_no_more_working_days_have_passed(start, count):
    calendar = england()
    due_on, in_time_until = calendar.last_days(start, count)
    assert due_on == calendar.after(start, count)
    assert calendar.between(start, in_time_until) == count
    assert calendar.between(start, in_time_until + timedelta(days=1)) == count + 1


def test_the_start_is_day_zero_and_a_day_before_it_counts_nothing():
    calendar = england()
    assert calendar.between(date(2019, 3, 5), date(2019, 3, 5)) == 0
    assert calendar.between(date(2019, 3, 5), date(2019, 3, 1)) == 0
    assert calendar.after(date(2019, 3, 9), 0) == date(2019, 3, 9)


def test_a_holiday_at_a_weekend_takes_no_working_day():
    saturday = WorkingDays.known(date(2020, 1, 1), date(2020, 12, 31), [date(2020, 5, 9)])
    assert saturday.between(date(2020, 5, 8), date(2020, 5, 11)) == 1
