"""The threads that write the log's topic: what is waiting goes into one record of each partition.

While records are on their way, more is gathered; a record's commits are told what became of them once it is
acknowledged and in the index.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Lock, Thread, current_thread
from time import monotonic
from typing import Final

from eventsourcing.persistence import ProgrammingError

from infra.log.commit import Commit, LogDamaged, LogNotification, LogUnavailable, Outcome, Repeated, stream_of
from infra.log.index_records import Looked, Place
from infra.log.intake import ROW_BYTES, Intake, Request
from infra.log.kafka_follower import Acknowledged, Follower
from infra.log.kafka_genesis import partition_of
from infra.log.kafka_pack import encode
from infra.log.kafka_producer import Producer
from infra.log.kafka_topic import MAX_RECORD_BYTES

GATHERED_WITHIN_S: Final = 0.003
"""How long the records of a round that came first wait for the others."""

UNDER_WAY: Final = 4
"""Rounds under way: while some are written, the next is gathered."""

PACK_BYTES: Final = 1 << 20
"""Commits share a record up to this size; a larger one has a record of its own."""

Told = list[Outcome | Exception | None]


class CommitTooLarge(ProgrammingError):
    """A commit does not fit into a record of the log. Part it."""


@dataclass(slots=True, eq=False)
class Round:
    """Requests that are written together, and what is still to come of them."""

    requests: Sequence[Request]
    told: list[Told]
    began: float
    left: int = 0


@dataclass(slots=True, eq=False)
class Pack:
    """Commits on their way in one record, and where in their round each is from."""

    round: Round
    partition: int
    looked: Looked
    commits: list[Commit] = field(default_factory=list)
    of: list[tuple[int, int]] = field(default_factory=list)
    weight: int = 0
    value: bytes = b""


Written = tuple[Pack, int, int]
Failed = tuple[Pack, LogUnavailable]


class Writer:
    """Takes requests from the intake, in order, and tells each what became of its commits."""

    def __init__(
        self,
        intake: Intake,
        producer: Producer,
        follower: Follower,
        look_for: Callable[[set[bytes]], tuple[dict[bytes, tuple[LogNotification, ...]], Looked]],
        partitions: int,
        timeout_s: float,
        appended: Callable[[int, float], None],
    ) -> None:
        self._appended = appended
        self._intake = intake
        self._producer = producer
        self._follower = follower
        self._look_for = look_for
        self._partitions = partitions
        self._timeout_s = timeout_s
        self._turns = BoundedSemaphore(UNDER_WAY)
        self._came: SimpleQueue[Written | Failed | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._starting = Lock()

    def put(self, request: Request, timeout_s: float) -> None:
        """Queue a request, and start the threads with the first one."""
        if not self._threads:
            with self._starting:
                if not self._threads:
                    threads = [
                        Thread(target=self._gather, name="log-writer", daemon=True),
                        Thread(target=self._settle, name="log-settler", daemon=True),
                    ]
                    for thread in threads:
                        thread.start()
                    self._threads = threads
        self._intake.put(request, timeout_s)

    def close(self) -> None:
        """Take no more requests, write those that are queued, and end the threads."""
        self._intake.close()
        with self._starting:
            threads = self._threads
        for thread in threads:
            # A garbage collection may close the log from any thread.
            if thread is not current_thread():
                thread.join()

    def _gather(self) -> None:
        self._turns.acquire()
        while requests := self._intake.take():
            taken = [request for request in requests if request.outcomes.set_running_or_notify_cancel()]
            if taken and self._send(taken):
                self._turns.acquire()
            del requests, taken
        self._turns.release()
        for _ in range(UNDER_WAY):
            self._turns.acquire()
        self._came.put(None)

    def _send(self, requests: Sequence[Request]) -> bool:
        """Send what requests ask for; whether any of it is under way."""
        told: list[Told] = [[None] * len(request.commits) for request in requests]
        round = Round(requests, told, monotonic())
        try:
            packs = self._packs(round)
        except Exception as error:
            _fail(requests, error)
            return False
        # Counted before the first is sent, for it may be back at once.
        round.left = len(packs)
        if not packs:
            _answer(round)
            return False
        self._follower.under_way.update(packs)
        for pack in packs:
            self._produce(pack)
        return True

    def _packs(self, round: Round) -> list[Pack]:
        """The commits of a round that must be written, by partition."""
        ids = {commit.id for request in round.requests for commit in request.commits}
        known, looked = self._look_for(ids)
        is_damaged = bool(self._follower.damaged)
        filling: dict[int, Pack] = {}
        packs: list[Pack] = []
        for number, request in enumerate(round.requests):
            for at, commit in enumerate(request.commits):
                stored = known.get(commit.id)
                try:
                    # What is stored may be in another partition than it would go to now.
                    partition = stored[0].partition if stored else partition_for(commit, self._partitions)
                    if is_damaged:
                        self._follower.raise_damage(partition)
                except (ProgrammingError, LogDamaged) as error:
                    round.told[number][at] = error
                    continue
                if stored is not None:
                    round.told[number][at] = Repeated(stored)
                    continue
                weight = ROW_BYTES + sum([ROW_BYTES + len(event.state) for event in commit.events])
                pack = filling.get(partition)
                if pack is None or pack.weight + weight > PACK_BYTES:
                    pack = filling[partition] = Pack(round, partition, looked)
                    packs.append(pack)
                pack.commits.append(commit)
                pack.of.append((number, at))
                pack.weight += weight
        return [pack for pack in packs if self._encoded(pack)]

    def _encoded(self, pack: Pack) -> bool:
        """Encode a pack; whether it can be sent."""
        try:
            pack.value = encode(pack.commits)
            if len(pack.value) > MAX_RECORD_BYTES:
                raise CommitTooLarge(
                    f"A commit takes {len(pack.value)} bytes, and a record of the log {MAX_RECORD_BYTES} at "
                    "most; part it."
                )
        except Exception as error:
            # One request's bad value must not fail the others'.
            if len(pack.commits) > 1:
                self._encode_apart(pack)
                return bool(pack.commits)
            number, at = pack.of[0]
            pack.round.told[number][at] = error
            return False
        return True

    def _encode_apart(self, pack: Pack) -> None:
        """Leave out of a pack the commits that cannot be encoded."""
        good = []
        for commit, (number, at) in zip(pack.commits, pack.of, strict=True):
            try:
                encode([commit])
            except Exception as error:
                pack.round.told[number][at] = error
            else:
                good.append((commit, (number, at)))
        pack.commits = [commit for commit, _ in good]
        pack.of = [of for _, of in good]
        pack.value = encode(pack.commits)

    def _produce(self, pack: Pack) -> None:
        self._producer.send(
            pack.partition,
            pack.value,
            lambda offset, appended_ms: self._came.put((pack, offset, appended_ms)),
            lambda error: self._came.put((pack, error)),
        )

    def _settle(self) -> None:
        while True:
            came = self._next()
            written = [one for one in came if one is not None and len(one) == 3]
            if written:
                self._judge(written)
                self._follower.enter()
            for one in came:
                if one is not None and len(one) == 2:
                    self._again(*one)
            if None in came:
                return

    def _next(self) -> list[Written | Failed | None]:
        """What came, with the rest of its round where that follows at once: they share a transaction."""
        came = [self._came.get()]
        until = monotonic() + GATHERED_WITHIN_S
        while not self._came.empty() or _is_part(came):
            try:
                came.append(self._came.get(timeout=max(until - monotonic(), 0)))
            except Empty:
                break
        return came

    def _again(self, pack: Pack, error: LogUnavailable) -> None:
        """Send the same commits again, while there is time: whichever copy lies first counts."""
        if monotonic() < pack.round.began + self._timeout_s:
            self._produce(pack)
        else:
            self._tell(pack, [error] * len(pack.commits))

    def _judge(self, written: Sequence[Written]) -> None:
        acknowledged = [
            Acknowledged(Place(pack.partition, offset), appended_ms, pack.value, pack.commits, pack.looked)
            for pack, offset, appended_ms in written
        ]
        outcomes: Sequence[list[Outcome] | Exception]
        try:
            outcomes = self._follower.judge(acknowledged)
        except Exception as error:
            outcomes = [error] * len(written)
        for (pack, _, _), became in zip(written, outcomes, strict=True):
            self._tell(pack, [became] * len(pack.commits) if isinstance(became, Exception) else became)

    def _tell(self, pack: Pack, became: Sequence[Outcome | Exception]) -> None:
        round = pack.round
        self._follower.under_way.discard(pack)
        for (number, at), outcome in zip(pack.of, became, strict=True):
            round.told[number][at] = outcome
        round.left -= 1
        if not round.left:
            self._turns.release()
            events = sum(len(commit.events) for request in round.requests for commit in request.commits)
            self._appended(events, monotonic() - round.began)
            _answer(round)


def _is_part(came: Sequence[Written | Failed | None]) -> bool:
    """Whether more of the first one's round is on its way."""
    return came[0] is not None and came[0][0].round.left > len(came)


