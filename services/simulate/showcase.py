"""The showcase: child C1001, one need under three assessments, 89 working days of which 9 show."""

from datetime import date
from typing import NamedTuple

from services.simulate.clerk import ENTRY_TIMES, Clerk

CHILD = "C1001"
TEAM = "Team-B"
ORDINARY = 1_000
STEP = 60


class Fact(NamedTuple):
    """A fact of the showcase: month and day of 2019, type, data, and the days until it was entered."""

    day: tuple[int, int]
    name: str
    data: str
    lag: int = 0


def _by(worker: str) -> str:
    return f',"worker_id":"{worker}","team_id":"{TEAM}"'


FACTS = (
    Fact(
        (3, 4),
        "ChildRegistered",
        ',"date_of_birth":"2013-02-11","family_name":"Examplewick","given_name":"Inkling"',
    ),
    Fact(
        (3, 4),
        "ContactReceived",
        ',"contact_id":"CT-1","contact_source":"police: domestic abuse notification"',
    ),
    Fact((3, 5), "ContactDecided", ',"contact_id":"CT-1","outcome":"referral"'),
    Fact(
        (3, 5),
        "ReferralReceived",
        ',"referral_id":"R-1","contact_id":"CT-1","referral_source":"6","primary_need":"N1","team_id":"Front-door"',
    ),
    Fact((3, 5), "ReferralDecided", ',"referral_id":"R-1","outcome":"assessment","team_id":"Front-door"'),
    Fact((3, 5), "WorkerAllocated", _by("SW-221") + ',"role":"social_worker"'),
    Fact((3, 6), "AssessmentStarted", ',"assessment_id":"A-1","referral_id":"R-1"' + _by("SW-221")),
    Fact(
        (3, 12),
        "VisitMade",
        ',"visit_id":"V-1","purpose":"assessment","seen":true,"seen_alone":false' + _by("SW-221"),
    ),
    Fact((3, 12), "PlanStarted", ',"plan_id":"P-1","kind":"child_in_need"' + _by("SW-221")),
    Fact(
        (3, 12),
        "VisitFrequencySet",
        ',"plan_id":"P-1","every":10,"unit":"working_days","reason":"risk of domestic abuse"' + _by("SW-221"),
    ),
    Fact(
        (3, 21),
        "MeetingHeld",
        ',"meeting_id":"M-1","kind":"multi_agency","agencies_invited":["health","police","school"]'
        ',"agencies_attended":["health","school"]' + _by("SW-221"),
    ),
    Fact((4, 3), "VisitAttempted", ',"visit_id":"V-2","purpose":"child_in_need"' + _by("SW-221")),
    Fact((4, 8), "WorkerAllocated", _by("SW-305") + ',"role":"social_worker"'),
    Fact(
        (4, 17),
        "AssessmentClosed",
        ',"assessment_id":"A-1","reason":"re-evaluate"' + _by("M-12"),
    ),
    Fact((4, 29), "AssessmentStarted", ',"assessment_id":"A-2","referral_id":"R-1"' + _by("SW-305")),
    Fact(
        (5, 7),
        "VisitMade",
        ',"visit_id":"V-3","purpose":"child_in_need","seen":true,"seen_alone":false' + _by("SW-305"),
        lag=30,
    ),
    Fact((5, 9), "MinutesDistributed", f',"meeting_id":"M-1","team_id":"{TEAM}"'),
    Fact((5, 14), "WorkerAllocated", _by("SW-318") + ',"role":"newly_qualified_social_worker"'),
    Fact(
        (5, 22),
        "StrategyDiscussionHeld",
        ',"meeting_id":"M-2","referral_id":"R-1","outcome":"section_47"' + _by("M-12"),
    ),
    Fact((5, 23), "MinutesDistributed", ',"meeting_id":"M-2"' + _by("M-12")),
    Fact(
        (5, 23),
        "Section47Started",
        ',"enquiry_id":"E-1","meeting_id":"M-2","referral_id":"R-1"' + _by("SW-318"),
    ),
    Fact(
        (6, 4),
        "VisitMade",
        ',"visit_id":"V-4","purpose":"child_in_need","seen":true,"seen_alone":true,"bedroom_seen":true'
        + _by("SW-318"),
    ),
    Fact((6, 12), "Section47Completed", ',"enquiry_id":"E-1","outcome":"conference"' + _by("M-12")),
    Fact((6, 12), "PlanEnded", ',"plan_id":"P-1","reason":"to an initial conference"' + _by("SW-318")),
    Fact(
        (6, 13),
        "MeetingHeld",
        ',"meeting_id":"M-3","kind":"initial_conference","plan_id":"P-2"'
        ',"agencies_invited":6,"agencies_attended":5' + _by("C-4"),
    ),
    Fact(
        (6, 13),
        "DecisionMade",
        ',"decision_id":"D-1","kind":"child_protection_plan","outcome":"child protection plan (neglect)"'
        ',"made_by":"C-4"' + _by("C-4"),
    ),
    Fact(
        (6, 13), "PlanStarted", ',"plan_id":"P-2","kind":"child_protection","category":"NEG"' + _by("SW-318")
    ),
    Fact((6, 14), "DecisionsSent", ',"meeting_id":"M-3"' + _by("C-4")),
    Fact((6, 20), "AssessmentClosed", ',"assessment_id":"A-2","reason":"re-evaluate"' + _by("M-12")),
    Fact(
        (6, 24),
        "VisitMade",
        ',"visit_id":"V-5","purpose":"child_protection","seen":true,"seen_alone":true' + _by("SW-318"),
    ),
    Fact((6, 27), "MeetingHeld", ',"meeting_id":"M-4","kind":"core_group","plan_id":"P-2"' + _by("SW-318")),
    Fact((7, 1), "AssessmentStarted", ',"assessment_id":"A-3","referral_id":"R-1"' + _by("SW-318")),
    Fact((7, 4), "MinutesDistributed", ',"meeting_id":"M-3"' + _by("C-4")),
    Fact(
        (7, 9),
        "VisitMade",
        ',"visit_id":"V-6","purpose":"child_protection","seen":true,"seen_alone":false' + _by("SW-318"),
    ),
    Fact((7, 12), "AssessmentCompleted", ',"assessment_id":"A-3","authorised_by":"M-12"' + _by("M-12")),
    Fact((7, 30), "VisitAttempted", ',"visit_id":"V-7","purpose":"child_protection"' + _by("SW-318")),
    Fact((8, 8), "MeetingHeld", ',"meeting_id":"M-5","kind":"core_group","plan_id":"P-2"' + _by("SW-318")),
    Fact(
        (8, 21),
        "AuditCompleted",
        ',"audit_id":"AU-1","grade":"inadequate","theme":"drift","worker_id":"AU-2"',
    ),
    *(
        Fact(
            (8, 21),
            "ActionSet",
            f',"action_id":"AC-{number}","origin":"audit","due_on":"2019-09-{due}","owner":"{owner}","theme":"{theme}"',
        )
        for number, due, owner, theme in (
            (1, "04", "social worker", "visits"),
            (2, "11", "team manager", "drift"),
            (3, "18", "team manager", "supervision"),
        )
    ),
    Fact(
        (8, 29),
        "VisitMade",
        ',"visit_id":"V-8","purpose":"child_protection","seen":true,"seen_alone":true' + _by("SW-340"),
        lag=14,
    ),
    Fact((9, 2), "WorkerAllocated", _by("SW-340") + ',"role":"social_worker"'),
    Fact(
        (9, 9),
        "DecisionMade",
        ',"decision_id":"D-2","kind":"pre_proceedings","outcome":"enter pre-proceedings"'
        ',"made_by":"Legal-planning-meeting"',
    ),
    Fact((9, 9), "PreProceedingsDecided", ',"track_id":"T-1"' + _by("SW-340")),
    Fact(
        (10, 3),
        "VisitMade",
        ',"visit_id":"V-9","purpose":"child_protection","seen":true,"seen_alone":true,"bedroom_seen":true'
        + _by("SW-340"),
    ),
    Fact((10, 14), "LetterBeforeProceedingsSent", ',"track_id":"T-1"' + _by("SW-340")),
)

