"""No fact from a case system makes a clock shorter: the check, and its named exceptions."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.reference.days import day_of

Clock = Mapping[str, Any]
Fact = Mapping[str, Any]
REFERRAL_ENDS = ("ReferralClosed", "SteppedDown", "ReferralDecided")


def uncovered(before: Sequence[Clock], after: Sequence[Clock]) -> list[str]:
    """What is lost from one list of clocks to another of the same day; empty if nothing is.

    A clock is covered by one that starts no later and ends no earlier; what was running still
    runs; what was over its limit is not in time.
    """
    return [
        _describe(clock) + " is not covered by " + "; ".join(map(_describe, after))
        for clock in before
        if not any(_covers(other, clock) for other in after)
        and not _seen_of_one_joined(clock, after)
        and not _ends_with_its_need(clock, before, after)
    ]


def _covers(other: Clock, clock: Clock) -> bool:
    if other["timescale"] != clock["timescale"] or other["started_on"] > clock["started_on"]:
        return False
    if clock["timescale"].endswith("_decision") and other["subject"] != clock["subject"]:
        return False
    if _is_late(clock) and _is_in_time(other):
        return False
    if other["status"] == "open":
        return True
    if clock["status"] == "open":
        return False
    if clock["status"] == "stopped" and other["status"] == "ended_without_completion":
        return True  # the property: it "counts as no shorter than a stop"
    return bool(other["stopped_on"] >= clock["stopped_on"])


def _is_late(clock: Clock) -> bool:
    return bool(clock["elapsed"]["working_days"] > clock["limit"]["value"])


def _is_in_time(clock: Clock) -> bool:
    return clock["status"] == "stopped" and not _is_late(clock)


def _seen_of_one_joined(clock: Clock, after: Sequence[Clock]) -> bool:
    """A child-seen clock has "the same start" as its assessment clock: where that joined an
    earlier one, a visit made since the earlier start stops it."""
    return clock["timescale"] == "assessment_child_seen" and any(
        other["timescale"] == "assessment"
        and other["started_on"] < clock["started_on"]
        and (other["status"] == "open" or other["stopped_on"] >= clock["started_on"])
        for other in after
    )


def _ends_with_its_need(clock: Clock, before: Sequence[Clock], after: Sequence[Clock]) -> bool:
    """A child-seen clock without a visit ends with its need: where that was met and now is
    `ended_without_completion`, which counts as no shorter, so does its child-seen clock."""

    def statuses(clocks: Sequence[Clock], timescale: str) -> list[str]:
        return [
            c["status"]
            for c in clocks
            if c["timescale"] == timescale and c["started_on"] == clock["started_on"]
        ]

    ended = "ended_without_completion"
    return (
        clock["timescale"] == "assessment_child_seen"
        and clock["status"] == ended
        and "stopped" in statuses(before, "assessment")
        and ended in statuses(after, "assessment")
        and ended in statuses(after, "assessment_child_seen")
    )


def _describe(clock: Clock) -> str:
    end = clock["stopped_on"] or "..."
    return f"{clock['id']} {clock['started_on']}..{end} {clock['status']}"


# -- the named exceptions, each as narrow as its rule ----------------------------------------------


def is_excepted(history: Sequence[Fact], inserted: Fact, on: date) -> bool:
    """Whether the rules say that, read as at ``on``, this fact may end or answer for something.

    The history is as the clocks read it (``Reading.facts_as_read``), since an end that was
    withdrawn is not there to be reported a second time; ask of it before and after the insertion.
    """
    named = (inserted["source"], inserted["id"])
    as_read = [f for f in history if (f["source"], f["id"]) == named]
    inserted = as_read[0] if as_read else inserted
    history = [f for f in history if f not in as_read]
    return (
        is_a_referral_that_is_over(history, inserted)
        or is_end_of_a_referral_of_its_own(history, inserted)
        or is_report_of_an_end_before_the_latest(history, inserted, on)
        or is_later_end_of_a_referral_that_was_over_when_an_assessment_began(history, inserted)
        or is_referral_between_a_need_that_left_no_clock_and_an_assessment(history, inserted)
        or is_earlier_receipt_of_a_referral_so_answered(history, inserted)
        or is_closing_of_a_record_reopened_after_the_end(history, inserted)
        or is_closing_or_cancelling_before_another_completion(history, inserted)
        or is_reopening_of_a_cancelled_record_completed_later(history, inserted)
        or is_reopening_between_two_completions(history, inserted)
    )


def is_held_from_now_on(
    held_before: Sequence[tuple[str, str]],
    held_after: Sequence[tuple[str, str]],
    inserted: Fact,
) -> bool:
    """Rule 6: a correction is applied "only if on no day" it harms; an inserted fact can make one
    harmful that lengthened a clock, and it is then held."""
    named = (inserted["source"], inserted["id"])
    return bool(set(held_after) - set(held_before) - {named})


def _of(history: Sequence[Fact], type: str, **data: Any) -> list[Fact]:
    return [f for f in history if f["type"] == type and all(f["data"].get(k) == v for k, v in data.items())]


def _day(fact: Fact) -> Any:
    return day_of(fact["occurred_on"])


def is_a_referral_that_is_over(history: Sequence[Fact], inserted: Fact) -> bool:
    """Rule 3: a referral received and over ends the need that it joined."""
    if inserted["type"] not in ("ReferralReceived", "SteppedUp"):
        return False
    id = inserted["data"]["referral_id"]
    ends = [
        *_of(history, "ReferralClosed", referral_id=id),
        *_of(history, "SteppedDown", referral_id=id),
        *_of(history, "ReferralDecided", referral_id=id),
        *_of(history, "TransferredOut"),
    ]
    return bool(ends)


_BEGINNINGS = {
    "referral_id": ("ReferralReceived", "SteppedUp"),
    "assessment_id": ("AssessmentStarted", "AssessmentReopened"),
    "contact_id": ("ContactReceived",),
}


def _next_reports(history: Sequence[Fact], end: Fact, id_field: str, step: int) -> Fact | None:
    """The next (or, with -1, the previous) report of the same end, no new beginning between."""
    id = end["data"][id_field]
    sign = 1 if step > 0 else -1
    same = [
        f
        for f in history
        if f["data"].get(id_field) == id
        and (_day(f) - _day(end)).days * sign >= 0
        and f["type"] in (end["type"], *_BEGINNINGS[id_field])
    ]
    # a beginning of the same day may lie between: it is taken to
    same.sort(key=lambda f: (abs((_day(f) - _day(end)).days), f["type"] == end["type"]))
    return same[0] if same and same[0]["type"] == end["type"] else None


def _ended(inserted: Fact) -> str | None:
    """What the inserted fact ends: the field with its id."""
    fields = {
        "ReferralClosed": "referral_id",
        "SteppedDown": "referral_id",
        "ReferralDecided": "referral_id",
        "AssessmentCompleted": "assessment_id",
        "ContactDecided": "contact_id",
    }
    return fields.get(inserted["type"])


def is_end_of_a_referral_of_its_own(history: Sequence[Fact], inserted: Fact) -> bool:
    """Rule 3: a referral that is over. One reported again (no receipt between) is not meant, nor
    is a completion that is no second report, which the property does not speak of."""
    id_field = _ended(inserted)
    if id_field is None:
        return False
    return (
        _next_reports(history, inserted, id_field, 1) is None
        and _next_reports(history, inserted, id_field, -1) is None
    )


def is_report_of_an_end_before_the_latest(history: Sequence[Fact], inserted: Fact, on: date) -> bool:
    """Rule 6: "only reports dated up to `as_at` count": until the later report has come, the
    earlier one stands."""
    id_field = _ended(inserted)
    if id_field is None:
        return False
    later = _next_reports(history, inserted, id_field, 1)
    return later is not None and on < _day(later)


def is_later_end_of_a_referral_that_was_over_when_an_assessment_began(
    history: Sequence[Fact], inserted: Fact
) -> bool:
    """Rule 3: an assessment that continues an ended need runs on; one begun while the referral was
    open (it turns out, by a later report of its end) ends when the referral is over."""
    if inserted["type"] not in REFERRAL_ENDS:
        return False
    id = inserted["data"]["referral_id"]
    ends = [f for f in history if f["type"] in REFERRAL_ENDS and f["data"]["referral_id"] == id]
    began = [f for f in history if f["type"] in ("AssessmentStarted", "AssessmentReopened")]
    return any(_day(end) <= _day(begun) <= _day(inserted) for end in ends for begun in began)


def is_referral_between_a_need_that_left_no_clock_and_an_assessment(
    history: Sequence[Fact], inserted: Fact
) -> bool:
    """Rule 3: "only an assessment started within the window, while no clock runs, continues it":
    with a referral between, a clock runs."""
    if inserted["type"] not in ("ReferralReceived", "SteppedUp"):
        return False
    ends = [f for f in history if f["type"] in (*REFERRAL_ENDS, "TransferredOut")]
    return any(
        _day(end) <= _day(inserted) <= _day(start) <= _day(end) + timedelta(days=28)
        for end in ends
        for start in _of(history, "AssessmentStarted")
    )


def is_earlier_receipt_of_a_referral_so_answered(history: Sequence[Fact], inserted: Fact) -> bool:
    """Rule 5: a completion answers for the referral received before its record was started. The
    same referral said to be received earlier, before a record that is completed was started, is not
    "another referral"."""
    if inserted["type"] not in ("ReferralReceived", "SteppedUp"):
        return False
    id = inserted["data"]["referral_id"]
    return any(
        _day(inserted) <= _day(started) <= _day(receipt)
        for receipt in [f for f in history if f["data"].get("referral_id") == id]
        if receipt["type"] in ("ReferralReceived", "SteppedUp")
        for started in _of(history, "AssessmentStarted")
        if _of(history, "AssessmentCompleted", assessment_id=started["data"]["assessment_id"])
    )


def is_closing_of_a_record_reopened_after_the_end(history: Sequence[Fact], inserted: Fact) -> bool:
    """Rule 3: such a need runs "until every record so reopened is closed again"."""
    if inserted["type"] != "AssessmentClosed":
        return False
    id = inserted["data"]["assessment_id"]
    begun = _of(history, "AssessmentReopened", assessment_id=id)
    begun += _of(history, "AssessmentStarted", assessment_id=id)[1:]
    return any(_day(f) <= _day(inserted) for f in begun)


def is_closing_or_cancelling_before_another_completion(history: Sequence[Fact], inserted: Fact) -> bool:
    """Rule 5: a completion answers "for records closed before it"."""
    if inserted["type"] not in ("AssessmentClosed", "AssessmentCancelled"):
        return False
    id = inserted["data"]["assessment_id"]
    return any(
        f["data"]["assessment_id"] != id and _day(f) >= _day(inserted)
        for f in _of(history, "AssessmentCompleted")
    )


def is_reopening_of_a_cancelled_record_completed_later(history: Sequence[Fact], inserted: Fact) -> bool:
    """a completion counts of a record "that is not cancelled", and a reopened one is not."""
    if inserted["type"] not in ("AssessmentReopened", "AssessmentStarted"):
        return False
    id = inserted["data"]["assessment_id"]
    return any(
        _day(f) <= _day(inserted) for f in _of(history, "AssessmentCancelled", assessment_id=id)
    ) and any(_day(f) >= _day(inserted) for f in _of(history, "AssessmentCompleted", assessment_id=id))


def is_reopening_between_two_completions(history: Sequence[Fact], inserted: Fact) -> bool:
    """Rule 6: an end came on the latest day reported "with no new beginning between (a reopening
    is one)"; rule 5: reopening the completed record leaves the clock stopped."""
    if inserted["type"] not in ("AssessmentReopened", "AssessmentStarted"):
        return False
    id = inserted["data"]["assessment_id"]
    days = [_day(f) for f in _of(history, "AssessmentCompleted", assessment_id=id)]
    return any(d <= _day(inserted) for d in days) and any(d >= _day(inserted) for d in days)
