"""Lists of clocks: from the views or from the log, they are the same, page by page."""

from dataclasses import replace
from datetime import date

import pytest

from domain.field import Invalid
from domain.question import Question
from services.clock_list import SORTS, Wanted, count_in_views, from_rows, from_views
from services.past_rows import rows_as_at
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in

TODAY = date(2019, 10, 22)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("authority"), TODAY.isoformat()) as service:
        put(service, simulate(60, 5, showcase=True))
        service.projector.catch_up()
        yield service


@pytest.fixture(scope="module")
def rows(service):
    """What the log gives."""
    return list(rows_as_at(service.log, service.histories, Question(TODAY)))


def pages(ask, wanted):
    found = []
    while True:
        page = ask(wanted)
        found += [(row.child, reading.clock.id) for row, reading in page.readings]
        if page.next is None:
            return found
        wanted = replace(wanted, cursor=page.next)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(timescale="assessment", statuses=("open",)),
        Wanted(over=True),
        Wanted(over=False, timescale="assessment"),
        Wanted(flag="OPEN_PAST_LIMIT"),
        Wanted(flag="RESTARTED_ON_OPEN_REFERRAL"),
    ],
    ids=str,
)
def test_the_views_and_the_log_give_the_same_list(service, rows, wanted, sort):
    wanted = replace(wanted, sort=sort, limit=37)
    from_log = pages(lambda w: from_rows(rows, w, TODAY, service.calendar), wanted)
    live = pages(lambda w: from_views(service.views, w, TODAY), wanted)
    assert live == from_log
    assert len(live) == count_in_views(service.views, wanted, TODAY)
    assert len(set(live)) == len(live)


def test_the_longest_over_come_first(service):
    page = from_views(service.views, Wanted(over=True, limit=1000), TODAY)
    over = [reading.over_by.working_days for _, reading in page.readings]
    assert over == sorted(over, reverse=True)
    assert over[-1] > 0


@pytest.mark.parametrize("sort", ["started_on", "due_on"])
def test_dates_are_in_order_over_weekends_too(service, sort):
    page = from_views(service.views, Wanted(sort=sort, limit=100_000), TODAY)
    days = [getattr(reading.clock, sort) for _, reading in page.readings]
    assert any(day.weekday() >= 5 for day in days)
    assert days == sorted(days)


def test_what_is_over_by_no_working_day_comes_before_what_is_in_time(tmp_path):
    saturday = "2019-10-19"
    with service_in(tmp_path, saturday) as service:
        put(
            service,
            [
                # Six weeks to a Friday: over since this morning, by no working day.
                event("1", "PlanStarted", "2019-08-23", subject="C2", plan_id="P-2", kind="child_protection"),
                event(
                    "2", "MeetingHeld", "2019-09-06", subject="C2", meeting_id="M-1", kind="core_group",
                    plan_id="P-2",
                ),
                event("3", "ReferralReceived", saturday, subject="C1", referral_id="R-1"),
            ],
        )  # fmt: skip
        service.projector.catch_up()
        wanted = Wanted(statuses=("open",), limit=100_000)
        rows = list(rows_as_at(service.log, service.histories, Question(date(2019, 10, 19))))
        for page in (
            from_views(service.views, wanted, date(2019, 10, 19)),
            from_rows(rows, wanted, date(2019, 10, 19), service.calendar),
        ):
            is_over = [reading.is_over for _, reading in page.readings]
            assert is_over == sorted(is_over, reverse=True)
            assert [r.clock.id for _, r in page.readings if r.is_over and not r.over_by.working_days] == [
                "core_group:P-2"
            ]


@pytest.mark.parametrize("whose", ["team_id", "worker_id"])
def test_a_list_of_one_team_or_worker_holds_all_of_theirs_and_nothing_else(service, rows, whose):
    everything = Wanted(limit=100_000)
    listed = from_views(service.views, everything, TODAY).readings
    holders = {getattr(row, whose) for row, _ in listed} - {None}
    assert len(holders) > 1
    for holder in holders:
        wanted = replace(everything, **{whose: holder})
        theirs = {(row.child, reading.clock.id) for row, reading in listed if getattr(row, whose) == holder}
        for page in (
            from_views(service.views, wanted, TODAY),
            from_rows(rows, wanted, TODAY, service.calendar),
        ):
            assert {(row.child, reading.clock.id) for row, reading in page.readings} == theirs
        assert count_in_views(service.views, wanted, TODAY) == len(theirs)


@pytest.mark.parametrize("cursor", ["", "nonsense", "W10", "WyJvdmVyIiwxLDIsM10", "é"])
def test_a_cursor_that_was_not_given_is_refused(service, cursor):
    with pytest.raises(Invalid):
        from_views(service.views, Wanted(cursor=cursor), TODAY)
