"""A disk that takes no more: what comes in is refused with 507, and taken once there is room."""

import resource

import pytest

from tests.api.posting import Posting, is_problem
from tests.reported import event
from tests.running import serving


def limit_files(pid: int, size: int) -> None:
    """Let a process write files up to a size, as a full disk would."""
    hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


@pytest.mark.slow
def test_a_full_disk_is_refused_with_507_and_recovers(tmp_path):
    with serving(tmp_path) as running, running.client() as client:
        api = Posting(client)
        first = [event("ContactReceived", "2019-03-05", "C1", contact_id=f"K-{n}") for n in range(20)]
        api.known(first)
        log = tmp_path / "data" / "log.sqlite3-wal"
        limit_files(running.process.pid, log.stat().st_size + 20_000)
        later = [
            event("ContactReceived", "2019-03-05", "C1", contact_id=f"L-{n}", note="n" * 9_000)
            for n in range(10)
        ]
        answers = [api.one(fact) for fact in later]
        refused = [fact for fact, answer in zip(later, answers, strict=True) if answer.status_code != 201]
        assert refused
        assert all(is_problem(answer, 507, "log-full") for answer in answers if answer.status_code != 201)
        assert is_problem(api.batch(refused), 507, "log-full")
        assert client.get("/children/C1/timeline").status_code == 200
        kept = [fact["id"] for fact in (*first, *later) if fact not in refused]
        assert api.facts_of("C1") == kept

        limit_files(running.process.pid, resource.RLIM_INFINITY)
        assert [api.one(fact).status_code for fact in refused] == [201] * len(refused)
        assert api.facts_of("C1") == [*kept, *(fact["id"] for fact in refused)]


@pytest.mark.slow
def test_no_room_for_a_new_key_is_refused_with_507(tmp_path):
    with serving(tmp_path) as running, running.client() as client:
        api = Posting(client)
        limit_files(running.process.pid, (tmp_path / "data" / "keys.sqlite3-wal").stat().st_size)
        fact = event("ContactReceived", "2019-03-05", "C1", contact_id="K", note="private")
        assert is_problem(api.one(fact), 507, "log-full")
        limit_files(running.process.pid, resource.RLIM_INFINITY)
        assert api.one(fact).status_code == 201
