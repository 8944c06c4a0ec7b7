"""Every measure: its definition, where that comes from, and which rows it counts. Names are permanent."""

from domain.reviewed_timescales import all_ids
from projections.across import themes
from projections.across.without_worker import SERIES as WITHOUT_WORKER
from projections.measure import Band, Measure, Placed, Where, Which
from projections.measured.audits import BELOW_GOOD
from projections.measured.clocks import APART, BY_RISK, ENDED, LATE, MET, RUNNING

WITH_RECORDS = frozenset({"assessment", "parenting_assessment", "initial_conference", "pre_proceedings"})
"""The timescales whose needs the case system keeps a record of, with its own start and end."""

DFE = "Department for Education, statistics of children in need, England"
OFSTED = "Ofsted focused visit to a local authority, letter of 18 December 2019"
HERE = "a definition of this service; no national one was found"

ANY = Where()
_IN_TIME = (Where(outcomes=(MET,)),)
_RECORDED_DECIDED: Which = (
    Where(recorded_outcomes=(MET, LATE), unmarked=(APART,)),
    Where(recorded_outcomes=(RUNNING,), unmarked=(APART,), is_recorded_late=True),
)
_RECORDED_IN_TIME = (Where(recorded_outcomes=(MET,)),)
_OVER = (Where(outcomes=(MET, LATE)),)
_RECORDED_OVER = (Where(recorded_outcomes=(MET, LATE)),)

_PARTED_BY_RISK = " By kind: by the level of risk last assessed on or before the day the need began."
IDS = all_ids()


def timeliness(timescale: str) -> list[Measure]:
    """What is measured of every timescale: its cohort, and what is open."""
    words = timescale.replace("_", " ")
    has_records = timescale in WITH_RECORDS
    return [
        Measure(
            name=f"{timescale}_in_time",
            title=f"{words.capitalize()}: in time",
            definition=(
                f"Of the needs under the timescale {timescale} that were due on a day in the period, "
                "whatever became of them, the share that was met in time. What was met late, is not met, or "
                "ended without completion is not in time. By the records: of those of them that the records "
                "show as completed, or as running past the limit, the share shown as completed within it."
                f"{_PARTED_BY_RISK if timescale in BY_RISK else ''}"
            ),
            source=f"the limit: see the timescale {timescale}; the cohort: {HERE}, so that neither leaving "
            "late ones "
            "open nor a string of trivial completions can improve it",
            counts="needs",
            series=timescale,
            placed="day",
            among=(Where(unmarked=(APART,)),),
            of_these=_IN_TIME,
            recorded_among=_RECORDED_DECIDED if has_records else None,
            recorded_of_these=_RECORDED_IN_TIME if has_records else None,
        ),
        Measure(
            name=f"{timescale}_open_past_limit",
            title=f"{words.capitalize()}: open past the limit",
            definition=(
                f"Of the needs under the timescale {timescale} that are open on the day, the share that is "
                "past its "
                "limit; and the quartiles of the working days that they have been open. By the records: of "
                "those with a record, those whose record is past it."
            ),
            source=f"the limit: see the timescale {timescale}; the measure: {HERE}",
            counts="needs",
            series=timescale,
            placed="standing",
            of_these=(Where(is_late=True),),
            recorded_among=(Where(recorded_outcomes=(RUNNING,)),) if has_records else None,
            recorded_of_these=(Where(is_recorded_late=True),) if has_records else None,
            has_quartiles=True,
        ),
    ]


def _flagged(name: str, title: str, mark: str, what: str) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=f"Of the assessment needs that ran at any time in the period, the share {what}.",
        source=f"{OFSTED}; {HERE}",
        counts="needs",
        series="assessment",
        placed="overlapping",
        of_these=(Where(marked=(mark,)),),
    )


