"""A pack of commits, each judged after those before it, and the rows that the ones which count add."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.verdict import Verdict, expected_heads, next_version, verdict
from infra.log.commit import (
    Accepted,
    Commit,
    LogNotification,
    Outcome,
    Own,
    Refused,
    Repeated,
    stream_of,
)

EVENT_COLUMNS = 8
MARK_COLUMNS = 5


@dataclass(slots=True)
class Before:
    """What a pack must know of the log before it. Settling the pack brings it up to after it.

    ``seen``: the commits of the pack whose id is there, with what they stored.
    ``heads``: the last version of each of the pack's streams that has one.
    ``reached``: the last position of each of the pack's upstreams that has one.
    ``refused``: the commits of the pack whose id is there, and was refused or sealed. None where the log
    keeps only what counts: a refused commit then leaves no trace of its id, and may be tried again.
    """

    last_id: int
    seen: dict[bytes, tuple[LogNotification, ...]]
    heads: dict[str, int]
    reached: dict[str, int]
    refused: dict[bytes, Refused] | None = None


@dataclass(slots=True)
class Settled:
    """One outcome a commit, in order, and the values to store, row after row in one flat list each.

    events: id, stream, version, topic, state, recorded_at;
    then a commit's id and number of events, on its first; then what stands beside every event.
    marks: kind, value, id, extra, stream.
    ``refused``: the commits that were, those that were ``sealed`` among them; ``tracked``: those of tracking
    alone.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    marks: list[Any] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)
    refused: dict[bytes, Refused] = field(default_factory=dict)
    sealed: set[bytes] = field(default_factory=set)
    tracked: list[bytes] = field(default_factory=list)


_NOTHING_EXPECTED: Mapping[str, int] = {}


def settle(
    commits: Sequence[Commit],
    before: Before,
    recorded_at: datetime,
    stamp: int,
    partition: int = 0,
    offset: int | None = None,
    beside: tuple[Any, ...] = (),
) -> Settled:
    """Judge each commit and number the events of those that count.

    ``recorded_at`` goes into the notifications, and ``stamp``, the same instant as stored, into the rows.
    ``offset`` is where the commits lie in their partition; None: each event lies at its own.
    ``beside`` ends the row of every event.
    """
    settled = Settled()
    outcomes, rows = settled.outcomes, settled.events
    seen, heads, reached, refused = before.seen, before.heads, before.reached, before.refused
    last_id = before.last_id
    for commit in commits:
        id, events, tracking = commit.id, commit.events, commit.tracking
        if refused is not None and id in refused:
            outcomes.append(refused[id])
            continue
        if commit.expected_version is None and tracking is None and len(events) == 1 and id not in seen:
            # What is new and expects nothing counts; nearly all are so, and asking the rule takes as long as
            # the rest.
            (event,) = events
            last_id += 1
            originator_id, topic, state = event.originator_id, event.topic, event.state
            stream = originator_id if type(originator_id) is str else stream_of(event)
            version = heads[stream] = heads.get(stream, 0) + 1
            rows += (last_id, stream, version, topic, state, stamp, id, 1, *beside)
            lies_at = last_id - 1 if offset is None else offset
            stored_one = LogNotification(
                originator_id, version, topic, state, last_id, partition, lies_at, recorded_at
            )
            notifications: tuple[LogNotification, ...] = (stored_one,)
            seen[id] = notifications
            for kind, value, extra in commit.marks:
                settled.marks += (kind, value, last_id, extra, stream)
            outcomes.append(Accepted(notifications))
            continue
        streams = [stream_of(event) for event in commit.events]
        first_after = _NOTHING_EXPECTED
        if id in seen or commit.expected_version is not None or tracking is not None:
            expected = _expected(commit, streams)
            judged = verdict(
                is_seen=id in seen,
                expected=expected,
                heads=heads,
                position=tracking.notification_id if tracking else None,
                reached=reached.get(tracking.application_name) if tracking else None,
            )
            if judged is Verdict.REPEATED:
                outcomes.append(Repeated(seen[id]))
                continue
            if judged is Verdict.REFUSED or expected is None:
                refusal = _refusal(expected, heads)
                outcomes.append(refusal)
                if refused is not None:
                    refused[id] = settled.refused[id] = refusal
                continue
            first_after = expected
        if refused is not None and not streams:
            if tracking is None:
                # A seal: whoever comes later with this id comes too late.
                refused[id] = settled.refused[id] = Refused()
                settled.sealed.add(id)
            else:
                settled.tracked.append(id)
        first_id = last_id + 1
        commit_id: bytes | None = id
        length: int | None = len(streams)
        stored = []
        for event, stream in zip(commit.events, streams, strict=True):
            last_id += 1
            topic, state = event.topic, event.state
            version = heads[stream] = next_version(heads.get(stream), first_after.get(stream))
            rows += (last_id, stream, version, topic, state, stamp, commit_id, length, *beside)
            commit_id = length = None
            lies_at = last_id - 1 if offset is None else offset
            stored.append(
                LogNotification(
                    event.originator_id, version, topic, state, last_id, partition, lies_at, recorded_at
                )
            )
        for kind, value, extra in commit.marks:
            settled.marks += (kind, value, first_id, extra, streams[0])
        if tracking is not None:
            reached[tracking.application_name] = tracking.notification_id
            settled.reached[tracking.application_name] = tracking.notification_id
        notifications = tuple(stored)
        seen[id] = notifications
        outcomes.append(Accepted(notifications))
    before.last_id = last_id
    return settled


def _expected(commit: Commit, streams: Sequence[str]) -> dict[str, int] | None:
    if commit.expected_version is None:
        return {}
    if isinstance(commit.expected_version, Own):
        versions = (event.originator_version for event in commit.events)
        return expected_heads(zip(streams, versions, strict=True))
    return dict.fromkeys(streams, commit.expected_version)


def _refusal(expected: Mapping[str, int] | None, heads: Mapping[str, int]) -> Refused:
    for stream, version in (expected or {}).items():
        if heads.get(stream, version) != version:
            return Refused(heads[stream], stream)
    return Refused()
