"""What an address asks, and how it is written so that it can be shared."""

from datetime import date

import pytest

from services.web.question import BadQuestion, Question, Show, address, read_form, read_question

TODAY = date(2019, 10, 22)
MAY = date(2019, 5, 20)


def read(**asked):
    return read_question(asked, TODAY)


def test_an_address_without_a_day_asks_of_today_with_everything_known():
    assert read() == Question(TODAY, is_plain=True)


def test_a_day_known_by_itself_asks_what_was_recorded_by_then():
    question = read(as_at="2019-05-20", known_at="2019-05-20", basis="entered")
    assert (question.show, question.as_at, question.basis) == (Show.RECORDED, MAY, "entered")


def test_a_day_alone_asks_what_we_now_know_of_it():
    assert read(as_at="2019-05-20").show is Show.KNOWN


def test_two_different_days_are_neither():
    assert read(as_at="2019-05-20", known_at="2019-06-06").show is Show.OTHER
    assert read(as_at="2019-05-20", known_at="2019-05-20T12:00:00+01:00").show is Show.OTHER


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"as_at": "2019-05-20"},
        {"as_at": "2019-05-20", "known_at": "2019-05-20", "basis": "entered"},
        {"as_at": "2019-05-20", "known_at": "2019-06-06T12:00:00+01:00", "basis": "recorded"},
    ],
)
def test_a_question_is_written_as_it_was_asked(asked):
    assert read(**asked).parameters() == asked


def test_moving_to_another_day_keeps_what_is_shown():
    assert read().on(MAY, TODAY).parameters() == {
        "as_at": "2019-05-20",
        "known_at": "2019-05-20",
        "basis": "entered",
    }
    assert read(as_at="2019-03-06").on(MAY, TODAY).parameters() == {"as_at": "2019-05-20"}


def test_what_is_recorded_by_today_is_everything():
    asked = read(as_at="2019-05-20", known_at="2019-05-20")
    assert asked.on(TODAY, TODAY).parameters() == {}


@pytest.mark.parametrize(
    "asked",
    [
        {"as_at": "2019-10-23"},
        {"as_at": "1899-12-31"},
        {"as_at": "20/5/2019"},
        {"as_at": "2019-02-30"},
        {"known_at": "yesterday"},
        {"as_at": "2019-05-20", "basis": "guessed"},
    ],
)
def test_what_cannot_be_answered_is_refused(asked):
    with pytest.raises(BadQuestion):
        read(**asked)


def test_the_form_asks_what_was_recorded_by_the_day_typed():
    assert read_form({"day": "20/5/2019"}, TODAY) == read(
        as_at="2019-05-20", known_at="2019-05-20", basis="entered"
    )
    assert read_form({"day": "20/5/2019", "show": "known"}, TODAY) == read(as_at="2019-05-20")
    assert read_form({"day": "22/10/2019"}, TODAY) == read()


@pytest.mark.parametrize("typed", ["", "23/10/2019", "soon"])
def test_the_form_refuses_what_is_not_a_past_day(typed):
    with pytest.raises(BadQuestion):
        read_form({"day": typed}, TODAY)


def test_an_address_leaves_out_what_is_not_asked():
    assert address("/late", {"as_at": "2019-05-20"}, {"cursor": ""}) == "/late?as_at=2019-05-20"
    assert address("/late") == "/late"
