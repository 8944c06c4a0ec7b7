"""Facts of many records at once, column by column: what a rebuild reads millions with.

It reads as `Codec.decode_all` does, but that what is personal stays sealed where no figure needs it, and that
the data as reported is read only when it is asked for. Whatever is unusual, in a record or in how its bytes
are laid out, is left to the codec itself, so that both judge alike.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import chain, compress, repeat
from pathlib import Path
from typing import Any, cast

import msgspec
import pyarrow.compute as pc

from domain.catalogue import EVENT_TYPES, FIELDS, PREFIX
from domain.event import Event
from domain.field import FactReference
from domain.history import Outline, Recorded
from domain.moment import london_days
from infra.avro import Malformed, read_long
from infra.avro_columns import AvroColumns, Columns, Misshapen
from infra.codec import Codec, Logged
from infra.errors import Unreadable
from infra.field_columns import absent, converter, instants, texts
from infra.incoming import NO_EXTENSIONS
from infra.log.rows import Rows, places_by
from infra.made_alike import maker
from infra.outlines import begins_so, outlines
from infra.schemas import FOLDER, registry, released

BEARING = frozenset({"ActionDone", "ChildRegistered", "FactCorrected", "RecordChanged"})
"""Types of event in which something personal bears on rows: evidence, a day of birth, what was corrected."""

_BEARING_TOPICS = frozenset(PREFIX + event for event in BEARING)
_EVENTS = {PREFIX + event: event for event in EVENT_TYPES}

HEADER_BYTES = 5
_from_json = msgspec.json.Decoder().decode
_SEALED = {"name": "personal", "type": ["null", "bytes"], "default": None}
_IS_SEALED = "is_sealed"
"""The field that tells, read as a number: 0 where it is null."""
_NULL = b"\0"


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
    """A release of a schema: what reads its envelope up to what is sealed, and how records become facts."""

    def __init__(self, name: str, schema: Mapping[str, Any], envelopes: dict[str, AvroColumns]) -> None:
        """``envelopes`` are those of other releases, which this may share."""
        envelope, *others = schema["fields"]
        parts: list[dict[str, Any]] = envelope["type"]["fields"]
        sealed = parts.index(_SEALED)
        self.topic = name
        self.event = name.removeprefix(PREFIX)
        before = parts[:sealed]
        of_before = AvroColumns([*before, {"name": _IS_SEALED, "type": "long"}])
        self.envelope = envelopes.setdefault(repr(before), of_before)
        of_envelope = [part | {"name": f"envelope_{part['name']}"} for part in parts]
        of_envelope[sealed] = {"name": "envelope_personal", "type": "boolean"}
        self._open = AvroColumns([*of_envelope, *others])
        self.begins_so = begins_so([*parts, *others])
        of_event = FIELDS[self.event]
        self._converters = {field.name: converter(self.event, field) for field in of_event}
        self._absent = {field.name: absent(self.event, field) for field in of_event}
        self._make = maker(EVENT_TYPES[self.event], [field.attribute for field in of_event])

    def facts(self, records: list[bytes]) -> list[Event]:
        """The facts of records of which nothing is sealed: a null, which in Avro is as long as what is false,
        stands for it. Raises ValueError where one is not what such an event holds.
        """
        columns = self._open.read(records)
        if columns["envelope_personal"].true_count:
            raise Misshapen("something is sealed")
        values = []
        for name, default in self._absent.items():
            column = columns.get(name)
            is_told = column is not None and column.null_count < len(column)
            values.append(self._converters[name](column) if is_told else repeat(default))
        return self._make(len(records), *values)


@dataclass(frozen=True, slots=True)
class _Begun:
    """Records whose envelopes were read: their columns, the records without what is sealed, and which of them
    are unusual, and which have extensions or anything sealed.
    """

    envelopes: Columns
    opened: list[bytes]
    unusual: Collection[int]
    extended: Sequence[int]


class ColumnarCodec:
    """Reads facts as a codec does, many at a time. The more there are, the less each takes."""

    def __init__(self, codec: Codec, schemas: Path = FOLDER) -> None:
        self._codec = codec
        self.keyed = codec.keyed
        self._releases: dict[bytes, _Release] = {}
        self._of_topic: dict[bytes, str] = {}
        envelopes: dict[str, AvroColumns] = {}
        for id, each in registry(schemas).items():
            header = b"\0" + id.to_bytes(HEADER_BYTES - 1, "big")
            found = self._releases[header] = _Release(each.name, released(each, schemas), envelopes)
            if found.begins_so:
                self._of_topic[header] = each.name

    def decode_all(self, logged: Iterable[Logged]) -> list[Recorded | Unreadable]:
        """The facts that records hold, in their order; Unreadable stands for one to set aside."""
        return self.decode_rows(_rows(list(logged)))

    def decode_rows(self, rows: Rows) -> list[Recorded | Unreadable]:
        """The same for columns. Raises Tampered as the codec does."""
        of_releases = self._by_release(rows)
        envelopes = {release.envelope for release in of_releases}
        found: list[Recorded | Unreadable | None] = [None] * len(rows.states)
        if len(envelopes) == 1 and sum(map(len, of_releases.values())) == len(found):
            found[:] = self._read(envelopes.pop(), rows, of_releases)
        for envelope in envelopes:
            alike = (numbers for release, numbers in of_releases.items() if release.envelope is envelope)
            places = sorted(chain.from_iterable(alike))
            some = rows.at(places)
            for place, fact in zip(places, self._read(envelope, some, self._by_release(some)), strict=True):
                found[place] = fact
        left = [at for at, fact in enumerate(found) if fact is None]
        for at, one in zip(left, self._codec.decode_all([_row(rows, at) for at in left]), strict=True):
            found[at] = one
        return cast("list[Recorded | Unreadable]", found)

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

    def _by_release(self, rows: Rows) -> "dict[_Release, list[int]]":
        """Where the records of each release are; those that are of none are left out."""
        found: dict[_Release, list[int]] = {}
        for topic, numbers in places_by(rows.topics).items():
            headers = [rows.states[number][:HEADER_BYTES] for number in numbers]
            for header in set(headers):
                release = self._releases.get(header)
                if release is not None and release.topic == topic:
                    is_of_one = headers.count(header) == len(headers)
                    found[release] = numbers if is_of_one else list(
                        compress(numbers, map(header.__eq__, headers))
                    )  # fmt: skip
        return found

    def _begun(self, envelope: AvroColumns, rows: Rows) -> _Begun:
        """Records with their envelopes read. Raises ValueError where they are not laid out alike."""
        opened = [state[HEADER_BYTES:] for state in rows.states]
        envelopes, ends = envelope.begin(opened)
        sealed = pc.indices_nonzero(envelopes[_IS_SEALED])
        unusual: set[int] = set()
        for number, end in zip(sealed.to_pylist(), ends.take(sealed).to_pylist(), strict=True):
            without = _without_sealed(opened[number], end)
            if without is None or rows.topics[number] in _BEARING_TOPICS:
                unusual.add(number)
            else:
                opened[number] = without
        extended = [number for number, told in enumerate(_extensions(envelopes)) if told]
        unusual.update(n for n in extended if not _can_be_read(envelopes["extensions"][n].as_py()))
        return _Begun(envelopes, opened, unusual, sorted({*extended, *sealed.to_pylist()}))

    def _read(
        self, envelope: AvroColumns, rows: Rows, of_releases: "Mapping[_Release, Sequence[int]]"
    ) -> Iterable[Recorded | None]:
        """The facts of records whose envelopes are alike; None for unusual ones."""
        number = len(rows.states)
        try:
            begun = self._begun(envelope, rows)
        except ValueError:
            return repeat(None, number)
        facts: list[Event | None] = [None] * number
        for release, numbers in of_releases.items():
            usual = [n for n in numbers if n not in begun.unusual] if begun.unusual else numbers
            if usual:
                with suppress(ValueError):
                    for n, fact in zip(usual, release.facts([begun.opened[n] for n in usual]), strict=True):
                        facts[n] = fact
        try:
            recorded = self._recorded(rows, begun, facts)
        except ValueError:
            return repeat(None, number)
        return [None if fact is None else one for one, fact in zip(recorded, facts, strict=True)]

    def _recorded(self, rows: Rows, begun: _Begun, facts: Sequence[Event | None]) -> list[Recorded]:
        """Facts as they are recorded. Raises ValueError where one was entered at no instant."""
        number, envelopes = len(facts), begun.envelopes
        sources, ids = texts(envelopes["source"]), envelopes["id"].to_pylist()
        entered_at = instants(envelopes["recordedtime"].to_pylist())
        learnt_at = [entered or told for entered, told in zip(entered_at, rows.recorded_at, strict=True)]
        extensions: list[Mapping[str, Any]] = [NO_EXTENSIONS] * number
        for at, told in zip(begun.extended, self._reported(_Extensions, rows, begun.extended), strict=True):
            extensions[at] = told
        return _make_recorded(
            number,
            rows.streams,
            rows.versions,
            sources,
            ids,
            map(_EVENTS.__getitem__, rows.topics),
            [None if fact is None else fact.occurred_on for fact in facts],
            entered_at,
            rows.recorded_at,
            rows.partitions,
            rows.offsets,
            self._reported(_Reported, rows, range(number)),
            facts,
            extensions,
            envelopes["time"].to_pylist(),
            envelopes["historic"].to_pylist(),
            repeat(False),
            map(tuple.__new__, repeat(FactReference), zip(sources, ids, strict=True)),
            zip(rows.recorded_at, rows.partitions, rows.offsets, strict=True),
            london_days(learnt_at),
        )

    def _reported(self, cls: type[_Reported], rows: Rows, places: Sequence[int]) -> list[Any]:
        return _make_reported[cls](len(places), repeat((self._codec, rows)), places)


_make_recorded = maker(Recorded, [field.name for field in fields(Recorded)])
_make_reported = {cls: maker(cls, ["_stored", "_at"]) for cls in (_Reported, _Extensions)}


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


def _extensions(envelopes: Columns) -> Sequence[Sequence[tuple[str, str]]]:
    column = envelopes["extensions"]
    return column.to_pylist() if len(column.items) else ()


def _can_be_read(extensions: Iterable[tuple[str, str]]) -> bool:
    """Whether extensions, which are read only when they are asked for, are JSON as the codec wants them."""
    try:
        for _, value in extensions:
            _from_json(value)
    except ValueError:
        return False
    return True


def _without_sealed(record: bytes, at: int) -> bytes | None:
    """A record with a null where something is sealed, at this place; None where it cannot be told."""
    try:
        length, start = read_long(record, at + 1)
    except (IndexError, Malformed):
        return None
    end = start + length
    if record[at] != 2 or not start <= end <= len(record):
        return None
    return record[:at] + _NULL + record[end:]
