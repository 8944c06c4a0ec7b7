"""Histories of which only facts of some types are read: others are passed over before they are decoded."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.catalogue import EVENT_TYPES, PREFIX
from infra.log.rows import Rows
from projections.measured.rows import Sources
from services.compose import Parts
from services.held import held_of
from services.histories import BATCH, COMPLETION, MERGE, SUPERVISION, Histories
from services.shares import histories_of

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
    held = held_of(_rows(parts, streams, sources), streams)
    unasked = set() if sources.with_flags else {BATCH, COMPLETION}
    if not any("SupervisionHeld" in family.bears for family in sources.families):
        unasked.add(SUPERVISION)
    histories = histories_of(parts, held, frozenset(unasked))
    return Read(histories, [stream for stream in streams if held.places[stream]])


def _rows(parts: Parts, streams: Sequence[str], sources: Sources) -> Rows:
    if sources.types is None:
        return parts.log.select_all(streams)
    passed_over = {PREFIX + name for name in EVENT_TYPES if name not in sources.types | AMENDING}
    if sources.others is not None:
        found = parts.log.select_all(streams)
        whole = _to_be_whole(parts, streams, found)
        outlines = parts.columnar.outlines(found)
        mattering = [
            place
            for place, (topic, outline) in enumerate(zip(found.topics, outlines, strict=True))
            if topic not in passed_over
            or outline is None
            or sources.others(outline)
            or found.streams[place] in whole
        ]
        return found.at(mattering)
    found = parts.log.select_all(streams, sorted(passed_over))
    whole = _to_be_whole(parts, streams, found)
    if not whole:
        return found
    places = [place for place, stream in enumerate(found.streams) if stream not in whole]
    return found.at(places).before(parts.log.select_all(sorted(whole)))


def _to_be_whole(parts: Parts, streams: Sequence[str], found: Rows) -> set[str]:
    """The streams with anything amended, and those that were ever merged with another."""
    topics = {PREFIX + name for name in AMENDING}
    whole = {stream for stream, topic in zip(found.streams, found.topics, strict=True) if topic in topics}
    whole |= {stream for stream, marks in parts.log.marks_of_all(streams, MERGE).items() if marks}
    whole |= {stream for stream, marks in parts.log.marked_all(MERGE, streams).items() if marks}
    return whole
