"""A past question put to shares of the streams."""

from collections.abc import Sequence

from services.compose import Parts
from services.held import read_rows
from services.measures.across import FromOutlines
from services.measures.counted import by_series
from services.measures.past import Ask, Part, cases_of, count_cases, nothing_of
from services.shares import Tell, histories_of, of_shares
from services.some_facts import read_facts


def past_part(parts: Parts, ask: Ask, tell: Tell) -> Part:
    """All that is counted, and the rows that are made by looking across."""
    whole = nothing_of(ask)
    for part in of_shares(parts, _count_share, ask, tell):
        whole.take(part)
    return whole


def _count_share(parts: Parts, streams: Sequence[str], ask: Ask) -> Part:
    make = ask.from_outlines
    if make is not None:
        return _count_outlines(parts, streams, ask, make)
    sources = ask.sources
    read = read_facts(parts, streams, sources, ask.period)
    question = ask.wanted.asked.question
    return count_cases(cases_of(read.streams, read.histories, question, sources.families, ask.period), ask)


def _count_outlines(parts: Parts, streams: Sequence[str], ask: Ask, make: FromOutlines) -> Part:
    """The same, reading no more of each fact than its outline, but of histories of several references, and of
    those with a fact whose outline cannot be read.
    """
    held = read_rows(parts.log, streams)
    histories = histories_of(parts, held)
    outlines, recorded_at = parts.columnar.outlines(held.rows), held.rows.recorded_at
    question = ask.wanted.asked.question
    part = nothing_of(ask)
    of_series = by_series(part.counted)
    left = []
    for stream in streams:
        of = [(outlines[at], recorded_at[at]) for at in held.places[stream]]
        if len(histories.connected([stream])) > 1 or any(outline is None for outline, _ in of):
            left.append(stream)
            continue
        known = [one for one, at in of if one is not None and question.is_known(at, one.entered_at)]
        for row, number in make(stream, known, ask.period, parts.calendar):
            part.count(row, number, of_series, ask, parts.calendar)
    part.take(count_cases(cases_of(left, histories, question, (), ask.period), ask))
    return part
