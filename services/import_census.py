"""Imports children in need census returns: each compared with what its source showed before, and told as
facts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from infra.files.cin_census import Survey, open_census, read, survey
from infra.files.cin_records import CensusChild
from infra.files.xml_fields import FileProblem
from infra.files.xml_file import Unreadable
from infra.snapshots import NextSnapshot, Overtaken, SqlSnapshots
from services.api import results
from services.census_records import covers, records_in, seen_child, year_begins
from services.snapshots import Frame, SeenChild, Told, compare_child, frame, pack, unpack

BATCH = 500
PAGE = 200
MAX_LISTED = 10_000


class Record(Protocol):
    """Records facts, and answers each with its status: recorded, duplicate, or refused with a problem."""

    def __call__(
        self, events: Sequence[dict[str, Any]], /, *, historic: bool
    ) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class SetAside:
    """What was not imported: the file, the line (of what tells it, where anything does) and place, why and
    what to do.
    """

    path: Path
    line: int | None
    place: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What came of an import. ``set_aside`` lists at most `MAX_LISTED`; ``set_aside_count`` counts them all.

    ``unreadable`` are the files of which nothing was imported. Facts that were refused, or in conflict with
    another, are set aside too.
    """

    files: int = 0
    children: int = 0
    records: int = 0
    recorded: int = 0
    duplicates: int = 0
    conflicts: int = 0
    refused: int = 0
    set_aside_count: int = 0
    set_aside: list[SetAside] = field(default_factory=list)
    unreadable: list[SetAside] = field(default_factory=list)

    def refuse(self, outcome: str, path: Path, line: int | None, place: str, reason: str) -> None:
        """Put a fact aside that was not recorded."""
        if outcome == results.CONFLICT:
            self.conflicts += 1
        else:
            self.refused += 1
        self.put_aside(path, line, place, reason)

    def put_aside(self, path: Path, line: int | None, place: str, reason: str) -> None:
        self.set_aside_count += 1
        if len(self.set_aside) < MAX_LISTED:
            self.set_aside.append(SetAside(path, line, place, reason))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: bytes read of those to read (every file is read twice) and children imported."""

    path: Path
    read_bytes: int
    total_bytes: int
    children: int


@dataclass(frozen=True, slots=True)
class _Return:
    path: Path
    surveyed: Survey
    taken_on: date


def import_census(
    paths: Sequence[Path],
    source: str,
    *,
    taken_on: date | None,
    record: Record,
    snapshots: SqlSnapshots,
    key: bytes,
    today: date,
    progress: Callable[[Progress], object] = lambda step: None,
) -> Tally:
    """Import returns of one source, the earliest taken first, and say what came of each part of them.

    A return is taken on its reference date, or on the day it was written where that is earlier, unless
    ``taken_on`` says otherwise. ``key`` keeps digests of dates of birth from being guessed; it must stay the
    same between imports. The first snapshot of a source is recorded as historic. A file counts as a whole or
    not at all; killed at any moment, the same import done again finds what it recorded already and completes
    it. What ``record`` raises is let through.

    Raises ValueError where ``taken_on`` is after ``today``, or is given for several files at once.
    """
    if taken_on and taken_on > today:
        raise ValueError(f"--taken-on {taken_on.isoformat()} is after today, {today.isoformat()}")
    if taken_on and len(paths) > 1:
        raise ValueError("--taken-on is the day of one file; import several files one at a time")
    tally = Tally()
    meter = _Meter(paths, tally, progress)
    returns = []
    for path in paths:
        try:
            with open_census(path) as file:
                surveyed = survey(file, meter.of(path))
            returns.append(_Return(path, surveyed, _taken_on(surveyed, taken_on, today)))
        except Unreadable as error:
            tally.unreadable.append(SetAside(path, error.line, "", error.message))
    for one in sorted(returns, key=lambda one: one.taken_on):
        try:
            _Import(one, source, record, snapshots, key, tally).run(meter.of(one.path))
            tally.files += 1
        except Unreadable as error:
            tally.unreadable.append(SetAside(one.path, error.line, "", error.message))
        except Overtaken as error:
            tally.unreadable.append(SetAside(one.path, None, "", str(error)))
    return tally


def _taken_on(surveyed: Survey, given: date | None, today: date) -> date:
    if given:
        return given
    told = [day for day in (surveyed.header.reference_on, surveyed.header.written_on) if day]
    if not told:
        raise Unreadable(
            1, "its header tells neither ReferenceDate nor DateTime; say when it was taken with --taken-on"
        )
    if min(told) > today:
        raise Unreadable(1, "its header's dates are after today; say when it was taken with --taken-on")
    return min(told)


class _Meter:
    def __init__(self, paths: Sequence[Path], tally: Tally, progress: Callable[[Progress], object]) -> None:
        self._tally = tally
        self._progress = progress
        self._read = 0
        self._total = 2 * sum(path.stat().st_size for path in paths if path.is_file())

    def of(self, path: Path) -> Callable[[int], None]:
        def count(count_bytes: int) -> None:
            self._read += count_bytes
            self._progress(Progress(path, self._read, self._total, self._tally.children))

        return count


class _Import:
    """One return being imported."""

    def __init__(
        self, one: _Return, source: str, record: Record, snapshots: SqlSnapshots, key: bytes, tally: Tally
    ) -> None:
        self._return = one
        self._source = source
        self._record = record
        self._snapshots = snapshots
        self._key = key
        self._tally = tally
        self._waiting: list[Told] = []
        self._is_first = False
        self._has_told = False

    def run(self, progress: Callable[[int], object]) -> None:
        following = self._snapshots.begin(self._source)
        last = following.last
        self._is_first = last is None
        about = self._frame((last.taken_on, last.number) if last else None)
        digest = self._return.surveyed.digest
        # A return overtaken by a later one told all it had to tell when it was imported first.
        is_old_news = about.overtaken_on is not None and self._snapshots.was_imported(
            self._source, about.taken_on, digest
        )
        for children in _pages(self._children(progress)):
            if not is_old_news:
                self._compare(about, following, children)
        if is_old_news:
            return
        if self._return.surveyed.is_complete and not about.overtaken_on:
            self._compare_absent(about, following)
        self._send(everything=True)
        following.keep(*about.kept(self._has_told), about.taken_on, digest)

    def _frame(self, last: tuple[date, int] | None) -> Frame:
        begins_on = year_begins(self._return.surveyed.header, self._return.taken_on)
        return frame(self._source, self._return.taken_on, last, covers(begins_on))

    def _children(self, progress: Callable[[int], object]) -> Iterator[SeenChild]:
        with open_census(self._return.path) as file:
            for item in read(file, self._return.surveyed, self._return.taken_on, progress):
                if isinstance(item, FileProblem):
                    self._tally.put_aside(self._return.path, item.line, item.path, item.message)
                else:
                    yield self._seen(item)

    def _seen(self, child: CensusChild) -> SeenChild:
        seen = seen_child(child, self._key)
        self._tally.children += 1
        self._tally.records += records_in(seen.rows)
        return seen

    def _compare(self, about: Frame, following: NextSnapshot, children: Sequence[SeenChild]) -> None:
        states = self._snapshots.states(self._source, [child.reference for child in children])
        after = {}
        for child in children:
            packed = states.get(child.reference)
            before = unpack(child.reference, packed) if packed else None
            told, known = compare_child(about, before, child)
            after[child.reference] = pack(known)
            self._waiting += told
            self._send()
        following.put(after)

    def _compare_absent(self, about: Frame, following: NextSnapshot) -> None:
        for page in following.absent():
            after = {}
            for reference, packed in page.items():
                told, known = compare_child(about, unpack(reference, packed), None)
                after[reference] = pack(known)
                self._waiting += told
                self._send()
            following.put(after)

    def _send(self, everything: bool = False) -> None:
        while len(self._waiting) >= BATCH or (everything and self._waiting):
            self._has_told = True
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            outcomes = self._record([told.event for told in batch], historic=self._is_first)
            for told, outcome in zip(batch, outcomes, strict=True):
                self._count(told, outcome)

    def _count(self, told: Told, outcome: Mapping[str, Any]) -> None:
        if outcome["status"] == "recorded":
            self._tally.recorded += 1
        elif outcome["status"] == "duplicate":
            self._tally.duplicates += 1
        else:
            problem = outcome.get("problem") or {}
            reason = str(problem.get("detail") or problem.get("title") or "it was refused")
            place = str(told.event["type"])
            self._tally.refuse(results.outcome(outcome), self._return.path, told.line, place, reason)


def _pages(children: Iterator[SeenChild]) -> Iterator[list[SeenChild]]:
    while page := list(islice(children, PAGE)):
        yield page
