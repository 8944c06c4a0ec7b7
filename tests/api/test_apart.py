"""What is read of a batch in a process of its own is what is read here, and nothing is lost when it dies."""

import asyncio
import json
import os
import signal
import time
from contextlib import closing
from datetime import UTC, datetime
from multiprocessing import active_children
from pathlib import Path

import pytest

from infra.codec import Codec
from infra.conflicts import Conflicts
from infra.incoming import Incoming
from infra.keys import open_embedded
from infra.log.sqlite import SqliteLog
from services.api import apart
from services.api.apart import Apart
from services.api.batches import BATCH, NDJSON, read_batch
from services.config import read_config
from services.ready import Ready
from services.record import Conflict, Receipt, Recording
from services.workers import workers
from tests.api.posting import Posting
from tests.reported import event, referral
from tests.running import children_of, is_alive, serving
from tests.servers.kafka import unique

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
MOST = 1_000
AT_WORK_AFTER_S = 4


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    """What reads a batch in a process of its own, which is there; None stands for what is to be read here."""
    config = read_config({"CASETIMELINE_DATA": str(tmp_path_factory.mktemp("apart"))})
    with asyncio.Runner() as runner, closing(Apart(lambda: workers(config, 1))) as reads:

        def read(body, media_type=BATCH, most=MOST):
            return runner.run(reads.read(media_type, body, NOW, most))

        until = time.monotonic() + 60
        while read(b"[]") is None:
            assert time.monotonic() < until, "the process did not begin"
            time.sleep(0.05)
        yield read


@pytest.fixture
def codec(tmp_path):
    with closing(open_embedded(tmp_path)) as keys:
        yield Codec(keys)


@pytest.fixture
def recording(tmp_path, codec):
    with (
        closing(SqliteLog.open(tmp_path / "log.sqlite3", now=lambda: NOW)) as log,
        closing(Conflicts(tmp_path / "conflicts.sqlite3")) as conflicts,
    ):
        yield Recording(log, codec, conflicts, lambda: NOW)


def batch(*events):
    return json.dumps(events).encode()


FULL = batch(*[referral() for _ in range(MOST)])

