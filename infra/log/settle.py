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


@dataclass(frozen=True, slots=True)
class Before:
    """What a pack must know of the log before it.

    ``seen``: the commits of the pack whose id is there, with what they stored.
    ``heads``: the last version of each of the pack's streams that has one.
    ``reached``: the last position of each of the pack's upstreams that has one.
    ``refused``: the commits of the pack whose id is there, and was refused or sealed. None where the log
    keeps only what counts: a refused commit then leaves no trace of its id, and may be tried again.
    """

    last_id: int
    seen: Mapping[bytes, tuple[LogNotification, ...]]
    heads: Mapping[str, int]
    reached: Mapping[str, int]
    refused: Mapping[bytes, Refused] | None = None


@dataclass(slots=True)
class Settled:
    """One outcome a commit, in order, and the values to store, row after row in one flat list each.

    events: id, stream, version, topic, state, recorded_at;
    then a commit's id and number of events, on its first.
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


def settle(
    commits: Sequence[Commit],
    before: Before,
    recorded_at: datetime,
    stamp: int,
    partition: int = 0,
    offset: int | None = None,
) -> Settled:
    """Judge each commit and number the events of those that count.

    ``recorded_at`` goes into the notifications, and ``stamp``, the same instant as stored, into the rows.
    ``offset`` is where the commits lie in their partition; None: each event lies at its own.
    """
    settled = Settled()
    seen = dict(before.seen)
    heads = dict(before.heads)
    reached = dict(before.reached)
    last_id = before.last_id
    refused = None if before.refused is None else dict(before.refused)
    for commit in commits:
        if refused is not None and commit.id in refused:
            settled.outcomes.append(refused[commit.id])
            continue
        tracking = commit.tracking
        streams = [stream_of(event) for event in commit.events]
        expected = _expected(commit, streams)
        judged = verdict(
            is_seen=commit.id in seen,
            expected=expected,
            heads=heads,
            position=tracking.notification_id if tracking else None,
            reached=reached.get(tracking.application_name) if tracking else None,
        )
        if judged is Verdict.REPEATED:
            settled.outcomes.append(Repeated(seen[commit.id]))
            continue
        if judged is Verdict.REFUSED or expected is None:
            refusal = _refusal(expected, heads)
            settled.outcomes.append(refusal)
            if refused is not None:
                refused[commit.id] = settled.refused[commit.id] = refusal
            continue
        if refused is not None and not streams:
            if tracking is None:
                # A seal: whoever comes later with this id comes too late.
                refused[commit.id] = settled.refused[commit.id] = Refused()
                settled.sealed.add(commit.id)
            else:
                settled.tracked.append(commit.id)
        first_id = last_id + 1
        commit_id: bytes | None = commit.id
        length: int | None = len(streams)
        stored = []
        for event, stream in zip(commit.events, streams, strict=True):
            last_id += 1
            version = next_version(heads.get(stream), expected.get(stream))
            heads[stream] = version
            settled.events += (
                last_id,
                stream,
                version,
                event.topic,
                event.state,
                stamp,
                commit_id,
                length,
            )
            commit_id = length = None
            stored.append(
                LogNotification(
                    event.originator_id,
                    version,
                    event.topic,
                    event.state,
                    last_id,
                    partition,
                    last_id - 1 if offset is None else offset,
                    recorded_at,
                )
            )
        for kind, value, extra in commit.marks:
            settled.marks += (kind, value, first_id, extra, streams[0])
        if tracking is not None:
            reached[tracking.application_name] = tracking.notification_id
            settled.reached[tracking.application_name] = tracking.notification_id
        seen[commit.id] = notifications = tuple(stored)
        settled.outcomes.append(Accepted(notifications))
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
