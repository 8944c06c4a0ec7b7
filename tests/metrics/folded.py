"""The figures about children of one day, counted child by child as at that day."""

from collections import Counter
from datetime import date, timedelta

from domain.question import Question
from projections.child_rows import child_rows
from projections.clock_rows import clock_rows
from projections.delay_rows import delay_rows
from projections.discrepancy_rows import discrepancy_rows
from projections.fact_rows import fact_rows
from projections.hands import workers_named
from projections.practice import Practice, standing
from projections.vanished_rows import vanished_rows
from services.compose import Parts
from services.metrics.practice import Facts, Figures


def figures_as_at(service: Parts, question: Question, named: frozenset[str]) -> Figures:
    """``named``: the sources that may stand in a label."""
    day = question.as_at
    practice = Practice()
    children: Counter[str] = Counter()
    delays: Counter[int] = Counter()
    discrepancies: Counter[str] = Counter()
    vanished: Counter[str] = Counter()
    held: Counter[str | None] = Counter()
    facts: Counter[tuple[str, str]] = Counter()
    people: set[str | None] = set()
    without_worker = 0
    for stream in service.log.streams():
        people.add(stream)
        history = service.histories.of(stream)
        assert history is not None
        case = service.histories.case(history, question)
        people |= workers_named(case.known).keys()
        if case.figures.child != stream:
            continue
        for row in clock_rows.rows(case):
            practice.add(standing(row, day, service.calendar))
        for child in child_rows.rows(case):
            if child.facts:
                children[child.status] += 1
                people.add(child.worker_id)
                if child.status != "closed":
                    without_worker += child.worker_id is None
                    held[child.worker_id] += child.worker_id is not None
        for of in fact_rows.rows(case):
            facts[of.type, of.source] += of.facts
        for late in delay_rows.rows(case):
            if day - timedelta(days=28) < late.entered_on <= day:
                delays[late.working_days] += late.facts
        discrepancies.update(row.code for row in discrepancy_rows.rows(case))
        vanished.update(row.record_kind for row in vanished_rows.rows(case))
    return Figures(
        clocks=practice.by_timescale,
        children=children,
        without_worker=without_worker,
        caseloads=Counter(count for worker, count in held.items() if count),
        facts=[Facts(*of, count) for of, count in facts.items()],
        delays=delays,
        discrepancies=discrepancies,
        vanished=vanished,
        named_sources=named,
        people=frozenset(one for one in people if one is not None),
    )


def every(first: date, last: date, step: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