ASSESSMENTS = (
    Measure(
        name="assessment_in_time_apart",
        title="Assessments on a need already met, or without a referral: in time",
        definition=(
            "As assessment_in_time, of the needs it leaves out: those that go on after an assessment was "
            "completed on an open referral, and those begun while no referral was open."
        ),
        source=HERE,
        counts="needs",
        series="assessment",
        placed="day",
        among=(Where(marked=(APART,)),),
        of_these=_IN_TIME,
        recorded_among=(
            Where(recorded_outcomes=(MET, LATE), marked=(APART,)),
            Where(recorded_outcomes=(RUNNING,), marked=(APART,), is_recorded_late=True),
        ),
        recorded_of_these=_RECORDED_IN_TIME,
    ),
    Measure(
        name="assessments_by_duration",
        title="Assessments completed, by duration",
        definition=(
            "Assessments completed in the period, by working days, in the bands of table C2, and the share "
            "within "
            "the limit. True: from the referral or what else began the need. By the records: from the start "
            "that the record shows to its authorisation, pauses left out. One completed after its need had "
            "ended is in its band, but never in time."
        ),
        source=f"{DFE}, table C2, duration of assessment (bands read in the published data; that DfE counts "
        "from the "
        "start of the assessment is not verified)",
        counts="assessments",
        series="assessment",
        placed="until",
        among=_OVER,
        of_these=_IN_TIME,
        recorded_among=_RECORDED_OVER,
        recorded_of_these=_RECORDED_IN_TIME,
        bands=(
            Band(0, 0), Band(1, 10), Band(11, 20), Band(21, 30), Band(31, 40), Band(41, 45), Band(46, 50),
            Band(51, 60), Band(61, None),
        ),
        has_quartiles=True,
    ),
    Measure(
        name="assessments_hidden",
        title="Assessments late that look in time",
        definition=(
            "Of the assessment needs that are open past their limit on the day, the share whose records show "
            "them in time, or that have no record to show."
        ),
        source=f"{OFSTED}; {HERE}",
        counts="needs",
        series="assessment",
        placed="standing",
        among=(Where(is_late=True),),
        of_these=(Where(is_recorded_late=False),),
        has_quartiles=True,
    ),
    Measure(
        name="assessments_by_annex_a",
        title="Assessments within 45 days as a public Annex A tool counts them",
        definition=(
            "Of the assessments that were open at any time in the period (Annex A list 4 looks six months "
            "back), the share of at most 45 weekdays, bank holidays counted as working days, from the start "
            "up "
            "to the day before the authorisation; open ones up to the day asked about. True: from the start "
            "of the need."
        ),
        source="code of a public regional Annex A tool, read; Ofsted prescribes the list, not the figure",
        counts="assessments",
        series="assessment",
        placed="overlapping",
        among=(Where(outcomes=(MET, LATE, RUNNING)),),
        recorded_among=(Where(recorded_outcomes=(MET, LATE, RUNNING)),),
        of_these_lengths=Band(0, 45),
        unit="weekdays",
    ),
    Measure(
        name="assessments_child_not_seen",
        title="Assessments completed without the child seen",
        definition="Of the assessments completed in the period, the share from whose start to whose stop no "
        "visit "
        "saw the child; not of children unborn.",
        source=f"{OFSTED}; Annex A list 4 asks whether the child was seen",
        counts="assessments",
        series="assessment",
        placed="until",
        among=_OVER,
        of_these=(Where(marked=("COMPLETED_CHILD_NOT_SEEN",)),),
    ),
    Measure(
        name="assessments_ended_without_completion",
        title="Assessment needs that ended with nothing completed",
        definition="Of the assessment needs that stopped or ended in the period, the share that ended "
        "because the "
        "last referral was over, with no assessment completed.",
        source=HERE,
        counts="needs",
        series="assessment",
        placed="until",
        of_these=(Where(outcomes=(ENDED,)),),
    ),
    _flagged(
        "assessments_reopened", "Assessments reopened", "REOPENED_SAME_RECORD",
        "on which the same record was closed and opened again",
    ),
    _flagged(
        "assessments_restarted", "Assessments closed and started anew", "RESTARTED_ON_OPEN_REFERRAL",
        "on which another assessment was started after the last had been closed",
    ),
    _flagged(
        "assessments_cancelled_then_restarted", "Assessments cancelled and started anew",
        "CANCELLED_THEN_RESTARTED",
        "on which another assessment was started after the last had been cancelled or deleted",
    ),
    _flagged(
        "assessments_continued", "Assessment needs taken up again within the window",
        "CONTINUATION_WITHIN_WINDOW", "that had ended without completion and was taken up again",
    ),
    _flagged(
        "assessments_start_moved", "Assessments whose start was moved later", "START_DATE_MOVED_LATER",
        "whose own start, not a referral's, was reported for a later day than at first",
    ),
    _flagged(
        "assessments_referral_moved", "Assessments whose referral was moved later",
        "REFERRAL_DATE_MOVED_LATER", "of which the referral was reported for a later day than at first",
    ),
    _flagged(
        "assessments_deleted", "Assessment needs whose referral or record was deleted",
        "DELETED_WITH_OPEN_CLOCK", "of which what began it was withdrawn, deleted or vanished while it ran",
    ),
    _flagged(
        "assessments_paused", "Assessments paused", "PAUSED_STATUTORY_CLOCK",
        "on which a record was paused, which no guidance provides for",
    ),
    _flagged(
        "assessments_merged", "Assessments of children recorded twice", "MERGED_CHILD_RECORDS",
        "that had begun when two references turned out to be one child",
    ),
)  # fmt: skip

