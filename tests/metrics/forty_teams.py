"""Facts of which every team has an open clock of every timescale, reported by several case systems."""

from collections.abc import Iterator
from typing import Any

from tests.authority_of_facts import event

DAY = "2019-10-01"

Fact = dict[str, Any]


def facts_of(team: str, source: str) -> Iterator[Fact]:
    """Three children and a worker of a team."""
    for fact in (
        *_of_worker(team),
        *_beginning(f"{team}-1"),
        *_going_on(f"{team}-2"),
        *_in_care(f"{team}-3"),
    ):
        yield fact | {"source": source, "id": f"{fact['subject']}:{fact['id']}"}


def _of_worker(team: str) -> Iterator[Fact]:
    yield event("joined", "WorkerJoined", DAY, subject=f"worker:W-{team}", team_id=team)
    for number in (1, 2, 3):
        child = f"{team}-{number}"
        yield event("held", "WorkerAllocated", DAY, subject=child, worker_id=f"W-{team}", team_id=team)


def _beginning(child: str) -> Iterator[Fact]:
    def fact(id: str, name: str, **data: Any) -> Fact:
        return event(id, name, DAY, subject=child, **data)

    yield fact("contact", "ContactReceived", contact_id="K")
    yield fact("referral", "ReferralReceived", referral_id="R")
    yield fact("assessment", "AssessmentStarted", assessment_id="A", referral_id="R")
    yield fact("parenting", "AssessmentStarted", assessment_id="P", kind="parenting")
    yield fact("strategy", "StrategyDiscussionHeld", meeting_id="S", outcome="section_47")
    yield fact("transfer", "TransferredIn", from_authority="elsewhere")
    yield fact("plan", "PlanStarted", plan_id="CP", kind="child_protection")
    yield fact("action", "ActionSet", action_id="X", origin="audit", due_on="2019-10-07")
    yield fact("decided", "PreProceedingsDecided", track_id="T")


def _going_on(child: str) -> Iterator[Fact]:
    def fact(id: str, name: str, **data: Any) -> Fact:
        return event(id, name, DAY, subject=child, **data)

    yield fact("plan", "PlanStarted", plan_id="CP", kind="child_protection")
    yield fact("need", "PlanStarted", plan_id="CN", kind="child_in_need")
    yield event(
        "core", "MeetingHeld", "2019-10-02", subject=child, meeting_id="G", kind="core_group", plan_id="CP"
    )
    yield event(
        "review",
        "MeetingHeld",
        "2019-10-03",
        subject=child,
        meeting_id="C",
        kind="review_conference",
        plan_id="CP",
    )
    yield fact("decided", "PreProceedingsDecided", track_id="T")
    yield fact("letter", "LetterBeforeProceedingsSent", track_id="T")


def _in_care(child: str) -> Iterator[Fact]:
    def fact(id: str, name: str, **data: Any) -> Fact:
        return event(id, name, DAY, subject=child, **data)

    yield fact("care", "CareStarted", episode_id="E", reason="interim care order")
    yield fact("placed", "PlacementStarted", placement_id="L", kind="fostered")
    yield fact("issued", "ProceedingsIssued", case_id="C")
