"""What a process tells Prometheus as a whole."""

import time

from services.metrics.exposition import Exposition
from tests.authority_of_facts import event, put, service_in
from tests.metrics.samples import samples_in, value

PATIENT_S = 30
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
