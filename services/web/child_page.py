"""A child's page: everything on it, out of the replies about the child."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from markupsafe import Markup

from domain.moment import read_day
from domain.working_days import WorkingDays
from services.overview import LATE_RECORDING_WORKING_DAYS
from services.web import lanes
from services.web.axis import around
from services.web.days import days_in_words, in_full, in_short, month_in_full, span_in_short, time_of
from services.web.event_sentences import by, capitalised, meeting_kinds, title
from services.web.facts import Fact, read_facts, references
from services.web.figures import Figure, figures, records
from services.web.flag_sentences import count, in_order, phrase, sentence
from services.web.question import Question, Show, by_that_day
from services.web.reads import ChildView
from services.web.sawtooth import sawtooth
from services.web.swimlanes import FORMATS, swimlanes
from services.web.timescale_names import spaced

LONGEST_PICTURE = timedelta(days=550)
"""A history longer than this is drawn from the start of the clock shown, unless the whole is asked for."""

AFTERWARDS = timedelta(days=180)
JUMPS_SHOWN = 6
LONGEST_LABEL = 24

Clock = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A fact in a few words, and where it stands on the page."""

    anchor: str
    words: str


Links = Mapping[tuple[str, str], Link]


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know about a fact, and the facts that say it."""

    words: str
    tone: str = ""
    says: tuple["Link", ...] = ()
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A fact in the list of events."""

    fact: Fact
    title: Markup
    by: str
    day: str
    time: str | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A day to go to, and its name; ``is_here`` where it is the day shown."""

    label: str
    question: Question
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class SpanRow:
    """A stretch of the clock, which all add up to. ``recorded`` is None where the record leaves it out."""

    name: str
    dates: str
    days: int
    recorded: int | None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """A flag in words, and the facts it comes from."""

    phrase: str
    sentence: str
    causes: tuple[Link, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildPage:
    """What the page of one child shows of one day."""

    child: str
    asked: str
    merged: Sequence[str]
    question: Question
    today: date
    first_day: date
    standing: str
    need: Clock | None
    needs: Sequence[Clock]
    figures: Sequence[Figure]
    pictures: Sequence[Markup]
    is_whole: bool
    can_be_whole: bool
    months: Sequence[tuple[str, Sequence[Row]]]
    fact_count: int
    unrecorded: Sequence[Row]
    sawtooth: Markup | None
    spans: Sequence[SpanRow]
    flags: Sequence[Explained]
    clocks: Sequence[Clock]
    settled: Sequence[Clock]
    without_rulings: Sequence[Clock]
    jumps: Sequence[Step]
    previous: Step | None
    next: Step | None
    shows: Sequence[Step]
    bases: Sequence[Step]

    @property
    def is_past(self) -> bool:
        return self.question.as_at < self.today

    @property
    def days_before(self) -> int:
        """Days from the first day to the one shown, for the slider."""
        return max((self.question.as_at - self.first_day).days, 0)

    @property
    def days_in_all(self) -> int:
        return (self.today - self.first_day).days

    @property
    def announcement(self) -> str:
        """What the page says aloud when another day is shown."""
        told = ", ".join(f"{figure.name} {figure.number} {figure.unit}".strip() for figure in self.figures)
        return f"As of {in_full(self.question.as_at)}: {told}."


def child_page(
    asked: str,
    view: ChildView | None,
    now: ChildView,
    question: Question,
    today: date,
    calendar: WorkingDays,
    clock_id: str = "",
    is_whole: bool = False,
) -> ChildPage:
    """The page for the replies to ``question`` (None: nothing was known), ``now`` being those of today.

    ``clock_id`` names the assessment clock to show; without one it is the running or the latest.
    """
    facts = read_facts(view.timeline) if view else []
    all_facts = read_facts(now.timeline)
    clocks: list[Clock] = list(view.clocks["clocks"]) if view else []
    needs = _needs(clocks)
    need = next((clock for clock in needs if clock["id"] == clock_id), needs[0] if needs else None)
    known = {fact.identity for fact in facts}
    unrecorded = [
        f for f in all_facts if f.day <= question.as_at and f.identity not in known and not f.is_withdrawn
    ]
    meetings = meeting_kinds(all_facts)
    told = lanes.Told(facts, unrecorded, clocks, need, question.as_at, calendar, meetings)
    first_day = min((fact.day for fact in all_facts), default=today)
    now_need = _same(need, now.clocks["clocks"])
    start, end = _stretch(now_need, all_facts, question.as_at, today)
    can_be_whole = (start, end) != around(first_day, today)
    if is_whole:
        start, end = around(first_day, today)
    drawn = lanes.lanes(told)
    others = sorted(
        (clock for clock in clocks if clock is not need), key=lambda c: c["started_on"], reverse=True
    )
    links = {fact.identity: _link(fact, meetings) for fact in facts}
    rows = [_row(fact, meetings, links) for fact in facts]
    return ChildPage(
        child=now.clocks["child"],
        asked=asked,
        merged=now.clocks.get("merged") or (),
        question=question,
        today=today,
        first_day=first_day,
        standing=_standing(facts, question.as_at),
        need=need,
        needs=needs,
        figures=figures(need, facts, clocks, question.as_at, calendar),
        pictures=[swimlanes(drawn, layout, start, end, question.as_at) for layout in FORMATS],
        is_whole=is_whole,
        can_be_whole=can_be_whole,
        months=_by_month(rows),
        fact_count=len(facts),
        unrecorded=[_row(fact, meetings, links) for fact in unrecorded],
        sawtooth=sawtooth(need) if need else None,
        spans=_span_rows(need) if need else (),
        flags=[_explained(flag, links) for flag in in_order(need["flags"])] if need else (),
        clocks=[clock for clock in others if not _is_settled(clock)],
        settled=[clock for clock in others if _is_settled(clock)],
        without_rulings=(view.clocks.get("without_rulings") or ()) if view else (),
        jumps=_jumps(now_need, question, today),
        previous=_neighbour(all_facts, question, today, -1),
        next=_neighbour(all_facts, question, today, 1),
        shows=_shows(question, today),
        bases=_bases(question, today),
    )


def _needs(clocks: Sequence[Clock]) -> list[Clock]:
    assessments = [clock for clock in clocks if clock["timescale"] == "assessment"]
    return sorted(assessments, key=lambda c: (c["status"] == "open", c["started_on"], c["id"]), reverse=True)


def _is_settled(clock: Clock) -> bool:
    """Whether a clock stopped in time, and so wants no more looking at."""
    return clock["status"] == "stopped" and not lanes.is_over(clock) and clock["timescale"] != "assessment"


def _same(need: Clock | None, clocks: Sequence[Clock]) -> Clock | None:
    """The clock as it stands today; it may have become part of another."""
    if need is None:
        return _needs(clocks)[0] if _needs(clocks) else None
    return next((clock for clock in clocks if clock["id"] == need["id"]), need)


def _stretch(need: Clock | None, facts: Sequence[Fact], as_at: date, today: date) -> tuple[date, date]:
    first = min((fact.day for fact in facts), default=today)
    if today - first <= LONGEST_PICTURE or need is None:
        return around(first, today)
    started = read_day(need["started_on"])
    start = max(first, started - timedelta(days=31))
    end = today if need["status"] == "open" else min(read_day(need["spans"][-1]["to"]) + AFTERWARDS, today)
    return around(min(start, as_at), max(end, as_at))


def _standing(facts: Sequence[Fact], as_at: date) -> str:
    """The child's age, plans and team in a few words, as far as the facts tell."""
    told = []
    born = next((f.get("date_of_birth") for f in reversed(facts) if f.type == "ChildRegistered"), "")
    if born and read_day(born) <= as_at:
        told.append(_age(read_day(born), as_at))
    ended = {fact.get("plan_id") for fact in facts if fact.type == "PlanEnded"}
    plans = [
        f for f in facts if f.type == "PlanStarted" and f.get("plan_id") not in ended and not f.is_withdrawn
    ]
    told += dict.fromkeys(capitalised(f"{spaced(fact.get('kind'))} plan") for fact in plans)
    team = next(
        (
            t
            for f in reversed(facts)
            if (t := f.get("to_team_id") or (f.get("team_id") if f.type == "WorkerAllocated" else ""))
        ),
        "",
    )
    told += [team] if team else []
    return "".join(f"{words}. " for words in told).strip()