def partition_for(commit: Commit, partitions: int) -> int:
    """The partition that a commit goes to.

    Raises ProgrammingError where its streams lie in several: what is stored together lies together.
    """
    if len(commit.events) == 1:
        return partition_of(stream_of(commit.events[0]), partitions)
    if partitions == 1:
        return 0
    streams = {stream_of(event) for event in commit.events}
    if not streams and commit.tracking is not None:
        streams = {commit.tracking.application_name}
    found = {partition_of(stream, partitions) for stream in streams}
    if len(found) != 1:
        raise ProgrammingError("The streams of a commit lie in several partitions; commit them one by one.")
    return found.pop()


def _fail(requests: Sequence[Request], error: Exception) -> None:
    for request in requests:
        request.outcomes.set_exception(error)


def _answer(round: Round) -> None:
    for request, told in zip(round.requests, round.told, strict=True):
        _answer_one(request.outcomes, told)


def _answer_one(outcomes: "Future[list[Outcome]]", told: Told) -> None:
    found: list[Outcome] = []
    for one in told:
        if isinstance(one, Exception) and not isinstance(one, LogDamaged):
            outcomes.set_exception(one)
            return
        assert one is not None
        found.append(one)
    damage = [one for one in found if isinstance(one, LogDamaged)]
    if damage and len(damage) == len(found):
        outcomes.set_exception(damage[0])
    else:
        outcomes.set_result(found)
