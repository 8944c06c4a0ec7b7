"""Folding many children at once: what the log has of them is asked for, and decoded, together."""

from collections.abc import Collection

from domain.policy import Policy
from domain.working_days import WorkingDays
from infra.columnar import ColumnarCodec
from infra.log.log import Log
from services.fold import Folding
from services.held import HeldCodec, HeldLog, read_rows
from services.histories import Histories, connected


class Together:
    """Folds streams as `Folding` does, for which the log is asked once for all of them."""

    def __init__(self, log: Log, codec: ColumnarCodec, calendar: WorkingDays, policy: Policy) -> None:
        self._log = log
        self._codec = codec
        self._calendar = calendar
        self._policy = policy

    def of(self, streams: Collection[str]) -> Folding:
        """What folds some streams, and all that were ever merged with them, as the log has them now."""
        heads = self._log.heads()
        held = read_rows(self._log, sorted(connected(self._log, streams)))
        log = HeldLog(self._log, self._codec, heads, held)
        return Folding(log, Histories(log, HeldCodec(self._codec), self._calendar, self._policy))
