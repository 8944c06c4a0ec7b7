"""England's working days, from the `holidays` package."""

from datetime import date
from functools import cache

import holidays

from domain.moment import EARLIEST
from domain.working_days import WorkingDays

LAST_PUBLISHED = date(2027, 12, 31)
"""The end of the last list of bank holidays that was published when this was released."""

_COMPUTED_UNTIL = 2100


@cache
def england() -> WorkingDays:
    """The working days of England, known from 1900 to the last published list of bank holidays.

    Later days follow the same rules of the calendar, and are provisional: a government may move a holiday.
    """
    days = holidays.country_holidays("GB", subdiv="ENG", years=range(EARLIEST.year, _COMPUTED_UNTIL + 1))
    return WorkingDays.known(EARLIEST, LAST_PUBLISHED, days.keys())
