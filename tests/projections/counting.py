"""What measures count of one invented child in 2019, as at its last day, told in a few words."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pytest

from domain.question import Question
from infra.holidays import england
from projections.measure import Figure, Period
from projections.measure_catalogue import BY_NAME
from projections.measured.row import Measured
from projections.measured.rows import rows_of
from projections.measuring import Tally, tally
from projections.projection import Case
from services.asked import Asked
from services.measures.across import ACROSS
from services.measures.asked import wanted
from services.measures.past import Ask, count_cases, looked_across
from tests.invented import recorded

YEAR = Period(date(2019, 1, 1), date(2019, 12, 31))
DAY = YEAR.last

Fact = tuple[str, str, dict[str, Any]]
Examples = Mapping[str, Mapping[str, tuple[Any, ...]]]
"""By measure: for each rule in words, what is told of the facts that follow."""


def each(examples: Examples) -> list[Any]:
    """Examples as the parameters of a test: a measure, what is told, and the facts."""
    return [
        pytest.param(measure, told, facts, id=f"{measure}: {rule}")
        for measure, rules in examples.items()
        for rule, (told, *facts) in rules.items()
    ]


def told(measure: str, facts: Iterable[Fact]) -> str:
    """How many of how many, or how many, and in which bands they lie."""
    return said(counted(measure, rows_from(measure, facts)).figure(BY_NAME[measure]))


def told_by_records(measure: str, facts: Iterable[Fact]) -> str:
    """The same as the records of the case system show it."""
    figure = counted(measure, rows_from(measure, facts)).recorded_figure(BY_NAME[measure])
    assert figure is not None
    return said(figure)


def days(measure: str, facts: Iterable[Fact]) -> int:
    """How long the one case took, in the unit of the measure: its quartiles all tell that."""
    quartiles = counted(measure, rows_from(measure, facts)).figure(BY_NAME[measure]).quartiles
    assert quartiles is not None
    assert quartiles.lower == quartiles.median == quartiles.upper
    return quartiles.median


def case_of(facts: Iterable[Fact], stream: str = "C1001") -> Case:
    told = enumerate(facts, 1)
    known = [recorded(number, name, on, stream=stream, **data) for number, (name, on, data) in told]
    return Case(stream, known, Question(DAY), england())


def rows_from(measure: str, facts: Iterable[Fact], stream: str = "C1001") -> list[Measured]:
    """The rows that a measure is counted from, those made by looking across children among them."""
    one, case = BY_NAME[measure], case_of(facts, stream)
    if one.series not in ACROSS:
        return rows_of(case, {one.series})
    period = {"from": YEAR.first.isoformat(), "to": YEAR.last.isoformat()}
    ask = Ask((one,), wanted(Asked(Question(DAY), None), period), keeps_rows=True)
    return [row for row, _ in looked_across(count_cases(iter([case]), ask), ask)]


def counted(measure: str, rows: Iterable[Measured]) -> Tally:
    return tally(BY_NAME[measure], rows, YEAR, DAY, england())


def said(figure: Figure) -> str:
    share = figure.share
    number = str(share.count) if share.of is None else f"{share.count} of {share.of}"
    return " in ".join([number, *(band for band, cases in figure.bands.items() if cases)])
