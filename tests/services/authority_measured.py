"""What measures count of some facts, from the views and from the log, which must agree."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from domain.question import Question
from projections.measure_catalogue import BY_NAME
from services.asked import Asked
from services.measures.answers import Measures
from services.measures.asked import wanted
from services.measures.cases import Listed
from tests.authority_of_facts import put, service_in

FROM_THE_LOG = datetime(2100, 1, 1, tzinfo=UTC)


def measuring(stack: ExitStack, folder: Path, today: str, facts: Iterable[dict[str, Any]]) -> "Authority":
    service = stack.enter_context(service_in(folder, today))
    put(service, facts)
    service.projector.catch_up()
    return Authority(Measures(service), date.fromisoformat(today))


class Authority:
    """What an authority of which some facts are known is told on a day, or of an earlier one."""

    def __init__(self, measures: Measures, today: date) -> None:
        self.measures, self.today = measures, today

    def count(self, name: str, as_at: str | None = None, **asked: str) -> tuple[int, int | None]:
        """The numerator and denominator."""
        return self._both(as_at, asked, lambda of: self._count(name, of))

    def cases(self, name: str, as_at: str | None = None, **asked: str) -> list[tuple[str, str, bool]]:
        """Child, thing and whether it is in the numerator."""
        return self._both(as_at, asked, lambda of: self._cases(name, of))

    def lengths(self, name: str, as_at: str | None = None, **asked: str) -> list[int]:
        """How long each case took, or has gone on."""
        return self._both(as_at, asked, lambda of: [one["length"] for one in self._listed(name, of)])

    def _both(self, as_at: str | None, asked: dict[str, str], ask: Callable[[Any], Any]) -> Any:
        day = self.today if as_at is None else date.fromisoformat(as_at)
        named = {name.rstrip("_"): value for name, value in asked.items()}
        live, again = (ask(wanted(Asked(Question(day, at), None), named)) for at in (None, FROM_THE_LOG))
        assert live == again
        return live

    def _count(self, name: str, asked: Any) -> tuple[int, int | None]:
        (found,) = self.measures.count([BY_NAME[name]], asked).items
        return found["numerator"], found["denominator"]

    def _cases(self, name: str, asked: Any) -> list[tuple[str, str, bool]]:
        found = self._listed(name, asked)
        return [(one["child"], one["case"], one["in_numerator"]) for one in found]

    def _listed(self, name: str, asked: Any) -> list[dict[str, Any]]:
        return list(self.measures.cases(BY_NAME[name], asked, Listed(limit=1_000)).items)
