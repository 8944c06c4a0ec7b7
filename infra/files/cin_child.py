"""One child of the children in need census, read from its element."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import TypeVar

from infra.files.cin_records import (
    CensusAssessment,
    CensusChild,
    CensusEnquiry,
    CensusNeedPlan,
    CensusPreProceedings,
    CensusProtectionPlan,
    CensusReferral,
    CensusReview,
)
from infra.files.xml_fields import NOT_A_CODE, Fields, FileProblem
from infra.files.xml_file import Element

REFERRAL_SOURCES = frozenset("1A 1B 1C 1D 2A 2B 3A 3B 3C 3D 3E 3F 4 5A 5B 5C 5D 6 7 8 9 10".split())
PRIMARY_NEEDS = frozenset("N0 N1 N2 N3 N4 N5 N6 N7 N8 N9".split())
CLOSURE_REASONS = frozenset("RC1 RC2 RC3 RC4 RC5 RC6 RC7 RC8 RC9".split())
CATEGORIES_OF_ABUSE = frozenset("NEG PHY SAB EMO MUL".split())
ASSESSMENT_FACTORS = frozenset(
    "1A 1B 1C 2A 2B 2C 3A 3B 3C 4A 4B 4C 5A 5B 5C 6A 6B 6C 7A 8B 8C 8D 8E 8F 9A 10A 11A 12A 13A 14A 15A "
    "16A 17A 18A 18B 18C 19A 19B 19C 20 21 22A 23A 24A".split()
)
PRE_PROCEEDINGS_OUTCOMES = frozenset("A B C".split())

_SUBJECT = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


def is_usable(reference: str) -> bool:
    return (
        bool(_SUBJECT.fullmatch(reference))
        and reference != "authority"
        and not reference.startswith("worker:")
    )


def read_child(element: Element, taken_on: date, problems: list[FileProblem]) -> CensusChild | None:
    fields = Fields(element, "Child", taken_on, problems)
    fields.ignore("ChildCharacteristics")
    group = fields.group("ChildIdentifiers")
    identifiers = Fields(
        group or Element("ChildIdentifiers", element.line), "Child/ChildIdentifiers", taken_on, problems
    )
    identifiers.ignore("FormerUPN", "UPNunknown", "GenderCurrent", "Sex", "PersonDeathDate")
    reference = identifiers.text("LAchildID")
    upn = identifiers.text("UPN")
    born_on = identifiers.day("PersonBirthDate", "date_of_birth")
    expected_on = identifiers.day("ExpectedPersonBirthDate", "expected_birth_on", may_be_ahead=True)
    identifiers.finish()
    referrals = tuple(_records(fields, "CINdetails", _referral))
    fields.finish()
    line = group.line if group else element.line
    if not reference:
        identifiers.tell(line, "LAchildID", "is missing; the child and all its records were set aside")
        return None
    if not is_usable(reference):
        identifiers.tell(
            line,
            "LAchildID",
            "is no reference we can keep (1 to 128 of A-Z a-z 0-9 . _ : -); "
            "the child and all its records were set aside",
        )
        return None
    return CensusChild(
        line=element.line,
        reference=reference,
        upn=upn,
        date_of_birth=born_on,
        expected_birth_on=expected_on,
        referrals=referrals,
        unread=frozenset(identifiers.unread),
        set_aside=frozenset(fields.set_aside),
    )


R = TypeVar("R")


def _records(fields: Fields, name: str, build: Callable[[Fields], R | None]) -> Iterator[R]:
    """The records of one kind; one that cannot be used is set aside, and its kind noted."""
    for part in fields.parts(name):
        record = build(part)
        if record is None:
            fields.set_aside.add(name)
            part.tell(
                part.element.line,
                "",
                "was set aside: without the date it starts on, nothing of it can be used",
            )
        else:
            yield record


def _referral(fields: Fields) -> CensusReferral | None:
    received_on = fields.day("CINreferralDate", is_required=True)
    source = fields.code("ReferralSource", REFERRAL_SOURCES, "referral_source", is_required=True)
    need = fields.code("PrimaryNeedCode", PRIMARY_NEEDS, "primary_need")
    closed_on = fields.day("CINclosureDate", "ended_on")
    reason = fields.code("ReasonForClosure", CLOSURE_REASONS, "reason")
    conference_on = fields.day("DateOfInitialCPC", "conference_on")
    is_over = fields.yes_or_no("ReferralNFA", "outcome")
    assessments = tuple(_records(fields, "Assessments", _assessment))
    enquiries = tuple(_records(fields, "Section47", _enquiry))
    protection_plans = tuple(_records(fields, "ChildProtectionPlans", _protection_plan))
    need_plans = tuple(_records(fields, "CINPlanDates", _need_plan))
    pre_proceedings = tuple(_records(fields, "PreProceedingsandFGDM", _pre_proceedings))
    if reason and not closed_on and "ended_on" not in fields.unread:
        fields.tell(
            fields.line_of("ReasonForClosure"),
            "ReasonForClosure",
            "stands without CINclosureDate; nothing was closed by it",
        )
    if received_on is None:
        return None
    return CensusReferral(
        line=fields.element.line,
        received_on=received_on,
        source=source,
        primary_need=need,
        closed_on=closed_on,
        closure_reason=reason,
        conference_on=conference_on,
        is_no_further_action=is_over,
        assessments=assessments,
        enquiries=enquiries,
        protection_plans=protection_plans,
        need_plans=need_plans,
        pre_proceedings=pre_proceedings,
        unread=frozenset(fields.unread),
        set_aside=frozenset(fields.set_aside),
    )


def _assessment(fields: Fields) -> CensusAssessment | None:
    started_on = fields.day("AssessmentActualStartDate", is_required=True)
    reviewed_on = fields.day("AssessmentInternalReviewDate", may_be_ahead=True)
    authorised_on = fields.day("AssessmentAuthorisationDate", "ended_on")
    factors: list[str] = []
    for group in fields.parts("FactorsIdentifiedAtAssessment"):
        for given in group.all("AssessmentFactors"):
            if given.text.strip() in ASSESSMENT_FACTORS:
                factors.append(given.text.strip())
            else:
                group.tell(given.line, given.name, NOT_A_CODE)
    if started_on is None:
        return None
    return CensusAssessment(
        line=fields.element.line,
        started_on=started_on,
        reviewed_on=reviewed_on,
        authorised_on=authorised_on,
        factors=tuple(factors),
        unread=frozenset(fields.unread),
    )


def _enquiry(fields: Fields) -> CensusEnquiry | None:
    started_on = fields.day("S47ActualStartDate", is_required=True)
    due_on = fields.day("InitialCPCtarget", may_be_ahead=True)
    conference_on = fields.day("DateOfInitialCPC", "ended_on")
    is_unnecessary = fields.yes_or_no("ICPCnotRequired", "outcome")
    if started_on is None:
        return None
    return CensusEnquiry(
        line=fields.element.line,
        started_on=started_on,
        conference_due_on=due_on,
        conference_on=conference_on,
        is_conference_unnecessary=is_unnecessary,
        unread=frozenset(fields.unread),
    )


def _protection_plan(fields: Fields) -> CensusProtectionPlan | None:
    started_on = fields.day("CPPstartDate", is_required=True)
    ended_on = fields.day("CPPendDate", "ended_on")
    initial = fields.code("InitialCategoryOfAbuse", CATEGORIES_OF_ABUSE, "initial_category", is_required=True)
    latest = fields.code("LatestCategoryOfAbuse", CATEGORIES_OF_ABUSE, "category", is_required=True)
    fields.ignore("NumberOfPreviousCPP")
    reviews: list[CensusReview] = []
    for group in fields.parts("Reviews"):
        for given in group.all("CPPreviewDate"):
            held_on = group.day_in(given, given.name, "")
            if held_on:
                reviews.append(CensusReview(line=given.line, held_on=held_on))
            else:
                fields.set_aside.add(given.name)
    if started_on is None:
        return None
    return CensusProtectionPlan(
        line=fields.element.line,
        started_on=started_on,
        ended_on=ended_on,
        initial_category=initial,
        latest_category=latest,
        reviews=tuple(reviews),
        unread=frozenset(fields.unread),
        set_aside=frozenset(fields.set_aside),
    )


def _need_plan(fields: Fields) -> CensusNeedPlan | None:
    started_on = fields.day("CINPlanStartDate", is_required=True)
    ended_on = fields.day("CINPlanEndDate", "ended_on")
    if started_on is None:
        return None
    return CensusNeedPlan(
        line=fields.element.line, started_on=started_on, ended_on=ended_on, unread=frozenset(fields.unread)
    )


def _pre_proceedings(fields: Fields) -> CensusPreProceedings | None:
    """The outcome's codes (A, B, C) are not published with their meaning: only a court application tells
    which it was.
    """
    started_on = fields.day("PPStartDate", is_required=True)
    letter_sent_on = fields.day("LBPSentDate", "letter_sent_on")
    met_on = fields.day("InitialPPMeetingDate", "met_on")
    decided_on = fields.day("StepDecisionDate", "ended_on")
    fields.code("PPOutcome", PRE_PROCEEDINGS_OUTCOMES)
    applied_on = fields.day("CourtAppDate", "issued_on")
    fields.day("LetterInitCPDate")
    fields.ignore("FGDMMeetingOffer", "FGDMMeetingFac", "ReviewMeetingsCount")
    if decided_on and not applied_on:
        fields.unread.add("ended_on")
        fields.tell(
            fields.line_of("StepDecisionDate"),
            "StepDecisionDate",
            "does not say whether it was to step down or to issue, for there is no CourtAppDate; "
            "the end was set aside",
        )
    if started_on is None:
        return None
    return CensusPreProceedings(
        line=fields.element.line,
        started_on=started_on,
        letter_sent_on=letter_sent_on,
        met_on=met_on,
        decided_on=decided_on,
        applied_on=applied_on,
        unread=frozenset(fields.unread),
    )
