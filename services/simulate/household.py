"""A household: its story is told once, and written for each of its children."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from services.simulate.authority import Post
from services.simulate.clerk import ENTRY_TIMES, LAST_PHASE, Clerk
from services.simulate.days import Days
from services.simulate.practice import ENTERED_LATE, Habit

T = TypeVar("T")


def deck(*cards: tuple[T, int]) -> tuple[T, ...]:
    """Cards to draw from: each value as often as its share says."""
    return tuple(value for value, share in cards for _ in range(share))


PROMPTLY = deck((0, 86), (1, 9), (2, 3), (4, 1), (7, 1))
LATE = deck((2, 18), (3, 18), (5, 16), (8, 14), (12, 12), (16, 8), (21, 6), (30, 5), (42, 3))
_ENTRY_TIMES = len(ENTRY_TIMES)


class Household:
    """The children of a household, and the pen that tells of them.

    In all that is told, ``@`` stands for a child's number, so that one text serves every child. ``size``
    counts the children there are, ``numbers`` those who are written about (fewer only at the end of the
    authority). ``post`` holds the case at the moment, ``holder`` is the worker last told to hold it,
    ``opened`` is the day it became known, ``last_start`` and ``last_visit`` are the fact and the day of the
    latest assessment begun and visit made. Days are numbers of `Days`.
    """

    __slots__ = (
        "by", "clerk", "days", "draw", "heat", "holder", "id", "last", "last_start", "last_visit",
        "made", "numbers", "opened", "other_team", "pages", "phase", "post", "richness", "size", "team",
        "told",
    )  # fmt: skip

    def __init__(
        self,
        id: str,
        numbers: Sequence[str],
        size: int,
        draw: Callable[[], float],
        clerk: Clerk,
        heat: list[float],
        team: tuple[Post, ...],
        other_team: tuple[Post, ...],
        richness: float,
    ) -> None:
        self.id = id
        self.numbers = tuple(numbers)
        self.size = size
        self.draw = draw
        self.clerk = clerk
        self.pages = clerk.pages
        self.days: Days = clerk.days
        self.last = clerk.days.last
        self.heat = heat
        self.team = team
        self.other_team = other_team
        self.richness = richness
        self.post = team[int(draw() * len(team))]
        self.by = self.post.by
        self.phase = int(draw() * LAST_PHASE)
        self.told = 0
        self.made: dict[str, int] = {}
        self.opened = clerk.days.first
        self.holder: str | None = None
        self.last_start: tuple[int, int] | None = None
        self.last_visit: tuple[int, int] | None = None

    def pick(self, cards: Sequence[T]) -> T:
        return cards[int(self.draw() * len(cards))]

    def often(self, habit: Habit, day: int) -> bool:
        """Whether what is a habit of the authority happens this once, on a day."""
        return self.draw() < habit.at(self.heat[day])

    def new(self, letter: str) -> str:
        """The id of a new record, such as ``A-@-2``."""
        made = self.made[letter] = self.made.get(letter, 0) + 1
        return f"{letter}-@-{made}"

    def lag(self, day: int) -> int:
        """Days until something of that day is typed in, by the habits of the time."""
        draw = self.draw
        cards = LATE if draw() < ENTERED_LATE.at(self.heat[day]) else PROMPTLY
        return cards[int(draw() * 100)]

    def tell(self, day: int, name: str, data: str = "", lag: int = 0) -> int:
        """Tell a fact of every child, entered ``lag`` days later: ``data`` begins with a comma.

        Returns the number of the fact, which is in its id. What is entered after the last day is not written.
        """
        self.told = told = self.told + 1
        days = self.days
        entered = days.working[day + lag]
        if entered <= self.last:
            text = days.text
            line = (
                f'{{"recordedtime":"{text[entered]}{ENTRY_TIMES[(self.phase + told) % _ENTRY_TIMES]}",'
                f'"specversion":"1.0","id":"C@-{told}{self.clerk.origin}{name}",'
                f'"subject":"C@","data":{{"occurred_on":"{text[day]}"{data}}}}}\n'
            )
            page = self.pages[entered]
            for number in self.numbers:
                page.append(line.replace("@", number))
        return told

    def tell_each(self, day: int, name: str, each: Sequence[str], lag: int = 0) -> int:
        """Tell a fact that differs from child to child: ``each`` is the data of each."""
        self.told = told = self.told + 1
        days = self.days
        entered = days.working[day + lag]
        if entered <= self.last:
            text = days.text
            head = (
                f'{{"recordedtime":"{text[entered]}{ENTRY_TIMES[(self.phase + told) % _ENTRY_TIMES]}",'
                f'"specversion":"1.0","id":"C@-{told}{self.clerk.origin}{name}",'
                f'"subject":"C@","data":{{"occurred_on":"{text[day]}"'
            )
            page = self.pages[entered]
            for number, data in zip(self.numbers, each, strict=False):
                page.append((head + data + "}}\n").replace("@", number))
        return told

    def tell_at(self, day: int, time: str, name: str, data: str) -> int:
        """Tell a fact of an instant, ``time`` on that day in UTC, entered at that moment."""
        self.told = told = self.told + 1
        if day <= self.last:
            instant = self.days.text[day] + time
            line = (
                f'{{"recordedtime":"{instant}","specversion":"1.0","id":"C@-{told}{self.clerk.origin}{name}",'
                f'"subject":"C@","data":{{"occurred_on":"{instant}"{data}}}}}\n'
            )
            self.pages[day] += [line.replace("@", number) for number in self.numbers]
        return told

    def take(self, post: Post) -> None:
        """Give the case to another post."""
        self.post = post
        self.by = post.by

    def hold(self, start: int, end: int) -> None:
        """Tell who held the case from ``start`` up to ``end`` in the post it is in."""
        for spell in self.post.spells:
            begin = max(start, spell.start)
            if spell.end <= start or begin >= end:
                continue
            if begin > self.last:
                break
            worker = spell.worker
            if worker is None:
                continue
            if worker.id != self.holder:
                role = "newly_qualified_social_worker" if worker.is_newly_qualified else "social_worker"
                self.tell(
                    begin,
                    "WorkerAllocated",
                    f',"worker_id":"{worker.id}","team_id":"{self.post.team}","role":"{role}"',
                    self.pick(PROMPTLY),
                )
                self.holder = worker.id
            until = min(end, spell.end)
            worker.children += [(f"C{number}", begin, until) for number in self.numbers]
            if spell.end < end:
                self.release(spell.end, "worker left the team")

    def release(self, day: int, reason: str) -> None:
        """Tell that nobody holds the case from a day on."""
        if self.holder:
            self.tell(day, "WorkerUnallocated", f',"worker_id":"{self.holder}","reason":"{reason}"')
            self.holder = None
