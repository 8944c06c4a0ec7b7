"""Days as they are typed and as they are written."""

from datetime import date

import pytest

from domain.moment import Moment
from services.web.days import as_typed, in_full, read_typed, span_in_short, time_of

DAY = date(2019, 10, 2)


@pytest.mark.parametrize(
    "text", ["2/10/2019", "02/10/2019", " 2.10.2019 ", "2 October 2019", "2 oct 2019", "2019-10-02"]
)
def test_a_day_can_be_typed_in_many_ways(text):
    assert read_typed(text) == DAY


@pytest.mark.parametrize(
    "text",
    ["31/2/2019", "2/13/2019", "10/2019", "2 Ju 2019", "٢/١٠/٢٠١٩", "2/10/19", "x" * 9999, "2/10/0000"],
)
def test_what_is_not_a_day_is_answered_with_an_example(text):
    with pytest.raises(ValueError, match="like 22/10/2019"):
        read_typed(text)


def test_a_day_typed_as_it_is_shown_reads_back():
    assert read_typed(as_typed(DAY)) == read_typed(in_full(DAY)) == DAY


def test_a_day_alone_has_no_time():
    assert time_of(Moment.parse("2019-10-02")) is None


def test_an_instant_is_shown_at_its_london_time():
    assert time_of(Moment.parse("2019-07-02T15:20:00+00:00")) == "16:20"


def test_years_are_written_where_they_differ():
    assert span_in_short(date(2018, 12, 20), date(2019, 1, 7)) == "20 Dec 2018 to 7 Jan 2019"
    assert span_in_short(date(2019, 3, 6), date(2019, 4, 17)) == "6 Mar to 17 Apr"
