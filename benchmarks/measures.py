"""How long measures take to answer: for today from the views, and for a past day folded from the log.

Baselines of the same run: for today, SQLite counting the rows of all series once; for a past day, reading the
log and doing nothing. ``--children 42000 --richness 20`` makes 5 million events, for which each measure is to
take less than a second today, by team included, and less than a minute for a past day; what takes longer is
marked. ``--folder`` keeps what is made, and finds it there the next time.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select

from domain.question import Question, end_of
from infra.views.tables import MEASURED
from projections.catalogue import PROJECTIONS
from projections.measure_catalogue import BY_NAME, MEASURES
from services.asked import Asked
from services.cli.rebuilding import run
from services.compose import Parts, composed
from services.config import read_config
from services.intake import incoming
from services.measures import cases, counted
from services.measures.answers import Measures, tell_nobody
from services.measures.asked import Wanted, wanted
from services.measures.cases import Listed
from services.simulate.simulation import simulate

TODAY, PAST = date(2019, 10, 22), date(2019, 3, 31)
EVENTS_OF_AN_AUTHORITY = 5_000_000
AT_ONCE = 5_000
TODAY_S, PAST_S = 1.0, 60.0
"""What each measure of an authority is to take no longer than."""
HEADLINE = "assessment_in_time"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how long each way of answering takes, beside its baseline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=1_500)
    parser.add_argument("--richness", type=float, default=3.0)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        folder = asked.folder or Path(made)
        settings = {"CASETIMELINE_DATA": str(folder), "CASETIMELINE_TODAY": TODAY.isoformat()}
        config = read_config(settings)
        with composed(config) as parts:
            events = sum(parts.log.heads()) or fill(parts, asked.children, asked.richness)
            names = [p.name for p in PROJECTIONS]
            lacking = any(one.lag(parts.log.heads()) for one in parts.views.positions())
            seconds = _timed(lambda: run(parts, config, names)) if lacking else 0.0
            print(
                f"{asked.children:,} children, {events:,} events, built in {seconds:.0f} s, {_size(folder)}"
            )
            _measure_today(parts)
            _measure_past(parts, events)


def fill(parts: Parts, children: int, richness: float) -> int:
    lines = iter(simulate(children, 7, richness=richness))
    now, events = datetime.now(UTC), 0
    while batch := [msgspec.json.decode(line) for line in islice(lines, AT_ONCE)]:
        parts.recording.record([incoming(event, now, historic=False) for event in batch])
        events += len(batch)
    return events


def _size(folder: Path) -> str:
    size = sum(path.stat().st_size for path in folder.glob("views*"))
    return f"{size / 1e6:,.0f} MB of views"


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
        print(_held_to(max(took[name], team), TODAY_S))
    print(f"  {'all ' + str(len(took)) + ' together':40} {_beside(sum(took.values()), baseline)}")
    page = _timed(lambda: cases.from_views(parts.views, BY_NAME[HEADLINE], today, Listed()))
    print(f"  {'a page of the cases of ' + HEADLINE:40} {_beside(page, baseline)}")


def _beside(seconds: float, baseline: float) -> str:
    return f"{seconds * 1e3:8,.1f} ms, {seconds / baseline:6.2f} of the baseline"


def _held_to(seconds: float, at_most_s: float) -> str:
    return f"  OVER {at_most_s:.0f} s" if seconds > at_most_s else ""


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
        print(f"  {measure.name:40} {seconds:8.1f} s{_held_to(seconds, PAST_S)}")
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
