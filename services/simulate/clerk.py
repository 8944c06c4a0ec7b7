"""The clerk: facts written as lines of NDJSON on the page of the day they were entered."""

from services.simulate.days import Days

_FIRST_ENTRY_S = 8 * 3600 + 1800
_LAST_ENTRY_S = 17 * 3600
_BETWEEN_ENTRIES_S = 7

ENTRY_TIMES = tuple(
    f"T{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z"
    for s in range(_FIRST_ENTRY_S, _LAST_ENTRY_S, _BETWEEN_ENTRIES_S)
)
"""Times of day at which things are typed in, a few seconds apart, in UTC."""

LAST_PHASE = 3_500
"""A household's entries of a day begin at one of so many first entry times, and go on from there."""


class Clerk:
    """Pages of lines, one a day. A line begins with when it was entered, so that sorting a page orders it.

    Lines are put together from texts, not by a JSON writer: every value is one of ours and needs no escaping.
    """

    __slots__ = ("days", "origin", "pages", "source")

    def __init__(self, days: Days, source: str) -> None:
        self.days = days
        self.source = source
        self.origin = f'","source":"{source}","type":"casetimeline.'
        self.pages: list[list[str]] = [[] for _ in range(days.last + 1)]

    def enter(
        self, day: int, stream: str, id: str, name: str, data: str, at: str, entered: int | None = None
    ) -> None:
        """Write a fact that no household tells, entered that day or later, ``at`` a time in UTC."""
        text = self.days.text
        entered = day if entered is None else entered
        if self.days.first <= entered <= self.days.last:
            self.pages[entered].append(
                f'{{"recordedtime":"{text[entered]}{at}","specversion":"1.0","id":"{id}{self.origin}{name}",'
                f'"subject":"{stream}","data":{{"occurred_on":"{text[day]}"{data}}}}}\n'
            )

    def turn(self, day: int) -> list[bytes]:
        """Take out the page of a day, in the order in which its lines were entered."""
        page = self.pages[day]
        self.pages[day] = []
        page.sort()
        return "".join(page).encode("ascii").splitlines(keepends=True)
