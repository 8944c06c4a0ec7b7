"""Measures of an invented authority, as the pages show them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.question import Question
from projections.measure import Measure, Period
from projections.measure_catalogue import BY_NAME, MEASURES
from projections.measured.row import Measured
from services.asked import Asked
from services.measures.asked import Wanted, wanted
from services.measures.cases import case_json
from services.measures.counted import Counted, count_rows
from services.measures.reply import measure_json
from services.web.reads import MeasurePage
from tests.web import authority
from tests.web.calendar import CALENDAR
from tests.web.showcase import TODAY

CASES_SHOWN = 50
_CHILDREN = list(dict.fromkeys(row.child for row in authority.rows()))


def _asked(by: str | None = None) -> Wanted:
    return wanted(Asked(Question(TODAY), None), {"by": by} if by else {})


def _rows(measure: Measure, team: str, number: int) -> list[Measured]:
    """Rows of which most count, a few late and one still going on."""
    first = measure.among[0]
    outcome = (first.outcomes or ("met",))[0]
    marks = f"|{first.marked[0]}|" if first.marked else "|"
    return [
        Measured(
            child=_CHILDREN[n % len(_CHILDREN)],
            series=measure.series,
            thing=f"{measure.series}:R-{n}",
            day=TODAY - timedelta(days=n),
            since=TODAY - timedelta(days=n + 60),
            until=None if measure.placed == "standing" else TODAY - timedelta(days=n),
            outcome=outcome,
            kind=(first.kinds or (None,))[0],
            marks=marks,
            length=None if measure.placed == "standing" else 20 + n,
            late_from=TODAY - timedelta(days=1),
            recorded_outcome="late" if n % 3 else "met",
            recorded_since=TODAY - timedelta(days=n + 10),
            recorded_length=10,
            recorded_late_from=TODAY,
            worker_id="SW-1",
            team_id=team if n % 2 else None,
        )
        for n in range(1, number)
    ]


def _counted(measure: Measure, asked: Wanted, rows: list[Measured]) -> Mapping[str, Any]:
    counted = Counted(measure)
    count_rows(((row, 1) for row in rows), [counted], asked, CALENDAR)
    return measure_json(counted, asked)


def measures() -> list[Mapping[str, Any]]:
    """All of them, the small numbers of some among them."""
    return [
        _counted(measure, _asked(), _rows(measure, "T-1", 5 + place % 40))
        for place, measure in enumerate(MEASURES)
    ]


def page(name: str, start: int, team: str) -> MeasurePage:
    """A measure with more cases than a page shows, of a team with a hostile name."""
    measure, asked = BY_NAME[name], _asked("team")
    rows = _rows(measure, team, 80)
    shown = [
        case_json(row, measure, TODAY, CALENDAR) | {"stands_for": 1}
        for row in rows[start : start + CASES_SHOWN]
    ]
    following = str(start + CASES_SHOWN) if len(rows) > start + CASES_SHOWN else None
    period: Period = asked.period
    return MeasurePage(_counted(measure, asked, rows), shown, following, period.first, period.last)
