"""What happened, in a line, for every event type."""

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from domain.moment import Moment
from services.web.census_codes import in_words
from services.web.days import in_full, time_of
from services.web.facts import Fact
from services.web.timescale_names import spaced

# [ ] holds what is left out where a field in it was not reported.
# {field} is shown as words, {field!} as given.
SENTENCES = {
    "ContactReceived": "Contact[: {contact_source}]",
    "ContactDecided": "Contact decided: {outcome}",
    "ReferralReceived": "Referral received[ from {referral_source}][: {primary_need}]",
    "ReferralDecided": "Referral decided: {outcome}",
    "ReferralClosed": "Referral closed[: {reason!}]",
    "AssessmentStarted": "Assessment {assessment_id!} started",
    "AssessmentCompleted": "Assessment {assessment_id!} completed[: {outcome}]",
    "AssessmentClosed": "Assessment {assessment_id!} closed[: ‘{reason!}’]",
    "AssessmentReopened": "Assessment {assessment_id!} reopened[: ‘{reason!}’]",
    "AssessmentCancelled": "Assessment {assessment_id!} cancelled[: ‘{reason!}’]",
    "AssessmentPaused": "Assessment {assessment_id!} paused[: ‘{reason!}’]",
    "AssessmentResumed": "Assessment {assessment_id!} resumed[: ‘{reason!}’]",
    "SteppedDown": "Stepped down to {to}",
    "SteppedUp": "Stepped up from {from}",
    "StrategyDiscussionHeld": "Strategy discussion: {outcome}",
    "Section47Started": "Section 47 enquiry started",
    "Section47Completed": "Section 47 enquiry completed: {outcome}",
    "MeetingScheduled": "{kind} arranged[ for {scheduled_for!}]",
    "MeetingHeld": "{kind}",
    "MeetingCancelled": "{meeting} cancelled[: ‘{reason!}’]",
    "MinutesWritten": "Minutes written: {meeting}",
    "MinutesDistributed": "Minutes shared: {meeting}",
    "DecisionsSent": "Decisions sent: {meeting}",
    "PlanStarted": "{kind} plan started[: {category}]",
    "PlanEnded": "Plan {plan_id!} ended[: {reason!}]",
    "VisitFrequencySet": "Visits set to every {every!} {unit}[: ‘{reason!}’]",
    "RiskAssessed": "Risk assessed as {level}",
    "VisitAttempted": "Visit attempted: child not seen",
    "DecisionMade": "Decision: {kind}[, {outcome}]",
    "PreProceedingsDecided": "Decision to enter pre-proceedings",
    "LetterBeforeProceedingsSent": "Letter before proceedings sent",
    "PreProceedingsMeetingHeld": "Pre-proceedings meeting",
    "PreProceedingsEnded": "Pre-proceedings ended: {outcome}",
    "ProceedingsIssued": "Care proceedings issued",
    "ProceedingsConcluded": "Care proceedings concluded[: {outcome}]",
    "CareStarted": "Came into care[: {reason!}]",
    "CareEnded": "Left care[: {reason!}]",
    "PlacementStarted": "Placement started[: {kind}]",
    "PlacementEnded": "Placement ended[: {reason!}]",
    "CarePlanPrepared": "Care plan prepared",
    "PlacementPlanPrepared": "Placement plan prepared",
    "WorkerAllocated": "Allocated to social worker {worker_id!}[ ({role})]",
    "WorkerUnallocated": "Social worker {worker_id!} no longer allocated[: ‘{reason!}’]",
    "CaseTransferred": "Case transferred to {to_team_id!}",
    "WorkerJoined": "Worker joined",
    "WorkerLeft": "Worker left",
    "SupervisionHeld": "Supervision",
    "AuditCompleted": "Case file audit[: {grade}][, {theme}]",
    "ActionSet": "Action set by {origin}[: {theme}], due {due_on!}",
    "ActionDone": "Action {action_id!} done",
    "ActionReopened": "Action {action_id!} reopened[: ‘{reason!}’]",
    "ChildRegistered": "Child registered",
    "HouseholdJoined": "Joined household {household_id!}",
    "HouseholdLeft": "Left household {household_id!}",
    "ChildMerged": "Record merged into {into!}",
    "ChildUnmerged": "Record separated again from {from!}",
    "TransferredIn": "Transferred in from {from_authority!}",
    "TransferredOut": "Transferred out to {to_authority!}[, accepted on {accepted_on!}]",
    "FactCorrected": "Correction[: ‘{reason!}’]",
    "FactWithdrawn": "Withdrawal[: ‘{reason!}’]",
    "RecordDeleted": "Record deleted: {record_kind} {record_id!}[: ‘{reason!}’]",
    "RecordChanged": "Record changed: {record_kind} {record_id!}, {field}[ was {was!}][, now {now!}]",
    "RecordDisappeared": "Record vanished from a return: {record_kind} {record_id!}",
    "RecordReappeared": "Record back in a return: {record_kind} {record_id!}",
    "ClockRuled": "Ruling: {ruling} {clock!}[: ‘{reason!}’]",
}

