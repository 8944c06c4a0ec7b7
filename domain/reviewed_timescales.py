"""The catalogue of timescales, as reviewed: every limit with its source, edition and days in force.

How sure we are of each row stands in its ``confidence``: the text itself was read, a procedure that quotes it
was read, one authority's policy was read as an example of a default, or nothing was read and the row must be
checked before anybody relies on it. Rows of local policy are defaults that an operator's file may replace;
statute and guidance are not theirs to change.
"""

from collections.abc import Sequence
from datetime import date

from domain.timescale import Confidence, Kind, Limit, Parameter, Timescale, Unit

DEFAULT_EDITION = "default of this service"
DEFAULTS_FROM = date(2013, 4, 15)

_READ: Confidence = "primary text read"
_QUOTED: Confidence = "secondary text read"
_LOCAL: Confidence = "one authority's policy read"
_UNREAD: Confidence = "not verified"

_WORKING_TOGETHER: tuple[tuple[str, date, date | None, Confidence], ...] = (
    ("2010", date(2010, 4, 1), date(2013, 4, 15), "not verified"),
    ("2013", date(2013, 4, 15), date(2015, 3, 26), "not verified"),
    ("2015", date(2015, 3, 26), date(2018, 7, 4), "secondary text read"),
    ("2018", date(2018, 7, 4), date(2023, 12, 15), "secondary text read"),
    ("2023", date(2023, 12, 15), None, "not verified"),
)


def _working_together(
    timescale: str,
    limit: Limit,
    starts: str,
    stops: str,
    passage: str,
    *,
    part: str = "",
    repeats: bool = False,
    of_2010: str | None = None,
    is_quoted: bool = True,
) -> list[Timescale]:
    """A row for each edition; ``of_2010`` is the passage of the edition of 2010 where that had another.

    ``is_quoted``: a procedure that quotes the passage was read, for the editions of which any was.
    """
    return [
        Timescale(
            id=timescale, part=part, limit=limit, starts=starts, stops=stops, repeats=repeats,
            kind="statutory guidance",
            source="Working Together to Safeguard Children",
            paragraph=of_2010 if edition == "2010" and of_2010 else passage,
            edition=edition, in_force_from=since, in_force_to=until,
            confidence=confidence if is_quoted else _UNREAD,
        )
        for edition, since, until, confidence in _WORKING_TOGETHER
    ]  # fmt: skip


def _local(
    timescale: str,
    limit: Limit,
    starts: str,
    stops: str,
    source: str,
    confidence: Confidence,
    *,
    part: str = "",
    repeats: bool = False,
) -> Timescale:
    return Timescale(
        id=timescale, part=part, limit=limit, starts=starts, stops=stops, repeats=repeats,
        kind="local policy", source=source, paragraph="", edition=DEFAULT_EDITION,
        in_force_from=DEFAULTS_FROM, in_force_to=None, confidence=confidence,
    )  # fmt: skip


def _regulation(
    timescale: str,
    limit: Limit,
    starts: str,
    stops: str,
    paragraph: str,
    *,
    part: str = "",
    repeats: bool = False,
) -> Timescale:
    return Timescale(
        id=timescale, part=part, limit=limit, starts=starts, stops=stops, repeats=repeats,
        kind="statute",
        source="Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959)",
        paragraph=paragraph, edition="2010, as amended", in_force_from=date(2011, 4, 1), in_force_to=None,
        confidence=_READ,
    )  # fmt: skip


def _before_2011(timescale: str, part: str, limit: Limit, starts: str) -> Timescale:
    return Timescale(
        id=timescale, part=part, limit=limit, starts=starts, stops="MeetingHeld looked_after_review",
        repeats=True, kind="statute", source="Review of Children's Cases Regulations 1991 (SI 1991/895)",
        paragraph="regulation 3", edition="1991", in_force_from=date(1991, 10, 14),
        in_force_to=date(2011, 4, 1), confidence=_UNREAD,
    )  # fmt: skip


def _national(
    timescale: str,
    limit: Limit,
    starts: str,
    stops: str,
    since: date,
    source: tuple[str, str, str],
    confidence: Confidence,
    *,
    kind: Kind = "national guidance",
    part: str = "",
    repeats: bool = False,
) -> Timescale:
    name, paragraph, edition = source
    return Timescale(
        id=timescale, part=part, limit=limit, starts=starts, stops=stops, repeats=repeats, kind=kind,
        source=name, paragraph=paragraph, edition=edition, in_force_from=since, in_force_to=None,
        confidence=confidence,
    )  # fmt: skip


_SUPERVISION = (
    "Standards for employers of social workers in England",
    "standard 5",
    "as published by the LGA",
)
_SUPERVISED_FROM = date(2014, 5, 1)
_PROTECTION_PLAN = "PlanStarted child_protection"


def _in(value: int, unit: Unit) -> Limit:
    return Limit(value, unit)


