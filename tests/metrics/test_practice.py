"""The figures about children that Prometheus reads are those of the lists, today and of every past day."""

from collections import Counter
from datetime import date

import pytest

from domain.question import Question
from domain.reviewed_timescales import all_ids
from projections.clock_rows import clock_rows
from projections.measure_catalogue import WITH_RECORDS
from projections.practice import AGE_BOUNDS_WORKDAYS, Practice, standing
from services.measures.answers import Measures
from services.metrics.from_views import figures_of_today
from services.metrics.history import Range, over_time
from services.metrics.practice import practice_metrics
from services.page_reads import PageReads
from services.simulate.simulation import simulate
from services.web.question import Question as On
from tests.asking import Client
from tests.authority_of_facts import event, put, service_in
from tests.metrics.folded import in_hand
from tests.metrics.referrals import IN_HAND, referrals
from tests.metrics.samples import samples_of, value

TODAY = "2019-10-22"
DAY = date(2019, 10, 22)
LIST = "casetimeline_clocks_"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("practice"), TODAY) as service:
        put(service, list(simulate(120, 11, showcase=True)))
        service.projector.catch_up()
        yield service


@pytest.fixture(scope="module", params=[DAY, date(2019, 8, 30), date(2019, 7, 7)], ids=str)
def day(request):
    return request.param


@pytest.fixture(scope="module")
def samples(authority, day):
    """What is told of today, or in the history of a past day."""
    if day == DAY:
        return samples_of(practice_metrics(figures_of_today(authority.views, DAY)))
    asked = Range(date(2019, 3, 1), DAY, Question(DAY))
    history = over_time(authority.log.streams(), authority.histories, authority.calendar, asked)
    return next(samples_of(practice_metrics(of_day)) for one, of_day in history.figures() if one == day)


@pytest.fixture(scope="module")
def listed(authority, day):
    """Every clock as ``GET /clocks`` tells it as at the day."""
    return Client(authority).all_of("/clocks", as_at=day.isoformat())


def open_clocks(listed):
    return [clock for clock in listed if clock["status"] == "open"]


def has_flag(clock, *codes):
    return any(flag["code"] in codes for flag in clock["flags"])


def by_timescale(clocks):
    return Counter(clock["timescale"] for clock in clocks)


def check(samples, name, counted, all_of, **labels):
    for timescale in {clock["timescale"] for clock in all_of}:
        assert value(samples, name, timescale=timescale, **labels) == counted.get(timescale, 0), timescale


def test_open_clocks_and_those_past_their_limit_are_counted_by_team(samples, listed):
    running = open_clocks(listed)
    late = [clock for clock in running if has_flag(clock, "OPEN_PAST_LIMIT")]
    assert late
    for name, clocks in ((f"{LIST}open", running), (f"{LIST}past_limit", late)):
        counted = Counter((clock["timescale"], clock["team_id"] or "none") for clock in clocks)
        told = {
            (dict(labels)["timescale"], dict(labels)["team"]): number
            for (sample, labels), number in samples.items()
            if sample == name and number
        }
        assert told == counted


def test_what_waits_is_paused_restarted_or_came_back_is_counted(samples, listed):
    running = open_clocks(listed)
    with_records = [clock for clock in running if clock["hidden"] is not None]
    for state in ("waiting", "paused"):
        counted = by_timescale(clock for clock in with_records if clock["spans"][-1]["state"] == state)
        check(samples, f"{LIST}{state}", counted, with_records)
    restarted = [
        clock
        for clock in running
        if has_flag(
            clock, "REOPENED_SAME_RECORD", "RESTARTED_ON_OPEN_REFERRAL", "CANCELLED_THEN_RESTARTED",
            "PRE_PROCEEDINGS_RESTARTED",
        )
    ]  # fmt: skip
    assert restarted
    check(samples, f"{LIST}restarted", by_timescale(restarted), listed)
    continued = [clock for clock in running if has_flag(clock, "CONTINUATION_WITHIN_WINDOW")]
    check(samples, f"{LIST}continued", by_timescale(continued), listed)


