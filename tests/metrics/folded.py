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
from projections.measure_catalogue import BY_NAME
from projections.practice import Practice, standing
from projections.vanished_rows import vanished_rows
from services.asked import Asked
from services.compose import Parts
from services.measures.answers import Measures
from services.measures.asked import wanted
from services.metrics.practice import Facts, Figures


def figures_as_at(service: Parts, question: Question, named: frozenset[str]) -> Figures:
    """``named``: the sources that may stand in a label."""
    day = question.as_at
    practice = Practice()
    children: Counter[str] = Counter()
    delays: Counter[int] = Counter()
    discrepancies: Counter[str] = Counter()
    vanished: Counter[str] = Counter()
    facts: Counter[tuple[str, str]] = Counter()
    people: set[str | None] = set()
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
        for of in fact_rows.rows(case):
            facts[of.type, of.source] += of.facts
        for late in delay_rows.rows(case):
            if day - timedelta(days=28) < late.entered_on <= day:
                delays[late.working_days] += late.facts
        discrepancies.update(row.code for row in discrepancy_rows.rows(case))
        vanished.update(row.record_kind for row in vanished_rows.rows(case))
    without_worker, caseloads = in_hand(service, question)
    return Figures(
        clocks=practice.by_timescale,
        children=children,
        without_worker=without_worker,
        caseloads=caseloads,
        facts=[Facts(*of, count) for of, count in facts.items()],
        delays=delays,
        discrepancies=discrepancies,
        vanished=vanished,
        named_sources=named,
        people=frozenset(one for one in people if one is not None),
    )


def in_hand(service: Parts, question: Question) -> tuple[int, Counter[int]]:
    """How many open cases nobody holds, and how many workers hold how many children, as the measures say."""
    day = question.as_at.isoformat()
    asked = wanted(Asked(question, None), {"from": day, "to": day})
    measures = Measures(service)
    (without,) = measures.count([BY_NAME["children_without_worker"]], asked).items
    loads = measures.caseloads(asked, "worker").items
    return without["numerator"], Counter(one["children"] for one in loads if one["children"])


def every(first: date, last: date, step: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, step)]
