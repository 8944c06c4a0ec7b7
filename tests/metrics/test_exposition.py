"""What a process tells Prometheus as a whole."""

import sqlite3
import time
from contextlib import closing

from services.metrics.exposition import Exposition
from tests.authority_of_facts import event, put, service_in
from tests.metrics.samples import samples_in, value

PATIENT_S = 30
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
        others = {"log": 1, "views": 1, "runs": 1, "disk": 1}
        awaited(exposition, lambda told: up(told) == others | {"keys": 1}, "every part")
        with closing(sqlite3.connect(tmp_path / "keys.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            awaited(exposition, lambda told: up(told) == others | {"keys": 0}, "keys that are down")
            other.execute("ROLLBACK")
        awaited(exposition, lambda told: up(told) == others | {"keys": 1}, "keys that are back")


def test_views_that_are_away_are_down_with_the_figures_counted_in_them_and_nothing_else(
    tmp_path, breakable_postgres
):
    views = breakable_postgres.create_database("views")
    with service_in(tmp_path, views=views) as service:
        exposition = Exposition(service, [], with_practice=True)
        well = {"log": 1, "keys": 1, "views": 1, "runs": 1, "disk": 1, "practice": 1}
        awaited(exposition, lambda told: up(told) == well, "every part")
        breakable_postgres.stop()
        away = awaited(exposition, lambda told: up(told) == well | {"views": 0, "practice": 0}, "views away")
        assert value(away, READ_AT) == 0
        assert ("casetimeline_log_events", frozenset({("partition", "0")})) in away
        breakable_postgres.start()
        awaited(exposition, lambda told: up(told) == well, "views that are back")