def test_what_is_over_is_counted_by_how_it_ended(samples, listed):
    ended = [clock for clock in listed if clock["status"] == "ended_without_completion"]
    check(samples, f"{LIST}ended_without_completion", by_timescale(ended), listed)
    over = [clock for clock in ended if clock["over_by"]["calendar_days"] > 0]
    check(samples, f"{LIST}ended_past_limit", by_timescale(over), listed)
    stopped = [clock for clock in listed if clock["status"] == "stopped"]
    timely = [
        clock
        for clock in stopped
        if clock["over_by"]["calendar_days"] == 0 and not has_flag(clock, "COMPLETED_AFTER_CLOSING")
    ]
    assert 0 < len(timely) < len(stopped)
    check(samples, f"{LIST}stopped", by_timescale(timely), listed, in_time="yes")
    late = by_timescale(stopped)
    late.subtract(by_timescale(timely))
    check(samples, f"{LIST}stopped", late, listed, in_time="no")


@pytest.mark.parametrize(("kind", "of"), [("true", "elapsed"), ("recorded", "recorded")])
def test_ages_of_open_clocks_are_counted_up_to_each_bound(samples, listed, kind, of):
    name = f"casetimeline_open_clock_{kind}_age_workdays"
    running = [clock for clock in open_clocks(listed) if of == "elapsed" or clock["hidden"] is not None]
    ages = [(clock["timescale"], (clock[of] or {"working_days": 0})["working_days"]) for clock in running]
    assert ages
    for bound in AGE_BOUNDS_WORKDAYS:
        counted = Counter(timescale for timescale, age in ages if age <= bound)
        check(samples, f"{name}_bucket", counted, running, le=str(float(bound)))
    check(samples, f"{name}_gcount", Counter(timescale for timescale, _ in ages), running)
    total: Counter[str] = Counter()
    for timescale, age in ages:
        total[timescale] += age
    check(samples, f"{name}_gsum", total, running)


def test_hidden_days_are_added_up_and_the_longest_is_told(samples, listed):
    hiding = [clock for clock in open_clocks(listed) if clock["hidden"] is not None]
    total: Counter[str] = Counter()
    longest: dict[str, int] = {}
    for clock in hiding:
        days = clock["hidden"]["working_days"]
        total[clock["timescale"]] += days
        longest[clock["timescale"]] = max(longest.get(clock["timescale"], 0), days)
    assert max(longest.values()) > 0
    check(samples, "casetimeline_hidden_workdays", total, hiding)
    check(samples, "casetimeline_hidden_longest_workdays", longest, hiding)


def test_the_overview_shows_the_same_numbers(authority, samples, day):
    reads = PageReads(
        authority.log,
        authority.histories,
        authority.views,
        authority.calendar,
        authority.today,
        Measures(authority),
    )
    shown = reads.overview(On(day))
    late: Counter[str] = Counter()
    for (name, of), number in samples.items():
        if name == f"{LIST}past_limit":
            late[dict(of)["timescale"]] += int(number)
    running = sum(
        number
        for (name, of), number in samples.items()
        if name == f"{LIST}open" and ("timescale", "assessment") in of
    )
    of = {"timescale": "assessment"}
    assert shown.open_assessments == running
    assert shown.late_hidden + shown.late_on_both == late.pop("assessment")
    assert shown.ended_late == value(samples, f"{LIST}ended_past_limit", **of)
    assert shown.longest_hidden[0].hidden == value(samples, "casetimeline_hidden_longest_workdays", **of)
    assert {one.timescale: one.count for one in shown.also_late if one.count} == +late


def test_counting_the_views_is_counting_the_clocks_of_every_history(authority):
    practice = Practice()
    for stream in authority.log.streams():
        history = authority.histories.of(stream)
        case = authority.histories.case(history, Question(DAY))
        if case.figures.child == stream:
            for row in clock_rows.rows(case):
                practice.add(standing(row, DAY, authority.calendar))
    counted = figures_of_today(authority.views, DAY).clocks
    assert counted == practice.by_timescale


def teams_of(service):
    told = samples_of(practice_metrics(figures_of_today(service.views, DAY)))
    return {
        dict(labels)["team"]: number
        for (name, labels), number in told.items()
        if name == f"{LIST}open" and number
    }


def test_beyond_forty_teams_the_rest_are_other(tmp_path):
    with service_in(tmp_path, TODAY) as service:
        for number in range(41):
            put(service, list(referrals(f"T{number}", 1 if number == 17 else 2)))
        service.projector.catch_up()
        teams = teams_of(service)
    assert len(teams) == 41
    assert "T17" not in teams
    assert teams["other"] > 0


