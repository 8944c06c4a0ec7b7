"""Facts of many records at once, column by column: what a rebuild reads millions with.

It reads as `Codec.decode_all` does, but that what is personal stays sealed where no figure needs it, and that
the data as reported is read only when it is asked for. Whatever is unusual, in a record or in how its bytes
are laid out, is left to the codec itself, so that both judge alike.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from domain.catalogue import EVENT_TYPES, FIELDS, PREFIX
from domain.event import Event
from domain.field import FactReference
from domain.history import Outline, Recorded
from domain.moment import london_day
from infra.avro import Malformed, read_long
from infra.avro_columns import AvroColumns, Columns
from infra.codec import Codec, Logged
from infra.errors import Unreadable
from infra.field_columns import Convert, absent, converter, instants
from infra.incoming import NO_EXTENSIONS
from infra.log.rows import Rows, places_by
from infra.outlines import begins_so, outlines
from infra.schemas import FOLDER, registry, released

BEARING = frozenset({"ActionDone", "ChildRegistered", "FactCorrected", "RecordChanged"})
"""Types of event in which something personal bears on rows: evidence, a day of birth, what was corrected."""

HEADER_BYTES = 5
_from_json = msgspec.json.Decoder().decode
_SEALED = {"name": "personal", "type": ["null", "bytes"], "default": None}

Object = TypeVar("Object")


@dataclass(frozen=True, slots=True)
class _Row:
    """A record as the codec asks for it."""

    originator_id: str
    originator_version: int
    topic: str
    state: bytes
    partition: int
    offset: int
    recorded_at: datetime


class _Reported(Mapping[str, Any]):
    """The data of a fact as it was reported: read when first asked for."""

    __slots__ = ("_at", "_stored", "_values")

    _stored: tuple[Codec, Rows]
    _at: int
    _values: Mapping[str, Any]

    def _all(self) -> Mapping[str, Any]:
        try:
            return self._values
        except AttributeError:
            codec, rows = self._stored
            self._values = self._of(codec.decode(_row(rows, self._at)))
            return self._values

    def _of(self, whole: Recorded) -> Mapping[str, Any]:
        return whole.data

    def __getitem__(self, key: str) -> Any:
        return self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class _Extensions(_Reported):
    """Its extensions, likewise."""

    __slots__ = ()

    def _of(self, whole: Recorded) -> Mapping[str, Any]:
        return whole.extensions


class _Release:
    """A release of a schema, in the parts before and after what is sealed, and how columns become facts."""

    def __init__(self, name: str, schema: Mapping[str, Any]) -> None:
        envelope, *others = schema["fields"]
        parts: list[dict[str, Any]] = envelope["type"]["fields"]
        sealed = parts.index(_SEALED)
        self.topic = name
        self.event = name.removeprefix(PREFIX)
        self.before = parts[:sealed]
        after = [part | {"name": f"envelope.{part['name']}"} for part in parts[sealed + 1 :]]
        self.after = AvroColumns([*after, *others])
        told = [field["name"] for field in others]
        self.begins_so = begins_so([*parts, *others])
        self.converters: list[tuple[str, str, Convert]] = []
        self.absent: list[tuple[str, Any]] = []
        for field in FIELDS[self.event]:
            if field.name in told:
                self.converters.append((field.name, field.attribute, converter(self.event, field)))
            else:
                self.absent.append((field.attribute, absent(self.event, field)))

    def facts(self, columns: Columns, number: int) -> list[Event]:
        """Raises ValueError where they are not what such an event holds."""
        found = _new(EVENT_TYPES[self.event], number)
        for name, attribute, convert in self.converters:
            _fill(found, attribute, convert(columns[name]))
        for attribute, value in self.absent:
            _fill(found, attribute, repeat(value, number))
        return found


@dataclass(frozen=True, slots=True)
class _Begun:
    """Records whose envelopes were read: their columns, what follows what is sealed in each, which of them
    are unusual, and which have extensions or anything sealed.
    """

    envelopes: Columns
    rests: Sequence[bytes]
    unusual: Collection[int]
    extended: Sequence[int]


class ColumnarCodec:
    """Reads facts as a codec does, many at a time. The more there are, the less each takes."""

    def __init__(self, codec: Codec, schemas: Path = FOLDER) -> None:
        self._codec = codec
        self.keyed = codec.keyed
        self._releases: dict[bytes, _Release] = {}
        self._of_topic: dict[bytes, str] = {}
        self._before: dict[str, tuple[AvroColumns, set[bytes]]] = {}
        for id, release in registry(schemas).items():
            header = b"\0" + id.to_bytes(HEADER_BYTES - 1, "big")
            found = self._releases[header] = _Release(release.name, released(release, schemas))
            alike = self._before.setdefault(repr(found.before), (AvroColumns(found.before), set()))
            alike[1].add(header)
            if found.begins_so:
                self._of_topic[header] = release.name

    def decode_all(self, logged: Iterable[Logged]) -> list[Recorded | Unreadable]:
        """The facts that records hold, in their order; Unreadable stands for one to set aside."""
        return self.decode_rows(_rows(list(logged)))

    def decode_rows(self, rows: Rows) -> list[Recorded | Unreadable]:
        """The same for columns. Raises Tampered as the codec does."""
        found: list[Recorded | Unreadable | None] = [None] * len(rows.states)
        for before, places, some, headers in self._alike(rows):
            self._read(before, some, headers, places, found)
        left = self._codec.decode_all([_row(rows, at) for at, fact in enumerate(found) if fact is None])
        return [left.pop() if fact is None else fact for fact in reversed(found)][::-1]

    def outlines(self, rows: Rows) -> list[Outline | None]:
        """When what each record tells of happened and was entered; None for an unusual one, of which only the
        codec itself can tell.
        """
        found: list[Outline | None] = [None] * len(rows.states)
        usual = [
            at
            for at, (state, topic) in enumerate(zip(rows.states, rows.topics, strict=True))
            if self._of_topic.get(state[:HEADER_BYTES]) == topic
        ]
        told = outlines([rows.states[at] for at in usual], [rows.recorded_at[at] for at in usual])
        for at, outline in zip(usual, told, strict=True):
            found[at] = outline
        return found

    def _alike(self, rows: Rows) -> Iterator[tuple[AvroColumns, Sequence[int], Rows, Sequence[bytes]]]:
        """The records whose envelopes are alike: where they stand, they themselves, and their headers."""
        headers = [state[:HEADER_BYTES] for state in rows.states]
        for before, alike in self._before.values():
            places = [at for at, header in enumerate(headers) if header in alike]
            if len(places) == len(headers):
                yield before, places, rows, headers
            elif places:
                yield before, places, rows.at(places), [headers[at] for at in places]

    def _begun(self, before: AvroColumns, rows: Rows, headers: Sequence[bytes]) -> "_Begun | None":
        """Records read up to the end of their envelopes; None where they are not laid out alike."""
        states = rows.states
        try:
            envelopes, ends = before.begin([state[HEADER_BYTES:] for state in states])
            ends = [end + HEADER_BYTES for end in ends]
            sealed = [n for n, (state, end) in enumerate(zip(states, ends, strict=True)) if state[end]]
        except (ValueError, IndexError):
            return None
        rests = [state[end + 1 :] for state, end in zip(states, ends, strict=True)]
        unusual: set[int] = set()
        for number in sealed:
            rest = _after_sealed(states[number], ends[number])
            if rest is None or self._releases[headers[number]].event in BEARING:
                unusual.add(number)
            else:
                rests[number] = rest
        extended = [number for number, told in enumerate(envelopes["extensions"]) if told]
        unusual.update(n for n in extended if not _can_be_read(envelopes["extensions"][n]))
        return _Begun(envelopes, rests, unusual, sorted({*extended, *sealed}))

    def _usual(self, begun: "_Begun", rows: Rows, headers: Sequence[bytes]) -> dict[bytes, list[int]]:
        """By header, which records can be read on from the end of their envelopes."""
        return {
            header: [
                n
                for n in numbers
                if rows.topics[n] == self._releases[header].topic and n not in begun.unusual
            ]
            for header, numbers in places_by(headers).items()
        }

    def _read(
        self,
        before: AvroColumns,
        rows: Rows,
        headers: Sequence[bytes],
        places: Sequence[int],
        found: list[Recorded | Unreadable | None],
    ) -> None:
        """Put in their places the facts of records whose envelopes are alike, but for unusual ones."""
        begun = self._begun(before, rows, headers)
        if begun is None:
            return
        try:
            recorded = self._recorded(rows, headers, begun.envelopes)
        except ValueError:
            return
        extensions = self._reported(_Extensions, rows, begun.extended)
        _fill([recorded[n] for n in begun.extended], "extensions", extensions)
        for header, numbers in self._usual(begun, rows, headers).items():
            release = self._releases[header]
            try:
                columns = release.after.read([begun.rests[n] for n in numbers])
                facts = release.facts(columns, len(numbers))
            except ValueError:
                continue
            of_facts = [recorded[n] for n in numbers]
            _fill(of_facts, "fact", facts)
            _fill(of_facts, "occurred_on", [fact.occurred_on for fact in facts])
            for number, fact in zip(numbers, of_facts, strict=True):
                found[places[number]] = fact

    def _recorded(self, rows: Rows, headers: Sequence[bytes], envelopes: Columns) -> list[Recorded]:
        """Facts of which only what happened, and when, is wanting."""
        number = len(headers)
        events = {header: release.event for header, release in self._releases.items()}
        sources, ids, historic = envelopes["source"], envelopes["id"], envelopes["historic"]
        entered_at = instants(envelopes["recordedtime"])
        found = _new(Recorded, number)
        _fill(found, "stream", rows.streams)
        _fill(found, "version", rows.versions)
        _fill(found, "source", sources)
        _fill(found, "id", ids)
        _fill(found, "type", [events[header] for header in headers])
        _fill(found, "entered_at", entered_at)
        _fill(found, "recorded_at", rows.recorded_at)
        _fill(found, "partition", rows.partitions)
        _fill(found, "offset", rows.offsets)
        _fill(found, "data", self._reported(_Reported, rows, range(number)))
        _fill(found, "extensions", repeat(NO_EXTENSIONS, number))
        _fill(found, "time", envelopes["time"])
        _fill(found, "historic", historic)
        _fill(found, "is_erased", repeat(False, number))
        references = map(tuple.__new__, repeat(FactReference), zip(sources, ids, strict=True))
        _fill(found, "reference", references)
        _fill(found, "log_order", zip(rows.recorded_at, rows.partitions, rows.offsets, strict=True))
        learnt = (entered or told for entered, told in zip(entered_at, rows.recorded_at, strict=True))
        _fill(found, "entered_on", map(london_day, learnt))
        return found

    def _reported(self, cls: type[_Reported], rows: Rows, places: Sequence[int]) -> list[_Reported]:
        found = _new(cls, len(places))
        _fill(found, "_stored", repeat((self._codec, rows), len(found)))
        _fill(found, "_at", places)
        return found


def _rows(logged: Sequence[Logged]) -> Rows:
    return Rows(
        [each.originator_id for each in logged],
        [each.originator_version for each in logged],
        [each.topic for each in logged],
        [each.state for each in logged],
        [each.partition for each in logged],
        [each.offset for each in logged],
        [each.recorded_at for each in logged],
    )


def _row(rows: Rows, at: int) -> _Row:
    return _Row(
        rows.streams[at],
        rows.versions[at],
        rows.topics[at],
        rows.states[at],
        rows.partitions[at],
        rows.offsets[at],
        rows.recorded_at[at],
    )


def _can_be_read(extensions: Iterable[tuple[str, str]]) -> bool:
    """Whether extensions, which are read only when they are asked for, are JSON as the codec wants them."""
    try:
        for _, value in extensions:
            _from_json(value)
    except ValueError:
        return False
    return True


def _after_sealed(state: bytes, at: int) -> bytes | None:
    """What follows the sealed bytes at a place of a record; None where it cannot be told."""
    try:
        length, start = read_long(state, at + 1)
    except (IndexError, Malformed):
        return None
    end = start + length
    return state[end:] if state[at] == 2 and start <= end <= len(state) else None


def _new(cls: type[Object], number: int) -> list[Object]:
    return list(map(object.__new__, repeat(cls, number)))


def _fill(objects: Sequence[Any], attribute: str, values: Iterable[Any]) -> None:
    """Give each of some objects of one class the value of an attribute, frozen or not."""
    if objects:
        deque(map(getattr(type(objects[0]), attribute).__set__, objects, values), maxlen=0)
