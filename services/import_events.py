"""Imports files of events: one CloudEvent a line, as a case system would post them."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from domain.field import Invalid
from infra.incoming import Incoming
from services import strict_json
from services.api import results
from services.import_census import Progress, SetAside, Tally
from services.intake import MAX_EVENT_BYTES, incoming
from services.reporting import Reporting
from services.strict_json import Improper, NotJson

BATCH = 1_000
STANDARD_INPUT = Path("-")
_BOM = b"\xef\xbb\xbf"


def import_events(
    paths: Sequence[Path],
    source: str | None,
    *,
    historic: bool,
    report: Reporting,
    now: Callable[[], datetime],
    progress: Callable[[Progress], object] = lambda step: None,
) -> Tally:
    """Import files (``-`` is standard input) in order, and say what came of each line.

    ``source`` stands for that of events that name none. ``historic``: the facts were typed in long ago, so
    that their delay says nothing. Killed at any moment, the same import again completes it. Raises
    LogUnavailable where the log cannot be written.
    """
    tally = Tally()
    total = sum(path.stat().st_size for path in paths if path.is_file())
    done = 0
    for path in paths:
        try:
            with _opened(path) as file:
                for batch in _batches(_lines(file)):
                    checked = [_check(line, source, now(), historic) for _, line in batch]
                    for (number, line), reply in zip(batch, report.record(checked), strict=True):
                        done += len(line)
                        _count(tally, path, number, reply)
                    progress(Progress(path, done, total, 0))
        except OSError as error:
            tally.unreadable.append(SetAside(path, None, "", f"cannot be read: {error.strerror}"))
        else:
            tally.files += 1
    return tally


def _opened(path: Path) -> BinaryIO:
    return sys.stdin.buffer if path == STANDARD_INPUT else path.open("rb")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, by number; of one that is too long, only as much as tells that it is."""
    number = 0
    while line := file.readline(MAX_EVENT_BYTES + 2):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(MAX_EVENT_BYTES)):
            pass
        if number == 1:
            line = line.removeprefix(_BOM)
        if line.strip():
            yield number, line


def _batches(lines: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    while batch := list(islice(lines, BATCH)):
        yield batch


def _check(line: bytes, source: str | None, now: datetime, historic: bool) -> Incoming | Mapping[str, Any]:
    try:
        text = line.strip()
        if len(text) > MAX_EVENT_BYTES:
            return results.refused(results.too_large(len(text)))
        event = strict_json.read(text)
        if source is not None and isinstance(event, dict):
            event.setdefault("source", source)
        return incoming(event, now, historic=historic)
    except (NotJson, Improper, Invalid) as error:
        return results.refused(results.unreadable(error))


def _count(tally: Tally, path: Path, number: int, reply: Mapping[str, Any]) -> None:
    tally.records += 1
    if reply["status"] == results.RECORDED:
        tally.recorded += 1
    elif reply["status"] == results.DUPLICATE:
        tally.duplicates += 1
    else:
        problem = reply["problem"]
        place = ", ".join(problem.get("pointer", ()))
        tally.refuse(results.outcome(reply), path, number, place, problem["detail"])
