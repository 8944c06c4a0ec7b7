"""What a child's page says of one day, out of the replies alone."""

from datetime import date

import pytest

from services.web import lanes
from services.web.child_page import child_page
from services.web.event_sentences import meeting_kinds
from services.web.facts import read_facts
from services.web.question import Question, read_question
from services.web.reads import ChildView
from tests.web import showcase
from tests.web.calendar import CALENDAR
from tests.web.reads import CHILDREN, READS
from tests.web.showcase import TODAY

PLAIN = Question(TODAY, is_plain=True)


def shown(child="C1001", clock_id="", is_whole=False, **asked):
    question = read_question(asked, TODAY)
    return child_page(
        child, READS.child(child, question), now(child), question, TODAY, CALENDAR, clock_id, is_whole
    )


def recorded_by(day, **more):
    return shown(as_at=day, known_at=day, basis="entered", **more)


def now(child="C1001"):
    view = READS.child(child, PLAIN)
    assert view is not None
    return view


def lane(name, view):
    facts = read_facts(view.timeline)
    clocks = view.clocks["clocks"]
    need = next((clock for clock in clocks if clock["timescale"] == "assessment"), None)
    told = lanes.Told(facts, [], clocks, need, TODAY, CALENDAR, meeting_kinds(facts))
    return next(found for found in lanes.lanes(told) if found.name == name)


def numbers(page):
    return {figure.name: figure.number for figure in page.figures}


def words(page, name):
    return " ".join(words.text for figure in page.figures if figure.name == name for words in figure.words)


def test_the_worked_example_shows_its_four_figures():
    assert numbers(shown()) == {
        "Recorded clock": "9",
        "True clock": "89",
        "Hidden by closing and reopening": "80",
        "Child last seen": "13",
    }


def test_the_figures_say_what_they_mean():
    page = shown()
    assert words(page, "Recorded clock") == "A-3 only. Signed off. Reported as within 45."
    assert words(page, "True clock") == "Since referral on 5 March 2019. 44 over the 45-day limit."
    assert (
        words(page, "Hidden by closing and reopening")
        == "3 assessments for one need. Closed for 13 days in 2 gaps."
    )
    assert words(page, "Child last seen") == "Seen alone on 3 October 2019. Visit 3 days late."


def test_the_table_adds_up_to_the_true_clock_and_to_the_recorded_one():
    page = shown()
    assert [row.days for row in page.spans] == [1, 30, 6, 36, 7, 9]
    assert sum(row.days for row in page.spans) == page.need["elapsed"]["working_days"] == 89
    assert sum(row.recorded or 0 for row in page.spans) == page.need["recorded"]["working_days"] == 9


@pytest.mark.parametrize(
    "day", [date(2019, 3, 6), date(2019, 4, 17), date(2019, 4, 25), date(2019, 5, 10), date(2019, 7, 1)]
)
def test_the_table_adds_up_on_any_day(day):
    page = shown(as_at=day.isoformat())
    assert sum(row.days for row in page.spans) == CALENDAR.between(date(2019, 3, 5), day)


def test_a_past_day_shows_what_was_recorded_by_then():
    page = recorded_by("2019-05-20")
    assert numbers(page) == {
        "Recorded clock": "14",
        "True clock": "51",
        "Hidden by closing and reopening": "37",
        "Child last seen": "46",
    }
    assert words(page, "Child last seen") == "Seen, not alone, on 12 March 2019. Visit 36 days late."


def test_what_we_now_know_of_a_past_day_includes_what_was_recorded_since():
    page = shown(as_at="2019-05-20")
    assert numbers(page)["Child last seen"] == "9"
    assert words(page, "Child last seen") == "Seen, not alone, on 7 May 2019. Next visit due by 21 May 2019."


def test_what_had_happened_but_was_not_recorded_is_listed_apart():
    page = recorded_by("2019-05-20")
    assert [(row.title.striptags(), row.fact.learnt_on) for row in page.unrecorded] == [
        ("Visit: seen, not alone", date(2019, 6, 6))
    ]
    assert shown(as_at="2019-05-20").unrecorded == []


def test_with_nothing_open_the_record_is_said_to_count_nothing():
    page = recorded_by("2019-04-23")
    assert words(page, "Recorded clock") == "A-1. Closed, nothing counting. Reported as within 45."
    assert words(page, "True clock") == "Since referral on 5 March 2019. 12 left to the 45-day limit."


def test_before_anything_was_known_the_page_is_empty_and_not_missing():
    page = recorded_by("2019-01-02")
    assert (page.need, page.fact_count, numbers(page)) == (None, 0, {"Child last seen": "Never"})


def test_the_lanes_tell_visits_apart_by_shape():
    found = lane("Visits", now())
    assert [
        mark.shape for mark in found.marks
    ] == "ring cross ring filled filled ring cross filled filled".split()


def test_a_visit_recorded_late_shows_when_it_was_recorded():
    found = lane("Visits", now())
    late = [(mark.day, mark.late_until) for mark in found.marks if mark.late_until]
    assert late == [(date(2019, 5, 7), date(2019, 6, 6)), (date(2019, 8, 29), date(2019, 9, 12))]


