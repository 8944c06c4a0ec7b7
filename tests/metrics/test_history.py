"""The figures of past days are what was true on them."""

import re
import subprocess
from datetime import date

import pytest

from domain.question import Question, end_of
from services import shares
from services.metrics.from_views import figures_of_today
from services.metrics.history import Range, as_openmetrics, over_time, past_figures
from services.metrics.practice import practice_metrics
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in
from tests.metrics.folded import every, figures_as_at, in_hand
from tests.metrics.referrals import IN_HAND, referrals
from tests.metrics.samples import samples_of

TODAY = date(2019, 10, 22)
FIRST, LAST = date(2018, 10, 1), TODAY
SOURCES = frozenset({"urn:simulated-authority:5"})


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("history"), TODAY.isoformat()) as service:
        put(service, list(simulate(30, 5, showcase=True)))
        service.projector.catch_up()
        yield service


def history(authority, first, last, known, streams=None):
    share = authority.log.streams() if streams is None else streams
    return over_time(share, authority.histories, authority.calendar, Range(first, last, known))


@pytest.fixture(scope="module")
def days(authority):
    told = history(authority, FIRST, LAST, Question(LAST))
    return {day: samples_of(practice_metrics(figures)) for day, figures in told.figures()}


def without_zeros(samples):
    return {of: number for of, number in samples.items() if number}


@pytest.mark.parametrize("day", [*every(FIRST, LAST, 23), date(2019, 2, 28), date(2019, 3, 31)])
def test_a_past_day_is_told_as_it_is_answered_as_at_that_day(authority, days, day):
    counted = samples_of(practice_metrics(figures_as_at(authority, Question(day), SOURCES)))
    assert without_zeros(days[day]) == without_zeros(counted)


def test_the_last_day_is_told_as_it_is_told_today(authority, days):
    today = samples_of(practice_metrics(figures_of_today(authority.views, TODAY)))
    today = {of: n for of, n in today.items() if of[0] != "casetimeline_source_last_fact_timestamp_seconds"}
    assert without_zeros(days[TODAY]) == without_zeros(today)


def test_the_past_is_told_as_it_was_known_at_a_moment(authority):
    day = date(2019, 6, 3)
    known = Question(day, end_of(date(2018, 1, 1)))
    told = history(authority, day, day, known)
    ((_, figures),) = told.figures()
    assert not without_zeros(samples_of(practice_metrics(figures)))
    known = Question(day, end_of(date(2019, 6, 3)), "entered")
    told = history(authority, day, day, known)
    ((_, figures),) = told.figures()
    counted = figures_as_at(authority, known, SOURCES)
    assert without_zeros(samples_of(practice_metrics(figures))) == without_zeros(
        samples_of(practice_metrics(counted))
    )


def test_adding_up_shares_of_the_children_is_adding_up_all(authority, days):
    whole = history(authority, FIRST, LAST, Question(LAST))
    streams = list(authority.log.streams())
    shares = [history(authority, FIRST, LAST, Question(LAST), streams[n::3]) for n in range(3)]
    for share in shares[1:]:
        shares[0].merge(share)
    for (day, ours), (_, all_at_once) in zip(shares[0].figures(), whole.figures(), strict=True):
        if day.day == 1:
            assert without_zeros(samples_of(practice_metrics(ours))) == without_zeros(
                samples_of(practice_metrics(all_at_once))
            )


def test_the_text_is_openmetrics_with_each_day_at_its_end(authority, days, tmp_path):
    weekly = every(FIRST, LAST, 7)
    told = history(authority, FIRST, LAST, Question(LAST))
    text = "".join(as_openmetrics(told, 7))
    found = samples_by_time(text)
    assert sorted(found) == [end_of(day).timestamp() - 1 for day in weekly]
    for day in weekly:
        assert without_zeros(found[end_of(day).timestamp() - 1]) == without_zeros(days[day])


def test_nobody_holds_on_a_past_day_what_was_over_or_left_behind_by_then(tmp_path):
    first, last = date(2019, 9, 30), date(2019, 10, 12)
    with service_in(tmp_path, TODAY.isoformat()) as service:
        put(service, IN_HAND)
        service.projector.catch_up()
        told = list(history(service, first, last, Question(last)).figures())
        for day, figures in told:
            assert (figures.without_worker, figures.caseloads) == in_hand(service, Question(day)), day
    assert [figures.without_worker for _, figures in told] == [0, 6, 0, 1, 1, 1, 1, 2, 4, 4, 3, 3, 3]


@pytest.mark.parametrize("hostile", ["Team of T-1", "t-1", "W-LATER"])
def test_no_child_or_worker_is_named_in_any_label_of_a_past_day(tmp_path, hostile):
    allocated = event("h", "WorkerAllocated", "2019-10-02", subject="T-1", worker_id="W", team_id=hostile)
    later = event("l", "WorkerAllocated", "2019-10-20", subject="T-2", worker_id="W-LATER", team_id="T")
    with service_in(tmp_path, TODAY.isoformat()) as service:
        put(service, [*referrals("T", 6), allocated, later])
        text = "".join(as_openmetrics(history(service, date(2019, 10, 1), TODAY, Question(TODAY)), 1))
    assert 'team="T"' in text
    assert 'team="other"' in text
    assert hostile not in text


@pytest.mark.slow
def test_all_cores_together_tell_what_one_tells(authority, days, monkeypatch):
    monkeypatch.setattr(shares, "PAYS_FROM_STREAMS", 1)
    monkeypatch.setattr(shares, "STREAMS_IN_A_SHARE", 20)
    steps: list[tuple[int, int]] = []
    told = past_figures(authority, Range(FIRST, LAST, Question(LAST)), lambda *step: steps.append(step))
    every_stream = len(list(authority.log.streams()))
    assert steps == [(done, every_stream) for done, _ in sorted(steps)]
    assert (len(steps) > 1, steps[-1][0]) == (True, every_stream)
    for day, figures in told.figures():
        assert without_zeros(samples_of(practice_metrics(figures))) == without_zeros(days[day])


def test_promtool_makes_blocks_of_it(authority, tmp_path):
    first, last = date(2019, 9, 1), date(2019, 9, 10)
    told = history(authority, first, last, Question(last))
    (tmp_path / "history.txt").write_text("".join(as_openmetrics(told, 1)))
    blocks = tmp_path / "blocks"
    done = subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(tmp_path / "history.txt"), str(blocks)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        ["promtool", "tsdb", "list", str(blocks)], capture_output=True, text=True, check=True
    )
    assert len(listed.stdout.splitlines()) == 1 + len(every(first, last, 1))


def samples_by_time(text):
    """Samples by time, each family told once and each series with its times in order.

    The client library's own parser takes the buckets of a second time for those of the first.
    """
    assert text.endswith("# EOF\n")
    families = re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)
    assert len(families) == len(set(families))
    found: dict = {}
    last_of: dict = {}
    for name, labels, number, time in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+) (\d+)$", text, re.MULTILINE):
        series = (name, frozenset(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)))
        assert last_of.get(series, 0) < int(time)
        last_of[series] = int(time)
        found.setdefault(float(time), {})[series] = float(number)
    return found