_RECEIVED = (Where(unmarked=("STEPPED_UP",)),)
_MONTHS = (Band(0, 2), Band(3, 5), Band(6, 11), Band(12, 23), Band(24, None))
_MONTHS_TOLD = (
    "in complete months (DfE puts one of exactly 3 or 6 months in the band below; here it is in the longer)"
)


def _of_referrals(name: str, title: str, what: str, of_these: Where, source: str) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=f"Of the referrals received in the period, the share {what}.",
        source=source,
        counts="referrals",
        series="referrals",
        placed="day",
        among=_RECEIVED,
        of_these=(of_these,),
    )


REFERRALS = (
    _of_referrals(
        "re_referrals", "Re-referrals within 12 months",
        "received within 12 months of the child's previous referral", Where(marked=("RE_REFERRAL",)),
        f"{DFE}, table C1, and methodology: a re-referral occurs when a child is referred within 12 months "
        "of a previous referral",
    ),
    Measure(
        name="re_referred_children",
        title="Children referred again within 12 months",
        definition="Of the children referred in the period, each once, the share of which a referral in it "
        "was received within 12 months of the previous one.",
        source=f"{DFE}, methodology: the share of children beside that of referrals",
        counts="children",
        series="referred_children",
        placed="day",
        of_these=(Where(marked=("RE_REFERRAL",)),),
    ),
    _of_referrals(
        "referrals_no_further_action", "Referrals decided as no further action",
        "decided as no further action", Where(outcomes=("no_further_action",)),
        f"{DFE}, table C1, No_Further_Action",
    ),
    _of_referrals(
        "referrals_not_in_need", "Referrals assessed, and found not in need",
        "closed after assessment, with no further action or referred to early help (RC8, RC9)",
        Where(outcomes=("not_in_need",)), f"{DFE}, table C1, Not_in_Need",
    ),
    Measure(
        name="children_in_need_by_duration",
        title="Episodes of need open, by duration",
        definition=f"Referrals that are open on the day, by how long they have been, {_MONTHS_TOLD}.",
        source=f"{DFE}, table B4 (its bands are not verified)",
        counts="referrals",
        series="referrals",
        placed="standing",
        bands=_MONTHS,
        unit="months",
    ),
    *(
        Measure(
            name=f"drift_{kind}",
            title=f"Days from {said}",
            definition=f"Of those that began in the period, the calendar days from {said}: quartiles.",
            source="a public drift tool of the data-to-insight partnership, read; it leaves out what took "
            "less "
            "than two weeks, this does not",
            counts=counts,
            series="drift",
            placed="day",
            among=(Where(kinds=(kind,)),),
            unit="calendar_days",
            has_quartiles=True,
        )
        for kind, said, counts in (
            ("referral_to_protection", "the last referral to a child protection plan", "plans"),
            ("protection_to_care", "the last child protection plan to care", "episodes of care"),
            ("referral_to_care", "the last referral to care", "episodes of care"),
        )
    ),
)  # fmt: skip

