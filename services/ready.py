"""A fact ready for the log: what is stored of it, under which id, and what it is found by."""

from hashlib import blake2b

import msgspec

from domain.catalogue import EVENT_TYPES, PREFIX
from domain.moment import Moment
from infra.incoming import Incoming
from infra.log.commit import Commit, NewEvent
from services.histories import BATCH, COMPLETION, MERGE, SUPERVISION

HOUSEHOLD = "household"
"""The kind of mark, beside those of services/histories.py, of a household that a child joined or left."""

_TOPICS = {name: PREFIX + name for name in EVENT_TYPES}


class Ready(msgspec.Struct, frozen=True, gc=False, array_like=True, tag_field="made", tag=True):
    """A fact with the bytes to store of it; ``type`` is its name without the prefix."""

    stream: str
    source: str
    id: str
    type: str
    state: bytes
    commit_id: bytes
    marks: tuple[tuple[str, str, str], ...] = ()

    @property
    def event(self) -> NewEvent:
        return NewEvent(self.stream, _TOPICS[self.type], self.state)

    def commit(self, expected_version: int | None = None) -> Commit:
        """What stores it, where its stream has the version expected; None: any."""
        return Commit(self.commit_id, (self.event,), expected_version, self.marks)


def ready(fact: Incoming, state: bytes) -> Ready:
    """A fact that a writer made these bytes of."""
    return Ready(
        fact.stream, fact.source, fact.id, fact.type, state, commit_id(fact.source, fact.id), marks(fact)
    )


def commit_id(source: str, id: str) -> bytes:
    """What a fact is stored under once; the length keeps one identity from being read as another."""
    return blake2b(f"{len(source)}:{source}{id}".encode(), digest_size=16).digest()


def marks(fact: Incoming) -> tuple[tuple[str, str, str], ...]:
    """What the log's index keeps of a fact, so that histories can be found by what they share.

    Each is a kind, a value, and when the fact occurred: its day, or an instant in UTC.
    """
    data = fact.data
    if fact.type not in _MARKED and "batch_id" not in data:
        return ()
    found: list[tuple[str, str]] = []
    if "batch_id" in data:
        found.append((BATCH, data["batch_id"]))
    other = _MERGES.get(fact.type)
    if other is not None:
        found.append((MERGE, data[other]))
    elif fact.type == "FactCorrected":
        # A correction may make of a merger one with another child, and of supervision one about others.
        found += [(MERGE, data["changes"][name]) for name in ("into", "from") if data["changes"].get(name)]
        named = data["changes"].get("children")
        found += [(SUPERVISION, child) for child in (named if isinstance(named, list) else ()) if child]
    elif fact.type == "SupervisionHeld":
        found += [(SUPERVISION, child) for child in dict.fromkeys(data.get("children") or ())]
    elif fact.type in _HOUSEHOLDS:
        found.append((HOUSEHOLD, data["household_id"]))
    elif fact.type == "AssessmentCompleted" and "authorised_by" in data:
        found.append((COMPLETION, data["authorised_by"]))
    if not found:
        return ()
    occurred = Moment.parse(data["occurred_on"])
    if occurred.instant is None:
        when = occurred.day.isoformat()
        # Completions are compared by the minute.
        return tuple((kind, value, when) for kind, value in found if kind != COMPLETION)
    when = occurred.instant.isoformat()
    return tuple((kind, value, when) for kind, value in found)


_MERGES = {"ChildMerged": "into", "ChildUnmerged": "from"}
_HOUSEHOLDS = frozenset({"HouseholdJoined", "HouseholdLeft"})
_MARKED = frozenset({*_MERGES, *_HOUSEHOLDS, "FactCorrected", "AssessmentCompleted", "SupervisionHeld"})
