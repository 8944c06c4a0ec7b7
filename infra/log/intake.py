"""The queue in front of the log's writer: first come first served, and only so much at a time."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Lock
from time import monotonic

from infra.log.commit import Commit, LogBusy, LogClosed, Outcome

# What a row costs beside its state, so that many small events weigh too.
ROW_BYTES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Commits that one caller wants stored, and where the outcomes go."""

    commits: Sequence[Commit]
    weight: int
    outcomes: Future[list[Outcome]] = field(default_factory=Future)


def request(commits: Sequence[Commit]) -> Request:
    """A request of these commits, weighed in bytes."""
    weight = sum(ROW_BYTES + len(event.state) for commit in commits for event in commit.events)
    return Request(commits, weight or ROW_BYTES)


class Intake:
    """Requests waiting to be written, at most ``limit_bytes`` of them unless one alone is larger."""

    def __init__(self, limit_bytes: int, pack_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._pack_bytes = pack_bytes
        self._lock = Lock()
        self._filled = Condition(self._lock)
        self._requests: deque[Request] = deque()
        self._waiting: deque[Condition] = deque()
        self._weight = 0
        self._is_closed = False

    def put(self, request: Request, timeout_s: float) -> None:
        """Queue a request, behind all that came before it.

        Raises LogBusy if there is no room for it within the time, LogClosed if the queue is or gets closed.
        """
        with self._lock:
            if self._waiting or not self._has_room(request):
                self._wait_for_room(request, timeout_s)
            if self._is_closed:
                raise LogClosed("The log was closed; open it again.")
            self._requests.append(request)
            self._weight += request.weight
            self._filled.notify()
            self._let_in()

    def take(self) -> list[Request]:
        """Wait for requests and take what fits into one pack, at least one; none once closed and empty."""
        with self._lock:
            while not self._requests and not self._is_closed:
                self._filled.wait()
            pack: list[Request] = []
            weight = 0
            while self._requests and (not pack or weight + self._requests[0].weight <= self._pack_bytes):
                pack.append(self._requests.popleft())
                weight += pack[-1].weight
            self._weight -= weight
            self._let_in()
            return pack

    def close(self) -> None:
        """Let nothing more in; what is queued can still be taken."""
        with self._lock:
            self._is_closed = True
            self._filled.notify_all()
            for turn in self._waiting:
                turn.notify()

    def _has_room(self, request: Request) -> bool:
        return self._is_closed or not self._requests or self._weight + request.weight <= self._limit_bytes

    def _wait_for_room(self, request: Request, timeout_s: float) -> None:
        deadline = monotonic() + timeout_s
        turn = Condition(self._lock)
        self._waiting.append(turn)
        try:
            while not self._is_closed and not (self._waiting[0] is turn and self._has_room(request)):
                remaining = deadline - monotonic()
                if remaining <= 0:
                    raise LogBusy("Too much is waiting to be written to the log; retry later.")
                turn.wait(remaining)
        finally:
            self._waiting.remove(turn)
            self._let_in()

    def _let_in(self) -> None:
        if self._waiting:
            self._waiting[0].notify()