PROTECTION = (
    Measure(
        name="strategy_discussions_without_enquiry",
        title="Strategy discussions that led to no enquiry",
        definition="Of the strategy discussions held in the period, the share whose outcome was no section "
        "47 "
        "enquiry.",
        source=f"{OFSTED}: strategy meetings that were not needed; {HERE}",
        counts="strategy discussions",
        series="strategy_discussions",
        placed="day",
        of_these=(Where(outcomes=("no_section_47",)),),
    ),
    Measure(
        name="enquiries_without_conference",
        title="Section 47 enquiries that led to no conference",
        definition="Of the section 47 enquiries completed in the period, the share that found no conference "
        "to be "
        "needed.",
        source="code of a public regional Annex A tool, read (conference deemed unnecessary)",
        counts="enquiries",
        series="enquiries",
        placed="until",
        of_these=(Where(outcomes=("no_conference",)),),
    ),
    Measure(
        name="pre_proceedings_restarted",
        title="Pre-proceedings begun again",
        definition="Of the pre-proceedings that went on at any time in the period, the share that had ended "
        "and was begun again, which does not begin their time anew.",
        source=f"{OFSTED}: pre-proceedings drift; {HERE}",
        counts="needs",
        series="pre_proceedings",
        placed="overlapping",
        of_these=(Where(marked=("PRE_PROCEEDINGS_RESTARTED",)),),
    ),
    Measure(
        name="conferences_without_plan",
        title="Initial conferences that led to no plan",
        definition="Of the quorate initial conferences whose ten calendar days for a child protection plan "
        "to begin were over in the period (the day after the tenth is in it), the share after which none "
        "began within them. One held lately is not judged yet, and a plan that begins later changes nothing.",
        source="code of a public regional Annex A tool, read (conference resulted in a plan, here its "
        "opposite); "
        "the ten days are of this service",
        counts="conferences",
        series="initial_conferences",
        placed="until",
        of_these=(Where(outcomes=("no_plan",)),),
    ),
    Measure(
        name="conferences_by_duration",
        title="Initial conferences, by working days since the strategy discussion",
        definition="Quorate initial conferences held in the period, by working days from the strategy "
        "discussion that began the enquiry, in the bands of table C4, and the share within the limit. One "
        "that no such discussion led to has no length, and is left out.",
        source=f"{DFE}, table C4 (bands read in the published data)",
        counts="conferences",
        series="initial_conference",
        placed="until",
        among=(Where(outcomes=(MET, LATE), marked=("MeetingHeld",)),),
        of_these=_IN_TIME,
        recorded_among=(Where(recorded_outcomes=(MET, LATE), marked=("MeetingHeld",)),),
        recorded_of_these=_RECORDED_IN_TIME,
        bands=(Band(0, 10), Band(11, 15), Band(16, 20), Band(21, None)),
        has_quartiles=True,
    ),
)

_PROTECTED = Where(kinds=("child_protection",))
_EACH_PLAN = " A child on two such plans counts with each."


def _of_plans_started(name: str, title: str, what: str, mark: str, source: str) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=f"Of the child protection plans that began in the period, the share {what}.",
        source=source,
        counts="plans",
        series="plans",
        placed="day",
        among=(_PROTECTED,),
        of_these=(Where(marked=(mark,)),),
    )


def _plans_by_duration(name: str, title: str, kind: str, placed: Placed, which: str, source: str) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=f"{which}, by how long they had run, {_MONTHS_TOLD}.",
        source=source,
        counts="plans",
        series="plans",
        placed=placed,
        among=(Where(kinds=(kind,)),),
        bands=_MONTHS,
        unit="months",
    )


