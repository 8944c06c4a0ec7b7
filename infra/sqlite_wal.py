"""Opening a SQLite file that several processes open at the same time."""

import sqlite3
import time

WAITS_S = 10.0
_LOOK_AGAIN_S = 0.02


def into_wal(connection: sqlite3.Connection) -> None:
    """Have the file write ahead, waiting for whoever does the same just now, or opens it after a crash.

    Here SQLite does not wait by itself, whatever its timeout.
    """
    until = time.monotonic() + WAITS_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN_S)
        else:
            return
