"""No fact from a case system makes any clock shorter, ends it sooner or makes it vanish: the check."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.reference.days import day_of, is_late
from tests.reference.every_history import ENDS
from tests.reference.true_clock import NEVER_DONE_IF_ENDED, ONE_NEED

Clock = Mapping[str, Any]
Fact = Mapping[str, Any]


def uncovered(before: Sequence[Clock], after: Sequence[Clock], on: date) -> list[str]:
    """What is lost from one list of clocks to another of the same day; empty if nothing is.

    A clock is covered by one of the same need that starts no later and ends no earlier; what was running
    still runs; what was over its limit is not in time. Those of the front door have a check of their own.
    """
    return [
        f"{describe(clock)} is not covered by {'; '.join(describe(o) for o in after if _is_like(o, clock))}"
        for clock in before
        if clock["timescale"] not in NEVER_DONE_IF_ENDED
        and not any(_is_like(other, clock) and _covers(other, clock, on) for other in after)
    ]


def _is_like(other: Clock, clock: Clock) -> bool:
    """The first interval and the later ones are of one need."""
    kinds = [one["timescale"].removesuffix("_first") for one in (other, clock)]
    return kinds[0] == kinds[1] and (clock["timescale"] in ONE_NEED or other["subject"] == clock["subject"])


def _covers(other: Clock, clock: Clock, on: date) -> bool:
    if other["started_on"] > clock["started_on"]:
        return False
    if _late(clock, on) and not _late(other, on):
        return False
    if other["status"] == "open" or clock["status"] == "open":
        return bool(other["status"] == "open")
    return bool(other["stopped_on"] >= clock["stopped_on"])


def _late(clock: Clock, on: date) -> bool:
    start = date.fromisoformat(clock["started_on"])
    end = date.fromisoformat(clock["stopped_on"]) if clock["stopped_on"] else on
    return is_late(start, end, clock["limit"]["value"], clock["limit"]["unit"])


def describe(clock: Clock) -> str:
    end = clock["stopped_on"] or "..."
    return f"{clock['id']} {clock['started_on']}..{end} {clock['status']} {clock['limit']}"


_BEGINNINGS = {
    "PlanStarted",
    "PlacementStarted",
    "CareStarted",
    "TransferredIn",
    "StrategyDiscussionHeld",
    "Section47Started",
    "PreProceedingsDecided",
    "LetterBeforeProceedingsSent",
    "ProceedingsIssued",
    "AssessmentStarted",
    "AssessmentReopened",
    "ActionSet",
    "ActionReopened",
    "MeetingHeld",
}


def is_a_stop_of_its_own(history: Sequence[Fact], inserted: Fact, on: date) -> bool:
    """Whether a second report of an end is, on a day, the only one there is: "with no new beginning between",
    and "only reports dated up to `as_at` count". Then it is a stop like any other. The history is as the
    clocks read it (``Reading.facts_as_read``); ask of it before and after the insertion.
    """
    named = (inserted["source"], inserted["id"])
    inserted = next((f for f in history if (f["source"], f["id"]) == named), inserted)
    if inserted["type"] not in ENDS:
        return False
    data = inserted["data"]
    about = {name: data[name] for name in data if name.endswith("_id") or name == "outcome"}
    for other in history:
        if other["type"] != inserted["type"] or other["id"] == inserted["id"] or _day(other) > on:
            continue
        if all(other["data"].get(name) == value for name, value in about.items()):
            first, last = sorted((_day(other), _day(inserted)))
            between = [
                f
                for f in history
                if f is not other
                and (f["type"] in _BEGINNINGS or _is_another_end(f, inserted))
                and first <= _day(f) <= last
            ]
            if not between:
                return False
    return True


def _is_another_end(fact: Fact, end: Fact) -> bool:
    """An end of the same enquiry or track, but with another outcome."""
    return bool(fact["type"] == end["type"] and fact["data"].get("outcome") != end["data"].get("outcome"))


def _day(fact: Fact) -> date:
    return day_of(fact["occurred_on"])