PLANS = (
    _of_plans_started(
        "repeat_plans", "Second or subsequent child protection plans",
        "of children who had had such a plan before", "SUBSEQUENT", f"{DFE}, table D3, CPP_subsequent",
    ),
    _of_plans_started(
        "repeat_plans_within_2_years", "Child protection plans within two years of another",
        "of children whose last such plan had ended within two years before, or still ran",
        "WITHIN_2_YEARS", "local practice (not verified)",
    ),
    Measure(
        name="plans_reviewed_in_time",
        title="Child protection plans reviewed in time",
        definition="Of the child protection plans that are open on the day and have been for at least three "
        "months, "
        "the share of which every review that fell due was held in time.",
        source=f"{DFE}, table D6, Reviewed_within_timescales (whether DfE counts months or 91 and 183 days "
        "is not "
        "verified; here calendar months)",
        counts="plans",
        series="plans_reviewed",
        placed="standing",
        of_these=(Where(outcomes=("in_time",), is_late=False),),
    ),
    _plans_by_duration(
        "protection_plans_by_duration", "Child protection plans open, by duration", "child_protection",
        "standing", "Child protection plans open on the day", f"{DFE}, table D7 (its bands are not verified)",
    ),
    _plans_by_duration(
        "protection_plans_ended_by_duration", "Child protection plans ended, by duration",
        "child_protection", "until", "Child protection plans that ended in the period",
        f"{DFE}, table D5 (its bands are not verified)",
    ),
    _plans_by_duration(
        "in_need_plans_by_duration", "Child in need plans open, by duration", "child_in_need", "standing",
        "Child in need plans open on the day", HERE,
    ),
    *(
        Measure(
            name=f"protection_plans_over_{months}_months",
            title=f"Child protection plans open for {months} months or more",
            definition=f"Of the child protection plans open on the day, the share that has run for {months} "
            "complete "
            "months or more.",
            source=f"{DFE}, plans of two years or more" if months == 24 else "one authority's policy, read",
            counts="plans",
            series="plans",
            placed="standing",
            among=(_PROTECTED,),
            of_these_lengths=Band(months, None),
            unit="months",
        )
        for months in (15, 18, 24)
    ),
    *(
        Measure(
            name=f"{name}_last_seen",
            title=f"{title}: weeks since they were last seen",
            definition=f"{title} on the day{who}, by complete weeks since the child was last seen at a "
            f"visit; where never since {began}, since then.{each}",
            source="code of a public regional Annex A tool, read (bands of 6, 12 and 18 weeks)",
            counts=counts,
            series="last_seen",
            placed="standing",
            among=(Where(kinds=(name,)),),
            bands=(Band(0, 5), Band(6, 11), Band(12, 17), Band(18, None)),
            unit="weeks",
            has_quartiles=True,
        )
        for name, counts, title, who, began, each in (
            (
                "child_protection", "plans", "Children on a child protection plan", "", "the plan began",
                _EACH_PLAN,
            ),
            ("child_in_need", "plans", "Children on a child in need plan", "", "the plan began", _EACH_PLAN),
            (
                "looked_after", "children", "Children looked after",
                " (an episode of care or a placement goes on, or a looked-after plan where neither was ever "
                "told)",
                "this began", "",
            ),
        )
    ),
    *(
        Measure(
            name=f"{name}_last_reviewed",
            title=f"{title}: days since the last review",
            definition=f"{title} on the day, by the calendar days since {since}.{each}",
            source="code of a public regional Annex A tool, read (bands of 91, 182, 273 and 365 days)",
            counts=counts,
            series=series,
            placed="standing",
            bands=(Band(0, 91), Band(92, 182), Band(183, 273), Band(274, 365), Band(366, None)),
            unit="calendar_days",
            has_quartiles=True,
        )
        for name, series, counts, title, since, each in (
            (
                "child_protection", "last_reviewed", "plans", "Children on a child protection plan",
                "the last quorate review conference; where there was none yet, since the plan began",
                _EACH_PLAN,
            ),
            (
                "looked_after", "care_reviewed", "children", "Children in care",
                "their care was last reviewed; where it was not yet, since it began", "",
            ),
        )
    ),
    Measure(
        name="longest_visit_gaps",
        title="The longest gap between visits under a plan",
        definition="Of the child protection and child in need plans open on the day, the share of which more "
        "than six weeks once passed between one visit at which the child was seen and the next, or have "
        "passed since the last, counted from the start of the plan; by the longest such gap in calendar "
        "days.",
        source=f"{OFSTED}: visits that do not match the risk; {HERE}",
        counts="plans",
        series="longest_visit_gaps",
        placed="standing",
        of_these_lengths=Band(43, None),
        bands=(Band(0, 14), Band(15, 28), Band(29, 42), Band(43, 84), Band(85, None)),
        unit="calendar_days",
        has_quartiles=True,
    ),
    Measure(
        name="care_three_placements",
        title="Children in care with three or more placements",
        definition="Of the children in care on the day, the share that was in three or more placements in "
        "the period.",
        source="code of a public regional Annex A tool, read (short-term stability)",
        counts="children",
        series="placements_by_child",
        placed="standing",
        of_these_lengths=Band(3, None),
        bands=(Band(0, 0), Band(1, 1), Band(2, 2), Band(3, None)),
        unit="placements",
    ),
    Measure(
        name="care_same_placement",
        title="Children long in care who stayed where they were",
        definition="Of the children who on the day have been in care for two and a half years or more, the "
        "share that has been in the same placement for two years or more.",
        source="code of a public regional Annex A tool, read (long-term stability; its rule is not verified)",
        counts="children",
        series="same_placement",
        placed="standing",
        of_these_lengths=Band(24, None),
        bands=(Band(0, 11), Band(12, 23), Band(24, None)),
        unit="months",
    ),
    Measure(
        name="child_protection_last_seen_alone",
        title="Children on a child protection plan seen alone at the last visit",
        definition="Of the child protection plans open on the day, the share of which the child was seen "
        "alone when "
        "last seen.",
        source="code of a public regional Annex A tool, read (seen alone: yes, of open plans)",
        counts="plans",
        series="last_seen",
        placed="standing",
        among=(_PROTECTED,),
        of_these=(Where(marked=("ALONE",)),),
    ),
)  # fmt: skip

_SEEN = ("seen_alone", "seen_not_alone", "seen_not_told_whether_alone")


def _of_visits(name: str, title: str, definition: str, among: Where, of_these: Where) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=definition,
        source=f"{OFSTED}: children not seen, or not seen alone; {HERE}",
        counts="visits",
        series="visits",
        placed="day",
        among=(among,),
        of_these=(of_these,),
    )


