"""A past question put to shares of the streams."""

from collections.abc import Sequence

from services.compose import Parts
from services.measures.past import Ask, Part, cases_of, count_cases, nothing_of
from services.shares import Tell, of_shares
from services.some_facts import read_facts


def past_part(parts: Parts, ask: Ask, tell: Tell) -> Part:
    """All that is counted, and the rows that are made by looking across."""
    whole = nothing_of(ask)
    for part in of_shares(parts, _count_share, ask, tell):
        whole.take(part)
    return whole


def _count_share(parts: Parts, streams: Sequence[str], ask: Ask) -> Part:
    sources = ask.sources
    read = read_facts(parts, streams, sources, ask.period)
    question = ask.wanted.asked.question
    return count_cases(cases_of(read.streams, read.histories, question, sources.families, ask.period), ask)
