"""The key store: a key for each stream, wrapped by a master key, made once and never again once destroyed."""

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from time import monotonic
from urllib.parse import quote

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    NullPool,
    String,
    Table,
    create_engine,
    event,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from infra.errors import Tampered
from infra.log.sqlite_file import TAKES_NO_MORE
from infra.master_key import MasterKey, UnusableKey, make_at
from infra.sqlite_wal import into_wal

CACHED = 100_000
RECHECKED_EVERY_S = 5.0
TRIED_WITHIN_S = 2
"""How long trying the store waits for others, in seconds: whoever makes a key is done long before."""

_CHUNK = 1_000
_KEY = 32
_NONCE = 12
_UNKNOWN = b""
_DISK_FULL_POSTGRESQL = "53100"

_KEYS = Table(
    "stream_keys",
    MetaData(),
    Column("stream", String, primary_key=True),
    Column("master", String, nullable=False, comment="which master key wraps it"),
    Column("wrapped", LargeBinary, comment="null once destroyed: the stream never gets another"),
)
_DESTROYED = _KEYS.c.wrapped.is_(None)
_DESTROYED_INDEX = Index(
    "stream_keys_destroyed", _KEYS.c.stream, sqlite_where=_DESTROYED, postgresql_where=_DESTROYED
)

# Both SQLite and PostgreSQL read this; SQLAlchemy has it only in its dialects.
_INSERT = text(
    "INSERT INTO stream_keys (stream, master, wrapped) VALUES (:stream, :master, :wrapped)"
    " ON CONFLICT (stream) DO NOTHING"
)

# A reader of SQLite is let in while another writes for ever; what a key needs first is the right to write.
_TRIAL = {
    "sqlite": ("BEGIN IMMEDIATE", "SELECT 1 FROM stream_keys LIMIT 1"),
    "postgresql": ("LOCK TABLE stream_keys IN ROW EXCLUSIVE MODE",),
}


class KeysUnavailable(Exception):
    """The key store cannot be reached, read or written. Wait and retry; no key was used that is lost."""


class KeysFull(KeysUnavailable):
    """There is no room left for another key. Make room, and retry."""


class Erased(Exception):
    """The key of this stream was destroyed: nothing personal can be kept under it, and no new key is made."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What `KeyStore.check` found: how many keys can be used, were destroyed, or cannot be unwrapped."""

    usable: int
    destroyed: int
    broken: int
    to_rewrap: int


