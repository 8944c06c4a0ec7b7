"""The sorts of record that a snapshot shows, and the facts that tell of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """What a record may come to: told as a fact of ``type`` once ``told_by`` has a value, on the day in
    ``dated_by``.

    ``fields`` are the values that the fact repeats. ``own_id`` names the field of a second id that it needs.
    """

    told_by: str
    dated_by: str
    type: str
    fields: tuple[str, ...] = ()
    own_id: str | None = None

    @property
    def values(self) -> frozenset[str]:
        return frozenset({self.told_by, self.dated_by, *self.fields})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """``kind`` is the kind of record as facts name it, ``prefix`` begins the ids given to records of this
    sort.

    ``fields`` maps the fields of the starting fact to values; ``revised`` maps a value to the one it began
    as.
    """

    kind: str
    prefix: str
    starts: str
    id_field: str
    parent_field: str | None = None
    fixed: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    revised: Mapping[str, str] = field(default_factory=dict)
    milestones: tuple[Milestone, ...] = ()


SORTS: Mapping[str, Sort] = {
    "referral": Sort(
        kind="referral",
        prefix="R",
        starts="ReferralReceived",
        id_field="referral_id",
        fields={"referral_source": "referral_source", "primary_need": "primary_need"},
        milestones=(
            Milestone(told_by="outcome", dated_by="decided_on", type="ReferralDecided", fields=("outcome",)),
            Milestone(told_by="ended_on", dated_by="ended_on", type="ReferralClosed", fields=("reason",)),
        ),
    ),
    "assessment": Sort(
        kind="assessment",
        prefix="A",
        starts="AssessmentStarted",
        id_field="assessment_id",
        parent_field="referral_id",
        milestones=(Milestone(told_by="ended_on", dated_by="ended_on", type="AssessmentCompleted"),),
    ),
    "enquiry": Sort(
        kind="enquiry",
        prefix="S47",
        starts="Section47Started",
        id_field="enquiry_id",
        parent_field="referral_id",
        milestones=(
            Milestone(told_by="outcome", dated_by="ended_on", type="Section47Completed", fields=("outcome",)),
        ),
    ),
    "initial_conference": Sort(
        kind="meeting",
        prefix="ICPC",
        starts="MeetingHeld",
        id_field="meeting_id",
        fixed={"kind": "initial_conference"},
    ),
    "child_protection": Sort(
        kind="plan",
        prefix="CPP",
        starts="PlanStarted",
        id_field="plan_id",
        fixed={"kind": "child_protection"},
        fields={"category": "initial_category"},
        revised={"category": "initial_category"},
        milestones=(Milestone(told_by="ended_on", dated_by="ended_on", type="PlanEnded"),),
    ),
    "review_conference": Sort(
        kind="meeting",
        prefix="RCPC",
        starts="MeetingHeld",
        id_field="meeting_id",
        parent_field="plan_id",
        fixed={"kind": "review_conference"},
    ),
    "child_in_need": Sort(
        kind="plan",
        prefix="CINP",
        starts="PlanStarted",
        id_field="plan_id",
        fixed={"kind": "child_in_need"},
        milestones=(Milestone(told_by="ended_on", dated_by="ended_on", type="PlanEnded"),),
    ),
    "track": Sort(
        kind="track",
        prefix="PP",
        starts="PreProceedingsDecided",
        id_field="track_id",
        milestones=(
            Milestone(
                told_by="letter_sent_on", dated_by="letter_sent_on", type="LetterBeforeProceedingsSent"
            ),
            Milestone(
                told_by="ended_on", dated_by="ended_on", type="PreProceedingsEnded", fields=("outcome",)
            ),
            Milestone(told_by="issued_on", dated_by="issued_on", type="ProceedingsIssued", own_id="case_id"),
        ),
    ),
    "pre_proceedings_meeting": Sort(
        kind="meeting",
        prefix="PPM",
        starts="PreProceedingsMeetingHeld",
        id_field="meeting_id",
        parent_field="track_id",
    ),
}
"""Each sort stands after those whose records it may stand in."""
