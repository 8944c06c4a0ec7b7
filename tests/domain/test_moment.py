"""When something happened: a day or an instant, kept as it was told."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.moment import LONDON, Moment, london_day, london_days, read_instant


def test_a_day_alone_has_no_instant_and_is_kept_as_told():
    moment = Moment.parse("2019-03-05")
    assert (moment.text, moment.day, moment.instant) == ("2019-03-05", date(2019, 3, 5), None)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-07-01T23:30:00Z", date(2019, 7, 2)),
        ("2019-01-01T23:30:00Z", date(2019, 1, 1)),
        ("2019-03-31T00:59:59+00:00", date(2019, 3, 31)),
        ("2019-10-27T23:30:00+00:00", date(2019, 10, 27)),
        ("2019-07-01T00:30:00+02:00", date(2019, 6, 30)),
        ("1943-07-01T22:30:00Z", date(1943, 7, 2)),
        ("1943-07-01T21:59:59Z", date(1943, 7, 1)),
    ],
)
def test_the_day_of_an_instant_is_its_day_in_london(text, day):
    assert Moment.parse(text).day == day
    assert london_days([read_instant(text)]) == [day]


def test_an_instant_keeps_its_text_and_is_known_in_utc():
    moment = Moment.parse("2019-03-05T14:30:00+01:00")
    assert moment.text == "2019-03-05T14:30:00+01:00"
    assert moment.instant == datetime(2019, 3, 5, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2019-03-31T01:30:00", "2019-03-05 14:30", "2019-03-05T14:30:00.5"])
def test_a_time_without_an_offset_is_refused_with_what_to_write(text):
    with pytest.raises(ValueError, match="offset"):
        Moment.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2019",
        "20190305",
        "2019-W10-2",
        "05/03/2019",
        "2019-02-30",
        "2019-13-01",
        "٢٠١٩-٠٣-٠٥",
        "2019-03-05\n",
        "2019-03-05T24:01:00Z",
        "2019-03-05T14:30:61Z",
        "2019-03-05T14:30:00+25:00",
        "0000-01-01",
        "2019-3-5",
    ],
)
def test_what_is_no_day_and_no_instant_is_refused(text):
    with pytest.raises(ValueError, match="is "):
        Moment.parse(text)


def test_the_hour_that_london_has_twice_is_told_apart_by_its_offset():
    first, second = Moment.parse("2019-10-27T01:30:00+01:00"), Moment.parse("2019-10-27T01:30:00+00:00")
    assert first.instant is not None
    assert second.instant is not None
    assert first.instant < second.instant
    assert london_day(first.instant) == london_day(second.instant)


instants_in_utc = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))


@given(st.lists(instants_in_utc))
def test_the_days_of_many_instants_are_those_of_each_in_london(instants):
    expected = [instant.astimezone(LONDON).date() for instant in instants]
    assert london_days(instants) == list(map(london_day, instants)) == expected
