"""A simulated authority in figures: what its records show, and what is true."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from domain.clock import Reading, read
from domain.history import Recorded
from domain.people import SupervisionHeld, WorkerAllocated
from domain.visit import VisitMade
from domain.working_days import WorkingDays
from services.simulate.reading_back import clocks, histories

LIMIT_WORKING_DAYS = 45


def summary(lines: Iterable[bytes], as_at: date, calendar: WorkingDays) -> Iterator[str]:
    """Lines of text: volumes, assessments by month on both clocks, visits, minutes, supervision."""
    streams = histories(lines)
    children = {stream: facts for stream, facts in streams.items() if stream.startswith("C")}
    events = sum(map(len, streams.values()))
    in_cases = sum(map(len, children.values()))
    yield f"{events:,} events; {len(children):,} children, {in_cases / max(1, len(children)):.0f} events each"
    readings = assessments(children, as_at, calendar)
    yield from _by_month(readings, as_at)
    yield from _open(readings)
    yield from _shares(streams)


def assessments(
    children: Mapping[str, Sequence[Recorded]], as_at: date, calendar: WorkingDays
) -> list[Reading]:
    """The true assessment clocks of all children, read on a day."""
    return [
        read(clock, as_at, calendar)
        for child, facts in children.items()
        for clock in clocks(child, facts, as_at, calendar).clocks
        if clock.timescale.id == "assessment"
    ]


def _by_month(readings: Sequence[Reading], as_at: date) -> Iterator[str]:
    done: Counter[str] = Counter()
    true: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for reading in readings:
        stopped = reading.clock.stopped_on
        if reading.clock.status == "stopped" and stopped and stopped <= as_at:
            month = stopped.isoformat()[:7]
            done[month] += 1
            true[month] += reading.clock.is_met_in_time
            days = reading.recorded or reading.elapsed
            shown[month] += days.working_days <= LIMIT_WORKING_DAYS
    yield "month     completed  in 45 working days: recorded   true"
    for month in sorted(done):
        count = done[month]
        yield f"{month}  {count:10,}  {shown[month] / count:30.0%}  {true[month] / count:5.0%}"


def _open(readings: Sequence[Reading]) -> Iterator[str]:
    running = [reading for reading in readings if reading.clock.status == "open"]
    late = [reading for reading in running if reading.is_over]
    shown = [reading.recorded.working_days if reading.recorded else 0 for reading in late]
    hidden = sum(days <= LIMIT_WORKING_DAYS for days in shown)
    yield f"{len(running):,} open assessments: {len(late):,} late, of which {hidden:,} look in time"
    flags = Counter(flag.code for reading in readings for flag in reading.flags)
    yield "flags: " + ", ".join(f"{code} {count}" for code, count in flags.most_common())


def _shares(streams: Mapping[str, Sequence[Recorded]]) -> Iterator[str]:
    years = sorted({fact.occurred_on.day.year for facts in streams.values() for fact in facts})
    for year in years:
        facts = [f for of_stream in streams.values() for f in of_stream if f.occurred_on.day.year == year]
        visits = [f.fact for f in facts if isinstance(f.fact, VisitMade)]
        alone = sum(bool(visit.seen_alone) for visit in visits)
        held = sum(f.type in ("MeetingHeld", "StrategyDiscussionHeld") for f in facts)
        minuted = sum(f.type == "MinutesDistributed" for f in facts)
        supervised = sum(isinstance(f.fact, SupervisionHeld) for f in facts)
        workers = {f.fact.worker_id for f in facts if isinstance(f.fact, WorkerAllocated)}
        late = sum((f.entered_at.date() - f.occurred_on.day).days > 3 for f in facts if f.entered_at)
        yield (
            f"{year}: {len(facts):,} events, {alone / max(1, len(visits)):.0%} of visits alone, "
            f"{minuted / max(1, held):.2f} minutes a meeting, "
            f"{supervised / max(1, len(workers)):.1f} supervisions a worker, "
            f"{late / max(1, len(facts)):.0%} entered more than 3 days late"
        )
