"""Histories of which only facts of some types are read: others are passed over before they are decoded."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.catalogue import EVENT_TYPES, PREFIX
from infra.log.rows import Rows
from projections.measured.rows import Sources
from services.compose import Parts
from services.held import HeldCodec, HeldLog, HeldRows, held_of
from services.histories import BATCH, COMPLETION, MERGE, SUPERVISION, Histories

AMENDING = frozenset({"FactCorrected", "FactWithdrawn", "RecordChanged", "ClockRuled"})
"""What is amended may be so in the light of any other fact: such histories are read whole."""


@dataclass(frozen=True, slots=True)
class Read:
    """Histories, and those of the streams asked for that hold anything that was to be read."""

    histories: Histories
    streams: Sequence[str]


def read_facts(parts: Parts, streams: Sequence[str], sources: Sources) -> Read:
    """The histories of some streams with the facts that some rows are made from, at least.

    Types of facts that are not known here are never passed over.
    """
    held = _held(parts, streams, sources.types)
    unasked = set() if sources.with_flags else {BATCH, COMPLETION}
    if not any("SupervisionHeld" in family.bears for family in sources.families):
        unasked.add(SUPERVISION)
    log = HeldLog(parts.log, parts.columnar, parts.log.heads(), held, unasked=frozenset(unasked))
    histories = Histories(log, HeldCodec(parts.columnar), parts.calendar, parts.policy)
    return Read(histories, [stream for stream in streams if held.places[stream]])


def _held(parts: Parts, streams: Sequence[str], types: frozenset[str] | None) -> HeldRows:
    if types is None:
        return held_of(parts.log.select_all(streams), streams)
    kept = types | AMENDING
    without = [PREFIX + name for name in EVENT_TYPES if name not in kept]
    found = parts.log.select_all(streams, without)
    whole = _to_be_whole(parts, streams, found)
    if not whole:
        return held_of(found, streams)
    places = [place for place, stream in enumerate(found.streams) if stream not in whole]
    return held_of(found.at(places).before(parts.log.select_all(sorted(whole))), streams)


def _to_be_whole(parts: Parts, streams: Sequence[str], found: Rows) -> set[str]:
    """The streams with anything amended, and those that were ever merged with another."""
    topics = {PREFIX + name for name in AMENDING}
    whole = {stream for stream, topic in zip(found.streams, found.topics, strict=True) if topic in topics}
    whole |= {stream for stream, marks in parts.log.marks_of_all(streams, MERGE).items() if marks}
    whole |= {stream for stream, marks in parts.log.marked_all(MERGE, streams).items() if marks}
    return whole