BY = ("ruled_by", "authorised_by", "made_by", "supervisor_id", "worker_id")
"""The fields that say who did it, the most telling first."""

_CONFERENCES = {
    "initial_conference": "initial child protection conference",
    "review_conference": "review child protection conference",
    "multi_agency": "multi-agency meeting",
    "pre_proceedings": "pre-proceedings meeting",
    "legal_planning": "legal planning meeting",
}

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_FIELD = re.compile(r"\{(\w+)(!?)\}")


def title(fact: Fact, meetings: Mapping[str, str]) -> Markup:
    """What happened; ``meetings`` are the kinds of the child's meetings by id."""
    if fact.type == "VisitMade":
        return escape(_visit(fact))
    fields = _shown(fact, meetings)
    template = SENTENCES.get(fact.type) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", fact.type).capitalize()
    kept = _OPTIONAL.sub(lambda match: match[1] if _has_all(match[1], fields) else "", template)
    if fact.type == "MeetingHeld" and fact.data.get("quorate") is False:
        kept += ", not quorate"
    return _filled(kept, fields)


def by(fact: Fact) -> str:
    """Who did it, or the team that did; empty where nobody is named."""
    if fact.type in ("WorkerAllocated", "WorkerUnallocated"):
        return fact.get("team_id")
    return next((fact.get(field) for field in BY if fact.get(field)), fact.get("team_id"))


def meeting_kinds(facts: Sequence[Fact]) -> dict[str, str]:
    """The kind of each meeting in words, by its id."""
    kinds = {fact.get("meeting_id"): fact.get("kind") for fact in facts if fact.type.startswith("Meeting")}
    strategy = {fact.get("meeting_id") for fact in facts if fact.type == "StrategyDiscussionHeld"}
    held = {meeting: kind for meeting, kind in kinds.items() if kind} | dict.fromkeys(
        strategy, "strategy_discussion"
    )
    return {meeting: meeting_kind(kind) for meeting, kind in held.items()}


def meeting_kind(code: str) -> str:
    return _CONFERENCES.get(code) or spaced(code)


def capitalised(text: str) -> str:
    """The text with a capital letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def _visit(fact: Fact) -> str:
    if fact.data.get("seen") is not True:
        return "Visit: child not seen"
    alone = fact.data.get("seen_alone")
    if alone is None:
        return "Visit: child seen, not said whether alone"
    return "Visit: seen alone" if alone else "Visit: seen, not alone"


def _shown(fact: Fact, meetings: Mapping[str, str]) -> dict[str, str]:
    fields = {name: _told(name, str(value)) for name, value in fact.data.items() if value not in (None, "")}
    fields["meeting"] = meetings.get(fact.get("meeting_id"), "meeting")
    if fact.type.startswith("Meeting") and "kind" in fields:
        fields["kind"] = meeting_kind(fields["kind"])
    return fields


def _told(field: str, value: str) -> str:
    try:
        moment = Moment.parse(value)
    except ValueError:
        return in_words(field, value)
    time = time_of(moment)
    return f"{in_full(moment.day)} at {time}" if time else in_full(moment.day)


def _has_all(part: str, fields: Mapping[str, str]) -> bool:
    return all(name in fields for name, _ in _FIELD.findall(part))


def _filled(template: str, fields: Mapping[str, str]) -> Markup:
    # What others wrote is isolated, so that right-to-left text cannot reorder the words around it.
    parts: list[Markup] = []
    end = 0
    for match in _FIELD.finditer(template):
        parts.append(escape(template[end : match.start()]))
        value = fields.get(match[1], "")
        value = value if match[2] else spaced(value)
        parts.append(Markup("<bdi>{}</bdi>").format(capitalised(value) if match.start() == 0 else value))
        end = match.end()
    return Markup("").join([*parts, escape(template[end:])])