CATALOGUE: tuple[Timescale, ...] = (
    # The front door and assessment
    _local(
        "contact_decision", _in(1, "working_days"), "ContactReceived", "ContactDecided",
        "local practice, after the one working day that Working Together gives a referral", _LOCAL,
    ),
    *_working_together(
        "referral_decision", _in(1, "working_days"), "ReferralReceived or SteppedUp", "ReferralDecided",
        "chapter 1: a decision about the type of response within one working day of a referral's receipt",
    ),
    *_working_together(
        "assessment", _in(45, "working_days"),
        "ReferralReceived or SteppedUp, or the start of an assessment while no need runs",
        "AssessmentCompleted",
        "chapter 1: the assessment concluded within 45 working days from the point of referral",
        of_2010="chapter 5: an initial assessment within 10 working days of referral, and a core assessment "
        "within 35 of its end; together 45",
    ),
    _local(
        "assessment_child_seen", _in(10, "working_days"), "the start of an assessment clock",
        "VisitMade with the child seen",
        "local practice: no national limit; authorities set 24 hours to 10 working days", _LOCAL,
    ),
    _local(
        "parenting_assessment", _in(12, "weeks"), "AssessmentStarted parenting", "AssessmentCompleted",
        "local practice: no national limit", _UNREAD,
    ),
    # Child protection
    *_working_together(
        "initial_conference", _in(15, "working_days"),
        "StrategyDiscussionHeld with outcome section_47, while no enquiry's clock runs",
        "MeetingHeld initial_conference, quorate; or Section47Completed no_conference",
        "chapter 1: the conference within 15 working days of the strategy discussion at which section 47 "
        "enquiries were initiated",
        of_2010="chapter 5: the conference within 15 working days of the last strategy discussion",
    ),
    *_working_together(
        "transfer_in_conference", _in(15, "working_days"), "TransferredIn, or its conference_due_from",
        "MeetingHeld transfer_in_conference",
        "the transfer-in conference within 15 working days of notification, as authorities' own procedures "
        "have it; that the guidance says so was not verified",
        is_quoted=False,
    ),
    *_working_together(
        "core_group_first", _in(10, "working_days"), _PROTECTION_PLAN, "MeetingHeld core_group",
        "chapter 1: the first core group within 10 working days of the initial conference",
    ),
    _local(
        "core_group", _in(6, "weeks"), "each core group of a child protection plan",
        "MeetingHeld core_group", "local practice: authorities set 4 to 6 weeks", _LOCAL, repeats=True,
    ),
    *_working_together(
        "review_conference_first", _in(3, "months"), _PROTECTION_PLAN,
        "MeetingHeld review_conference, quorate",
        "chapter 1: the first review conference within three months of the initial conference",
    ),
    *_working_together(
        "review_conference", _in(6, "months"), "each review conference of a child protection plan",
        "MeetingHeld review_conference, quorate",
        "chapter 1: later review conferences at intervals of no more than six months", repeats=True,
    ),
    _local(
        "child_protection_visit", _in(10, "working_days"), f"{_PROTECTION_PLAN}, then each visit",
        "VisitMade child_protection, with the child seen",
        "local practice: no national limit; the plan sets it, authorities 10 to 20 working days", _LOCAL,
        repeats=True,
    ),
    # Children in need
    _local(
        "child_in_need_visit", _in(20, "working_days"), "PlanStarted child_in_need, then each visit",
        "VisitMade child_in_need, with the child seen",
        "local practice: no national limit; authorities set 4 to 12 weeks", _LOCAL, repeats=True,
    ),
    _local(
        "child_in_need_review", _in(3, "months"), "PlanStarted child_in_need, then each review",
        "MeetingHeld child_in_need_review", "local practice: authorities set 4 weeks to 6 months", _UNREAD,
        repeats=True,
    ),
    # Looked-after children
    _regulation(
        "looked_after_visit", _in(1, "weeks"), "PlacementStarted",
        "VisitMade looked_after, with the child seen", "regulation 28(2)(a)", part="first", repeats=True,
    ),
    _regulation(
        "looked_after_visit", _in(6, "weeks"), "each visit in a placement",
        "VisitMade looked_after, with the child seen", "regulation 28(2)(b) and (c)", part="later",
        repeats=True,
    ),
    _before_2011("looked_after_review", "first", _in(4, "weeks"), "CareStarted"),
    _before_2011("looked_after_review", "second", _in(3, "months"), "the first review"),
    _before_2011("looked_after_review", "later", _in(6, "months"), "each later review"),
    _regulation(
        "looked_after_review", _in(20, "working_days"), "CareStarted", "MeetingHeld looked_after_review",
        "regulation 33(1)", part="first", repeats=True,
    ),
    _regulation(
        "looked_after_review", _in(3, "months"), "the first review", "MeetingHeld looked_after_review",
        "regulation 33(2)", part="second", repeats=True,
    ),
    _regulation(
        "looked_after_review", _in(6, "months"), "each later review", "MeetingHeld looked_after_review",
        "regulation 33(2)", part="later", repeats=True,
    ),
    _regulation(
        "care_plan", _in(10, "working_days"), "the first PlacementStarted of an episode of care",
        "CarePlanPrepared", "regulation 4(2)",
    ),
    _regulation(
        "placement_plan", _in(5, "working_days"), "PlacementStarted", "PlacementPlanPrepared",
        "regulation 9(2)",
    ),
    # Minutes and decisions
    _local(
        "minutes", _in(10, "working_days"), "MeetingHeld", "MinutesDistributed",
        "local practice: authorities set 5 to 10 working days", _UNREAD,
    ),
    _local(
        "minutes", _in(15, "working_days"), "MeetingHeld of a conference", "MinutesDistributed",
        "local practice: authorities set 10 to 20 working days", _LOCAL, part="conference",
    ),
    _local(
        "conference_decisions", _in(1, "working_days"), "MeetingHeld of a conference", "DecisionsSent",
        "local practice: an outline plan and decisions within one working day", _LOCAL,
    ),
    # Pre-proceedings and court
    _national(
        "pre_proceedings", _in(16, "weeks"), "PreProceedingsDecided",
        "PreProceedingsEnded or ProceedingsIssued", date(2021, 3, 1),
        ("Public Law Working Group: Best Practice Guidance", "pre-proceedings, up to 16 weeks", "March 2021"),
        _QUOTED,
    ),
    _local(
        "pre_proceedings_letter", _in(5, "working_days"), "PreProceedingsDecided",
        "LetterBeforeProceedingsSent", "local practice: authorities set 2 to 5 working days", _UNREAD,
    ),
    _local(
        "pre_proceedings_meeting", _in(10, "working_days"), "LetterBeforeProceedingsSent",
        "PreProceedingsMeetingHeld", "local practice: authorities set 7 to 10 working days", _UNREAD,
    ),
    _national(
        "proceedings", _in(26, "weeks"), "ProceedingsIssued", "ProceedingsConcluded", date(2014, 4, 22),
        ("Children Act 1989", "section 32(1)(a)(ii)", "as amended by the Children and Families Act 2014"),
        _READ, kind="statute",
    ),
    # Supervision and audit
    _national(
        "supervision", _in(1, "months"), "WorkerJoined, then each SupervisionHeld", "SupervisionHeld",
        _SUPERVISED_FROM, _SUPERVISION, _READ, repeats=True,
    ),
    _national(
        "supervision", _in(1, "weeks"), "WorkerJoined, newly qualified, then each SupervisionHeld",
        "SupervisionHeld", _SUPERVISED_FROM, _SUPERVISION, _READ, part="newly qualified, first 6 weeks",
        repeats=True,
    ),
    _national(
        "supervision", _in(2, "weeks"), "each SupervisionHeld, newly qualified", "SupervisionHeld",
        _SUPERVISED_FROM, _SUPERVISION, _READ, part="newly qualified, to 6 months", repeats=True,
    ),
    _local(
        "case_supervision", _in(6, "weeks"), "WorkerAllocated, then each SupervisionHeld naming the child",
        "SupervisionHeld naming the child", "local practice: authorities set 4 to 12 weeks", _UNREAD,
        repeats=True,
    ),
    _local(
        "action", _in(0, "calendar_days"), "ActionSet", "ActionDone",
        "the day that whoever set the action gave it: each has its own limit", _UNREAD,
    ),
)  # fmt: skip


