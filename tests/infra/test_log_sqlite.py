"""What the log in SQLite promises beyond the library's recorder."""

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise
from pathlib import Path
from threading import Thread, Timer

import pytest
from eventsourcing.persistence import IntegrityError, ProgrammingError, StoredEvent, Tracking

from infra.log.commit import Accepted, Commit, LogBusy, LogClosed, LogFull, LogUnavailable, Refused, Repeated
from infra.log.marks import Mark, Marked
from infra.log.sqlite import SqliteLog
from tests.infra.log_writer import commits

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 5, 20, 12, 0, 0, 123457, tzinfo=UTC)


class Clock:
    """Says what it is set to, and counts how often it was asked: once a pack."""

    def __init__(self) -> None:
        self.instant = NOON
        self.asked = 0

    def __call__(self) -> datetime:
        self.asked += 1
        return self.instant


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.fixture
def log(path: Path, clock: Clock) -> Iterator[SqliteLog]:
    with closing(SqliteLog.open(path, now=clock)) as log:
        yield log


def event(
    stream: str, version: int = 0, state: bytes = b"state", topic: str = "casetimeline.Noted"
) -> StoredEvent:
    return StoredEvent(stream, version, topic, state)


def fact(commit_id: str, *streams: str, state: bytes = b"state") -> Commit:
    """A commit that takes any version."""
    return Commit(commit_id.encode(), tuple(event(stream, state=state) for stream in streams), None)


def append(log: SqliteLog, *asked: Commit) -> list:
    return log.submit(asked).result()


