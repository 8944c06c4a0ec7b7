"""The children in need census as records of a snapshot, and which records such a return must show."""

import hashlib
import hmac
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from infra.files.cin_census import Header
from infra.files.cin_records import (
    CensusChild,
    CensusEnquiry,
    CensusPreProceedings,
    CensusProtectionPlan,
    CensusReferral,
)
from services.snapshots import Known, Row, SeenChild

_SORTS = {
    "CINdetails": "referral",
    "Assessments": "assessment",
    "Section47": "enquiry",
    "ChildProtectionPlans": "child_protection",
    "CINPlanDates": "child_in_need",
    "PreProceedingsandFGDM": "track",
    "CPPreviewDate": "review_conference",
}


def year_begins(header: Header, taken_on: date) -> date:
    """The first day of the census year: a year before the reference date, else the last 1 April up to
    ``taken_on``.
    """
    if header.reference_on and header.reference_on.year > 1900:
        return _year_before(header.reference_on) + timedelta(days=1)
    april = date(taken_on.year, 4, 1)
    return april if april <= taken_on else april.replace(year=taken_on.year - 1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def covers(begins_on: date) -> Callable[[Known], bool]:
    """Says if a census whose year begins on ``begins_on`` must show a record; it tells nothing of what it
    leaves out.

    Source: DfE CIN census validation rules 8569Q (no further action), 8620 (closures), 8696 and 8736
    (assessments), 8715 and 8740 (conferences, section 47), 8930 (child protection plans), 4013 (child in need
    plans), 9005 (pre-proceedings).
    """

    def must_show(record: Known) -> bool:
        ended_on = record.values.get("ended_on")
        began_in_year = record.started_on >= begins_on
        if record.sort == "referral" and record.values.get("outcome") and not ended_on:
            return began_in_year
        if record.sort in ("referral", "child_protection", "child_in_need"):
            return ended_on is None or date.fromisoformat(ended_on) >= begins_on
        if ended_on is not None:
            return date.fromisoformat(ended_on) >= begins_on
        return began_in_year

    return must_show


def seen_child(child: CensusChild, key: bytes) -> SeenChild:
    """A child of the census. ``key`` keeps the digest of the date of birth from being guessed."""
    days = {"date_of_birth": child.date_of_birth, "expected_birth_on": child.expected_birth_on}
    registration = {name: day.isoformat() for name, day in days.items() if day}
    digest = None
    if registration and not child.unread & set(days):
        said = "|".join((child.reference, *(f"{name}={day}" for name, day in sorted(registration.items()))))
        digest = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:32]
    return SeenChild(
        reference=child.reference,
        rows=tuple(_referral(referral) for referral in child.referrals),
        unread_sorts=_unread_sorts(child.set_aside),
        registration=registration,
        registration_digest=digest,
        line=child.line,
    )


def records_in(rows: Iterable[Row]) -> int:
    """How many records there are, those inside others included."""
    return sum(1 + records_in(row.rows) for row in rows)


def _unread_sorts(set_aside: frozenset[str]) -> frozenset[str]:
    return frozenset(_SORTS[name] for name in set_aside)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _referral(referral: CensusReferral) -> Row:
    conferences = [(referral.conference_on, referral.line)]
    conferences += [(enquiry.conference_on, enquiry.line) for enquiry in referral.enquiries]
    lines: dict[date, int] = {}
    for held_on, line in conferences:
        if held_on:
            lines.setdefault(held_on, line)
    rows = [
        *(
            Row(sort="assessment", started_on=a.started_on, values={"ended_on": _text(a.authorised_on)},
                unread=a.unread, line=a.line)
            for a in referral.assessments
        ),
        *(_enquiry(enquiry, referral) for enquiry in referral.enquiries),
        *(Row(sort="initial_conference", started_on=held_on, line=line) for held_on, line in lines.items()),
        *(_protection_plan(plan) for plan in referral.protection_plans),
        *(
            Row(sort="child_in_need", started_on=p.started_on, values={"ended_on": _text(p.ended_on)},
                unread=p.unread, line=p.line)
            for p in referral.need_plans
        ),
        *(_track(track) for track in referral.pre_proceedings),
    ]  # fmt: skip
    unread_sorts = _unread_sorts(referral.set_aside)
    if (
        "conference_on" in referral.unread
        or "Section47" in referral.set_aside
        or any("ended_on" in enquiry.unread for enquiry in referral.enquiries)
    ):
        unread_sorts |= {"initial_conference"}
    return Row(
        sort="referral",
        started_on=referral.received_on,
        values={
            "referral_source": referral.source,
            "primary_need": referral.primary_need,
            "outcome": "no_further_action" if referral.is_no_further_action else None,
            "ended_on": _text(referral.closed_on),
            "reason": referral.closure_reason if referral.closed_on else None,
        },
        rows=tuple(rows),
        unread=referral.unread | ({"reason"} if "ended_on" in referral.unread else set()),
        unread_sorts=unread_sorts,
        undated_on=referral.closed_on or max(_days(referral.received_on, rows)),
        line=referral.line,
    )


def _days(received_on: date, rows: Iterable[Row]) -> Iterable[date]:
    """The days that the return tells of a referral: no further action was decided on none of them later than
    the last.
    """
    yield received_on
    for row in rows:
        yield row.started_on
        if row.values.get("ended_on"):
            yield date.fromisoformat(row.values["ended_on"] or "")
        yield from _days(row.started_on, row.rows)


def _enquiry(enquiry: CensusEnquiry, referral: CensusReferral) -> Row:
    """That no conference was needed has no day in the return; it was so, at the latest, when the referral was
    closed.
    """
    outcome = "no_conference" if enquiry.is_conference_unnecessary else None
    unread = enquiry.unread
    if enquiry.conference_on:
        outcome = "conference"
        unread -= {"outcome"}
    elif "ended_on" in unread:
        unread |= {"outcome"}
    return Row(
        sort="enquiry",
        started_on=enquiry.started_on,
        values={"outcome": outcome, "ended_on": _text(enquiry.conference_on)},
        unread=unread,
        undated_on=max(referral.closed_on, enquiry.started_on) if referral.closed_on else None,
        line=enquiry.line,
    )


def _protection_plan(plan: CensusProtectionPlan) -> Row:
    return Row(
        sort="child_protection",
        started_on=plan.started_on,
        values={
            "initial_category": plan.initial_category,
            "category": plan.latest_category,
            "ended_on": _text(plan.ended_on),
        },
        rows=tuple(Row(sort="review_conference", started_on=r.held_on, line=r.line) for r in plan.reviews),
        unread=plan.unread,
        unread_sorts=_unread_sorts(plan.set_aside),
        line=plan.line,
    )


def _track(track: CensusPreProceedings) -> Row:
    is_issued = track.decided_on and track.applied_on
    return Row(
        sort="track",
        started_on=track.started_on,
        values={
            "letter_sent_on": _text(track.letter_sent_on),
            "ended_on": _text(track.decided_on) if is_issued else None,
            "outcome": "issue" if is_issued else None,
            "issued_on": _text(track.applied_on),
        },
        rows=(Row(sort="pre_proceedings_meeting", started_on=track.met_on, line=track.line),)
        if track.met_on
        else (),
        unread=track.unread | {"outcome"} if "ended_on" in track.unread else track.unread,
        unread_sorts=frozenset({"pre_proceedings_meeting"} if "met_on" in track.unread else ()),
        line=track.line,
    )