def _age(born: date, as_at: date) -> str:
    years = as_at.year - born.year - ((as_at.month, as_at.day) < (born.month, born.day))
    if years:
        return count(years, "year")
    return count((as_at.year - born.year) * 12 + as_at.month - born.month - (as_at.day < born.day), "month")


def _row(fact: Fact, meetings: Mapping[str, str], links: Links) -> Row:
    return Row(
        fact,
        title(fact, meetings),
        by(fact),
        in_short(fact.day),
        time_of(fact.moment),
        tuple(_notes(fact, links)),
    )


def _notes(fact: Fact, links: Links) -> list[Note]:
    notes = []
    if fact.delay > LATE_RECORDING_WORKING_DAYS:
        notes.append(
            Note(f"Recorded {count(fact.delay, 'working day')} later, {in_full(fact.learnt_on)}", "late")
        )
    corrections = references(fact.entry.get("corrected_by"))
    if corrections:
        words = "; ".join(_changes(fact.entry)) or "another day or detail"
        notes.append(Note(f"Corrected: {words}", "", _named(corrections, links)))
    withdrawals = references(fact.entry.get("withdrawn_by"))
    if withdrawals:
        words = "Withdrawn" if fact.is_withdrawn else "Withdrawn, but the withdrawal is held"
        notes.append(Note(words, "late", _named(withdrawals, links)))
    notes += [
        Note(days_in_words(back["why"]), "held", _named(references(back["by"]), links))
        for back in fact.entry.get("held") or ()
    ]
    notes += [
        Note(f"Does not follow: {days_in_words(found['detail'])}", "held")
        for found in fact.entry.get("discrepancies") or ()
    ]
    for field in ("corrects", "withdraws"):
        named = references(fact.data.get(field))
        if named:
            notes.append(
                Note(
                    "Corrects" if field == "corrects" else "Takes back",
                    "",
                    _named(named, links),
                )
            )
    reasons = [fact.get(name) for name in ("not_seen_reason", "not_alone_reason") if fact.get(name)]
    notes += [Note("Reason given", quote=reason) for reason in reasons]
    if fact.entry.get("erased"):
        notes.append(Note("What was personal in it has been erased"))
    if fact.get("note"):
        notes.append(Note("Note", quote=fact.get("note")))
    return notes


