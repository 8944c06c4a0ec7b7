"""What had been told by a given moment: the facts known, and what corrections make of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from tests.reference.days import day_of, instant_of, learnt_by

Identity = tuple[str, str]

AMENDING = {"FactCorrected", "FactWithdrawn", "RecordChanged"}
STARTS = {
    "contact": {"ContactReceived"},
    "referral": {"ReferralReceived", "SteppedUp"},
    "assessment": {"AssessmentStarted"},
    "visit": {"VisitMade"},
    "enquiry": {"Section47Started"},
    "meeting": {"MeetingHeld", "StrategyDiscussionHeld"},
    "plan": {"PlanStarted"},
    "track": {"PreProceedingsDecided"},
    "placement": {"PlacementStarted"},
    "episode": {"CareStarted"},
}
ENDS = {
    "contact": {"ContactDecided"},
    "referral": {"ReferralClosed", "SteppedDown"},
    "assessment": {"AssessmentCompleted", "AssessmentClosed", "AssessmentCancelled"},
    "enquiry": {"Section47Completed"},
    "plan": {"PlanEnded"},
    "track": {"PreProceedingsEnded"},
    "placement": {"PlacementEnded"},
    "episode": {"CareEnded"},
}
ID_OF = {
    "contact": "contact_id",
    "referral": "referral_id",
    "assessment": "assessment_id",
    "visit": "visit_id",
    "enquiry": "enquiry_id",
    "meeting": "meeting_id",
    "plan": "plan_id",
    "track": "track_id",
    "placement": "placement_id",
    "episode": "episode_id",
}


@dataclass(frozen=True)
class Fact:
    """One fact as it stands after some corrections."""

    type: str
    identity: Identity
    day: date
    instant: datetime | None
    order: int  # place in the log
    data: dict[str, Any]
    entered_at: str | None
    entered: datetime  # entered_at, else recorded_at: what delays run to
    historic: bool
    targets: frozenset[Identity] = frozenset()  # of an amendment: the facts it changes


def known(
    facts: Sequence[dict[str, Any]], known_at: str | None, basis: str
) -> list[tuple[int, dict[str, Any]]]:
    """ "facts learnt after it are left out"; the later of one identity does not count."""
    kept: dict[Identity, tuple[int, dict[str, Any]]] = {}
    for order, fact in enumerate(facts):
        learnt = fact["recorded_at"]
        if basis == "entered" and fact.get("entered_at"):
            learnt = fact["entered_at"]
        if known_at is not None and datetime.fromisoformat(learnt) > learnt_by(known_at):
            continue
        kept.setdefault((fact["source"], fact["id"]), (order, fact))
    return list(kept.values())


def _placed(occurred_on: str, entered_at: str | None) -> tuple[date, datetime | None]:
    """ "a fact said to have been entered before it occurred is read as of the day it was entered"."""
    day, instant = day_of(occurred_on), instant_of(occurred_on)
    if entered_at and day_of(entered_at) < day:
        return day_of(entered_at), None
    return day, instant


def read(order: int, fact: dict[str, Any]) -> Fact:
    """One fact as it was recorded."""
    day, instant = _placed(fact["occurred_on"], fact.get("entered_at"))
    return Fact(
        type=fact["type"],
        identity=(fact["source"], fact["id"]),
        day=day,
        instant=instant,
        order=order,
        data=dict(fact["data"]),
        entered_at=fact.get("entered_at"),
        entered=datetime.fromisoformat(fact.get("entered_at") or fact["recorded_at"]),
        historic=fact.get("historic", False),
    )


def target_of(amendment: Fact) -> Identity | None:
    """The fact that a correction or withdrawal names; a RecordChanged names a record."""
    named = amendment.data.get("corrects") or amendment.data.get("withdraws")
    return (named["source"], named["id"]) if named else None


def _corrected(fact: Fact, changes: dict[str, Any], by: Fact) -> Fact:
    data = fact.data | {field: changes[field] for field in changes if field != "occurred_on"}
    if changes.get("occurred_on"):
        day, instant = _placed(changes["occurred_on"], by.entered_at)
        return replace(fact, data=data, day=day, instant=instant)
    return replace(fact, data=data)


def standing(amendments: Sequence[Fact]) -> list[Fact]:
    """Those that no later one of them withdraws, each as the later ones correct it.

    Read from the last to the first: what a correction is worth is known once all after it are.
    """
    withdrawn: set[Identity] = set()
    corrections: dict[Identity, list[Fact]] = {}
    stand: list[Fact] = []
    for amendment in reversed(amendments):
        if amendment.identity in withdrawn:
            continue
        for correction in reversed(corrections.get(amendment.identity, [])):
            amendment = _corrected(amendment, correction.data["changes"], correction)
        stand.insert(0, amendment)
        target = target_of(amendment)
        if target is not None and amendment.type == "FactWithdrawn":
            withdrawn.add(target)
        elif target is not None:
            corrections.setdefault(target, []).append(amendment)
    return stand


def _changed_facts(facts: Sequence[Fact], change: Fact) -> list[Fact]:
    """The facts of the record that carry the field, and the value, that a RecordChanged names."""
    kind, field, was = (change.data.get(name) for name in ("record_kind", "field", "was"))
    id_field = ID_OF.get(str(kind), "?")
    of_record = [f for f in facts if f.data.get(id_field) == change.data["record_id"]]
    if field in ("started_on", "ended_on"):
        types = (STARTS if field == "started_on" else ENDS).get(str(kind), set())
        return [f for f in of_record if f.type in types and was and f.day == day_of(str(was))]
    return [f for f in of_record if field in f.data]


def with_targets(facts: Sequence[Fact], amendments: Sequence[Fact]) -> list[Fact]:
    """The amendments, each RecordChanged with the identities of the facts that it changes.

    What a record ``was`` is what the case system showed: all told before it, held or not.
    """
    found: list[Fact] = []
    for amendment in amendments:
        if amendment.type == "RecordChanged":
            shown = amended(facts, found, date.max)
            hits = frozenset(f.identity for f in _changed_facts(shown, amendment))
            amendment = replace(amendment, targets=hits)
        elif (target := target_of(amendment)) is not None:
            amendment = replace(amendment, targets=frozenset({target}))
        found.append(amendment)
    return found


def amended(facts: Sequence[Fact], amendments: Sequence[Fact], as_at: date) -> list[Fact]:
    """The facts up to ``as_at`` as the amendments, in log order, leave them.

    corrections and withdrawals apply "whatever `as_at`"; RecordChanged "happened" and obeys it.
    """
    now = list(facts)
    for amendment in standing(amendments):
        if amendment.type == "RecordChanged":
            if amendment.day > as_at:
                continue
            field, value = amendment.data["field"], amendment.data.get("now")
            is_date = field in ("started_on", "ended_on")
            changes = {"occurred_on" if is_date else field: value}
            removes = is_date and value is None
        else:
            changes = amendment.data.get("changes") or {}
            removes = amendment.type == "FactWithdrawn"
        if removes:
            now = [f for f in now if f.identity not in amendment.targets]
        else:
            now = [_corrected(f, changes, amendment) if f.identity in amendment.targets else f for f in now]
    return [f for f in now if f.day <= as_at]
