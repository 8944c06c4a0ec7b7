"""How the builds of the projections stand, as their database tells: what is being made, and what serves."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from sqlalchemy import Connection, Engine, func, select

from infra.views.builds import VERSIONS, Build, State, read_builds
from infra.views.engine import reading_one_state
from infra.views.positions import positions_of
from infra.views.tables import BUILDS, FOLDS, POSITIONS, SHARES
from projections.catalogue import PROJECTIONS


class Making(StrEnum):
    """What the builds are like that are being made."""

    NONE = "none"
    EMPTY = "empty"
    HALF = "half filled"
    FILLED = "filled"
    NEXT = "up with the log"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is being made, with so many ``shares`` in it ``of`` so many; the number of the build that serves,
    and how many events it has read.
    """

    making: Making
    shares: int
    of: int
    served: int
    read: int


def standing(engine: Engine) -> Standing:
    """How the builds of one projection stand; all of them are begun, filled and take over together."""
    one = BUILDS.c.projection == PROJECTIONS[0].name
    mine = (BUILDS.c.projection, BUILDS.c.build)
    shares = select(func.count()).where(SHARES.c.projection == mine[0], SHARES.c.build == mine[1])
    read = select(func.sum(POSITIONS.c.number)).where(
        POSITIONS.c.projection == mine[0], POSITIONS.c.build == mine[1]
    )
    columns = (
        BUILDS.c.state,
        BUILDS.c.build,
        (BUILDS.c.partitions * BUILDS.c.parts).label("of"),
        shares.scalar_subquery().label("shares"),
        read.scalar_subquery().label("read"),
    )
    with reading_one_state(engine) as connection:
        lines = {line.state: line for line in connection.execute(select(*columns).where(one))}
    serves = lines[State.SERVING]
    made = lines.get(State.FILLING) or lines.get(State.NEXT)
    return Standing(
        making=Making.NONE if made is None else _making(made.state, made.shares, made.of),
        shares=0 if made is None else made.shares,
        of=0 if made is None else made.of,
        served=serves.build,
        read=int(serves.read or 0),
    )


def _making(state: str, shares: int, of: int) -> Making:
    if state == State.NEXT:
        return Making.NEXT
    if not shares:
        return Making.EMPTY
    return Making.HALF if shares < of else Making.FILLED


def faults(engine: Engine) -> list[str]:
    """What is never to be, wherever a process is killed: one that serves with a part of its shares, say."""
    with reading_one_state(engine) as connection:
        served = read_builds(connection, State.SERVING)
        making = read_builds(connection, State.FILLING)
        found = []
        if Counter(build.projection for build in served) != Counter(dict.fromkeys(VERSIONS, 1)):
            found.append(f"these serve: {_listed(served)}")
        if len({build.number for build in served}) != 1:
            found.append(f"those that serve did not take over together: {_listed(served)}")
        found += [
            f"{build.projection} {build.number} serves, and is filled in part"
            for build in served
            if build.parted is not None and len(_shares(connection, build)) != prod(build.parted)
        ]
        for position in positions_of(connection, served):
            read = {partition: at.number for partition, at in position.partitions.items()}
            if position.applied != read or any(position.set_aside.values()):
                found.append(f"{position.projection} read {read} and applied {position.applied}")
        if len({frozenset(_shares(connection, build)) for build in making}) > 1:
            found.append(f"those being filled have not the same shares: {_listed(making)}")
        for build in making:
            folded = connection.scalar(select(func.count()).select_from(FOLDS).where(build.of(FOLDS)))
            if folded != (told := sum(_shares(connection, build).values())):
                found.append(f"{build.projection} {build.number} has {folded} streams, its shares {told}")
    return found


def _shares(connection: Connection, build: Build) -> dict[int, int]:
    """The shares that are in a build, and how many streams each has."""
    told = select(SHARES.c.share, SHARES.c.streams).where(build.of(SHARES))
    return {line.share: line.streams for line in connection.execute(told)}


def _listed(builds: list[Build]) -> str:
    return ", ".join(f"{build.projection} {build.number}" for build in builds)