def _changes(entry: Mapping[str, Any]) -> list[str]:
    """What a corrected fact said first, and what it was corrected to."""
    first = {**entry["data"], "occurred_on": entry["occurred_on"]}
    return [
        f"{'day' if name == 'occurred_on' else spaced(name)} was {_told(first.get(name))}, now {_told(now)}"
        for name, now in (entry.get("effective") or {}).items()
        if first.get(name) != now
    ]


def _told(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "not given", True: "yes", False: "no"}[value]
    try:
        return in_full(read_day(str(value)))
    except ValueError:
        return str(value)


def _brief(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _link(fact: Fact, meetings: Mapping[str, str]) -> Link:
    return Link(fact.anchor, f"{title(fact, meetings).striptags()}, {in_full(fact.day)}")


def _named(identities: Sequence[tuple[str, str]], links: Links) -> tuple[Link, ...]:
    return tuple(links[identity] for identity in dict.fromkeys(identities) if identity in links)


def _by_month(rows: Sequence[Row]) -> list[tuple[str, Sequence[Row]]]:
    newest_first = reversed(rows)
    grouped = groupby(newest_first, key=lambda row: month_in_full(row.fact.day))
    return [(month, list(found)) for month, found in grouped]


def _span_rows(need: Clock) -> list[SpanRow]:
    rows = []
    for place, span in enumerate(need["spans"]):
        dates = span_in_short(read_day(span["from"]), read_day(span["to"]))
        days = span["working_days"]
        shown = days if span["shown"] else None
        if span["state"] == "waiting":
            name = "Referral to start" if place + 1 < len(need["spans"]) else "Waiting to start"
            rows.append(SpanRow(name, dates, days, shown, "late"))
        elif span["state"] == "closed":
            rows.append(SpanRow("Closed gap", dates, days, shown, "late"))
        elif span["state"] == "paused":
            rows.append(SpanRow(f"{span['record']}, paused", dates, days, shown, "late"))
        else:
            rows.append(SpanRow(span["record"], dates, days, shown))
    return rows


def _explained(flag: Mapping[str, Any], links: Links) -> Explained:
    return Explained(phrase(flag), sentence(flag), _named(references(flag.get("because")), links))


def _jumps(need: Clock | None, question: Question, today: date) -> list[Step]:
    """The days worth a look: each closing, the limit, the end, today."""
    days: list[tuple[str, date]] = []
    if need is not None:
        record = ""
        for span in need["spans"]:
            if span["state"] == "closed" and record:
                days.append((f"{_brief(record)} closed", read_day(span["from"])))
            record = span["record"] or ""
        if lanes.is_over(need):
            days.append(("past its limit", read_day(need["due_on"]) + timedelta(days=1)))
        if need["stopped_on"]:
            word = "signed off" if need["status"] == "stopped" else "ended"
            what = (
                f"{_brief(records(need)[-1])} {word}"
                if need["status"] == "stopped" and records(need)
                else word
            )
            days.append((what, read_day(need["stopped_on"])))
    days = sorted(
        {day: (label, day) for label, day in days if day < today}.values(), key=lambda step: step[1]
    )
    steps = [
        Step(label, question.on(day, today), question.as_at == day) for label, day in days[-JUMPS_SHOWN:]
    ]
    return [*steps, Step("today", question.on(today, today), question.as_at == today)]


def _neighbour(facts: Sequence[Fact], question: Question, today: date, way: int) -> Step | None:
    """The nearest day before or after on which something was recorded, or happened."""
    by_record = question.show is Show.RECORDED
    days = {fact.learnt_on if by_record else fact.day for fact in facts} | {today}
    on_that_side = [day for day in days if (day - question.as_at).days * way > 0 and day <= today]
    if not on_that_side:
        return None
    day = min(on_that_side, key=lambda day: abs(day - question.as_at))
    return Step(in_full(day), question.on(day, today))


def _shows(question: Question, today: date) -> list[Step]:
    basis = question.basis if question.known_at else "entered"
    recorded = by_that_day(question.as_at, today, basis)
    steps = [
        Step("what was recorded by that day", recorded, question.show is Show.RECORDED),
        Step("what we now know had happened", Question(question.as_at), question.show is Show.KNOWN),
    ]
    if question.show is Show.OTHER:
        assert question.known_at is not None
        steps.append(Step(f"what was recorded by {in_full(question.known_at.day)}", question, True))
    return steps


def _bases(question: Question, today: date) -> list[Step]:
    """The two readings of when a fact was recorded, where it matters."""
    if question.known_at is None:
        return []
    return [
        Step(label, Question(question.as_at, question.known_at, basis), question.basis == basis)
        for label, basis in (
            ("typed into the case system", "entered"),
            ("received by this service", "recorded"),
        )
    ]
