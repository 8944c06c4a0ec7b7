"""A past question put to shares of the streams."""

from collections.abc import Iterator, Sequence

from domain.question import Question
from projections.projection import Case
from services.compose import Parts
from services.measures.past import Ask, Part, cases_of, count_cases, nothing_of
from services.shares import Tell, held_histories, of_shares


def past_part(parts: Parts, ask: Ask, tell: Tell) -> Part:
    """All that is counted, and the rows that are made by looking across."""
    whole = nothing_of(ask)
    for part in of_shares(parts, _count_share, ask, tell):
        whole.take(part)
    return whole


def _count_share(parts: Parts, streams: Sequence[str], ask: Ask) -> Part:
    return count_cases(held_cases(parts, streams, ask.wanted.asked.question), ask)


def held_cases(parts: Parts, streams: Sequence[str], question: Question) -> Iterator[Case]:
    """Some streams with a question put to each, read from the log at once."""
    return cases_of(streams, held_histories(parts, streams), question)
