"""The four figures at the head of a child's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.working_days import WorkingDays
from services.web.days import in_full
from services.web.facts import Fact
from services.web.flag_sentences import count
from services.web.lanes import VISIT_CLOCKS, is_over, over_in_words

Clock = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """A few words of a figure, and whether they tell of something late or in time."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its unit, and what it means. ``is_true`` marks the one that counts."""

    name: str
    number: str
    unit: str
    words: tuple[Words, ...]
    is_true: bool = False


def figures(
    need: Clock | None, facts: Sequence[Fact], clocks: Sequence[Clock], as_at: date, calendar: WorkingDays
) -> list[Figure]:
    """What the records show, what is true, what is hidden, and when the child was last seen."""
    seen = last_seen(facts, clocks, as_at, calendar)
    if need is None:
        return [seen]
    return [recorded(need, facts), true(need, facts), hidden(need), seen]


def recorded(need: Clock, facts: Sequence[Fact]) -> Figure:
    shown, limit = need["recorded"], need["limit"]["value"]
    if shown is None:
        return Figure(
            "Recorded clock", "None", "", (Words("No assessment is on the record. Nothing looks late."),)
        )
    days = shown["working_days"]
    tone = (
        Words(f"Reported as within {limit}.", "fine")
        if days <= limit
        else Words(f"Reported as {days - limit} over {limit}.", "late")
    )
    only = " only" if len(records(need)) > 1 else ""
    return Figure(
        "Recorded clock", str(days), _days(days), (Words(f"{shown['record']}{only}. {_standing(need)}"), tone)
    )


def true(need: Clock, facts: Sequence[Fact]) -> Figure:
    days, limit = need["elapsed"]["working_days"], need["limit"]["value"]
    if is_over(need):
        tone = Words(f"{need['over_by']['working_days']} over the {limit}-day limit.", "late")
    elif need["status"] == "open":
        tone = Words(f"{limit - days} left to the {limit}-day limit.")
    else:
        tone = Words(f"Within the {limit}-day limit.", "fine")
    start = in_full(date.fromisoformat(need["started_on"]))
    return Figure(
        "True clock",
        str(days),
        _days(days),
        (Words(f"Since {_beginning(need, facts)} on {start}."), tone),
        True,
    )


def hidden(need: Clock) -> Figure:
    days = need["hidden"]["working_days"] if need["hidden"] else 0
    gaps = [span for span in need["spans"] if span["state"] == "closed"]
    told = [Words(f"{count(len(records(need)), 'assessment')} for one need.")]
    if gaps:
        closed = sum(span["working_days"] for span in gaps)
        told.append(Words(f"Closed for {count(closed, 'day')} in {count(len(gaps), 'gap')}."))
    name = "Hidden by closing and reopening" if gaps or len(records(need)) > 1 else "Hidden"
    return Figure(name, str(days), _days(days), tuple(told))


def last_seen(facts: Sequence[Fact], clocks: Sequence[Clock], as_at: date, calendar: WorkingDays) -> Figure:
    seen = [
        fact
        for fact in facts
        if fact.type == "VisitMade" and fact.data.get("seen") is True and not fact.is_withdrawn
    ]
    due = _visit_due(clocks)
    if not seen:
        return Figure(
            "Child last seen",
            "Never",
            "",
            (Words("No visit on the record in which the child was seen."), *due),
        )
    last = max(seen, key=lambda fact: fact.day)
    days = calendar.between(last.day, as_at)
    alone = {True: " alone", False: ", not alone,"}.get(last.data.get("seen_alone"), "")  # type: ignore[arg-type]
    return Figure(
        "Child last seen",
        str(days),
        f"{_days(days)} ago",
        (Words(f"Seen{alone} on {in_full(last.day)}."), *due),
    )


def records(need: Clock) -> list[str]:
    """The records on a clock, in the order in which they were open."""
    return list(dict.fromkeys(span["record"] for span in need["spans"] if span["record"] is not None))


def _visit_due(clocks: Sequence[Clock]) -> tuple[Words, ...]:
    running = [clock for clock in clocks if clock["timescale"] in VISIT_CLOCKS and clock["status"] == "open"]
    if not running:
        return ()
    clock = min(running, key=lambda clock: clock["due_on"])
    if is_over(clock):
        return (Words(f"Visit {over_in_words(clock)} late.", "late"),)
    return (Words(f"Next visit due by {in_full(date.fromisoformat(clock['due_on']))}."),)


def _standing(need: Clock) -> str:
    if need["status"] == "stopped":
        return "Signed off."
    if need["spans"][-1]["record"] == need["recorded"]["record"] and need["status"] == "open":
        return "Paused." if need["spans"][-1]["state"] == "paused" else "Open."
    return "Closed, nothing counting."


def _beginning(need: Clock, facts: Sequence[Fact]) -> str:
    started = {fact.identity: fact for fact in facts}
    causes = [started.get((ref["source"], ref["id"])) for ref in need["because"]]
    for fact in causes:
        if fact is not None and fact.type in ("ReferralReceived", "SteppedUp"):
            return "referral" if fact.type == "ReferralReceived" else "the step-up"
        if fact is not None and fact.type.startswith("Assessment"):
            return f"assessment {fact.get('assessment_id')} began"
    return "the need began"


def _days(number: int) -> str:
    return "working day" if number == 1 else "working days"
