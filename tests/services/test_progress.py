"""How far a command is, as a terminal shows it and nothing else does."""

import io
import sys
import time

from services.cli.progress import bar


class Terminal(io.StringIO):
    """Keeps what is shown."""

    def isatty(self):
        return True


def shown_on(out, monkeypatch):
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    with bar("Building", "events") as move:
        for done in (0, 400, 800):
            move(done, 1_000)
            time.sleep(0.15)
    return out.getvalue()


def test_a_terminal_is_shown_events_rate_and_the_time_left(monkeypatch):
    said = shown_on(Terminal(), monkeypatch)
    for told in ("Building", "800/1000", "events", "a second", "0:00:0"):
        assert told in said


def test_what_is_no_terminal_is_shown_nothing(monkeypatch):
    assert shown_on(io.StringIO(), monkeypatch) == ""