MIXED = (
    event("VisitMade", "2019-03-05", visit_id="V-1", purpose="child_in_need", seen=True, batch_id="B-1"),
    referral(note="told by a neighbour"),
    event("VisitMade", "2019-03-05", visit_id="V-2", purpose="nobody knows"),
    event("AssessmentCompleted", "2019-03-05T10:00:00+01:00", assessment_id="A-1", authorised_by="M-1"),
    referral(time="2019-03-05T09:00:00Z", recordedtime="2019-03-06T09:00:00Z", reason=None),
    {**referral(), "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {**referral(), "comment": "an extension may hold a name"},
    "no event at all",
)


def test_what_is_stored_of_a_batch_read_apart_is_what_is_stored_of_one_read_here(reading, recording, codec):
    body = batch(*MIXED)
    here = read_batch(BATCH, body, NOW, MOST)
    read = reading(body)
    assert [fact for fact in read if isinstance(fact, dict)] == [f for f in here if isinstance(f, dict)]
    one, other = (
        recording.prepare([fact for fact in facts if not isinstance(fact, dict)]).commits
        for facts in (read, here)
    )
    # What is sealed differs each time; the facts it is of do not.
    told = [fact for fact in here if not isinstance(fact, dict)]
    assert [(c.id, c.marks, c.events[0].originator_id, c.events[0].topic) for c in one] == [
        (c.id, c.marks, c.events[0].originator_id, c.events[0].topic) for c in other
    ]
    for fact, commit in zip(told, one, strict=True):
        reported = codec.as_reported(commit.events[0])
        assert reported == fact._replace(data={k: v for k, v in fact.data.items() if v is not None})


def test_lines_are_read_apart_like_an_array(reading):
    lines = b"\n".join(json.dumps(one).encode() for one in MIXED)
    assert reading(lines, NDJSON) == reading(batch(*MIXED))


def test_what_is_personal_is_left_to_the_process_that_answers(reading):
    read = reading(batch(referral(note="told by a neighbour"), referral()))
    assert [type(fact) for fact in read] == [Incoming, Ready]


@pytest.mark.parametrize("body", [b"[", b"{}", batch(*[referral()] * (MOST + 1))], ids=["torn", "no", "many"])
def test_a_batch_that_is_refused_as_a_whole_is_read_here(reading, body):
    assert reading(body) is None


def test_a_fact_read_apart_is_recorded_once_and_another_of_its_identity_is_a_conflict(reading, recording):
    fact = referral()
    (first,) = recording.record(reading(batch(fact)))
    (again,) = recording.record(reading(batch(fact)))
    (other,) = recording.record(reading(batch(fact | {"data": fact["data"] | {"referral_id": "R-2"}})))
    assert (type(first), first.is_duplicate) == (Receipt, False)
    assert (type(again), again.is_duplicate) == (Receipt, True)
    assert other == Conflict(fact["source"], fact["id"], ("/data/referral_id",))


def test_a_fact_read_here_and_again_apart_is_a_duplicate(reading, recording):
    body = batch(referral(time="2019-03-05T09:00:00Z"))
    recording.record(read_batch(BATCH, body, NOW, MOST))
    (again,) = recording.record(reading(body))
    assert again.is_duplicate


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Runs a test with what reads a batch in a process of its own, and that process, which is there."""
    monkeypatch.setattr(apart, "BEGUN_AGAIN_AFTER_S", 0)
    monkeypatch.setattr(apart, "READ_WITHIN_S", 2)
    config = read_config({"CASETIMELINE_DATA": str(tmp_path)})
    before = set(active_children())

    async def given(test, read):
        await begun(read)
        (process,) = set(active_children()) - before
        await test(read, process.pid)

    def run(test):
        with closing(Apart(lambda: workers(config, 1))) as reads:
            asyncio.run(given(test, lambda: reads.read(BATCH, FULL, NOW, MOST)))

    return run


async def begun(read):
    """What is read as soon as there is a process that reads."""
    until = time.monotonic() + 60
    while (found := await read()) is None:
        assert time.monotonic() < until, "the process did not begin"
        await asyncio.sleep(0.05)
    return found


def test_a_batch_under_way_when_its_process_is_killed_and_those_after_are_read_here_until_another_began(own):
    async def test(read, pid):
        os.kill(pid, signal.SIGSTOP)
        under_way = asyncio.create_task(read())
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        assert await under_way is None
        assert await read() is None
        assert len(await begun(read)) == MOST

    own(test)


def test_a_batch_whose_process_is_held_up_is_read_here_and_those_after_it_goes_on_are_read_apart(own):
    async def test(read, pid):
        os.kill(pid, signal.SIGSTOP)
        assert await read() is None
        os.kill(pid, signal.SIGCONT)
        assert len(await begun(read)) == MOST

    own(test)


def reads_batches(service):
    """The processes in which a service reads batches."""
    return [
        pid
        for pid in children_of(service.process.pid)
        if is_alive(pid) and b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def test_every_batch_is_answered_whenever_the_process_that_reads_them_is_killed(tmp_path, kafka_broker):
    log = f"kafka://{kafka_broker.bootstrap}/{unique('log')}"
    with serving(tmp_path, log=log) as service, service.client() as client:
        api = Posting(client)
        seen: dict[int, float] = {}
        killed: set[int] = set()
        until = time.monotonic() + 60
        number = 0
        while len(killed) < 2 and time.monotonic() < until:
            number += 1
            facts = [
                event("ContactReceived", "2019-03-05", f"K{number}", contact_id=f"K-{n}") for n in range(300)
            ]
            for pid in reads_batches(service):
                # The first while it begins, the second at work.
                if time.monotonic() >= seen.setdefault(pid, time.monotonic()) + AT_WORK_AFTER_S * len(killed):
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
            answer = api.batch(facts)
            assert answer.status_code == 200
            assert [one["status"] for one in answer.json()["results"]] == ["recorded"] * 300
        assert len(killed) == 2, "the process was not begun again"
        assert service.end() == 0
    assert not [pid for pid in killed if is_alive(pid)]
