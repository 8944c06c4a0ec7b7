"""What a record of the log's topic holds: a pack of commits of one partition, or the topic's genesis.

The Confluent wire format (a zero byte and a schema id) before Avro of schemas/log_pack.avsc or
schemas/log_genesis.avsc. Their ids lie beyond those of events, which are counted from 1.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from itertools import accumulate, pairwise
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import StoredEvent, Tracking
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from infra.errors import Unreadable
from infra.log.commit import OWN, Commit, Own, stream_of
from infra.schemas import FOLDER

PACK_ID: Final = 1_000_001
GENESIS_ID: Final = 1_000_002
HEADER_BYTES: Final = 5

ANY, HEAD, VERSIONS = 0, 1, 2
"""What a commit expects of its streams: any version, one head, or that its events' versions come next."""


@dataclass(frozen=True, slots=True)
class Genesis:
    """What is settled when a topic is made. See schemas/log_genesis.avsc."""

    topic_id: bytes
    hash: str
    partitions: int
    partition: int
    rule: int


def encode(commits: Iterable[Commit]) -> bytes:
    """A pack of commits, in the order in which they are to be judged."""
    topics: dict[str, int] = {}
    streams: dict[str, int] = {}
    ids: list[bytes] = []
    counts: list[int] = []
    kinds: list[int] = []
    heads: list[int] = []
    versions: list[int] = []
    of_stream: list[int] = []
    of_topic: list[int] = []
    states: list[bytes] = []
    marks: list[dict[str, Any]] = []
    tracking: list[dict[str, Any]] = []
    for place, commit in enumerate(commits):
        ids.append(commit.id)
        counts.append(len(commit.events))
        expected = commit.expected_version
        if expected is None:
            kinds.append(ANY)
        elif isinstance(expected, Own):
            kinds.append(VERSIONS)
            versions += [event.originator_version for event in commit.events]
        else:
            kinds.append(HEAD)
            heads.append(expected)
        for event in commit.events:
            of_stream.append(streams.setdefault(stream_of(event), len(streams)))
            of_topic.append(topics.setdefault(event.topic, len(topics)))
            states.append(event.state)
        for kind, value, extra in commit.marks:
            marks.append({"commit": place, "kind": kind, "value": value, "extra": extra})
        if commit.tracking is not None:
            name, position = commit.tracking.application_name, commit.tracking.notification_id
            tracking.append({"commit": place, "application": name, "position": position})
    pack = {
        "topics": list(topics),
        "streams": list(streams),
        "commit_ids": b"".join(ids),
        "commit_id_lengths": list(map(len, ids)),
        "commit_events": counts,
        "commit_expects": kinds,
        "expected_heads": heads,
        "own_versions": versions,
        "event_streams": of_stream,
        "event_topics": of_topic,
        "state_lengths": list(map(len, states)),
        "states": b"".join(states),
        "marks": marks,
        "tracking": tracking,
    }
    return _written(PACK_ID, pack)


def columns(value: bytes) -> dict[str, Any]:
    """A pack as it is stored, a list for each column. Raises Unreadable for what is no pack.

    How its columns belong together is not looked at; see `decode`.
    """
    return _read(value, PACK_ID)


def decode(value: bytes, originator_id: Callable[[str], UUID | str] = str) -> list[Commit]:
    """The commits of a pack. Raises Unreadable for anything else."""
    pack = columns(value)
    try:
        return _commits(pack, originator_id)
    except (IndexError, KeyError, ValueError) as error:
        raise Unreadable(f"the pack's columns do not fit together: {error}") from error


