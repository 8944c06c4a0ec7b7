"""Takes in what case systems publish: each record is recorded as over HTTP, or set aside with the reason."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event as Signal
from typing import Any, Protocol

from eventsourcing.persistence import PersistenceError

from infra.errors import Unavailable
from infra.incoming import Incoming
from infra.intake.taken import Taken, Why
from infra.intake.tally import Tally
from infra.keys import KeysUnavailable
from infra.log.commit import LogDamaged
from services.api import problems, results
from services.api.log_lines import log
from services.published import Published
from services.record import Conflict, Receipt, Recording, Result

MOST = 2_000
"""Records taken at a time, and recorded in one go."""

WAIT_S = 0.5
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)

# What a mistake of ours in reading one record raises; all else is taken for something that will pass.
_FAULTS_OF_ONE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError)
_INTERNAL = "The service could not record it, through a fault of its own; tell the operator."


class Source(Protocol):
    """Where records come from: taken, and then finished or given back."""

    def take(self, wait_s: float, most: int) -> list[Taken]: ...
    def finish(self, became: dict[int, Tally]) -> None: ...
    def give_back(self) -> None: ...


class SetAside(Protocol):
    """Where records go that cannot be recorded."""

    def put(self, refused: Sequence[tuple[Taken, Why]]) -> None: ...


class Intake:
    """Takes records in until told to stop.

    A record is finished only when its fact is durable, or it is set aside durably with the reason; whatever
    fails before, and wherever the process is killed, it is taken again, and a fact is recorded once. No
    record can hold up those behind it, and no outage loses one.
    """

    def __init__(
        self,
        source: Source,
        aside: SetAside,
        published: Published,
        recording: Recording,
        now: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._aside = aside
        self._published = published
        self._recording = recording
        self._now = now

    def run(self, stop: Signal) -> None:
        """Take in until told to stop, waiting where the log or the brokers are away, or lost something."""
        failures = 0
        while not stop.is_set():
            try:
                self.step()
                failures = 0
            except (Unavailable, PersistenceError, LogDamaged, KeysUnavailable, OSError) as error:
                log("warning", "intake waits", error=type(error).__name__)
                stop.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
                failures += 1

    def step(self, wait_s: float = WAIT_S) -> int:
        """Take in what there is, and return how many records that was.

        Raises Unavailable, LogUnavailable, LogDamaged or KeysUnavailable, and then nothing was finished.
        """
        taken = self._source.take(wait_s, MOST)
        if not taken:
            return 0
        try:
            read = [self._read(record) for record in taken]
            recorded = iter(self._record([one for one in read if isinstance(one, Incoming)]))
            became: defaultdict[int, Tally] = defaultdict(Tally)
            refused = []
            for record, one in zip(taken, read, strict=True):
                outcome, problem = _became(next(recorded) if isinstance(one, Incoming) else one)
                became[record.partition] += outcome
                if problem is not None:
                    refused.append((record, _why(problem)))
            if refused:
                self._aside.put(refused)
        except BaseException:
            self._source.give_back()
            raise
        self._source.finish(became)
        return len(taken)

    def _read(self, record: Taken) -> Incoming | dict[str, Any]:
        try:
            return self._published.read(record.key, record.headers, record.value, self._now())
        except (*_FAULTS_OF_ONE, RecursionError) as error:
            return _fault(error)

    def _record(self, facts: list[Incoming]) -> list[Result | dict[str, Any]]:
        """What became of facts: all in one go, and where one may be to blame for a failure, each alone."""
        if not facts:
            return []
        try:
            return list(self._recording.record(facts))
        except _FAULTS_OF_ONE as error:
            if len(facts) == 1:
                return [_fault(error)]
        return [result for fact in facts for result in self._record([fact])]


def _fault(error: Exception) -> dict[str, Any]:
    log("error", "record set aside", error=type(error).__name__)
    return problems.body("internal", _INTERNAL)


def _became(result: Result | dict[str, Any]) -> tuple[Tally, dict[str, Any] | None]:
    """What became of a record, and the problem for which it is set aside, if it is."""
    if isinstance(result, Receipt):
        return (Tally(duplicate=1) if result.is_duplicate else Tally(recorded=1)), None
    if isinstance(result, Conflict):
        return Tally(conflict=1), results.problem_of(result)
    problem = result if isinstance(result, dict) else results.problem_of(result)
    return Tally(refused=1), problem


def _why(problem: dict[str, Any]) -> Why:
    return Why(
        problem["type"].removeprefix(problems.URN), problem["detail"], tuple(problem.get("pointer", ()))
    )
