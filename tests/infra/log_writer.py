"""A program that appends to a log from several threads, and says on standard output what was acknowledged.

Usage: python -m tests.infra.log_writer FILE NAME THREADS COMMITS. Each thread appends COMMITS commits
(0: until killed), of one to three events, to streams that all writers share.
"""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from threading import Lock, Thread

from eventsourcing.persistence import StoredEvent

from infra.log.commit import Accepted, Commit
from infra.log.sqlite import SqliteLog


def commits(name: str) -> Iterator[Commit]:
    """The same commits for the same name, each known by its id: ``name/number``."""
    chance = random.Random(name)
    for number in count():
        commit_id = f"{name}/{number}"
        stream = f"C{chance.randrange(20)}"
        events = (StoredEvent(stream, 0, "casetimeline.Noted", commit_id.encode()),) * chance.randint(1, 3)
        yield Commit(commit_id.encode(), events, expected_version=None)


def append(log: SqliteLog, name: str, length: int, saying: Lock) -> None:
    for number, commit in enumerate(commits(name)):
        if length and number == length:
            return
        (outcome,) = log.submit([commit]).result()
        assert isinstance(outcome, Accepted)
        with saying:
            sys.stdout.write(f"{commit.id.decode()}\n")
            sys.stdout.flush()


def main() -> None:
    path, name, threads, length = sys.argv[1:]
    log = SqliteLog.open(path, now=lambda: datetime.now(UTC))
    saying = Lock()
    writers = [
        Thread(target=append, args=(log, f"{name}.{number}", int(length), saying))
        for number in range(int(threads))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    log.close()


if __name__ == "__main__":
    main()
