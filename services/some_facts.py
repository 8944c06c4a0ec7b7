"""Histories of which only facts of some types are read: others are passed over before they are decoded."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.catalogue import EVENT_TYPES, PREFIX
from infra.log.rows import Rows
from projections.measured.rows import Sources
from services.compose import Parts
from services.held import HeldRows, held_of, read_rows
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
    held = _held(parts, streams, sources)
    unasked = set() if sources.with_flags else {BATCH, COMPLETION}
    if not any("SupervisionHeld" in family.bears for family in sources.families):
        unasked.add(SUPERVISION)
    histories = histories_of(parts, held, frozenset(unasked))
    return Read(histories, [stream for stream in streams if held.places[stream]])


def _held(parts: Parts, streams: Sequence[str], sources: Sources) -> HeldRows:
    if sources.types is None:
        return read_rows(parts.log, streams)
    passed_over = {PREFIX + name for name in EVENT_TYPES if name not in sources.types | AMENDING}
    if sources.others is not None:
        held = read_rows(parts.log, streams)
        whole = _to_be_whole(parts, streams, held.rows)
        outlines = parts.columnar.outlines(held.rows)
        mattering = [
            topic not in passed_over or outline is None or sources.others(outline)
            for topic, outline in zip(held.rows.topics, outlines, strict=True)
        ]
        places = {
            stream: at if stream in whole else [place for place in at if mattering[place]]
            for stream, at in held.places.items()
        }
        return HeldRows(held.rows, places)
    some = parts.log.select_all(streams, sorted(passed_over))
    whole = _to_be_whole(parts, streams, some)
    if not whole:
        return held_of(some, streams)
    others = parts.log.select_all(sorted(whole))
    begin = len(some.streams)
    held = held_of(some.before(others), [stream for stream in streams if stream not in whole])
    of_whole = {stream: [begin + at for at in places] for stream, places in others.by_stream().items()}
    return HeldRows(held.rows, {**held.places, **dict.fromkeys(whole, ()), **of_whole})


def _to_be_whole(parts: Parts, streams: Sequence[str], found: Rows) -> set[str]:
    """The streams with anything amended, and those that were ever merged with another."""
    topics = {PREFIX + name for name in AMENDING}
    whole = {stream for stream, topic in zip(found.streams, found.topics, strict=True) if topic in topics}
    whole |= {stream for stream, marks in parts.log.marks_of_all(streams, MERGE).items() if marks}
    whole |= {stream for stream, marks in parts.log.marked_all(MERGE, streams).items() if marks}
    return whole