@contextmanager
def kept(path: Path) -> Iterator[None]:
    """Keeps the log from being written, so that requests have to queue."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def until(is_so: Callable[[], object], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def stored(log: SqliteLog) -> list[tuple[int, object, int, bytes]]:
    return [
        (one.id, one.originator_id, one.originator_version, one.state)
        for one in log.select_notifications(None, 1_000_000)
    ]


# Identity


def test_a_commit_is_stored_once_however_often_it_is_handed_over(log):
    first = append(log, fact("a", "C1", "C2"))[0]
    assert isinstance(first, Accepted)
    assert append(log, fact("a", "C1", "C2")) == [Repeated(first.notifications)]
    assert append(log, fact("a", "C3", state=b"other")) == [Repeated(first.notifications)]
    assert len(stored(log)) == 2


def test_a_commit_repeated_within_a_request_is_stored_once(log):
    first, second = append(log, fact("a", "C1"), fact("a", "C1"))
    assert second == Repeated(first.notifications)
    assert len(stored(log)) == 1


def test_a_commit_is_known_after_the_log_is_opened_again(path, clock, log):
    first = append(log, fact("a", "C1"))[0]
    log.close()
    with closing(SqliteLog.open(path, now=clock)) as again:
        assert append(again, fact("a", "C1")) == [Repeated(first.notifications)]


def test_a_commit_is_found_by_its_id(log):
    accepted = append(log, fact("a", "C1", "C1"), fact("b", "C2"))
    assert log.find(b"a") == accepted[0].notifications
    assert log.find(b"c") is None
    assert log.find_all([b"a", b"b", b"c"]) == {
        b"a": accepted[0].notifications,
        b"b": accepted[1].notifications,
    }


def test_a_refused_commit_leaves_no_trace_of_its_id(log):
    append(log, fact("a", "C1"))
    assert append(log, Commit(b"b", (event("C1"),), 0)) == [Refused(1, "C1")]
    assert log.find(b"b") is None


def test_a_repeated_insert_returns_the_first_ids(log):
    assert log.insert_events([event("C1")], commit_id=b"a", expected_version=None) == [1]
    assert log.insert_events([event("C1")], commit_id=b"a", expected_version=None) == [1]


# Versions


def test_versions_are_assigned_in_log_order_where_none_is_expected(log):
    append(log, fact("a", "C1", "C2", "C1"), fact("b", "C1"))
    assert [one[1:3] for one in stored(log)] == [("C1", 1), ("C2", 1), ("C1", 2), ("C1", 3)]
    assert (log.head("C1"), log.head("C2"), log.head("C3")) == (3, 1, None)


def test_an_expected_version_that_is_the_head_is_accepted(log):
    append(log, fact("a", "C1"))
    assert log.insert_events([event("C1"), event("C1")], expected_version=1) == [2, 3]
    assert log.head("C1") == 3


@pytest.mark.parametrize("expected", [0, 2])
def test_an_expected_version_that_is_not_the_head_stores_nothing(log, expected):
    append(log, fact("a", "C1"))
    with pytest.raises(IntegrityError):
        log.insert_events([event("C1")], expected_version=expected)
    assert len(stored(log)) == 1


def test_without_the_keyword_the_events_own_versions_are_expected(log):
    assert log.insert_events([event("C1", 1), event("C2", 5), event("C1", 2)]) == [1, 2, 3]
    for versions in ([2], [4], [3, 3], [3, 5]):
        with pytest.raises(IntegrityError):
            log.insert_events([event("C1", version) for version in versions])
    assert log.insert_events([event("C1", 3)]) == [4]


def test_one_wrong_stream_refuses_a_commit_of_several(log):
    append(log, fact("a", "C2"))
    refused = append(log, Commit(b"b", (event("C1", 1), event("C2", 1))))
    assert refused == [Refused(1, "C2")]
    assert len(stored(log)) == 1


def test_each_commit_of_a_request_is_judged_after_the_ones_before_it(log):
    outcomes = append(
        log, Commit(b"a", (event("C1"),), 0), Commit(b"b", (event("C1"),), 0), Commit(b"c", (event("C1"),), 1)
    )
    assert [type(outcome) for outcome in outcomes] == [Accepted, Refused, Accepted]


def test_tracking_is_stored_with_the_events_and_must_rise(log):
    assert log.insert_events([event("C1", 1)], tracking=Tracking("upstream", 5)) == [1]
    with pytest.raises(IntegrityError):
        log.insert_events([event("C1", 2)], tracking=Tracking("upstream", 5))
    assert (log.max_tracking_id("upstream"), log.head("C1")) == (5, 1)


# Group commit


def test_requests_that_wait_share_one_transaction_and_each_learns_its_own_outcome(log, path, clock):
    append(log, fact("a", "C0"))
    with kept(path):
        first = log.submit([fact("first", "C1")])
        until(first.running)
        asked = [log.submit([fact(f"{number // 2}", "C1")]) for number in range(100)]
    outcomes = [future.result()[0] for future in asked]
    assert [type(outcome) for outcome in outcomes] == [Accepted, Repeated] * 50
    assert [outcome.notifications[0].originator_version for outcome in outcomes[::2]] == list(range(2, 52))
    assert clock.asked == 3


def test_a_value_that_cannot_be_stored_fails_its_own_request_alone(log, path):
    with kept(path):
        first = log.submit([fact("first", "C1")])
        until(first.running)
        good = log.submit([fact("good", "C1")])
        bad = log.submit([fact("half", "C1"), Commit(b"bad", (event("C2", 2**70),))])
        other = log.submit([fact("other", "C1")])
    with pytest.raises(OverflowError):
        bad.result()
    assert [type(future.result()[0]) for future in (first, good, other)] == [Accepted] * 3
    assert log.find(b"half") is None
    assert log.head("C1") == 3


def test_a_request_cancelled_while_it_waits_is_not_stored(log, path):
    with kept(path):
        first = log.submit([fact("first", "C1")])
        until(first.running)
        second = log.submit([fact("second", "C1")])
        assert second.cancel()
    assert first.result()
    append(log, fact("third", "C1"))
    assert log.find(b"second") is None


def test_a_full_queue_turns_away_who_does_not_wait_and_lets_in_who_does(path, clock):
    with (
        closing(SqliteLog.open(path, now=clock, waiting_bytes=2_000)) as log,
        ThreadPoolExecutor(1) as patient,
    ):
        with kept(path):
            first = log.submit([fact("first", "C1")])
            until(first.running)
            queued = log.submit([fact("queued", "C1", state=bytes(1_700))])
            with pytest.raises(LogBusy):
                log.submit([fact("hasty", "C1")], timeout_s=0)
            waiting = patient.submit(log.submit, [fact("patient", "C1")], 20)
        assert [type(future.result()[0]) for future in (first, queued, waiting.result())] == [Accepted] * 3
        assert log.find(b"hasty") is None
        assert [one[3] for one in stored(log)] == [b"state", bytes(1_700), b"state"]


def test_requests_are_written_in_the_order_in_which_they_came(log):
    asked = [log.submit([fact(f"{number}", f"C{number % 7}", state=b"%d" % number)]) for number in range(500)]
    for future in asked:
        future.result()
    assert [one[3] for one in stored(log)] == [b"%d" % number for number in range(500)]


def test_another_process_that_keeps_the_log_makes_it_busy_and_later_writes_succeed(path, clock):
    with closing(SqliteLog.open(path, now=clock, timeout_s=0.1)) as log:
        with kept(path), pytest.raises(LogBusy):
            append(log, fact("a", "C1"))
        assert isinstance(append(log, fact("a", "C1"))[0], Accepted)


# Time


def test_the_instant_of_recording_comes_back_exactly(log):
    (accepted,) = append(log, fact("a", "C1"))
    assert accepted.notifications[0].recorded_at == NOON
    assert log.select_events("C1")[0].recorded_at == NOON
    assert log.select_notifications(None, 1)[0].recorded_at == NOON
    assert log.select_events("C1")[0].recorded_at.utcoffset() == timedelta()


def test_the_instant_of_recording_is_utc_whatever_the_clock_shows(log, clock):
    clock.instant = NOON.astimezone(timezone(timedelta(hours=9)))
    append(log, fact("a", "C1"))
    assert str(log.select_events("C1")[0].recorded_at) == str(NOON)


def test_nothing_is_recorded_earlier_than_what_came_before_it(log, path, clock):
    append(log, fact("a", "C1"))
    clock.instant = NOON - timedelta(hours=1)
    append(log, fact("b", "C1"))
    log.close()
    with closing(SqliteLog.open(path, now=clock)) as again:
        append(again, fact("c", "C1"))
        clock.instant = NOON + timedelta(microseconds=1)
        append(again, fact("d", "C1"))
        assert [one.recorded_at for one in again.select_events("C1")] == [NOON] * 3 + [clock.instant]


def test_what_was_known_by_an_instant_ends_at_the_last_event_recorded_then(log, clock):
    assert log.known_by(NOON) == (0,)
    for number, minute in enumerate([0, 0, 1, 3, 3]):
        clock.instant = NOON + timedelta(minutes=minute)
        append(log, fact(f"{number}", "C1"))
    known = [log.known_by(NOON + timedelta(minutes=minute)) for minute in (-1, 0, 1, 2, 3, 4)]
    assert known == [(0,), (2,), (3,), (3,), (5,), (5,)]
    assert log.known_by(NOON - timedelta(microseconds=1)) == (0,)


# Reading


def test_a_notification_tells_its_place_in_the_log(log):
    (accepted,) = append(log, fact("a", "C1", "C2"))
    assert [(one.id, one.partition, one.offset) for one in accepted.notifications] == [(1, 0, 0), (2, 0, 1)]
    assert log.select_notifications(None, 10) == list(accepted.notifications)
    assert log.select_events("C2") == [accepted.notifications[1]]


def test_streams_come_in_order_and_each_once(log):
    names = [f"C{number}" for number in range(2_500)]
    append(log, *(fact(name, name, name) for name in names))
    assert list(log.streams()) == sorted(names)
    assert list(log.streams(after="C99")) == [name for name in sorted(names) if name > "C99"]


def test_what_shares_a_mark_is_found_by_it(log):
    append(
        log,
        Commit(b"a", (event("C1"),), None, (("batch", "B1", ""), ("completion", "M1", "2019-07-12"))),
        Commit(b"b", (event("C2"),), None, (("batch", "B1", ""),)),
        Commit(b"c", (event("C1"),), None, (("batch", "B2", ""),)),
    )
    assert log.marked("batch", "B1") == [Marked("C1", 0, 1, ""), Marked("C2", 0, 2, "")]
    assert log.marked("batch", "B9") == []
    assert log.marks_of("C1", "batch") == [Mark("B1", 0, 1, ""), Mark("B2", 0, 3, "")]
    assert log.marks_of("C1", "completion") == [Mark("M1", 0, 1, "2019-07-12")]
    assert log.marked_all("batch", ["B2", "B9"]) == {"B2": [Marked("C1", 0, 3, "")], "B9": []}
    assert log.marks_of_all(["C2", "C9"], "batch") == {"C2": [Mark("B1", 0, 2, "")], "C9": []}


def test_a_refused_or_repeated_commit_leaves_no_mark(log):
    append(log, fact("a", "C1"))
    append(log, Commit(b"a", (event("C1"),), None, (("batch", "B1", ""),)))
    append(log, Commit(b"b", (event("C1"),), 9, (("batch", "B1", ""),)))
    assert log.marked("batch", "B1") == []


# Subscribing


def test_a_subscriber_sees_what_another_process_appends(log, path):
    with closing(SqliteLog(path, now=lambda: NOON)) as other, log.subscribe(gt=0) as subscription:
        append(other, fact("a", "C1"))
        assert next(subscription).id == 1


def test_a_subscriber_to_some_topics_sees_all_of_them_and_no_other(log):
    topics = ["kept", "other", "kept"] * 600
    log.insert_events([event("C1", topic=topic) for topic in topics], expected_version=None)
    with log.subscribe(topics=["kept"]) as subscription:
        seen = [one.id for one in islice(subscription, 1_200)]
    assert seen == [number for number, topic in enumerate(topics, 1) if topic == "kept"]


@pytest.mark.parametrize("end", ["stop the subscription", "close the log"])
def test_a_waiting_subscriber_can_be_ended(log, end):
    subscription = log.subscribe()
    with ThreadPoolExecutor(1) as reader:
        seen = reader.submit(list, subscription)
        append(log, fact("a", "C1"))
        if end == "stop the subscription":
            subscription.stop()
        else:
            log.close()
        assert len(seen.result(timeout=20)) <= 1


# Append-only


@pytest.mark.parametrize("table", ["stored_events", "marks"])
def test_what_is_stored_can_be_neither_changed_nor_deleted(log, path, table):
    append(log, Commit(b"a", (event("C1"),), None, (("batch", "B1", ""),)))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for statement in (f"UPDATE {table} SET rowid = 2", f"DELETE FROM {table}"):
            statement = statement.replace("rowid", other.execute(f"SELECT * FROM {table}").description[0][0])
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(statement)


def test_an_id_is_never_given_out_again(log, path):
    append(log, fact("a", "C1"), fact("b", "C1"))
    with closing(sqlite3.connect(path, isolation_level=None)) as vandal:
        vandal.execute("DROP TRIGGER stored_events_refuse_delete")
        vandal.execute("DELETE FROM stored_events WHERE notification_id = 2")
    assert append(log, fact("c", "C2"))[0].notifications[0].id == 3


def test_a_file_of_another_recorder_is_refused(path, clock):
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE stored_events (originator_id TEXT)")
    with pytest.raises(ProgrammingError, match="another recorder"):
        SqliteLog.open(path, now=clock)


def test_a_file_of_a_later_format_is_refused(log, path, clock):
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 2")
    with pytest.raises(ProgrammingError, match="format 2"):
        SqliteLog.open(path, now=clock)


def test_a_folder_that_is_not_there_makes_the_log_unavailable(tmp_path, clock):
    with pytest.raises(LogUnavailable):
        SqliteLog.open(tmp_path / "absent" / "log.db", now=clock)


# No room


def test_a_full_file_is_refused_stores_nothing_of_the_request_and_recovers(log, clock):
    append(log, fact("before", "C1"))
    limited = log._writer._connected()
    limited.execute("PRAGMA max_page_count = 40")
    large = [fact(f"large {number}", "C2", state=bytes(10_000)) for number in range(50)]
    with pytest.raises(LogFull):
        append(log, *large)
    assert [one[3] for one in stored(log)] == [b"state"]
    # The limit was that connection's, and another one takes its place.
    assert [type(outcome) for outcome in append(log, *large)] == [Accepted] * 50
    assert len(stored(log)) == 51


def test_a_disk_that_takes_no_more_is_refused_keeps_what_was_acknowledged_and_recovers(path):
    answered = run(
        """
