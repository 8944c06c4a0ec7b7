"""England's working days, for pages drawn without the rest of the service."""

from datetime import date

import holidays

from domain.working_days import WorkingDays

CALENDAR = WorkingDays.known(
    date(2000, 1, 1),
    date(2026, 12, 31),
    holidays.country_holidays("GB", subdiv="ENG", years=range(2000, 2027)),
)
