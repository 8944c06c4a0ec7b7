"""Ending with the process that started this one, however that ended."""

import os
import threading


def end_with_parent() -> None:
    """End this process as soon as nobody holds the other end of its standard input.

    At once, whatever is under way: what the process does must bear being killed.
    """
    threading.Thread(target=_wait, name="parent", daemon=True).start()


def _wait() -> None:
    # Not through sys.stdin, whose lock this thread would hold for ever when the process ends.
    while os.read(0, 4_096):
        pass
    os._exit(0)
