"""What a process tells Prometheus as a whole."""

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest

from infra.log.commit import LogUnavailable
from services.metrics.exposition import Exposition
from services.project import Projector
from services.together import Together
from tests.authority_of_facts import event, put, service_in
from tests.metrics.samples import samples_in, value

PATIENT_S = 90
UP = "casetimeline_part_up"
READ_AT = "casetimeline_practice_read_timestamp_seconds"


def referral(number):
    return event(str(number), "ReferralReceived", "2019-10-01", subject=f"C{number}", referral_id="R-1")


def scraped(exposition):
    return samples_in(exposition.text("")[0].decode())


def awaited(exposition, is_told, what):
    """The first scrape of which something is so."""
    until = time.monotonic() + PATIENT_S
    while time.monotonic() < until:
        samples = scraped(exposition)
        if is_told(samples):
            return samples
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def test_figures_of_a_quiet_service_do_not_grow_old(tmp_path):
    with service_in(tmp_path) as service:
        put(service, [referral(1)])
        service.projector.catch_up()
        exposition = Exposition(service, [], with_practice=True)
        first = awaited(exposition, lambda told: value(told, READ_AT), "figures")
        facts = ("casetimeline_children", frozenset({("status", "referred")}))
        later = awaited(exposition, lambda told: value(told, READ_AT) > value(first, READ_AT), "a later look")
        assert first[facts] == later[facts] == 1


def up(samples):
    """What each part is said to be."""
    return {dict(labels)["part"]: number for (name, labels), number in samples.items() if name == UP}


def test_keys_that_cannot_be_made_are_a_part_that_is_down(tmp_path):
    with service_in(tmp_path) as service:
        exposition = Exposition(service, [], with_practice=False)
        others = {"log": 1, "views": 1, "lag": 1, "conflicts": 1, "runs": 1, "disk": 1}
        awaited(exposition, lambda told: up(told) == others | {"keys": 1}, "every part")
        with closing(sqlite3.connect(tmp_path / "keys.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            awaited(exposition, lambda told: up(told) == others | {"keys": 0}, "keys that are down")
            other.execute("ROLLBACK")
        awaited(exposition, lambda told: up(told) == others | {"keys": 1}, "keys that are back")


@pytest.mark.parametrize("part", ["runs", "conflicts"])
def test_a_list_that_cannot_be_read_is_a_part_that_is_down_and_the_rest_is_told(tmp_path, part):
    with service_in(tmp_path) as service:
        put(service, [referral(1)])
        exposition = Exposition(service, [], with_practice=False)
        others = dict.fromkeys({"log", "keys", "views", "lag", "conflicts", "runs", "disk"} - {part}, 1)
        with closing(sqlite3.connect(tmp_path / f"{part}.sqlite3", isolation_level=None)) as other:
            other.execute(f"ALTER TABLE {part} RENAME TO elsewhere")
            told = awaited(exposition, lambda told: up(told) == others | {part: 0}, f"{part} away")
            other.execute(f"ALTER TABLE elsewhere RENAME TO {part}")
        assert told["casetimeline_log_events", frozenset({("partition", "0")})] == 1
        awaited(exposition, lambda told: up(told) == others | {part: 1}, f"{part} back")


class Away:
    """A log that answers nothing."""

    def __getattr__(self, name):
        raise LogUnavailable("It is away.")


def test_figures_about_children_are_counted_without_the_log(tmp_path):
    with service_in(tmp_path) as service:
        put(service, [referral(1), referral(2)])
        service.projector.catch_up()
        exposition = Exposition(replace(service, log=Away()), [], with_practice=True)
        others = dict.fromkeys(("keys", "views", "conflicts", "runs", "disk", "practice"), 1)
        told = awaited(
            exposition, lambda told: up(told) == others | {"log": 0, "lag": 0}, "a log that is away"
        )
        assert told["casetimeline_children", frozenset({("status", "referred")})] == 2
        assert told["casetimeline_projection_events_read", READ_BY_CLOCKS] == 2


READ_BY_CLOCKS = frozenset({("projection", "clocks"), ("partition", "0")})


def test_the_turn_of_the_day_is_told(tmp_path):
    with service_in(tmp_path, today="2019-12-10") as service:
        put(service, [referral(1)])
        service.projector.catch_up()
        days = [date(2019, 12, 10)]
        moved = replace(service, today=lambda: days[0])
        together = Together(service.log, service.columnar, service.calendar, service.policy)
        projector = Projector(service.log, service.folding, together, service.views, moved.today, service.now)
        exposition = Exposition(moved, [], with_practice=True)
        age = (
            "casetimeline_open_clock_true_age_workdays_gsum",
            frozenset({("timescale", "referral_decision")}),
        )
        first = awaited(exposition, lambda told: age in told, "figures")
        days[0] = date(2019, 12, 11)
        projector.catch_up()
        awaited(exposition, lambda told: told.get(age) == first[age] + 1, "the next day")


def test_views_that_are_away_are_down_with_the_figures_counted_in_them_and_nothing_else(
    tmp_path, breakable_postgres
):
    views = breakable_postgres.create_database("views")
    with service_in(tmp_path, views=views) as service:
        exposition = Exposition(service, [], with_practice=True)
        well = dict.fromkeys(("log", "keys", "views", "lag", "conflicts", "runs", "disk", "practice"), 1)
        awaited(exposition, lambda told: up(told) == well, "every part")
        breakable_postgres.stop()
        theirs = {"views": 0, "lag": 0, "practice": 0}
        away = awaited(exposition, lambda told: up(told) == well | theirs, "views away")
        assert value(away, READ_AT) == 0
        assert ("casetimeline_log_events", frozenset({("partition", "0")})) in away
        breakable_postgres.start()
        awaited(exposition, lambda told: up(told) == well, "views that are back")
