"""The timescales in the words of the people who work to them."""

NAMES = {
    "contact_decision": "Decision on contact",
    "referral_decision": "Decision on referral",
    "assessment": "Assessment",
    "assessment_child_seen": "Child seen in assessment",
    "parenting_assessment": "Parenting assessment",
    "initial_conference": "Initial child protection conference",
    "transfer_in_conference": "Transfer-in conference",
    "core_group_first": "First core group",
    "core_group": "Core group",
    "review_conference_first": "First review conference",
    "review_conference": "Review conference",
    "child_protection_visit": "Child protection visit",
    "child_in_need_visit": "Child in need visit",
    "child_in_need_review": "Child in need review",
    "looked_after_visit": "Looked-after visit",
    "looked_after_review": "Looked-after review",
    "care_plan": "Care plan",
    "placement_plan": "Placement plan",
    "minutes": "Minutes shared",
    "conference_decisions": "Conference decisions sent",
    "pre_proceedings": "Pre-proceedings",
    "pre_proceedings_letter": "Letter before proceedings",
    "pre_proceedings_meeting": "Pre-proceedings meeting",
    "proceedings": "Care proceedings",
    "supervision": "Supervision",
    "case_supervision": "Supervision of the case",
    "action": "Action",
}

STATUSES = {
    "open": "Running",
    "stopped": "Stopped",
    "ended_without_completion": "Ended, not completed",
}


def name(timescale: str) -> str:
    return NAMES.get(timescale) or spaced(timescale).capitalize()


def status(code: str) -> str:
    return STATUSES.get(code) or spaced(code).capitalize()


def spaced(code: str) -> str:
    """A code as words: ``initial_conference`` as ``initial conference``."""
    return code.replace("pre_proceedings", "pre-proceedings").replace("_", " ")
