"""Some streams of a log held in memory: read at once, and decoded many at a time, so that a rebuild asks the
log for nothing but what these share with others.
"""

from collections import OrderedDict, deque
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from domain.history import Recorded
from infra.columnar import ColumnarCodec
from infra.errors import Tampered, Unreadable
from infra.log.commit import LogNotification
from infra.log.marks import Mark, Marked
from infra.log.rows import PartitionRows, Rows
from services.histories import SUPERVISION, Supervised

FACTS_AT_ONCE = 20_000
"""How many facts are decoded together: each takes about 1.5 KB until the next but one are."""

OTHERS_KEPT = 200_000
"""Facts kept of streams that are in other shares; each takes about 1.5 KB."""

WINDOWS_KEPT = 2
NEAR_FACTS = 2_000
"""A stream no further ahead than this is taken for the next, and what is before it decoded with it."""


class Log(Protocol):
    """What is asked of the log itself."""

    def heads(self) -> tuple[int, ...]: ...
    def refreshed(self) -> AbstractContextManager[None]: ...
    def doubles(self) -> Sequence[LogNotification]: ...
    def select_events(self, originator_id: str, *, gt: int | None = ...) -> Sequence[LogNotification]: ...
    def select_all(self, streams: Sequence[str]) -> Rows: ...
    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]: ...
    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]: ...
    def known_by(self, known_at: datetime) -> tuple[int, ...]: ...


@dataclass(frozen=True, slots=True)
class HeldRows:
    """Records in columns, and where in them those of each stream are, in order of version."""

    rows: Rows
    places: Mapping[str, Sequence[int]]


def read_rows(log: Log, streams: Sequence[str]) -> HeldRows:
    """All that a log has of some streams."""
    return held_of(log.select_all(streams), streams)


def held_of(rows: Rows, streams: Sequence[str]) -> HeldRows:
    """The events of some streams, those of each in order of version."""
    places = rows.by_stream()
    return HeldRows(rows, {stream: places.get(stream, ()) for stream in streams})


def of_partition(partition: int, read: PartitionRows, without: Collection[int]) -> HeldRows:
    """All that a partition has, but for events of these numbers."""
    rows = Rows(
        read.streams,
        read.versions,
        read.topics,
        read.states,
        [partition] * len(read.streams),
        read.offsets,
        read.recorded_at,
    )
    places = read.by_stream()
    for number in without:
        places[read.streams[number - 1]].remove(number - 1)
    return HeldRows(rows, places)


def part_of(held: HeldRows, streams: Sequence[str]) -> HeldRows:
    """Some of the streams that are held."""
    return HeldRows(held.rows, {stream: held.places.get(stream, ()) for stream in streams})


Others = dict[str, list[tuple[int, Recorded | Unreadable]]]
"""The facts of streams, each with its version."""


@dataclass(slots=True)
class Beside:
    """What is kept from share to share of streams that are in none or in others, such as those of workers:
    they are read once by each process, and not for each of its shares.
    """

    others: Others = field(default_factory=dict)
    supervised: Supervised = field(default_factory=OrderedDict)

    def tidied(self) -> "Beside":
        """Let go of all where it has grown too large."""
        if sum(map(len, self.others.values())) > OTHERS_KEPT:
            self.others.clear()
            self.supervised.clear()
        return self