VISITS = (
    _of_visits(
        "visits_not_seen", "Visits at which the child was not seen",
        "Of the visits made in the period, the share at which the child was not seen.",
        ANY, Where(outcomes=("not_seen",)),
    ),
    _of_visits(
        "visits_not_seen_alone", "Visits at which the child was not seen alone",
        "Of the visits made in the period at which the child was seen, the share at which it was not seen "
        "alone, or nobody said whether it was.",
        Where(outcomes=_SEEN), Where(outcomes=_SEEN[1:]),
    ),
    _of_visits(
        "child_protection_visits_not_seen_alone",
        "Child protection visits at which the child was not seen alone",
        "Of the child protection visits made in the period at which the child was seen, the share at which "
        "it was not seen alone, or nobody said whether it was.",
        Where(outcomes=_SEEN, kinds=("child_protection",)), Where(outcomes=_SEEN[1:]),
    ),
)  # fmt: skip


def _of_meetings_planned(name: str, title: str, what: str, of_these: Where) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=f"Of the meetings first planned for a day in the period, the share {what}.",
        source=f"{OFSTED}: reviews that are irregular; {HERE}",
        counts="meetings",
        series="meetings_planned",
        placed="day",
        of_these=(of_these,),
    )


def _of_meetings(name: str, title: str, what: str, of_these: Where, among: Where = ANY) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=f"Of the {'conferences' if among.kinds else 'meetings'} held in the period, the share "
        f"{what}.",
        source=f"{OFSTED}: minutes late or missing; {HERE}",
        counts="meetings",
        series="meetings",
        placed="day",
        among=(among,),
        of_these=(of_these,),
    )


_CONFERENCES = Where(kinds=("initial_conference", "review_conference", "transfer_in_conference"))

MEETINGS = (
    _of_meetings_planned(
        "meetings_cancelled", "Meetings cancelled", "cancelled and not held since",
        Where(outcomes=("cancelled",)),
    ),
    _of_meetings_planned(
        "meetings_rearranged", "Meetings moved to another day", "that was moved to another day",
        Where(marked=("REARRANGED",)),
    ),
    _of_meetings_planned(
        "meetings_without_outcome", "Meetings planned of which nothing more is told",
        "whose day has passed, and of which nobody told whether it was held",
        Where(outcomes=("awaited",), is_late=True),
    ),
    _of_meetings(
        "meetings_without_minutes", "Meetings of which there are no minutes", "of which no minutes are told",
        Where(outcomes=("no_minutes",)),
    ),
    _of_meetings(
        "meetings_minutes_not_shared", "Meetings whose minutes were not shared",
        "whose minutes, written or not, have gone to nobody",
        Where(outcomes=("no_minutes", "minutes_written")),
    ),
    _of_meetings(
        "conferences_inquorate", "Conferences that were not quorate", "that was not quorate",
        Where(marked=("INQUORATE",)), _CONFERENCES,
    ),
    _of_meetings(
        "meetings_with_absences", "Meetings that agencies stayed away from",
        "at which fewer agencies were present than had been invited (none, where nobody told how many)",
        Where(marked=("ABSENCES",)),
    ),
)  # fmt: skip


def _of_actions(
    name: str,
    title: str,
    definition: str,
    placed: Placed,
    of_these: Where,
    among: Where = ANY,
) -> Measure:
    return Measure(
        name=name,
        title=title,
        definition=definition,
        source=f"{OFSTED}: audits and challenges without effect; {HERE}",
        counts="actions",
        series="actions",
        placed=placed,
        among=(among,),
        of_these=(of_these,),
    )


_BELOW_GOOD = Where(marked=BELOW_GOOD)
_BY_DAY: Placed = "day"
_BY_END: Placed = "until"

