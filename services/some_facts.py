"""Histories of which only facts of some types are read: others are passed over before they are decoded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from domain.catalogue import EVENT_TYPES, PREFIX
from infra.log.rows import Rows
from projections.measure import Period
from projections.measured.rows import OnlyWith, Sources
from services.compose import Parts
from services.held import HeldRows, part_of, read_rows
from services.histories import BATCH, COMPLETION, MERGE, SUPERVISION, Histories
from services.shares import histories_of

AMENDING = frozenset({"FactCorrected", "FactWithdrawn", "RecordChanged", "ClockRuled"})
"""What is amended may be so in the light of any other fact: such histories are read whole."""


@dataclass(frozen=True, slots=True)
class Read:
    """Histories, and those of the streams asked for that hold anything that was to be read."""

    histories: Histories
    streams: Sequence[str]


def read_facts(parts: Parts, streams: Sequence[str], sources: Sources, period: Period | None = None) -> Read:
    """The histories of some streams with the facts that some rows are made from, at least.

    Types of facts that are not known here are never passed over. ``period``: in which days rows are to be
    placed, where no others are wanted.
    """
    held = _held(parts, streams, sources)
    unasked = set() if sources.with_flags else {BATCH, COMPLETION}
    if not any("SupervisionHeld" in family.bears for family in sources.families):
        unasked.add(SUPERVISION)
    histories = histories_of(parts, held, frozenset(unasked))
    found = [stream for stream in streams if held.places[stream]]
    if sources.only_with is not None and period is not None:
        found = _with_any(parts, held, histories, found, sources.only_with, period)
        # Facts are decoded many at a time: those of the others are not to be among them.
        histories = histories_of(parts, part_of(held, found), frozenset(unasked))
    return Read(histories, found)


def _with_any(
    parts: Parts,
    held: HeldRows,
    histories: Histories,
    streams: Sequence[str],
    is_so: OnlyWith,
    period: Period,
) -> list[str]:
    """Those of some streams in whose histories something is true of any fact: of their own, or of the
    supervisions in which they were discussed. Histories of several references are taken as they are.
    """
    calendar = parts.calendar
    own = {
        stream
        for stream, outline in zip(held.rows.streams, parts.columnar.outlines(held.rows), strict=True)
        if outline is None or is_so(outline, period, calendar)
    }
    return [
        stream
        for stream in streams
        if stream in own
        or len(histories.connected([stream])) > 1
        or any(is_so(fact, period, calendar) for fact in histories.supervisions([stream]))
    ]


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
    found = parts.log.select_all(streams, sorted(passed_over))
    whole = _to_be_whole(parts, streams, found)
    places = {stream: at for stream, at in _saying(found, sources.says).items() if stream not in whole}
    if sources.only_of is not None:
        asked = PREFIX + sources.only_of
        with_one = {one for one, topic in zip(found.streams, found.topics, strict=True) if topic == asked}
        places = {stream: at for stream, at in places.items() if stream in with_one}
    if whole:
        others = parts.log.select_all(sorted(whole))
        begin = len(found.streams)
        places |= {stream: [begin + at for at in of] for stream, of in others.by_stream().items()}
        found = found.before(others)
    return HeldRows(found, {stream: places.get(stream, ()) for stream in streams})


def _saying(rows: Rows, says: Mapping[str, Collection[str]]) -> dict[str, list[int]]:
    """The places of each stream's events, of some types but for those in which none of some words is."""
    if not says:
        return rows.by_stream()
    words = {PREFIX + name: [word.encode() for word in of_name] for name, of_name in says.items()}
    places: dict[str, list[int]] = {}
    for at, (stream, topic, state) in enumerate(zip(rows.streams, rows.topics, rows.states, strict=True)):
        wanted = words.get(topic)
        if wanted is None or any(word in state for word in wanted):
            places.setdefault(stream, []).append(at)
    return places


def _to_be_whole(parts: Parts, streams: Sequence[str], found: Rows) -> set[str]:
    """The streams with anything amended, and those that were ever merged with another."""
    topics = {PREFIX + name for name in AMENDING}
    whole = {stream for stream, topic in zip(found.streams, found.topics, strict=True) if topic in topics}
    whole |= {stream for stream, marks in parts.log.marks_of_all(streams, MERGE).items() if marks}
    whole |= {stream for stream, marks in parts.log.marked_all(MERGE, streams).items() if marks}
    return whole