class KeyStore:
    """Keys of streams. Safe to share between threads; several processes may open one store."""

    def __init__(
        self,
        url: str | URL,
        master: MasterKey,
        *retired: MasterKey,
        cached: int = CACHED,
        recheck_s: float = RECHECKED_EVERY_S,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Open the store at an SQLAlchemy URL, making it if need be; ``retired`` master keys still unwrap.

        ``cached`` is how many keys are kept in memory; ``recheck_s`` how many seconds it takes at most until
        a key that another process destroyed is forgotten here; ``clock`` counts seconds, from any start.
        Raises UnusableKey where the store holds keys that none of the master keys wrapped, and OSError where
        its file cannot be made. All that is asked of it raises KeysUnavailable where it cannot be used.
        """
        self._engine = _open(url)
        self._trials = _open_for_trials(url)
        self._master = master
        self._ciphers = {each.id: AESGCM(each.key) for each in (*retired, master)}
        self._cache: dict[str, bytes | None] = {}
        self._cached = cached
        self._lock = threading.Lock()
        self._recheck_s = recheck_s
        self._clock = clock
        self._recheck_at = clock() + recheck_s
        try:
            with self._writing() as connection:
                # Processes that start at once may all find it missing.
                connection.execute(CreateTable(_KEYS, if_not_exists=True))
                connection.execute(CreateIndex(_DESTROYED_INDEX, if_not_exists=True))
            self._refuse_unknown_masters()
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        self._cache.clear()
        self._engine.dispose()

    def key_for(self, stream: str) -> bytes:
        """The key of a stream, made and on disk if there was none. Raises Erased where it was destroyed."""
        key = self._cache.get(stream) if self._clock() < self._recheck_at else None
        if key is None:
            key = self.keys_for((stream,)).get(stream)
        if key is None:
            raise Erased("the key of this stream was destroyed; whoever returns needs a new reference")
        return key

    def keys_for(self, streams: Iterable[str]) -> dict[str, bytes]:
        """The keys of streams, made and on disk where there were none; destroyed ones are left out."""
        wanted = dict.fromkeys(streams)
        held = self.held_for(wanted)
        if absent := [stream for stream in wanted if stream not in held]:
            held |= self._make(absent)
        return {stream: key for stream, key in held.items() if key is not None}

    def held_for(self, streams: Iterable[str]) -> dict[str, bytes | None]:
        """The keys that streams have, None where destroyed; a stream that never had one is left out.

        Raises Tampered where a key is not what was stored for its stream.
        """
        self._forget_destroyed()
        held: dict[str, bytes | None] = {}
        unknown = []
        for stream in dict.fromkeys(streams):
            key = self._cache.get(stream, _UNKNOWN)
            if key is _UNKNOWN:
                unknown.append(stream)
            else:
                held[stream] = key
        if unknown:
            with self._reading() as connection:
                loaded = self._load(connection, unknown)
            self._remember(loaded)
            held |= loaded
        return held

    def held(self, stream: str) -> bytes | None:
        """The key that a stream has, None where destroyed. Raises Tampered where it never had one."""
        key = self._cache.get(stream) if self._clock() < self._recheck_at else None
        if key is None:
            found = self.held_for((stream,))
            if stream not in found:
                raise Tampered("the key store lacks a key that was used; bring it back from its backup")
            key = found[stream]
        return key

    def destroy(self, stream: str) -> None:
        """Destroy the key of a stream for ever, whether or not it has one; what it sealed stays unreadable.

        On SQLite nothing of it is left in the file when this returns; on PostgreSQL, after the next VACUUM.
        Backups of the store are the operator's to expire.
        """
        tombstone = {"stream": stream, "master": self._master.id, "wrapped": None}
        with self._writing() as connection:
            connection.execute(_INSERT, tombstone)
            connection.execute(update(_KEYS).where(_KEYS.c.stream == stream).values(wrapped=None))
        if self._engine.dialect.name == "sqlite":
            with self._reading() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
        self._remember({stream: None})

    def rewrap(self) -> int:
        """Wrap with the current master key all that retired ones wrapped; return how many keys that were."""
        retired = select(_KEYS).where(_KEYS.c.master != self._master.id, ~_DESTROYED).limit(_CHUNK)
        done = 0
        while True:
            with self._writing() as connection:
                rows = connection.execute(retired).all()
                for stream, master, wrapped in rows:
                    fresh = self._wrap(stream, self._unwrap(stream, master, wrapped))
                    same = (_KEYS.c.stream == stream) & (_KEYS.c.wrapped == wrapped)
                    connection.execute(update(_KEYS).where(same).values(fresh))
            if not rows:
                return done
            done += len(rows)

    def try_making(self) -> None:
        """Do what making a key begins with, and make none: it costs little, and others hardly notice.

        Raises KeysUnavailable where none could be made, and where others keep the store to themselves for
        longer than `TRIED_WITHIN_S`.
        """
        try:
            with self._trials.connect() as connection:
                for statement in _TRIAL[connection.dialect.name]:
                    connection.exec_driver_sql(statement)
        except DBAPIError as error:
            raise _unavailable(error) from error

    def check(self) -> Condition:
        """Try every key of the store."""
        usable = destroyed = broken = to_rewrap = 0
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=_CHUNK).execute(select(_KEYS))
            for stream, master, wrapped in rows:
                if wrapped is None:
                    destroyed += 1
                    continue
                try:
                    self._unwrap(stream, master, wrapped)
                except Tampered:
                    broken += 1
                else:
                    usable += 1
                    to_rewrap += master != self._master.id
        return Condition(usable=usable, destroyed=destroyed, broken=broken, to_rewrap=to_rewrap)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise _unavailable(error) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._reading() as connection, connection.begin():
            yield connection

    def _make(self, streams: list[str]) -> dict[str, bytes | None]:
        rows = [self._wrap(stream, secrets.token_bytes(_KEY)) for stream in streams]
        with self._writing() as connection:
            connection.execute(_INSERT, rows)
            # Read back: another process may have made one of them first.
            made = self._load(connection, streams)
        self._remember(made)
        return made

    def _load(self, connection: Connection, streams: list[str]) -> dict[str, bytes | None]:
        found: dict[str, bytes | None] = {}
        for start in range(0, len(streams), _CHUNK):
            chunk = _KEYS.c.stream.in_(streams[start : start + _CHUNK])
            for stream, master, wrapped in connection.execute(select(_KEYS).where(chunk)):
                found[stream] = None if wrapped is None else self._unwrap(stream, master, wrapped)
        return found

    def _remember(self, keys: Mapping[str, bytes | None]) -> None:
        with self._lock:
            self._cache.update(keys)
            excess = len(self._cache) - self._cached
            if excess > 0:
                for stream in list(islice(self._cache, excess + self._cached // 8)):
                    del self._cache[stream]

    def _forget_destroyed(self) -> None:
        if self._clock() < self._recheck_at:
            return
        with self._reading() as connection:
            destroyed = connection.execute(select(_KEYS.c.stream).where(_DESTROYED)).scalars().all()
        with self._lock:
            self._cache.update((stream, None) for stream in destroyed if stream in self._cache)
            self._recheck_at = self._clock() + self._recheck_s

    def _wrap(self, stream: str, key: bytes) -> dict[str, object]:
        nonce = secrets.token_bytes(_NONCE)
        cipher = self._ciphers[self._master.id]
        return {
            "stream": stream,
            "master": self._master.id,
            "wrapped": nonce + cipher.encrypt(nonce, key, _purpose(stream)),
        }

    def _unwrap(self, stream: str, master: str, wrapped: bytes) -> bytes:
        cipher = self._ciphers.get(master)
        if cipher is None:
            raise Tampered(f"a key of the key store is wrapped by master key {master}, which is not given")
        try:
            return cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _purpose(stream))
        except (InvalidTag, ValueError):
            raise Tampered("a key of the key store is not what was stored for its stream") from None

    def _refuse_unknown_masters(self) -> None:
        with self._reading() as connection:
            masters = connection.execute(select(_KEYS.c.master).where(~_DESTROYED).distinct()).scalars().all()
        if missing := sorted(set(masters) - set(self._ciphers)):
            raise UnusableKey(
                f"the key store holds keys wrapped by master key {', '.join(missing)}, which was not given;"
                " give the one that this store was made with, or bring it back from its backup"
            )


def open_embedded(folder: Path) -> KeyStore:
    """The key store of a folder (keys.sqlite3), with a master key made beside it (master.key) the first time.

    Raises UnusableKey where there are keys but their master key is gone, or can be read by others.
    """
    store, master = folder / "keys.sqlite3", folder / "master.key"
    # In this order: whoever makes keys has made the master key before.
    if store.exists() and not master.exists():
        raise UnusableKey(f"{store} needs {master}, which is gone; bring it back from its backup")
    return KeyStore(URL.create("sqlite", database=str(store)), make_at(master))


def _open(url: str | URL) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed)
    assert parsed.database, "keys must outlive the process: give the SQLite store a file"
    # Not opened where it is there: by closing it, a process gives up the locks of all its connections.
    with suppress(FileExistsError):
        os.close(os.open(parsed.database, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    engine = create_engine(parsed, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        into_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")

    return engine


def _open_for_trials(url: str | URL) -> Engine:
    """The same store, each time by a connection of its own: those of the pool may all be waiting."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        # A store that is gone is not to be found there again, empty.
        uri = f"file:{quote(str(parsed.database))}?mode=rw"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(
                uri, uri=True, timeout=TRIED_WITHIN_S, isolation_level=None, check_same_thread=False
            )

        return create_engine("sqlite://", creator=connect, poolclass=NullPool)
    settings = {
        "connect_timeout": TRIED_WITHIN_S,
        "options": f"-c statement_timeout={TRIED_WITHIN_S * 1000}",
    }
    return create_engine(parsed, connect_args=settings, poolclass=NullPool)


def _unavailable(error: DBAPIError) -> KeysUnavailable:
    """What the caller should do about an error of the database; nothing of a row is in it."""
    code: str = (
        getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "nothing"
    )
    if code == _DISK_FULL_POSTGRESQL or code.startswith(TAKES_NO_MORE):
        return KeysFull(f"the key store answered {code}: it takes no more; see to the disk and retry")
    return KeysUnavailable(f"the key store answered {code}; see to it and retry")


def _purpose(stream: str) -> bytes:
    return b"casetimeline key of stream " + stream.encode()