def _parameter(name: str, value: int, unit: str, meaning: str, source: str) -> Parameter:
    return Parameter(
        name=name, value=value, unit=unit, meaning=meaning, source=source,  # type: ignore[arg-type]
        edition=DEFAULT_EDITION, in_force_from=DEFAULTS_FROM, in_force_to=None,
    )  # fmt: skip


PARAMETERS: tuple[Parameter, ...] = (
    _parameter(
        "continuation_window_days", 28, "calendar_days",
        "a need that ended goes on where another of its kind begins within so many days of its end",
        "set by this service: what ends and soon begins again is one need",
    ),
    _parameter(
        "short_gap_days", 28, "calendar_days",
        "a referral so soon after another was over is marked as coming after a short gap",
        "set by this service",
    ),
    _parameter(
        "no_need_days", 10, "working_days",
        "a referral that is over so soon, never decided upon for assessment nor assessed, leaves no clock",
        "set by this service",
    ),
    _parameter(
        "pre_proceedings_link_days", 90, "calendar_days",
        "pre-proceedings that begin again within so many days of a step down go on with the same clock",
        "set by this service",
    ),
    _parameter(
        "caseload_children", 18, "children",
        "a worker who works all the week holds at most so many children, another in proportion",
        "no national number was found; authorities set 14 to 20 (not verified)",
    ),
    _parameter(
        "newly_qualified_caseload_percent", 90, "percent",
        "a newly qualified worker holds at most so much of what another may",
        "assessed and supported year in employment: a tenth fewer",
    ),
)  # fmt: skip


def all_ids(catalogue: Sequence[Timescale] = CATALOGUE) -> tuple[str, ...]:
    """The ids of all timescales, in the order of the catalogue."""
    return tuple(dict.fromkeys(row.id for row in catalogue))
