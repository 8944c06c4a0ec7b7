"""The history that the command line writes for Prometheus."""

import re
from datetime import date

import pytest

from domain.question import end_of
from services.cli.ending import USAGE
from tests.authority_of_facts import event, put, service_in
from tests.running import command

TODAY = "2019-10-22"


def entered(day):
    return {"recordedtime": f"{day}T09:00:00Z"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A need since March, which the case system said in April had been met in March."""
    folder = tmp_path_factory.mktemp("history")
    with service_in(folder / "data", TODAY) as service:
        put(service, [
            event("r", "ReferralReceived", "2019-03-05", referral_id="R") | entered("2019-03-05"),
            event("d", "ReferralDecided", "2019-03-05", referral_id="R", outcome="assessment")
            | entered("2019-03-05"),
            event("s", "AssessmentStarted", "2019-03-06", assessment_id="A", referral_id="R")
            | entered("2019-03-06"),
            event("c", "AssessmentCompleted", "2019-03-29", assessment_id="A") | entered("2019-04-10"),
        ])  # fmt: skip
    return folder


def history(place, *options):
    done = command(place, "metrics", "history", *options, today=TODAY)
    assert done.returncode == 0, done.stderr
    return done


def open_assessments(done):
    """By moment, how many are told to be open."""
    found = re.findall(
        r'^casetimeline_clocks_open\{timescale="assessment".*\} (\S+) (\d+)$',
        done.stdout.decode(),
        re.MULTILINE,
    )
    return {int(at): float(number) for number, at in found}


def ends(*days):
    return [int(end_of(day).timestamp()) - 1 for day in map(date.fromisoformat, days)]


def test_every_day_is_told_at_its_end(place):
    told = open_assessments(history(place, "--from", "2019-03-28", "--to", "2019-03-30"))
    assert told == dict(zip(ends("2019-03-28", "2019-03-29", "2019-03-30"), (1, 0, 0), strict=True))


def test_every_seventh_day_is_told_where_it_is_asked_for(place):
    told = open_assessments(history(place, "--from", "2019-03-15", "--to", "2019-03-31", "--step", "7d"))
    assert told == dict(zip(ends("2019-03-15", "2019-03-22", "2019-03-29"), (1, 1, 0), strict=True))


def test_what_was_not_known_then_is_left_out(place):
    day = ("--from", "2019-04-01", "--to", "2019-04-01", "--basis", "entered")
    then = open_assessments(history(place, *day, "--known-at", "2019-04-09"))
    now = open_assessments(history(place, *day, "--known-at", "2019-04-10"))
    assert (list(then.values()), list(now.values())) == ([1], [0])


def test_the_last_day_is_yesterday_unless_told_otherwise(place):
    assert list(open_assessments(history(place, "--from", "2019-10-20"))) == ends("2019-10-20", "2019-10-21")


def test_only_the_text_goes_to_standard_output(place):
    done = history(place, "--from", "2019-10-20")
    assert done.stdout.endswith(b"# EOF\n")
    assert done.stderr.decode().strip() == "The figures of 2019-10-20 to 2019-10-21, every 1d."


@pytest.mark.parametrize(
    "options",
    [
        ("--from", "yesterday"),
        ("--from", "2019-10-20", "--step", "1w"),
        ("--from", "2019-10-20", "--step", "0d"),
        ("--from", "2019-10-20", "--to", "2019-10-19"),
        ("--from", "2019-10-20", "--known-at", "now"),
        (),
    ],
)
def test_what_cannot_be_meant_is_refused(place, options):
    done = command(place, "metrics", "history", *options, today=TODAY)
    assert (done.returncode, done.stdout) == (USAGE, b"")