import resource, sys
from datetime import UTC, datetime
from eventsourcing.persistence import StoredEvent
from infra.log.commit import Commit, LogFull
from infra.log.sqlite import SqliteLog

log = SqliteLog.open(sys.argv[1], now=lambda: datetime.now(UTC))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))

def append(number):
    events = tuple(StoredEvent("C1", 0, "casetimeline.Noted", bytes(5_000)) for _ in range(3))
    try:
        log.submit([Commit(b"%d" % number, events, None)]).result()
    except LogFull:
        return False
    return True

kept = [number for number in range(60) if append(number)]
refused = [number for number in range(60) if number not in kept]
assert kept and refused
def counts():
    return [number for number in range(60) if log.find(b"%d" % number)]
assert counts() == kept, (counts(), kept)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert all(append(number) for number in refused)
assert counts() == list(range(60))
assert log.head("C1") == log.max_notification_id() == 180
log.close()
print("recovered")
""",
        path,
    )
    assert answered == "recovered\n"


# Several processes, killed processes, closing


def run(program: str, *arguments: object) -> str:
    command = [sys.executable, "-X", "faulthandler", "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout


def writer(path: Path, name: str, threads: int, length: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.infra.log_writer", str(path), name, str(threads), str(length)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def assert_sound(log: SqliteLog) -> Counter[bytes]:
    """No gap in ids or versions, and no time that goes back; returns how many events each commit has."""
    notifications = log.select_notifications(None, 1_000_000)
    assert [one.id for one in notifications] == list(range(1, len(notifications) + 1))
    assert all(one.recorded_at <= other.recorded_at for one, other in pairwise(notifications))
    versions: dict[object, list[int]] = {}
    for one in notifications:
        versions.setdefault(one.originator_id, []).append(one.originator_version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    return Counter(one.state for one in notifications)


def test_processes_that_write_one_file_lose_nothing_and_double_nothing(path):
    names = ["one", "two", "three"]
    running = [writer(path, name, threads=2, length=150) for name in names]
    said = [process.communicate(timeout=100)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    with closing(SqliteLog.open(path, now=lambda: NOON)) as log:
        found = assert_sound(log)
    expected = {
        commit.id: len(commit.events)
        for name in names
        for thread in range(2)
        for commit in islice(commits(f"{name}.{thread}"), 150)
    }
    assert found == expected
    assert {line.encode() for text in said for line in text.split()} == set(expected)


def test_every_acknowledged_commit_is_there_once_after_its_writers_were_killed(path):
    chance = random.Random(20190705)
    acknowledged: list[str] = []
    for life in range(10):
        process = writer(path, f"life{life}", threads=8, length=0)
        assert process.stdout is not None
        said = [process.stdout.readline()]
        killing = Timer(chance.uniform(0, 0.3), process.kill)
        killing.start()
        said += process.stdout.readlines()
        killing.join()
        process.wait()
        process.stdout.close()
        acknowledged += [line.strip() for line in said if line.endswith("\n")]
    assert len(acknowledged) > 100
    # A thread has one commit under way at a time: only the one after its last acknowledged may be there too.
    length = Counter(line.split("/")[0] for line in acknowledged)
    asked = {
        commit.id: commit
        for name in (f"life{life}.{thread}" for life in range(10) for thread in range(8))
        for commit in islice(commits(name), length[name] + 1)
    }
    with closing(SqliteLog.open(path, now=lambda: NOON)) as log:
        found = assert_sound(log)
        assert {line.encode() for line in acknowledged} <= set(found)
        assert all(length == len(asked[commit_id].events) for commit_id, length in found.items())
        again = append(log, *(asked[line.encode()] for line in acknowledged))
        assert {type(outcome) for outcome in again} == {Repeated}


def test_a_log_can_be_closed_while_threads_use_it(tmp_path):
    answered = run(
        """
