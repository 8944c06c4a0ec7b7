"""The invented authority: its teams, their posts, and the workers who come and go in them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from services.simulate.days import Days
from services.simulate.practice import (
    LEAVES_IN_A_MONTH,
    NEWLY_QUALIFIED,
    SUPERVISION_MISSED,
)

CHILDREN_IN_LOCALITY = 300
TEAMS_IN_LOCALITY = 2
POSTS_IN_TEAM = 2
HEAD_OF_SERVICE = "M-100"
CHAIRS = ("C-1", "C-2", "C-3")
AUDITORS = ("AU-1", "AU-3")


@dataclass(slots=True)
class Worker:
    """A social worker, from joining to leaving (None: still there), and the children they hold."""

    id: str
    team: str
    supervisor: str
    joined: int
    left: int | None
    is_newly_qualified: bool
    full_time: bool
    supervised_on: list[int]
    children: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Spell:
    """A post held by a worker, or by nobody, from ``start`` up to but without ``end``."""

    worker: Worker | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Post:
    """A desk in a team: who sits there changes, the children stay.

    ``by`` is the worker and the team of each day, as data of a fact.
    """

    team: str
    manager: str
    spells: tuple[Spell, ...]
    by: list[str]


@dataclass(frozen=True, slots=True)
class Locality:
    """Two teams and every worker they have had."""

    posts: tuple[tuple[Post, ...], ...]
    workers: tuple[Worker, ...]


def team_name(index: int) -> str:
    """``Team-A`` to ``Team-Z``, then ``Team-AA``."""
    letters = ""
    while index >= 0:
        letters = chr(ord("A") + index % 26) + letters
        index = index // 26 - 1
    return "Team-" + letters


def locality(seed: int, index: int, days: Days, heat: list[float]) -> Locality:
    """The ``index``-th locality, the same whatever the size of the authority."""
    draw = Random(f"{seed}:locality:{index}").random
    workers: list[Worker] = []
    teams = []
    for number in range(index * TEAMS_IN_LOCALITY, (index + 1) * TEAMS_IN_LOCALITY):
        name, manager = team_name(number), f"M-{101 + number}"
        teams.append(
            tuple(_post(index, name, manager, workers, days, heat, draw) for _ in range(POSTS_IN_TEAM))
        )
    return Locality(tuple(teams), tuple(workers))


def _post(
    locality_index: int,
    team: str,
    manager: str,
    workers: list[Worker],
    days: Days,
    heat: list[float],
    draw: Callable[[], float],
) -> Post:
    spells: list[Spell] = []
    day = days.first
    end_of_time = len(days.text)
    while day < days.last:
        left = _leaves(day, days, heat, draw)
        newly_qualified = draw() < NEWLY_QUALIFIED.at(heat[day])
        worker = Worker(
            id=f"SW-{locality_index + 1}{len(workers) + 1:03d}",
            team=team,
            supervisor=manager,
            joined=day,
            left=left if left < days.last else None,
            is_newly_qualified=newly_qualified,
            full_time=draw() < 0.8,
            supervised_on=_supervisions(day, min(left, days.last), newly_qualified, days, heat, draw),
        )
        workers.append(worker)
        spells.append(Spell(worker, day, left if worker.left else end_of_time))
        day = left
        vacant = int(draw() * (12 + 60 * heat[min(day, end_of_time - 1)]))
        if vacant > 7 and day < days.last:
            spells.append(Spell(None, day, day + vacant))
            day += vacant
        day = days.working[day]
    by = [f',"team_id":"{team}"'] * end_of_time
    for spell in spells:
        if spell.worker:
            text = f',"worker_id":"{spell.worker.id}","team_id":"{team}"'
            by[spell.start : spell.end] = [text] * (min(spell.end, end_of_time) - spell.start)
    return Post(team, manager, tuple(spells), by)


def _leaves(joined: int, days: Days, heat: list[float], draw: Callable[[], float]) -> int:
    """The day on which a worker who joined then leaves, month by month; far ahead for one who stays."""
    day = joined + 45
    while day < days.last:
        if draw() < LEAVES_IN_A_MONTH.at(heat[day]):
            return days.working[day + int(draw() * 30)]
        day += 30
    return day + 60


def _supervisions(
    joined: int, left: int, newly_qualified: bool, days: Days, heat: list[float], draw: Callable[[], float]
) -> list[int]:
    held: list[int] = []
    day = joined
    while True:
        in_post = day - joined
        usual = (7 if in_post < 42 else 14 if in_post < 182 else 28) if newly_qualified else 28
        gap = usual if draw() < 0.8 else usual - math.ceil(usual / 7)
        if draw() < SUPERVISION_MISSED.at(heat[day]):
            gap = int(usual * (1.4 + 2.6 * draw() * (1 + heat[day])))
        # Rounding back to a working day keeps what is usual within its month.
        day = days.after(day + gap, 0)
        if day >= left:
            return held
        held.append(day)
