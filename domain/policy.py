"""What clocks are judged by: timescales and parameters, each in the row in force on the day in question."""

from collections.abc import Sequence
from datetime import date

from domain.reviewed_timescales import CATALOGUE, PARAMETERS
from domain.timescale import Parameter, Timescale


class Policy:
    """The rows of the catalogue as this authority has them.

    A clock runs under the row in force on the day it started; before the first row, under that one.
    """

    def __init__(self, timescales: Sequence[Timescale], parameters: Sequence[Parameter]) -> None:
        self.timescales = tuple(timescales)
        self.parameters = tuple(parameters)
        self._rows: dict[tuple[str, str], list[Timescale]] = {}
        for row in timescales:
            self._rows.setdefault((row.id, row.part), []).append(row)
        for rows in self._rows.values():
            rows.sort(key=lambda row: row.in_force_from)
        self._values: dict[str, list[Parameter]] = {}
        for parameter in sorted(parameters, key=lambda parameter: parameter.in_force_from):
            self._values.setdefault(parameter.name, []).append(parameter)

    def row(self, timescale: str, day: date, part: str = "") -> Timescale:
        """The row under which a clock that starts on ``day`` runs."""
        rows = self._rows[timescale, part]
        if len(rows) == 1:
            return rows[0]
        # Rows of one timescale and part follow on one another.
        return next((row for row in reversed(rows) if row.in_force_from <= day), rows[0])

    def days(self, parameter: str, day: date) -> int:
        """The value of a parameter on ``day``, in its own unit."""
        return self.parameter(parameter, day).value

    def timescales_on(self, day: date) -> list[Timescale]:
        """Every timescale, and part of one, in the row under which a clock that starts on ``day`` runs."""
        return [self.row(id, day, part) for id, part in self._rows]

    def parameters_on(self, day: date) -> list[Parameter]:
        """Every parameter in the row in force on ``day``."""
        return [self.parameter(name, day) for name in self._values]

    def parameter(self, name: str, day: date) -> Parameter:
        """A parameter in the row in force on ``day``."""
        values = self._values[name]
        return next((v for v in reversed(values) if v.in_force_from <= day), values[0])


AS_REVIEWED = Policy(CATALOGUE, PARAMETERS)
"""The catalogue with nothing overridden."""