def test_nobody_holds_what_is_over_or_was_left_behind(tmp_path):
    """As ``/measures`` and ``/caseloads`` tell it: cases left behind are without a worker, and so is care."""
    with service_in(tmp_path, TODAY) as service:
        put(service, IN_HAND)
        service.projector.catch_up()
        figures = figures_of_today(service.views, DAY)
        assert (figures.without_worker, figures.caseloads) == in_hand(service, Question(DAY))
    assert (figures.without_worker, figures.caseloads) == (3, {3: 1, 1: 1})


def test_a_team_named_like_a_child_or_a_worker_has_no_label(tmp_path):
    with service_in(tmp_path, TODAY) as service:
        put(service, list(referrals("T", 3)))
        for hostile in ("T-1", "W-T"):
            put(service, list(referrals(hostile, 1, start=50)))
        service.projector.catch_up()
        teams = teams_of(service)
    assert set(teams) == {"T", "other"}


@pytest.mark.parametrize("hostile", ["t-1", "OLD-W", "worker:W-T", "urn:child:T-2", "SW-9", "VIS-W"])
def test_no_way_of_writing_a_child_or_a_worker_past_or_present_is_a_label(tmp_path, hostile):
    with service_in(tmp_path, TODAY) as service:
        known = list(referrals("T", 6))
        put(service, known)
        first = event("a", "WorkerAllocated", "2019-10-01", subject="T-2", worker_id="OLD-W", team_id="T")
        visit = event(
            "v", "VisitMade", "2019-10-04", subject="T-2", visit_id="V", purpose="assessment", seen=True,
            worker_id="VIS-W",
        )  # fmt: skip
        put(service, [visit])
        put(service, [first, event("j", "WorkerJoined", "2019-01-01", subject="worker:SW-9", team_id="T")])
        allocated = event("h", "WorkerAllocated", "2019-10-02", subject="T-1", worker_id="W", team_id=hostile)
        put(service, [allocated])
        put(service, [{**fact, "source": hostile} for fact in known])
        service.projector.catch_up()
        told = samples_of(practice_metrics(figures_of_today(service.views, DAY)))
    labels = {value for _, of in told for name, value in of if name in ("team", "source")}
    assert hostile not in labels
    assert {"T", "other"} <= labels


def test_what_there_is_none_of_is_told_as_none(tmp_path):
    with service_in(tmp_path, TODAY) as service:
        put(service, list(referrals("T", 1)))
        service.projector.catch_up()
        told = samples_of(practice_metrics(figures_of_today(service.views, DAY)))
    for timescale in all_ids():
        assert value(told, f"{LIST}restarted", timescale=timescale) == 0
        assert any(name == f"{LIST}open" and ("timescale", timescale) in of for name, of in told)
    hidden = {dict(of)["timescale"] for name, of in told if name == "casetimeline_hidden_workdays"}
    assert hidden == set(WITH_RECORDS)
    assert value(told, "casetimeline_records_vanished", record_kind="assessment") == 0


def test_the_timescales_with_records_are_those_whose_clocks_have_them(authority):
    found = {row.clock.timescale.id for row in authority.views.rows(clock_rows) if row.clock.has_records}
    assert found <= WITH_RECORDS
    assert len(found) > 2


def test_the_silence_of_twenty_case_systems_can_be_told_apart(tmp_path):
    with service_in(tmp_path, TODAY) as service:
        known = list(referrals("T", 5))
        for number in range(6):
            put(service, [{**fact, "source": f"urn:system:{number}"} for fact in known])
        service.projector.catch_up()
        told = samples_of(practice_metrics(figures_of_today(service.views, DAY)))
    last = {
        dict(of)["source"] for name, of in told if name == "casetimeline_source_last_fact_timestamp_seconds"
    }
    assert last == {f"urn:system:{number}" for number in range(6)}


def test_a_source_that_reports_on_few_children_has_no_label(tmp_path):
    with service_in(tmp_path, TODAY) as service:
        put(service, list(referrals("T", 5)))
        one = event("1", "ReferralReceived", "2019-10-01", subject="C77", referral_id="R-1")
        put(service, [{**one, "source": "urn:child:C77"}])
        service.projector.catch_up()
        told = samples_of(practice_metrics(figures_of_today(service.views, DAY)))
    sources = {dict(labels)["source"] for name, labels in told if name == "casetimeline_facts"}
    assert "other" in sources
    assert not [source for source in sources if "C77" in source]
    assert len(sources) == 2