import sys
from datetime import UTC, datetime
from itertools import count
from threading import Thread
from time import sleep
from eventsourcing.persistence import StoredEvent
from infra.log.commit import Commit, LogClosed
from infra.log.sqlite import SqliteLog

def use(log, act, done):
    for number in count():
        try:
            act(log, number)
        except LogClosed:
            return
        done.append(number)

def write(name):
    def act(log, number):
        log.insert_events([StoredEvent(name, number, "casetimeline.Noted", b"state")])
    return act

def read(log, number):
    log.select_notifications(None, 100)
    list(log.streams())

def listen(log, number):
    for _ in log.subscribe():
        pass
    log.head("C1")

for life in range(8):
    path = f"{sys.argv[1]}/{life}.db"
    log = SqliteLog.open(path, now=lambda: datetime.now(UTC), readers=3)
    acts = [write(f"C{number}") for number in range(4)] + [read] * 6 + [listen] * 2
    done = [[] for _ in acts]
    threads = [Thread(target=use, args=(log, act, said)) for act, said in zip(acts, done)]
    for thread in threads:
        thread.start()
    while not all(said for said in done[:10]):
        sleep(0.001)
    log.close()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    again = SqliteLog(path, now=lambda: datetime.now(UTC))
    for number, said in enumerate(done[:4]):
        assert again.head(f"C{number}") == said[-1], (number, said[-1])
    again.close()
print("closed")
""",
        tmp_path,
    )
    assert answered == "closed\n"


def test_closing_writes_what_was_handed_over(log, path, clock):
    with kept(path):
        asked = [log.submit([fact(f"{number}", "C1")]) for number in range(20)]
        closing_it = Thread(target=log.close)
        closing_it.start()
    closing_it.join()
    assert all(future.result() for future in asked)
    with closing(SqliteLog.open(path, now=clock)) as again:
        assert again.head("C1") == 20


def test_a_closed_log_says_so(log):
    log.close()
    log.close()
    with pytest.raises(LogClosed):
        append(log, fact("a", "C1"))
    with pytest.raises(LogClosed):
        log.select_events("C1")