class HeldLog:
    """A log of which some streams are held. Its events are facts already: read them with a `HeldCodec`.

    ``heads`` are those of the log before the streams were read: all up to there is in them.
    ``others`` keeps what was read of streams that are not held, such as those of workers, for whoever asks
    for them next, or for the next share. ``unasked`` are kinds of marks that bear on nothing that is asked:
    none of them is found.
    """

    def __init__(
        self,
        log: Log,
        codec: ColumnarCodec,
        heads: tuple[int, ...],
        held: HeldRows,
        others: Others | None = None,
        unasked: frozenset[str] = frozenset(),
    ) -> None:
        self._log = log
        self._codec = codec
        self._heads = heads
        self._held = held
        self._order = sorted(held.places)
        self._number = {stream: number for number, stream in enumerate(self._order)}
        self._windows: deque[dict[str, list[Recorded | Unreadable]]] = deque(maxlen=WINDOWS_KEPT)
        self._until = 0
        self._ahead: set[int] = set()
        self._others: Others = {} if others is None else others
        self._unasked = unasked
        self._known_by: dict[datetime, tuple[int, ...]] = {}
        self._marks: dict[str, dict[str, list[Mark]]] = {}
        self._marked: dict[str, dict[str, list[Marked]]] = {}

    def heads(self) -> tuple[int, ...]:
        return self._heads

    def known_by(self, known_at: datetime) -> tuple[int, ...]:
        if known_at not in self._known_by:
            self._known_by[known_at] = self._log.known_by(known_at)
        return self._known_by[known_at]

    def select_events(self, originator_id: str, *, gt: int | None = None) -> Sequence[Any]:
        """The facts of a stream after a version."""
        if originator_id not in self._held.places:
            return [fact for version, fact in self._other(originator_id) if version > (gt or 0)]
        versions, places = self._held.rows.versions, self._held.places[originator_id]
        facts = self._facts(originator_id)
        if not gt:
            return facts
        return [fact for fact, place in zip(facts, places, strict=True) if versions[place] > gt]

    def _other(self, stream: str) -> list[tuple[int, Recorded | Unreadable]]:
        if stream not in self._others:
            events = self._log.select_events(stream)
            versions = [event.originator_version for event in events]
            self._others[stream] = list(zip(versions, self._codec.decode_all(events), strict=True))
        return self._others[stream]

    def _read_others(self, streams: Collection[str]) -> None:
        """Read what is not held of some streams, all at once."""
        missing = sorted(one for one in streams if one not in self._held.places and one not in self._others)
        rows = self._log.select_all(missing)
        # Whose record was tampered with shows when each stream is read alone.
        with suppress(Tampered):
            facts = self._codec.decode_rows(rows)
            for stream, places in rows.by_stream().items():
                self._others[stream] = [(rows.versions[place], facts[place]) for place in places]

    def refreshed(self) -> AbstractContextManager[None]:
        return self._log.refreshed()

    def doubles(self) -> Sequence[LogNotification]:
        return self._log.doubles()

    def _facts(self, stream: str) -> list[Recorded | Unreadable]:
        number = self._number[stream]
        if number >= self._until:
            if self._is_next(number):
                # Whose record was tampered with shows when each stream is decoded alone.
                with suppress(Tampered):
                    self._decode_until(number)
            else:
                self._ahead.add(number)
        for window in self._windows:
            if stream in window:
                return window[stream]
        # What others were merged with, far from here.
        return self._codec.decode_rows(self._held.rows.at(self._held.places[stream]))

    def _is_next(self, number: int) -> bool:
        """Whether a stream is the next of those not decoded yet, or near it, but for those asked ahead."""
        facts = 0
        for between in range(self._until, number):
            if between not in self._ahead:
                facts += len(self._held.places[self._order[between]])
            if facts > NEAR_FACTS:
                return False
        return True

    def _decode_until(self, number: int) -> None:
        """Decode the next streams in their order, this one among them, and let go of the first that were."""
        places: list[int] = []
        begins = []
        start = self._until
        while self._until < len(self._order) and (len(places) < FACTS_AT_ONCE or self._until <= number):
            begins.append(len(places))
            places += self._held.places[self._order[self._until]]
            self._until += 1
        facts = self._codec.decode_rows(self._held.rows.at(places))
        parts = map(slice, begins, [*begins[1:], len(places)])
        of_streams = zip(self._order[start : self._until], parts, strict=True)
        self._windows.append({stream: facts[part] for stream, part in of_streams})

    def marks_of_all(self, streams: Sequence[str], kind: str) -> dict[str, list[Mark]]:
        """Each stream's marks of one kind, in log order."""
        known = self._marks_of(kind)
        missing = [stream for stream in streams if stream not in known]
        if missing:
            known.update(self._log.marks_of_all(missing, kind))
        return {stream: known[stream] for stream in streams}

    def marked_all(self, kind: str, values: Sequence[str]) -> dict[str, list[Marked]]:
        """Where each of these marks stands."""
        if kind in self._unasked:
            return {value: [] for value in values}
        if kind not in self._marked:
            of_held = {mark.value for marks in self._marks_of(kind).values() for mark in marks}
            self._marked[kind] = self._log.marked_all(kind, sorted(of_held.union(self._order)))
            if kind == SUPERVISION:
                # Whoever asks for these marks asks for the workers next.
                self._read_others({mark.stream for marks in self._marked[kind].values() for mark in marks})
        known = self._marked[kind]
        missing = [value for value in values if value not in known]
        if missing:
            known.update(self._log.marked_all(kind, missing))
        return {value: known[value] for value in values}

    def _marks_of(self, kind: str) -> dict[str, list[Mark]]:
        if kind not in self._marks:
            self._marks[kind] = self._log.marks_of_all(self._order, kind)
        return self._marks[kind]


class HeldCodec:
    """Reads what a `HeldLog` gives."""

    def __init__(self, codec: ColumnarCodec) -> None:
        self.keyed = codec.keyed

    def decode_all(self, logged: Sequence[Any]) -> Sequence[Recorded | Unreadable]:
        """The facts of events, which they are already."""
        return logged
