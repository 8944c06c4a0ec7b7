"""A simulated authority as the slow reference reads it: the facts of each stream, and who is one child."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from tests.reference.days import day_of
from tests.reference.histories import Fact


def told_by(lines: Iterable[bytes]) -> dict[str, list[Fact]]:
    """The facts of each stream in log order, from events as lines of JSON. All is history: typed in long ago,
    by the time it is recorded."""
    streams: dict[str, list[Fact]] = {}
    for position, line in enumerate(lines):
        event = json.loads(line)
        data = dict(event["data"])
        occurred_on = data.pop("occurred_on")
        entered_at = event["recordedtime"]
        streams.setdefault(event["subject"], []).append(
            {
                "type": event["type"].removeprefix("casetimeline."),
                "source": event["source"],
                "id": event["id"],
                "occurred_on": occurred_on,
                "entered_at": entered_at,
                "recorded_at": entered_at,
                "position": position,
                "data": data,
                "historic": True,
                "stream": event["subject"],
            }
        )
    return streams


def merges(facts: Iterable[Fact]) -> list[Fact]:
    """What was ever said of references that are one child, in the order it happened."""
    said = [fact for fact in facts if fact["type"] in ("ChildMerged", "ChildUnmerged")]
    return sorted(said, key=lambda fact: (day_of(fact["occurred_on"]), fact["position"]))


def one_child(merges: Sequence[Fact], child: str, on: date) -> tuple[str, set[str]]:
    """Under which reference a child is read on a day, and whose histories are then read as one."""
    into: dict[str, str] = {}
    for fact in merges:
        if day_of(fact["occurred_on"]) > on:
            break
        stream = fact["stream"]
        if fact["type"] == "ChildMerged":
            into[stream] = fact["data"]["into"]
        else:
            other = fact["data"]["from"]
            into = {one: to for one, to in into.items() if {one, to} != {stream, other}}

    def survivor(one: str) -> str:
        while one in into:
            one = into[one]
        return one

    members = {one for one in (*into, *into.values(), child) if survivor(one) == survivor(child)}
    return survivor(child), members


def ever_one_with(merges: Sequence[Fact], child: str) -> set[str]:
    """All references that were ever said to be one with a child, directly or by way of others."""
    found: set[str] = set()
    fringe = {child}
    while fringe - found:
        found |= fringe
        pairs = [{f["stream"], f["data"].get("into") or f["data"].get("from")} for f in merges]
        fringe = {one for pair in pairs if pair & found for one in pair}
    return found


def facts_of(streams: Mapping[str, list[Fact]], members: Iterable[str]) -> list[Fact]:
    """The histories of several references as one, in log order."""
    found = [fact for member in members for fact in streams.get(member, [])]
    return sorted(found, key=lambda fact: fact["position"])


def supervisions(streams: Mapping[str, list[Fact]], members: Iterable[str]) -> list[Fact]:
    """The supervisions of workers that name the child, the same for each of its references."""
    asked = set(members)
    found = [
        fact
        for stream, facts in streams.items()
        if stream.startswith("worker:")
        for fact in facts
        if fact["type"] == "SupervisionHeld" and asked & set(fact["data"].get("children") or [])
    ]
    return sorted(found, key=lambda fact: fact["position"])