AUDIT = (
    _of_actions(
        "actions_open_past_due", "Actions open past the day they were due",
        "Of the actions that are open on the day, whoever set them, the share that is past the day it was "
        "due.",
        "standing", Where(is_late=True),
    ),
    _of_actions(
        "chair_challenges_unanswered", "Challenges by chairs and reviewing officers unanswered",
        "Of the actions set by conference chairs and reviewing officers that are open on the day, the share "
        "past the day it was due.",
        "standing", Where(is_late=True), Where(kinds=("conference_chair", "reviewing_officer")),
    ),
    _of_actions(
        "priority_actions_open_past_due", "Priority actions of inspections open past their day",
        "Of the actions set by inspections, for the authority or a child, that are open on the day, the "
        "share "
        "past the day it was due.",
        "standing", Where(is_late=True), Where(kinds=("inspection",)),
    ),
    _of_actions(
        "actions_done_in_time", "Actions done in time",
        "Of the actions due in the period, whatever became of them, the share done by that day, and not "
        "reopened since.",
        "day", Where(outcomes=("done_in_time",)),
    ),
    _of_actions(
        "actions_done_without_evidence", "Actions done without evidence",
        "Of the actions done in the period, the share for which no evidence was told.",
        "until", Where(marked=("NO_EVIDENCE",)),
    ),
    _of_actions(
        "actions_reopened", "Actions reopened",
        "Of the actions that were open at any time in the period, the share that was once done, and opened "
        "again.",
        "overlapping", Where(marked=("REOPENED",)),
    ),
    *(
        Measure(
            name=name,
            title=title,
            definition=definition,
            source=f"{OFSTED}: audits without effect; {HERE}",
            counts="audits",
            series=series,
            placed=placed,
            among=(among,),
            of_these=(of_these,),
        )
        for name, title, definition, series, placed, among, of_these in (
            (
                "audits_below_good", "Audits that found the work below good",
                "Of the audits completed in the period, the share graded requires improvement or inadequate.",
                "audits", _BY_DAY, ANY, _BELOW_GOOD,
            ),
            (
                "audits_without_action", "Audits below good that led to no action",
                "Of the audits graded below good whose 28 calendar days for an action to be set were over in "
                "the period (the day after the last is in it), the share after which no action of an audit "
                "on its theme was set within them. One completed lately is not judged yet, and an action set "
                "later changes nothing.",
                "audits", _BY_END, _BELOW_GOOD, Where(outcomes=("no_action",)),
            ),
            (
                "audits_actions_done", "Audits below good whose actions are done",
                "Of the audits completed in the period and graded below good, the share whose actions were "
                "set "
                "and are all done.",
                "audits", _BY_DAY, _BELOW_GOOD, Where(outcomes=("actions_done",)),
            ),
            (
                "audits_repeating_a_theme", "Audits below good on a theme found before",
                "Of the audits completed in the period and graded below good, the share on a theme that an "
                "audit of an earlier day, of this child or any other, had graded below good.",
                themes.SERIES, _BY_DAY, ANY, Where(outcomes=(themes.REPEATED,)),
            ),
        )
    ),
)  # fmt: skip

_NOT_SEEN = ("not_visited", "not_seen")

HOUSEHOLDS = tuple(
    Measure(
        name=name,
        title=title,
        definition="Of the children whose household had another child visited on a day in the period, each "
        "such day "
        f"by itself, the share that {what} that day.",
        source=f"{OFSTED}: other children of the household not considered; {HERE}",
        counts="children and days",
        series="siblings",
        placed="day",
        of_these=(of_these,),
    )
    for name, title, what, of_these in (
        (
            "siblings_not_seen", "Children not seen when another of the household was visited",
            "was not seen",
            Where(outcomes=_NOT_SEEN),
        ),
        (
            "siblings_not_seen_alone", "Children not seen alone when another of the household was visited",
            "was not seen alone, or not said to have been",
            Where(outcomes=(*_NOT_SEEN, "seen_not_alone", "seen_not_told_whether_alone")),
        ),
    )
)  # fmt: skip

PEOPLE = (
    Measure(
        name="caseloads_over_threshold",
        title="Workers who hold more children than the policy allows",
        definition="Of the workers who hold a child on the day or are there to hold one (nobody holds what "
        "is over, nor, having left the authority, what was allocated before), the share that "
        "holds more children for each full-time equivalent than the parameter caseload_children allows (18 "
        "unless the authority's file says otherwise), and while newly qualified more than so much of that "
        "as newly_qualified_caseload_percent allows (90); by how many they hold.",
        source=f"{OFSTED}: caseloads; local policy (14 to 20, not verified); the tenth: assessed and "
        "supported year "
        "in employment",
        counts="workers",
        series="caseloads",
        placed="standing",
        of_these=(Where(outcomes=("over",)),),
        bands=(Band(0, 0), Band(1, 10), Band(11, 14), Band(15, 18), Band(19, 22), Band(23, None)),
        unit="children",
        has_quartiles=True,
    ),
    Measure(
        name="worker_changes_by_child",
        title="Children by how often their worker changed",
        definition="Children whose case passed from one worker to another in the period, by how often; and "
        "the share "
        "for whom it did so twice or more.",
        source=f"{OFSTED}: changes of worker; {HERE}",
        counts="children",
        series="changes_by_child",
        placed="day",
        of_these_lengths=Band(2, None),
        bands=(Band(1, 1), Band(2, 2), Band(3, 3), Band(4, None)),
        unit="changes",
        has_quartiles=True,
    ),
    Measure(
        name="children_without_worker",
        title="Children whose case is open and held by nobody",
        definition="Children with a referral or a plan open, or in care, whom no worker holds on the day "
        "(none was allocated, or who was has left the authority since), with the quartiles of the working "
        "days that it has been so.",
        source=f"{OFSTED}: changes of worker; {HERE}",
        counts="children",
        series=WITHOUT_WORKER,
        placed="standing",
        has_quartiles=True,
    ),
    Measure(
        name="times_without_worker",
        title="Times without a worker that came to an end",
        definition="Times in which an open case was held by nobody (none was allocated, or who was had left "
        "the authority since) that ended in the period, with the quartiles of their working days.",
        source=f"{OFSTED}: changes of worker; {HERE}",
        counts="times",
        series=WITHOUT_WORKER,
        placed="until",
        has_quartiles=True,
    ),
    Measure(
        name="worker_changes",
        title="Changes of worker",
        definition="How often in the period a case passed from one worker to another; the first to hold it "
        "is none.",
        source=f"{OFSTED}: changes of worker; {HERE}",
        counts="changes",
        series="worker_changes",
        placed="day",
    ),
)

