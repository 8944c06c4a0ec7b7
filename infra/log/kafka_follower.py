"""Keeping the index up with the topic: what this process wrote at once, what others wrote when it is read."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread, local
from time import monotonic, sleep

from infra.log.commit import Commit, LogDamaged, LogUnavailable, Outcome
from infra.log.index import Index
from infra.log.index_engine import Overtaken
from infra.log.index_records import Looked, Packed, Place, Position, packed, value_digest
from infra.log.kafka_reader import End, Reader

GRACE_S = 0.05
"""How long a read waits for a writer to bring its records into the index before it does so itself."""

MOVING_S = 2.0
"""Another process that moved the index on so lately is taken to be at it still."""

LOOKS_EVERY_S = 0.003


Found = tuple[int, int, int]
"""The epoch and the end of a partition, and where the index stood: what was wrong with it is wrong until one
of them moves.
"""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A record that this process wrote, and its place in the log."""

    place: Place
    appended_ms: int
    value: bytes
    commits: Sequence[Commit]
    looked: Looked
    """When its commits were looked for in the index, and not found."""

    def packed(self) -> Packed:
        digest = value_digest(self.value)
        return Packed(self.place.offset, self.appended_ms, digest, self.commits, self.looked)


class Follower:
    """Moves the index on. Safe to use from any thread."""

    def __init__(self, index: Index, reader: Reader, announce: Callable[[], None]) -> None:
        self._index = index
        self._reader = reader
        self._announce = announce
        self._moving = Lock()
        self._confirmed: dict[int, End] = {}
        self._damaged: dict[int, tuple[Found, LogDamaged]] = {}
        self._within = local()
        self._stop = Event()
        self._thread: Thread | None = None
        self.under_way: set[object] = set()
        """Records that this process has sent and not judged yet."""
        self._seen: dict[int, int] = {}
        self._moved_s = -MOVING_S
        self.behind: dict[int, int] = {}
        """Records of each partition that the index lacked when the brokers were last asked."""

    def start(self, every_s: float) -> None:
        """Keep up in the background, so that a read has little to wait for."""
        self._thread = Thread(target=self._run, args=(every_s,), name="log-follower", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, every_s: float) -> None:
        stood: dict[int, int] = {}
        while not self._stop.wait(every_s):
            try:
                standing, ends, behind = self._look()
                if self._others_move():
                    # They judge it in a moment, unless a partition stands where it stood.
                    for partition in [p for p in behind if standing[p].next_offset != stood.get(p)]:
                        del behind[partition]
                stood = {partition: position.next_offset for partition, position in standing.items()}
                self._catch_up_with(behind, standing, ends)
            except (LogUnavailable, LogDamaged):
                # Whoever reads is told.
                continue

    @contextmanager
    def refreshed(self) -> Iterator[None]:
        """Within it, this thread's reads see what was acknowledged before it began, and ask no more."""
        depth = getattr(self._within, "depth", 0)
        self.refresh()
        self._within.depth = depth + 1
        try:
            yield
        finally:
            self._within.depth = depth

    def refresh(self, partitions: Collection[int] = ()) -> None:
        """Bring in all that was acknowledged before now.

        Raises LogUnavailable where the brokers do not answer, and LogDamaged for one of these partitions that
        lacks what the index has of it; of another such partition, what the index has is left as it is.
        """
        if not getattr(self._within, "depth", 0):
            self._bring_in()
        for partition in partitions:
            self.raise_damage(partition)

    def raise_damage(self, partition: int) -> None:
        """Raises LogDamaged where the partition was found to lack what the index has of it."""
        damaged = self._damaged.get(partition)
        if damaged is not None:
            raise damaged[1]

    @property
    def damaged(self) -> list[LogDamaged]:
        """What was found wrong when the brokers were last asked."""
        return [error for _, (_, error) in sorted(self._damaged.items())]

    def _bring_in(self) -> None:
        standing, ends, behind = self._look()
        if behind and self._others_move():
            self._wait_for_others(behind)
        self._catch_up_with(behind, standing, ends)

    def _look(self) -> tuple[dict[int, Position], dict[int, End], dict[int, int]]:
        """Where the index stands, where the partitions end, and the ends of those that it lacks some of."""
        # The index first: it may move on in between, and must not seem to be beyond the end.
        standing = {position.partition: position for position in self._standing()}
        ends = self._reader.ends()
        behind: dict[int, int] = {}
        for partition, position in standing.items():
            end = ends[partition]
            self.behind[partition] = max(end.offset - position.next_offset, 0)
            try:
                self._check(position, end)
            except LogDamaged as error:
                self._note(position, end, error)
                continue
            if end.offset > position.next_offset:
                behind[partition] = end.offset
        return standing, ends, behind

    def _others_move(self) -> bool:
        """Whether somebody is about to judge what was written: a thread of this process, or another one."""
        return bool(self.under_way) or monotonic() - self._moved_s < MOVING_S

    def _catch_up_with(
        self, behind: Mapping[int, int], standing: Mapping[int, Position], ends: Mapping[int, End]
    ) -> None:
        for partition, stop in behind.items():
            try:
                self._catch_up(partition, stop)
            except LogDamaged as error:
                self._note(standing[partition], ends[partition], error)

    def _note(self, position: Position, end: End, error: LogDamaged) -> None:
        """Keep what is wrong: as it was found first, for what has been written since hides part of it."""
        _, first = self._damaged.get(position.partition, (None, error))
        self._damaged[position.partition] = (_found(position, end), first)

    def _standing(self) -> list[Position]:
        """Where the index stands, noting whether others move it on."""
        standing = self._index.positions()
        places = {position.partition: position.next_offset for position in standing}
        if self._seen and any(next_offset > self._seen.get(p, 0) for p, next_offset in places.items()):
            self._moved_s = monotonic()
        self._seen = places
        return standing

    def _wait_for_others(self, behind: dict[int, int]) -> None:
        """Leave out what whoever wrote it judges in a moment: to fetch and judge it again takes longer."""
        until = monotonic() + GRACE_S
        while behind and monotonic() < until:
            sleep(LOOKS_EVERY_S)
            for position in self._standing():
                if position.next_offset >= behind.get(position.partition, position.next_offset + 1):
                    del behind[position.partition]

    def _check(self, position: Position, end: End) -> None:
        """Raises LogDamaged where the topic does not hold what the index has of it."""
        partition = position.partition
        damaged = self._damaged.get(partition)
        if damaged is not None and damaged[0] == _found(position, end):
            raise damaged[1]
        confirmed = self._confirmed.get(partition, End(position.confirmed, position.epoch))
        if end.offset < position.next_offset:
            raise LogDamaged(partition, self._gone(partition, end.offset, position.next_offset))
        if end.epoch != confirmed.epoch:
            self._compare(position, confirmed.offset)
            self._index.confirm(partition, End(position.next_offset, end.epoch))
        self._damaged.pop(partition, None)
        self._confirmed[partition] = End(position.next_offset, end.epoch)

    def _compare(self, position: Position, confirmed: int) -> None:
        """Compare what the topic and the index hold since another leader was found to hold all of it."""
        start = max(confirmed - 1, 1)
        known = self._index.digests_between(position.partition, start, position.next_offset)
        for page in self._reader.records(position.partition, start, position.next_offset):
            for record in page:
                if known.get(record.offset) != value_digest(record.value):
                    said = self._gone(position.partition, record.offset, position.next_offset)
                    raise LogDamaged(position.partition, said)

    def _gone(self, partition: int, start: int, stop: int) -> str:
        return (
            f"Partition {partition} of the log lacks offsets {start} to {stop - 1}, which were "
            "acknowledged and are in the index. Nothing is answered from it: casetimeline index lost lists "
            "what is gone, and casetimeline index mend writes it again."
        )

    def _catch_up(self, partition: int, stop: int) -> None:
        """Judge the records of a partition that lie before an offset and were not judged yet."""
        with self._moving:
            (position,) = (one for one in self._index.positions() if one.partition == partition)
            if position.next_offset >= stop:
                return
            for page in self._reader.records(partition, position.next_offset, stop):
                run = [packed(partition, record, self._index.originator_id) for record in page]
                self._index.move_on({partition: run}, self._confirmed)
                self._index.enter()
            self._seen[partition] = max(stop, self._seen.get(partition, 0))
        self._announce()

    def judge(self, written: Sequence[Acknowledged]) -> list[list[Outcome] | Exception]:
        """What became of the commits of records that this process wrote, in their order.

        An exception stands for those of a record that cannot be told: LogUnavailable, LogDamaged.
        """
        runs: dict[int, list[Packed]] = defaultdict(list)
        for one in sorted(written, key=lambda one: one.place):
            runs[one.place.partition].append(one.packed())
        with self._moving:
            judged = self._index.move_on(runs, self._confirmed)
        for place in judged:
            self._seen[place.partition] = max(place.offset + 1, self._seen.get(place.partition, 0))
        self._announce()
        return [self._told(one, judged) for one in written]

    def enter(self) -> None:
        """Enter the latest commits of the index in the order of their ids, if there are many."""
        with self._moving, suppress(LogUnavailable, Overtaken):
            # Where it cannot be done they are found where they are, and it is tried again.
            self._index.enter()

    def _told(self, one: Acknowledged, judged: Mapping[Place, list[Outcome]]) -> list[Outcome] | Exception:
        if one.place in judged:
            return judged[one.place]
        partition, offset = one.place
        try:
            self._catch_up(partition, offset + 1)
            found = self._index.digests_between(partition, offset, offset + 1)
            if found.get(offset) != value_digest(one.value):
                # Written where the index has another record: the topic was cut off behind it.
                return LogDamaged(partition, self._gone(partition, offset, offset + 1))
            return self._index.outcomes_at(one.place, one.commits)
        except (LogUnavailable, LogDamaged) as error:
            return error


def _found(position: Position, end: End) -> Found:
    return end.epoch, end.offset, position.next_offset
