"""The key store: a key for each stream, made once, kept wrapped, and destroyed for ever."""

import base64
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event

from infra.errors import Tampered
from infra.keys import Condition, Erased, KeysFull, KeyStore, KeysUnavailable, open_embedded
from infra.master_key import MasterKey, UnusableKey, from_text
from tests.running import ROOT

FIRST = from_text(base64.b64encode(b"1" * 32).decode())
SECOND = from_text(base64.b64encode(b"2" * 32).decode())


class Seconds:
    """A clock that goes on when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.sqlite3"


def opened(path: Path, *masters: MasterKey, **options: object) -> KeyStore:
    return KeyStore(f"sqlite:///{path}", *(masters or (FIRST,)), **options)  # type: ignore[arg-type]


@pytest.fixture
def store(path: Path) -> Iterator[KeyStore]:
    with closing(opened(path)) as store:
        yield store


def rows(path: Path, statement: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement, values).fetchall()


# Made once


def test_a_stream_has_one_key_of_256_bits_and_no_other_has_it(store: KeyStore):
    key = store.key_for("C1")
    assert len(key) == 32
    assert store.key_for("C1") == key != store.key_for("C2")


def test_a_key_outlives_the_process(store: KeyStore, path: Path):
    key = store.key_for("C1")
    with closing(opened(path)) as again:
        assert again.key_for("C1") == again.held("C1") == key


def test_many_keys_are_made_and_found_at_once(store: KeyStore, path: Path):
    streams = [f"C{n}" for n in range(2_500)]
    made = store.keys_for(streams)
    assert len(set(made.values())) == 2_500
    with closing(opened(path)) as again:
        assert again.keys_for(reversed(streams)) == again.held_for(streams) == made


def test_a_stream_that_never_had_a_key_gets_none_by_being_asked_for(store: KeyStore, path: Path):
    assert store.held_for(["C1"]) == {}
    with pytest.raises(Tampered):
        store.held("C1")
    assert rows(path, "SELECT * FROM stream_keys") == []


def test_more_keys_than_the_cache_holds_are_found_all_the_same(path: Path):
    with closing(opened(path, cached=10)) as store:
        streams = [f"C{n}" for n in range(200)]
        made = store.keys_for(streams)
        assert {stream: store.key_for(stream) for stream in streams} == made
        assert store.keys_for(streams) == made


RACER = """
import json, sys
from infra.keys import KeyStore
from infra.master_key import from_text
store = KeyStore(f"sqlite:///{sys.argv[1]}", from_text(sys.argv[2]))
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps({f"C{n}": store.key_for(f"C{n}").hex() for n in range(100)}), flush=True)
sys.stdin.readline()
"""


def racer(path: Path) -> subprocess.Popen[str]:
    text = base64.b64encode(FIRST.key).decode()
    return subprocess.Popen(
        [sys.executable, "-c", RACER, str(path), text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def line(process: subprocess.Popen[str], say: str = "") -> str:
    assert process.stdin and process.stdout
    process.stdin.write(say)
    process.stdin.flush()
    return process.stdout.readline()


def test_processes_that_race_get_the_same_keys_and_lose_none_when_killed(path: Path):
    racers = [racer(path) for _ in range(3)]
    try:
        assert [line(process) for process in racers] == ["ready\n"] * 3
        for process in racers:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        found = [json.loads(line(process)) for process in racers]
    finally:
        for process in racers:
            process.kill()
            process.communicate()
    with closing(opened(path)) as store:
        kept = {stream: key.hex() for stream, key in store.keys_for(f"C{n}" for n in range(100)).items()}
    assert found == [kept] * 3


def test_a_key_is_on_disk_before_it_is_used(store: KeyStore):
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


# Kept wrapped


def test_no_key_is_stored_as_it_is_and_the_file_is_its_owners(store: KeyStore, path: Path):
    keys = store.keys_for(f"C{n}" for n in range(50))
    files = sorted(path.parent.iterdir())
    assert path in files
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        raw = file.read_bytes()
        assert not any(key in raw for key in keys.values())


def test_a_wrapped_key_moved_to_another_stream_is_found(store: KeyStore, path: Path):
    store.keys_for(["C1", "C2"])
    rows(path, "UPDATE stream_keys SET wrapped = (SELECT wrapped FROM stream_keys WHERE stream = 'C1')")
    with closing(opened(path)) as again:
        assert again.check() == Condition(usable=1, destroyed=0, broken=1, to_rewrap=0)
        with pytest.raises(Tampered):
            again.key_for("C2")


def test_a_master_key_that_does_not_fit_is_refused_at_once(store: KeyStore, path: Path):
    store.key_for("C1")
    with pytest.raises(UnusableKey, match=FIRST.id):
        opened(path, SECOND)


def test_any_master_key_fits_a_store_without_keys(store: KeyStore, path: Path):
    with closing(opened(path, SECOND)) as again:
        assert again.key_for("C1") == again.key_for("C1")


def test_a_retired_master_key_still_unwraps_and_new_keys_have_the_new_one(store: KeyStore, path: Path):
    key = store.key_for("C1")
    with closing(opened(path, SECOND, FIRST)) as rotated:
        assert rotated.key_for("C1") == key
        rotated.key_for("C2")
        assert rotated.check() == Condition(usable=2, destroyed=0, broken=0, to_rewrap=1)
    assert dict(rows(path, "SELECT stream, master FROM stream_keys")) == {"C1": FIRST.id, "C2": SECOND.id}


def test_once_all_is_rewrapped_the_retired_master_key_is_not_needed(store: KeyStore, path: Path):
    keys = store.keys_for(f"C{n}" for n in range(1_500))
    store.destroy("C7")
    del keys["C7"]
    with closing(opened(path, SECOND, FIRST)) as rotated:
        assert rotated.rewrap() == 1_499
        assert rotated.rewrap() == 0
    with closing(opened(path, SECOND)) as after:
        assert after.keys_for(keys) == keys
        assert after.check() == Condition(usable=1_499, destroyed=1, broken=0, to_rewrap=0)


# Destroyed for ever


def test_a_destroyed_key_is_gone_and_no_other_is_made(store: KeyStore, path: Path):
    store.keys_for(["C1", "C2"])
    store.destroy("C1")
    for each in (store, opened(path)):
        with closing(each):
            with pytest.raises(Erased):
                each.key_for("C1")
            assert each.keys_for(["C1", "C2"]).keys() == {"C2"}
            assert each.held("C1") is None
            assert each.held_for(["C1"]) == {"C1": None}


def test_a_stream_without_a_key_never_gets_one_once_that_is_destroyed(store: KeyStore):
    store.destroy("C1")
    with pytest.raises(Erased):
        store.key_for("C1")


def test_nothing_of_a_destroyed_key_is_left_in_the_files(store: KeyStore, path: Path):
    store.keys_for(f"C{n}" for n in range(20))
    ((wrapped,),) = rows(path, "SELECT wrapped FROM stream_keys WHERE stream = 'C3'")
    store.destroy("C3")
    for file in path.parent.iterdir():
        assert wrapped not in file.read_bytes()


def test_a_key_destroyed_by_another_process_is_soon_forgotten_here(store: KeyStore, path: Path):
    clock = Seconds()
    with closing(opened(path, recheck_s=5.0, clock=clock)) as here:
        key = here.key_for("C1")
        store.destroy("C1")
        clock.now = 4.9
        assert here.held("C1") == key
        clock.now = 5.0
        assert here.held("C1") is None
        with pytest.raises(Erased):
            here.key_for("C1")


# Out of reach


@contextmanager
def no_more_pages_than(pages: int) -> Iterator[None]:
    """Connections made meanwhile find the disk full at so many pages."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Engine, "connect", limit)
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