RECORDING = (
    Measure(
        name="recording_delays",
        title="Facts by how long after they occurred they were entered",
        definition="Facts entered in the period, by the working days from the day they occurred to the day "
        "they were entered, else recorded; first snapshots and imported history left out. By kind: the "
        "source that told them; by team and worker: who held the case on the day they were entered.",
        source=f"{OFSTED}: records of visits not up to date; {HERE}",
        counts="facts",
        series="facts_entered",
        placed="day",
        bands=(Band(0, 0), Band(1, 1), Band(2, 2), Band(3, 5), Band(6, 10), Band(11, None)),
        has_quartiles=True,
    ),
    *(
        Measure(
            name=f"recorded_late_{days}",
            title=f"Facts entered more than {days} working {'day' if days == 1 else 'days'} late",
            definition="Of the facts entered in the period, the share entered more than "
            f"{days} working {'day' if days == 1 else 'days'} after they occurred; first snapshots and "
            "imported history left out. By kind: the source that told them; by team and worker: who held "
            "the case on the day they were entered.",
            source=f"{OFSTED}: records of visits not up to date; {HERE}",
            counts="facts",
            series="facts_entered",
            placed="day",
            of_these_lengths=Band(days + 1, None),
        )
        for days in (1, 2, 5)
    ),
    Measure(
        name="discrepancies",
        title="Facts that do not follow",
        definition="Discrepancies in what was recorded in the period; by kind: how many of each code.",
        source="the rules of the CIN census and SSDA903 returns where a code has their number; see the list "
        "of "
        "discrepancies",
        counts="discrepancies",
        series="discrepancies",
        placed="day",
    ),
    Measure(
        name="facts_after_publication",
        title="Facts that came too late for the figures of their month",
        definition="Facts entered in the period that start or stop a clock and were entered more than ten "
        "working "
        "days after the end of the month in which they occurred, with the quartiles of their delay in "
        "working days; first snapshots and imported history left out.",
        source=HERE,
        counts="facts",
        series="late_facts",
        placed="day",
        has_quartiles=True,
    ),
)

OTHERS: tuple[Measure, ...] = (
    *ASSESSMENTS, *REFERRALS, *PROTECTION, *PLANS, *VISITS, *MEETINGS, *HOUSEHOLDS, *AUDIT, *PEOPLE,
    *RECORDING,
)  # fmt: skip
MEASURES: tuple[Measure, ...] = (
    *(measure for timescale in IDS for measure in timeliness(timescale)),
    *OTHERS,
)

GROUPS: tuple[tuple[str, tuple[Measure, ...]], ...] = (
    ("Timescales", MEASURES[: len(MEASURES) - len(OTHERS)]),
    ("Assessments", ASSESSMENTS),
    ("Referrals and drift", REFERRALS),
    ("Strategy discussions, enquiries and conferences", PROTECTION),
    ("Plans, and when children were last seen", PLANS),
    ("Visits and households", (*VISITS, *HOUSEHOLDS)),
    ("Meetings and minutes", MEETINGS),
    ("Audits, challenges and actions", AUDIT),
    ("Workers and caseloads", PEOPLE),
    ("Recording", RECORDING),
)
"""The measures as people look for them: each in one group."""

BY_NAME = {measure.name: measure for measure in MEASURES}