def _commits(pack: dict[str, Any], originator_id: Callable[[str], UUID | str]) -> list[Commit]:
    names = [originator_id(stream) for stream in pack["streams"]]
    streams = [names[_place(stream)] for stream in pack["event_streams"]]
    topics = [pack["topics"][_place(topic)] for topic in pack["event_topics"]]
    states = _cut(pack["states"], pack["state_lengths"])
    counts, kinds = pack["commit_events"], pack["commit_expects"]
    versions, heads = iter(pack["own_versions"]), iter(pack["expected_heads"])
    of_events = [
        next(versions, None) if kind == VERSIONS else 0
        for kind, count in zip(kinds, counts, strict=True)
        for _ in range(count)
    ]
    if None in of_events or next(versions, None) is not None:
        raise ValueError("the versions are not those of its events")
    events = list(map(StoredEvent, *_even(streams, of_events, topics, states)))
    marks: dict[int, list[tuple[str, str, str]]] = {}
    for mark in pack["marks"]:
        marks.setdefault(mark["commit"], []).append((mark["kind"], mark["value"], mark["extra"]))
    tracking = {each["commit"]: Tracking(each["application"], each["position"]) for each in pack["tracking"]}
    ids = _cut(pack["commit_ids"], pack["commit_id_lengths"])
    commits = [
        Commit(
            id, tuple(part), _expected(kind, heads), tuple(marks.pop(place, ())), tracking.pop(place, None)
        )
        for place, (id, kind, part) in enumerate(zip(ids, kinds, _cut(events, counts), strict=True))
    ]
    if marks or tracking or next(heads, None) is not None:
        raise ValueError("there is more than its commits take")
    if any(commit.marks and not commit.events for commit in commits):
        raise ValueError("a commit without events has marks")
    return commits


def _expected(kind: int, heads: Iterator[int]) -> Any:
    if kind == HEAD:
        head = next(heads, None)
        if head is None:
            raise ValueError("a commit lacks the version that it expects")
        return head
    if kind not in (ANY, VERSIONS):
        raise ValueError("a commit expects what nobody knows")
    return None if kind == ANY else OWN


def _place(number: int) -> int:
    if number < 0:
        raise ValueError("a place is below 0")
    return number


def _cut(whole: Any, lengths: Sequence[int]) -> list[Any]:
    """The parts of these lengths, that make up the whole."""
    if any(length < 0 for length in lengths) or sum(lengths) != len(whole):
        raise ValueError("the parts do not make up the whole")
    return [whole[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


def _even(*columns: Sequence[Any]) -> tuple[Sequence[Any], ...]:
    if len({len(column) for column in columns}) != 1:
        raise ValueError("the columns are not of one length")
    return columns


def encode_genesis(genesis: Genesis) -> bytes:
    return _written(GENESIS_ID, asdict(genesis))


def decode_genesis(value: bytes) -> Genesis:
    """Raises Unreadable for anything that is no genesis."""
    return Genesis(**_read(value, GENESIS_ID))


def schema_id(value: bytes | None) -> int:
    """The id of the schema that a record is of. Raises Unreadable where it has none."""
    if value is None or len(value) < HEADER_BYTES or value[0]:
        raise Unreadable("it does not begin with a zero byte and a schema id")
    return int.from_bytes(value[1:HEADER_BYTES], "big")


def _written(id: int, record: dict[str, Any]) -> bytes:
    out = BytesIO()
    out.write(b"\0" + id.to_bytes(HEADER_BYTES - 1, "big"))
    schemaless_writer(out, _SCHEMAS[id], record)
    return out.getvalue()


def _read(value: bytes, wanted: int) -> dict[str, Any]:
    found = schema_id(value)
    if found != wanted:
        raise Unreadable(f"schema id {found} is not {wanted}")
    data = BytesIO(value)
    data.seek(HEADER_BYTES)
    try:
        record: Any = schemaless_reader(data, _SCHEMAS[wanted], None)
    except Exception as error:  # fastavro raises nearly any for bytes that are no Avro
        raise Unreadable(f"it is not what schema {wanted} writes") from error
    if data.tell() != len(value):
        raise Unreadable("it goes on after its end")
    assert isinstance(record, dict)
    return record


def _parsed(file: str) -> Any:
    return parse_schema(json.loads((FOLDER / file).read_text("utf-8")))


_SCHEMAS = {PACK_ID: _parsed("log_pack.avsc"), GENESIS_ID: _parsed("log_genesis.avsc")}
