"""A whole authority, told day by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from infra.holidays import england
from services.simulate.authority import CHILDREN_IN_LOCALITY, Locality, Worker, locality
from services.simulate.clerk import Clerk
from services.simulate.days import Days
from services.simulate.household import Household, deck
from services.simulate.practice import heats
from services.simulate.showcase import tell_showcase
from services.simulate.story import tell_story
from services.simulate.streams import enter_authority, enter_supervision, enter_workers

FROM_DATE = date(2018, 1, 1)
TO_DATE = date(2019, 10, 22)
PRACTICE_FROM = date(2019, 4, 1)

FIRST_NUMBER = 1002
SIZES = deck((1, 58), (2, 24), (3, 12), (4, 6))
DUPLICATES = 0.015
KNOWN_ALREADY = 0.27
FIRST_WEEKS = 0.12
DEMAND_RISES = 1.15


@dataclass(frozen=True, slots=True)
class Family:
    """Who is in a household, and when it is first heard of (as a share of the time simulated)."""

    id: str
    locality: int
    numbers: tuple[str, ...]
    size: int
    duplicate: str | None
    arrives: float
    seed: str


def simulate(
    children: int,
    seed: int,
    from_date: date = FROM_DATE,
    to_date: date = TO_DATE,
    practice_from: date = PRACTICE_FROM,
    *,
    showcase: bool = False,
    richness: float = 1.0,
) -> Iterator[bytes]:
    """The facts of an invented authority as lines of NDJSON (structured CloudEvents), in the order entered.

    There are ``children`` children, ``C1002`` and on; with ``showcase`` the first of them is ``C1001``, the
    worked example. What is told of a child depends on the seed, the dates and ``richness`` (how many times as
    many visits as usual), not on how many other children there are. Nothing is entered after ``to_date``.

    Raises ValueError where ``children`` is negative, ``richness`` not above 0, or ``to_date`` before
    ``from_date``.
    """
    if children < 0:
        raise ValueError("children must not be negative")
    if to_date < from_date:
        raise ValueError("to_date must not be before from_date")
    if richness <= 0:
        raise ValueError("richness must be above 0")
    days = Days(from_date, to_date, england())
    heat = heats(days, days.number(practice_from))
    clerk = Clerk(days, source(seed))
    return _lines(children, seed, days, heat, clerk, showcase, richness)


def source(seed: int) -> str:
    """The CloudEvents ``source`` of the authority of a seed."""
    return f"urn:simulated-authority:{seed}"


def _lines(
    children: int, seed: int, days: Days, heat: list[float], clerk: Clerk, showcase: bool, richness: float
) -> Iterator[bytes]:
    invented = max(0, children - showcase)
    localities = [
        locality(seed, index, days, heat)
        for index in range((invented + CHILDREN_IN_LOCALITY - 1) // CHILDREN_IN_LOCALITY)
    ]
    workers = [worker for place in localities for worker in place.workers]
    supervisions: list[list[Worker]] = [[] for _ in range(days.last + 1)]
    for worker in workers:
        for day in worker.supervised_on:
            supervisions[day].append(worker)
    arrivals: list[list[Family]] = [[] for _ in range(days.last + 1)]
    for family in families(seed, invented):
        arrivals[_arrival(family, days)].append(family)
    enter_workers(clerk, workers)
    enter_authority(clerk, days, heat)
    if children and showcase:
        tell_showcase(clerk)
    for day in range(days.last + 1):
        for family in arrivals[day]:
            household = _household(family, localities[family.locality], clerk, heat, richness)
            tell_story(household, day, family.duplicate)
        arrivals[day] = []
        for worker in supervisions[day]:
            enter_supervision(clerk, worker, day)
        yield from clerk.turn(day)


def families(seed: int, children: int) -> Iterator[Family]:
    """The households of the first so many children, locality by locality."""
    for first in range(0, children, CHILDREN_IN_LOCALITY):
        index = first // CHILDREN_IN_LOCALITY
        rng = Random(f"{seed}:households:{index}")
        child, count = first, 0
        while child < min(children, first + CHILDREN_IN_LOCALITY):
            room = first + CHILDREN_IN_LOCALITY - child
            size = min(SIZES[int(rng.random() * len(SIZES))], room)
            has_duplicate = rng.random() < DUPLICATES and size < room
            # Some are known already when the simulation begins, and are entered in its first weeks.
            is_known = rng.random() < KNOWN_ALREADY
            arrives = rng.random() * FIRST_WEEKS if is_known else 1 - rng.random() ** DEMAND_RISES
            numbers = [
                str(FIRST_NUMBER + n) for n in range(child, child + size + has_duplicate) if n < children
            ]
            count += 1
            yield Family(
                id=f"H-{index + 1}-{count}",
                locality=index,
                numbers=tuple(numbers[:size]),
                size=size,
                duplicate=numbers[size] if len(numbers) > size else None,
                arrives=arrives,
                seed=f"{seed}:household:{index}:{count}",
            )
            child += size + has_duplicate


def _arrival(family: Family, days: Days) -> int:
    return days.first + int(family.arrives * (days.last - days.first))


def _household(
    family: Family, place: Locality, clerk: Clerk, heat: list[float], richness: float
) -> Household:
    draw = Random(family.seed).random
    here = int(draw() * len(place.posts))
    return Household(
        id=family.id,
        numbers=family.numbers,
        size=family.size,
        draw=draw,
        clerk=clerk,
        heat=heat,
        team=place.posts[here],
        other_team=place.posts[here - 1],
        richness=richness,
    )
