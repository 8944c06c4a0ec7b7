"""Logs that are broken on purpose: what the checker does not find in them, it would not find at all."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any
from unittest.mock import patch

from infra.log.commit import Accepted, Commit, LogNotification, Outcome, Own, Refused, stream_of
from infra.log.index import Index
from infra.log.index_engine import writing
from infra.log.index_records import Packed, Place
from infra.log.index_rows import Rows
from infra.log.kafka_genesis import partition_of
from infra.log.kafka_log import KafkaLog
from infra.log.kafka_pack import encode
from infra.log.kafka_reader import End


class CheckThenProduce(KafkaLog):
    """Checks the versions expected, produces, and takes the acknowledgement of the broker for the log's."""

    def submit(self, commits: Sequence[Commit], timeout_s: float = 10.0) -> "Future[list[Outcome]]":
        future: Future[list[Outcome]] = Future()
        try:
            future.set_result([self._checked(commit) for commit in commits])
        except Exception as error:
            future.set_exception(error)
        return future

    def _checked(self, commit: Commit) -> Outcome:
        (stream,) = {stream_of(event) for event in commit.events}
        head = self.head(stream) or 0
        expected = commit.expected_version
        if isinstance(expected, Own):
            expected = commit.events[0].originator_version - 1
        if expected is not None and head and head != expected:
            return Refused(head, stream)
        partition = partition_of(stream, self.partitions)
        offset = self.producer.append(partition, encode([commit]))
        now: Any = None
        return Accepted(
            tuple(
                LogNotification(stream, version, event.topic, event.state, 0, partition, offset, now)
                for version, event in enumerate(commit.events, head + 1)
            )
        )


class PositionApart(Index):
    """Moves its position on in one transaction, and stores what counts in the next."""

    _one_at_a_time = Lock()

    def move_on(
        self, records: Mapping[int, Sequence[Packed]], confirmed: Mapping[int, End] | None = None
    ) -> dict[Place, list[Outcome]]:
        later: list[Rows] = []
        with self._one_at_a_time, patch.object(Rows, "insert", lambda rows, _: later.append(rows)):
            outcomes = super().move_on(records, confirmed)
        # Time for something to happen in between.
        time.sleep(0.05)
        with writing(self.engine) as connection:
            for rows in later:
                rows.insert(connection)
        return outcomes


def log_class() -> type[KafkaLog]:
    """The log that a writer uses: as it is, or broken in the way that BROKEN names."""
    broken = os.environ.get("BROKEN")
    if broken == "position-apart":
        vars(sys.modules[KafkaLog.__module__])["Index"] = PositionApart
    return CheckThenProduce if broken == "check-then-produce" else KafkaLog
