"""How long measures take to answer: for today from the views, and for a past day folded from the log.

Baselines of the same run: for today, SQLite counting the rows of all series once; for a past day, reading the
log and doing nothing. Of 5 million events each measure is to take less than a second today, by team included,
and less than a minute for a past day; what takes longer is marked.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import func, select

from benchmarks.authority import AT_ONCE, TODAY, authority, held_to
from domain.question import Question, end_of
from infra.views.tables import MEASURED
from projections.measure_catalogue import BY_NAME, MEASURES
from services.asked import Asked
from services.compose import Parts
from services.measures import cases, counted
from services.measures.answers import Measures, tell_nobody
from services.measures.asked import Wanted, wanted
from services.measures.cases import Listed

PAST = date(2019, 3, 31)
EVENTS_OF_AN_AUTHORITY = 5_000_000
TODAY_S, PAST_S = 1.0, 60.0
"""What each measure of an authority is to take no longer than."""
HEADLINE = "assessment_in_time"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how long each way of answering takes, beside its baseline."""
    with authority(arguments, __doc__) as (parts, events):
        _measure_today(parts)
        _measure_past(parts, events)


def _asked(question: Question, **found: str) -> Wanted:
    return wanted(Asked(question, None), found)


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _measure_today(parts: Parts) -> None:
    with parts.views.reading() as connection:
        count = select(MEASURED.c.series, func.count()).group_by(MEASURED.c.series)
        rows = sum(number for _, number in connection.execute(count))
        baseline = min(_timed(lambda: connection.execute(count).all()) for _ in range(3))
    print(f"\nToday, twelve months, {rows:,} rows; counting them all takes {baseline * 1e3:,.1f} ms")
    today = _asked(Question(TODAY))
    took = {m.name: _timed(lambda m=m: counted.from_views(parts.views, [m], today)) for m in MEASURES}  # type: ignore[misc]
    by_team = _asked(Question(TODAY), by="team")
    for name in sorted(took, key=lambda name: -took[name]):
        team = _timed(lambda name=name: counted.from_views(parts.views, [BY_NAME[name]], by_team))  # type: ignore[misc]
        print(f"  {name:40} {_beside(took[name], baseline)}; by team {_beside(team, baseline)}", end="")
        print(held_to(max(took[name], team), TODAY_S))
    print(f"  {'all ' + str(len(took)) + ' together':40} {_beside(sum(took.values()), baseline)}")
    page = _timed(lambda: cases.from_views(parts.views, BY_NAME[HEADLINE], today, Listed()))
    print(f"  {'a page of the cases of ' + HEADLINE:40} {_beside(page, baseline)}")


def _beside(seconds: float, baseline: float) -> str:
    return f"{seconds * 1e3:8,.1f} ms, {seconds / baseline:6.2f} of the baseline"


def _measure_past(parts: Parts, events: int) -> None:
    baseline = _timed(lambda: _read(parts))
    print(f"\nA past day; reading the log alone takes {baseline:.1f} s")
    past = Question(PAST, end_of(PAST), "entered")
    answers = Measures(parts)
    for said, names in ((HEADLINE, [HEADLINE]), ("every measure", list(BY_NAME))):
        measures = [BY_NAME[name] for name in names]
        seconds = _timed(lambda m=measures: answers.count(m, _asked(past), tell_nobody))  # type: ignore[misc]
        whole = seconds / events * EVENTS_OF_AN_AUTHORITY
        print(f"  {said:40} {seconds:8.1f} s, {seconds / baseline:6.2f} of the baseline;", end="")
        print(f" {events / seconds:,.0f} events/s, so {whole:,.0f} s for {EVENTS_OF_AN_AUTHORITY:,}")
    # What is read, and nearly all that is done, is the same for the measures of a series.
    for measure in {measure.series: measure for measure in reversed(MEASURES)}.values():
        seconds = _timed(lambda m=measure: answers.count([m], _asked(past), tell_nobody))  # type: ignore[misc]
        print(f"  {measure.name:40} {seconds:8.1f} s{held_to(seconds, PAST_S)}")
    now = replace(past, known_before=None)
    seconds = _timed(lambda: answers.restated(BY_NAME[HEADLINE], _asked(now), end_of(PAST), tell_nobody))
    print(f"  {'restatement of ' + HEADLINE:40} {seconds:8.1f} s, {seconds / baseline:6.2f} of the baseline")


def _read(parts: Parts) -> None:
    """Read every event of the log, and do nothing with it."""
    for partition, head in enumerate(parts.log.heads()):
        after = 0
        while after < head:
            after = parts.log.page(partition, after, AT_ONCE)[-1].id


if __name__ == "__main__":
    main()
