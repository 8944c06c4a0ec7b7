"""Events as they are appended, one after the other, for as long as somebody wants them."""

from collections import deque
from collections.abc import Sequence
from threading import Condition
from typing import Generic, TypeVar

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

from infra.log.commit import LogClosed

PAGE = 500


class Arrivals:
    """Tells the threads of this process that something may have been appended."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._count = 0
        self.is_closed = False

    @property
    def count(self) -> int:
        """How often something arrived; ask before reading, and wait on it after."""
        return self._count

    def announce(self) -> None:
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def close(self) -> None:
        self.is_closed = True
        self.announce()

    def wait(self, count: int, timeout_s: float) -> None:
        """Wait until more arrived than ``count``, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self._count != count, timeout_s)


Recorder = TypeVar("Recorder", bound=ApplicationRecorder, covariant=True)


class PollingSubscription(Subscription[Recorder], Generic[Recorder]):
    """Ends when it is stopped or the log is closed.

    What this process appends arrives at once, what others append within ``poll_s`` seconds.
    """

    def __init__(
        self, recorder: Recorder, arrivals: Arrivals, gt: int | None, topics: Sequence[str], poll_s: float
    ) -> None:
        super().__init__(recorder, gt, topics)
        self._arrivals = arrivals
        self._poll_s = poll_s
        self._position = gt or 0
        self._page: deque[Notification] = deque()

    def stop(self) -> None:
        super().stop()
        self._arrivals.announce()

    def __next__(self) -> Notification:
        while not self._has_been_stopped and not self._arrivals.is_closed:
            if self._page:
                return self._page.popleft()
            arrived = self._arrivals.count
            try:
                self._read()
            except LogClosed:
                break
            if not self._page and not self._has_been_stopped:
                self._arrivals.wait(arrived, self._poll_s)
        raise StopIteration

    def _read(self) -> None:
        # Asked first: beyond it, an event may be appended between the two reads.
        last = self._recorder.max_notification_id() or 0
        if last <= self._position:
            return
        page = self._recorder.select_notifications(
            self._position, PAGE, last, self._topics, inclusive_of_start=False
        )
        self._page.extend(page)
        # Events of other topics need not be passed over again.
        self._position = page[-1].id if len(page) == PAGE else last
