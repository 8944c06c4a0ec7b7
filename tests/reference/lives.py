"""From a beginning to its end: what was said, often more than once, of one plan, placement or track."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby

from tests.reference.told import Fact

Is = Callable[[Fact], bool]
START_OF_DAY = datetime.min.replace(tzinfo=UTC)  # "a date alone stands for the start of its day"


def place(fact: Fact) -> tuple[date, bool, datetime, int]:
    """Where a fact stands among all, those of one day without a time apart."""
    return fact.day, fact.instant is not None, fact.instant or START_OF_DAY, fact.order


@dataclass(eq=False)
class Life:
    """One plan, placement, meeting, track ... from a beginning to its end, if it has ended."""

    id: str
    start: Fact
    end: Fact | None = None
    reopened: Fact | None = None


def lives_of_each(facts: Sequence[Fact], id_field: str, is_start: Is, is_end: Is) -> list[Life]:
    """The lives of everything with an id in ``id_field``, in order of beginning."""
    ids = sorted({f.data[id_field] for f in facts if is_start(f)})
    found = [
        life
        for id in ids
        for life in lives(id, [f for f in facts if f.data.get(id_field) == id], is_start, is_end)
    ]
    return sorted(found, key=lambda life: place(life.start))


def lives(
    id: str, facts: Sequence[Fact], is_start: Is, is_end: Is, is_reopening: Is = lambda _: False
) -> list[Life]:
    """The lives of one thing, of which ``facts`` tell.

    "A thing began on the earliest day ever reported for its beginning": while it lives, another report of
    its beginning changes nothing. "A kind of end came on the latest day ever reported for it with no new
    beginning between": a later report of the end moves it. An end before the beginning ends nothing.
    """
    found: list[Life] = []
    told = [f for f in facts if is_start(f) or is_end(f) or is_reopening(f)]
    for _, todays in groupby(sorted(told, key=place), key=lambda f: f.day):
        is_open = bool(found) and found[-1].end is None
        for fact in _in_order(list(todays), is_start, is_end, is_open):
            if is_start(fact):
                if not found or found[-1].end is not None:
                    found.append(Life(id, fact))
            elif found and is_reopening(fact):
                if found[-1].end is not None:
                    found[-1].end, found[-1].reopened = None, fact
            elif found:
                found[-1].end = fact
    return found


def _in_order(todays: Sequence[Fact], is_start: Is, is_end: Is, is_open_this_morning: bool) -> Iterator[Fact]:
    """Without a time, what was open that morning ends first, then what begins begins, then the others end."""
    undated = [f for f in todays if f.instant is None]
    ends = [f for f in undated if is_end(f)]
    others = sorted((f for f in undated if not is_end(f)), key=lambda f: not is_start(f))
    yield from [*ends, *others] if is_open_this_morning and others else [*others, *ends]
    yield from (f for f in todays if f.instant is not None)


def is_not_before(stop: Fact, start: Fact) -> bool:
    """Whether a completion follows a beginning: of one day without a time, it does."""
    if stop.day != start.day or (stop.instant is None and start.instant is None):
        return stop.day >= start.day
    return place(stop) > place(start)


def is_not_after(stop: Fact, end: Fact | None) -> bool:
    """Whether a completion comes before an ending: of one day without a time, it does."""
    if end is None or stop.day != end.day or (stop.instant is None and end.instant is None):
        return end is None or stop.day <= end.day
    return place(stop) < place(end)


@dataclass(frozen=True)
class Happening:
    """One visit, meeting or supervision, all its reports in order: it was over on the latest of them."""

    reports: tuple[Fact, ...]

    @property
    def last(self) -> Fact:
        return self.reports[-1]

    def first_since(self, start: Fact) -> Fact:
        """What it begins began on the earliest day reported for it."""
        return next(fact for fact in self.reports if is_not_before(fact, start))


def parted(reports: Sequence[Fact], beginnings: Sequence[Fact]) -> list[Fact]:
    """The days on which one thing was over: "the latest day ever reported for it with no new beginning
    between"."""
    found = []
    for number, one in enumerate(reports):
        later = reports[number + 1 :]
        if not later or any(place(one) < place(b) and is_not_before(later[0], b) for b in beginnings):
            found.append(one)
    return found


def happenings(facts: Iterable[Fact], id_field: str) -> list[Happening]:
    """Each of the things that ``facts`` report, in the order in which they were over."""
    of_id: dict[str, list[Fact]] = {}
    for fact in sorted(facts, key=place):
        of_id.setdefault(fact.data[id_field], []).append(fact)
    found = [Happening(tuple(reports)) for reports in of_id.values()]
    return sorted(found, key=lambda happening: place(happening.last))


def of_type(*types: str) -> Is:
    return lambda fact: fact.type in types


def meetings(facts: Iterable[Fact], kind: str, must_be_quorate: bool = False) -> list[Happening]:
    """The meetings of a kind that were held; ``quorate`` is "true by default"."""
    held = [
        f
        for f in facts
        if f.type == "MeetingHeld"
        and f.data.get("kind") == kind
        and not (must_be_quorate and f.data.get("quorate") is False)
    ]
    return happenings(held, "meeting_id")


def seen_at(facts: Iterable[Fact], purpose: str) -> list[Happening]:
    """The visits with a purpose at which the child was seen."""
    made = [
        f
        for f in facts
        if f.type == "VisitMade" and f.data.get("purpose") == purpose and f.data.get("seen") is True
    ]
    return happenings(made, "visit_id")
