"""The engine and the slow reference side by side, on every clock of an invented or simulated child."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from domain.amended import Amended
from domain.question import Question
from domain.true_clock import figures
from infra.holidays import england
from services.clocks import readings
from services.simulate.simulation import FROM_DATE, TO_DATE, simulate
from tests.domain.reference_facts import as_recorded
from tests.reference import authority
from tests.reference.every_history import CHILD
from tests.reference.histories import Fact, days_of
from tests.reference.true_clock import FRONT_DOOR, Reading

AFTER = timedelta(days=200)
"""Past every window that a history leaves open."""
FIELDS = (
    "timescale", "subject", "status", "started_on", "stopped_on", "due_on", "limit", "elapsed", "over_by",
)  # fmt: skip
RECORD = ("recorded", "hidden", "spans")

Clocks = dict[str, dict[str, Any]]


def days_of_interest(facts: Sequence[Fact]) -> list[date]:
    """Every day on which something is told, and one long after."""
    days = days_of(list(facts))
    return [*days, days[-1] + AFTER] if days else []


def as_compared(clock: Mapping[str, Any], with_record: bool = True) -> dict[str, Any]:
    """What both must say of a clock, in one shape."""
    found = {name: clock[name] for name in FIELDS}
    if with_record:
        found |= {name: clock[name] for name in RECORD}
        found["spans"] = [span for span in clock["spans"] if span["calendar_days"]]
    flags = {flag["code"]: flag["value"] for flag in clock["flags"] if flag["code"] not in NOT_COMPARED}
    is_of_front_door = clock["timescale"] in FRONT_DOOR
    found["flags"] = {code: flags[code] for code in flags if is_of_front_door or code not in HELD}
    found["held"] = set() if is_of_front_door else HELD & flags.keys()
    found["because"] = sorted((fact["source"], fact["id"]) for fact in clock["because"])
    return found


NOT_COMPARED = {"MERGED_CHILD_RECORDS", "BULK_RECORDED", "BULK_COMPLETION"}
"""Flags that only a look at other children tells."""


HELD = {
    "START_DATE_MOVED_LATER",
    "STOP_DATE_MOVED_EARLIER",
    "DELETED_WITH_OPEN_CLOCK",
    "CHANGE_HELD",
}
"""Those of what is held back. The engine may show them on more of the clocks of the same record than on those
that the change is about, so here what the reference shows must be among them.
"""


class Engine:
    """The engine's clocks of one history, as known in the end."""

    def __init__(self, facts: Sequence[Fact], held: Sequence[Fact] = (), child: str = CHILD) -> None:
        self.child = child
        self.recorded = as_recorded([*facts, *[{"stream": "worker:W-1", **fact} for fact in held]])

    def at(self, day: date) -> list[dict[str, Any]]:
        known = Question(day).known(self.recorded)
        found = figures(self.child, Amended(known), day, england())
        return readings(found.clocks, day, england())


def differences(facts: Sequence[Fact], held: Sequence[Fact], days: Collection[date]) -> list[str]:
    """What the two say differently of a history, read as at some days, in lines."""
    engine, reference = Engine(facts, held), Reading(facts, held=held)
    return compared(engine, reference, days)


def compared(engine: Engine, reference: Reading, days: Collection[date]) -> list[str]:
    # What is held back from a clock is shown on its record; the reference reads those from the clock.
    with_record = not reference.held
    found: list[str] = []
    for day in sorted(days):
        ours = {clock["id"]: as_compared(clock, with_record) for clock in engine.at(day)}
        theirs = {clock["id"]: as_compared(clock, with_record) for clock in reference.at(day)}
        for id in sorted(ours.keys() | theirs.keys()):
            one, other = ours.get(id), theirs.get(id)
            if one is None or other is None:
                there = one or other or {}
                who = "engine" if one else "reference"
                period = f"{there['started_on']}..{there['stopped_on']} {there['status']}"
                found.append(f"{day} {id}: only the {who} has it, {period}")
            else:
                found += [
                    f"{day} {id} {name}: engine {one[name]}, reference {other[name]}"
                    for name in one
                    if not (one[name] >= other[name] if name == "held" else one[name] == other[name])
                ]
    return found


def differences_of_two(streams: Mapping[str, list[Fact]]) -> list[str]:
    """What the two say differently of references that are merged, read on each day as what they then are."""
    every = [fact for facts in streams.values() for fact in facts]
    merges = authority.merges(every)
    found: list[str] = []
    for child in streams:
        for day in days_of_interest(every):
            survivor, members = authority.one_child(merges, child, day)
            facts = authority.facts_of(streams, members)
            reference = Reading(facts, stream=survivor)
            engine = Engine(authority.facts_of(streams, streams), child=child)
            found += [f"{child} {line}" for line in compared(engine, reference, [day])]
    return found


class Simulated:
    """A simulated authority, each child of which can be read by both."""

    def __init__(self, children: int, seed: int) -> None:
        self.streams = authority.told_by(simulate(children, seed))
        self.children = sorted(stream for stream in self.streams if stream.startswith("C"))
        self.merges = authority.merges(fact for facts in self.streams.values() for fact in facts)

    def differences_elsewhere(self) -> list[str]:
        """What the two say differently of workers and of the authority itself, read once a month."""
        days = [FROM_DATE + timedelta(days=n) for n in range(0, (TO_DATE - FROM_DATE).days, 30)]
        return [
            f"{stream} {line}"
            for stream, facts in self.streams.items()
            if not stream.startswith("C")
            for line in compared(Engine(facts, child=stream), Reading(facts, stream=stream), days)
        ]

    def differences(self, child: str, days_read: int = 20) -> list[str]:
        """What the two say differently of a child on days drawn at random."""
        drawn = Random(child)
        span = (TO_DATE - FROM_DATE).days
        found: list[str] = []
        connected = authority.ever_one_with(self.merges, child)
        read: dict[tuple[str, ...], list[date]] = {}
        for _ in range(days_read):
            day = FROM_DATE + timedelta(days=drawn.randrange(span + 1))
            survivor, as_one = authority.one_child(self.merges, child, day)
            read.setdefault((survivor, *sorted(as_one)), []).append(day)
        for (survivor, *members), days in read.items():  # of each time that it is read as one child
            facts = authority.facts_of(self.streams, members)
            held = authority.supervisions(self.streams, members)
            engine = Engine(authority.facts_of(self.streams, connected), held, child)
            reference = Reading(facts, held=held, stream=survivor)
            found += [f"{child} {line}" for line in compared(engine, reference, days)]
        return found