JOINED = (
    ("SW-221", (3, 1), (4, 5), ""),
    ("SW-305", (4, 8), (5, 13), ""),
    ("SW-318", (5, 13), None, ',"newly_qualified_until":"2020-05-12"'),
    ("SW-340", (8, 27), None, ""),
)
"""Worker, when they joined and left the team, and whether they are newly qualified."""

SUPERVISED = (("SW-305", "M-12", (4, 10)), ("SW-340", "M-31", (9, 26)))


def tell_showcase(clerk: Clerk) -> None:
    """Tell of C1001 and of the workers who had the case, in so far as the days of the clerk hold it."""
    days = clerk.days

    def number(month_and_day: tuple[int, int]) -> int:
        return days.number(date(2019, *month_and_day))

    for n, fact in enumerate(FACTS, start=1):
        day = number(fact.day)
        at = ENTRY_TIMES[ORDINARY + STEP * n]
        clerk.enter(day, CHILD, f"{CHILD}-{n}", fact.name, fact.data, at, day + fact.lag)
    for worker, joined, left, qualified in JOINED:
        stream, team = f"worker:{worker}", f',"team_id":"{TEAM}"'
        clerk.enter(
            number(joined),
            stream,
            f"{worker}-joined",
            "WorkerJoined",
            f'{qualified},"full_time_equivalent":1.0{team}',
            ENTRY_TIMES[0],
        )
        if left:
            clerk.enter(number(left), stream, f"{worker}-left", "WorkerLeft", team, ENTRY_TIMES[-1])
    for worker, supervisor, held in SUPERVISED:
        clerk.enter(
            number(held),
            f"worker:{worker}",
            f"{worker}-supervised",
            "SupervisionHeld",
            f',"supervision_id":"S-{worker}","supervisor_id":"{supervisor}","children":["{CHILD}"]',
            ENTRY_TIMES[-1],
        )