def test_a_full_disk_is_told_and_no_key_is_handed_out_that_is_not_stored(store: KeyStore, path: Path):
    kept = store.keys_for(["C1", "C2"])
    many = [f"D{n}" for n in range(500)]
    with no_more_pages_than(8), closing(opened(path)) as full:
        with pytest.raises(KeysFull):
            full.keys_for(many)
        assert full.held_for(["C1", "C2", *many]) == kept
    made = store.keys_for(many)
    with closing(opened(path)) as again:
        assert again.keys_for([*kept, *many]) == {**kept, **made}


def test_a_file_that_is_no_key_store_is_told(path: Path):
    path.write_text("Nothing of the kind. " * 100)
    with pytest.raises(KeysUnavailable, match="SQLITE_NOTADB"):
        opened(path)


# Embedded


def test_an_embedded_store_makes_its_master_key_once(tmp_path: Path):
    with closing(open_embedded(tmp_path)) as store:
        key = store.key_for("C1")
    with closing(open_embedded(tmp_path)) as again:
        assert again.key_for("C1") == key


def test_an_embedded_store_without_its_master_key_is_refused_and_gets_no_other(tmp_path: Path):
    open_embedded(tmp_path).close()
    (tmp_path / "master.key").unlink()
    with pytest.raises(UnusableKey, match="bring it back from its backup"):
        open_embedded(tmp_path)
    assert not (tmp_path / "master.key").exists()


def test_an_embedded_store_whose_master_key_others_may_read_is_refused(tmp_path: Path):
    open_embedded(tmp_path).close()
    (tmp_path / "master.key").chmod(0o644)
    with pytest.raises(UnusableKey, match="chmod 600"):
        open_embedded(tmp_path)


# Tried


@contextmanager
def kept_from_others(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


def test_a_store_in_which_keys_can_be_made_is_tried_without_making_one(path: Path, store: KeyStore):
    store.try_making()
    assert rows(path, "SELECT * FROM stream_keys") == []


def test_trying_a_store_that_another_keeps_to_itself_says_so_and_does_not_wait_for_it(
    path: Path, store: KeyStore
):
    with kept_from_others(path):
        assert store.held_for(["C1"]) == {}
        with pytest.raises(KeysUnavailable, match="SQLITE_BUSY"):
            store.try_making()
    store.try_making()


def test_trying_a_store_that_is_gone_says_so_and_makes_none(path: Path, store: KeyStore):
    path.unlink()
    with pytest.raises(KeysUnavailable, match="SQLITE_CANTOPEN"):
        store.try_making()
    assert not path.exists()


def test_trying_a_store_in_postgresql_says_whether_keys_can_be_made_there(postgres_url: str):
    with closing(KeyStore(postgres_url, FIRST)) as store:
        store.try_making()
        engine = create_engine(postgres_url)
        with engine.begin() as other:
            other.exec_driver_sql("LOCK TABLE stream_keys IN EXCLUSIVE MODE")
            with pytest.raises(KeysUnavailable, match="57014"):
                store.try_making()
        engine.dispose()
        store.try_making()


READS = """
import sys
from infra.keys import open_embedded
from pathlib import Path
keys = open_embedded(Path(sys.argv[1]))
print(keys.held(sys.argv[2]).hex())
keys.close()
"""


def test_a_store_that_one_process_opened_twice_is_the_one_that_others_see(tmp_path: Path):
    def seen_elsewhere(stream: str) -> bytes:
        read = [sys.executable, "-c", READS, str(tmp_path), stream]
        return bytes.fromhex(
            subprocess.run(read, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        )

    with closing(open_embedded(tmp_path)) as keys, closing(open_embedded(tmp_path)):
        for stream in ("C1", "C2"):
            assert keys.key_for(stream) == seen_elsewhere(stream)