def test_lateness_is_what_the_clocks_say():
    view = now()
    no_clocks = ChildView({**view.clocks, "clocks": []}, view.timeline)
    assert [bar.label for bar in lane("Visits", view).bars] == [
        "27 days late", "9 days late", "1 day late", "26 days late", "15 days late", "3 days late",
    ]  # fmt: skip
    assert lane("Visits", no_clocks).bars == []
    assert not any(group.is_late for group in lane("Meetings", no_clocks).groups)


def test_the_limit_is_marked_in_the_true_lane_alone():
    ticked = [name for name in ("As recorded", "True elapsed") if lane(name, now()).tick_on]
    assert ticked == ["True elapsed"]


def test_the_running_or_the_latest_clock_is_shown_first_and_the_others_are_offered():
    page = shown("MANY")
    assert page.need["id"] == "assessment:R-0"
    assert [clock["id"] for clock in page.needs] == [f"assessment:R-{n}" for n in range(6)]
    assert shown("MANY", clock_id="assessment:R-3").need["id"] == "assessment:R-3"
    assert shown("MANY", clock_id="assessment:none").need["id"] == "assessment:R-0"


def test_a_long_history_is_drawn_around_the_clock_unless_all_is_asked_for():
    page, whole = shown("MANY"), shown("MANY", is_whole=True)
    assert page.can_be_whole
    assert "2012" not in page.pictures[0]
    assert "2012" in whole.pictures[0]
    assert not shown().can_be_whole


def test_a_correction_that_is_held_is_shown_and_not_followed():
    rows = {row.fact.entry["id"]: row for _, rows in shown("RULED").months for row in rows}
    assert rows["r1"].fact.day == date(2019, 3, 5)
    assert [(note.words, [link.words for link in note.says]) for note in rows["r1"].notes] == [
        ("Corrected: day was 5 March 2019, now 18 March 2019", ["Correction: ‘typed wrong’, 20 March 2019"]),
        (
            "Held: the referral was first reported for an earlier day; "
            "it would hide time from 5 March 2019 on. A ruling can accept it.",
            ["Correction: ‘typed wrong’, 20 March 2019"],
        ),
    ]


def test_a_correction_that_is_followed_moves_the_fact():
    entries = [
        showcase.entry("1", "ReferralReceived", "2019-03-05", {"referral_id": "R-1"}, 1),
        showcase.entry("2", "FactCorrected", "2019-03-20", {"corrects": showcase.because("1")[0]}, 2),
    ]
    entries[0] |= {"corrected_by": showcase.because("2"), "effective": {"occurred_on": "2019-03-04"}}
    assert read_facts({"entries": entries})[0].day == date(2019, 3, 4)


def test_a_withdrawn_fact_is_struck_out_and_not_drawn():
    rows = {row.fact.entry["id"]: row for _, rows in shown("RULED").months for row in rows}
    assert rows["r4"].fact.is_withdrawn
    assert lane("Visits", CHILDREN["RULED"](TODAY, None)).marks == []
    assert numbers(shown("RULED"))["Child last seen"] == "Never"


def test_a_fact_that_does_not_follow_says_so():
    rows = {row.fact.entry["id"]: row for _, rows in shown("RULED").months for row in rows}
    assert [note.words for note in rows["r6"].notes] == ["Does not follow: Assessment A-9 was never started."]


def test_flags_are_sentences_with_the_facts_they_come_from():
    flag = shown().flags[0]
    assert flag.phrase == "Closed and restarted"
    assert [link.words for link in flag.causes][:2] == [
        "Assessment A-1 closed: ‘re-evaluate’, 17 April 2019",
        "Assessment A-2 started, 29 April 2019",
    ]


def test_one_can_jump_to_each_closing_the_limit_the_end_and_today():
    steps = [(step.label, step.question.as_at) for step in shown().jumps]
    assert steps == [
        ("A-1 closed", date(2019, 4, 17)),
        ("past its limit", date(2019, 5, 11)),
        ("A-2 closed", date(2019, 6, 20)),
        ("A-3 signed off", date(2019, 7, 12)),
        ("today", TODAY),
    ]


def test_the_steps_go_to_the_days_on_which_something_was_recorded_or_happened():
    assert recorded_by("2019-06-05").next.question.as_at == date(2019, 6, 6)
    assert shown(as_at="2019-06-05").next.question.as_at == date(2019, 6, 13)
    assert shown(as_at="2019-05-08").previous.question.as_at == date(2019, 5, 7)
    assert recorded_by("2019-05-08").previous.question.as_at == date(2019, 4, 29)
    assert shown().next is None


def test_the_child_stands_as_the_facts_of_the_day_tell():
    assert shown().standing == "6 years. Child protection plan. Team B."
    assert shown(as_at="2019-05-20").standing == "6 years. Child in need plan. Team B."
    assert shown("QUIET").standing == ""


def test_clocks_that_stopped_in_time_stand_apart_from_those_to_look_at():
    page = shown()
    assert all(lanes.is_over(clock) or clock["status"] == "open" for clock in page.clocks)
    assert len(page.clocks) + len(page.settled) + 1 == len(showcase.clocks("C1001", TODAY, None)["clocks"])


def test_a_day_told_without_a_time_is_shown_without_one():
    rows = [row for _, rows in shown().months for row in rows]
    assert {row.time for row in rows} == {None, "16:20"}
