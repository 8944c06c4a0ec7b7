"""What each flag of a clock means, in a sentence."""

import re
from collections.abc import Mapping
from typing import Any

from services.web.census_codes import in_words

# In the order of how much each says about time that a record does not show.
# {value|day} is the flag's value counted in days: "1 day", "30 days".
SENTENCES: dict[str, tuple[str, str]] = {
    "RESTARTED_ON_OPEN_REFERRAL": (
        "Closed and restarted",
        "An assessment was closed and another was started for the same need. The clock ran on through both.",
    ),
    "REOPENED_SAME_RECORD": (
        "Closed and reopened",
        "A record was closed and the same one was reopened. The record counts from the "
        "reopening; the need does not.",
    ),
    "CANCELLED_THEN_RESTARTED": (
        "Cancelled and restarted",
        "An assessment was cancelled or deleted and another was started for the same need. The clock ran on.",
    ),
    "CONTINUATION_WITHIN_WINDOW": (
        "Ended and soon resumed",
        "The need was ended with nothing completed and came back within 28 days. It is read as "
        "one need, the gap counted.",
    ),
    "START_DATE_MOVED_LATER": (
        "Start moved later",
        "The start was changed to a later day. The clock still counts from the day first "
        "reported, unless a ruling accepts the change.",
    ),
    "REFERRAL_DATE_MOVED_LATER": (
        "Referral date moved later",
        "The referral was changed to a later day. The clock still counts from the day first "
        "reported, unless a ruling accepts the change.",
    ),
    "STOP_DATE_MOVED_EARLIER": (
        "End moved earlier",
        "The end was changed to an earlier day. The clock still counts to the latest day "
        "reported, unless a ruling accepts the change.",
    ),
    "DELETED_WITH_OPEN_CLOCK": (
        "Deleted while running",
        "A record or fact that the clock counts from was withdrawn, was deleted or vanished while "
        "the clock ran. The clock still counts it.",
    ),
    "CHANGE_HELD": (
        "A change is held",
        "A correction or withdrawal would leave the need covered for less time. It is held until "
        "a ruling accepts it.",
    ),
    "PAUSED_STATUTORY_CLOCK": (
        "Paused",
        "The record was paused. Nothing pauses this limit, so the clock ran on.",
    ),
    "CLOSED_WITH_OPEN_ASSESSMENT": (
        "Referral closed over an open assessment",
        "The referral was over while an assessment was still open.",
    ),
    "ENDED_WITHOUT_COMPLETION": (
        "Ended, nothing completed",
        "The need was ended with no assessment completed[: ‘{value}’].",
    ),
    "COMPLETED_AFTER_CLOSING": (
        "Completed after the need ended",
        "The assessment was completed after the need had been ended. It counts as late.",
    ),
    "OPEN_PAST_LIMIT": ("Open past its limit", "The clock is still running, past its limit."),
    "SUBSEQUENT_ON_OPEN_REFERRAL": (
        "Later need on an open referral",
        "This clock goes on from an earlier one that was completed[, {value|working day} after "
        "the referral].",
    ),
    "NO_OPEN_REFERRAL": (
        "No open referral",
        "The assessment was started with no referral open[, {value|working day} after the last "
        "one was over].",
    ),
    "RE_REFERRAL_WITHIN_12_MONTHS": (
        "Re-referral within 12 months",
        "The child had been referred within the 12 months before.",
    ),
    "SHORT_GAP_RE_REFERRAL": (
        "Re-referral after a short gap",
        "The referral came 28 days or fewer after an earlier one was over.",
    ),
    "REFERRAL_AFTER_CONTACT": (
        "Referral long after contact",
        "The referral was received [{value|working day} ]after the contact it came from.",
    ),
    "CORRECTION_AFTER_COMPLETION": (
        "Reopened after completion",
        "The completed assessment was reopened[, and was open for {value|working day}]. The clock "
        "stays stopped.",
    ),
    "COMPLETED_CHILD_NOT_SEEN": (
        "Completed, child not seen",
        "The assessment was completed with no visit on record in which the child was seen.",
    ),
    "COMPLETED_WITHOUT_AUTHORISATION": (
        "Completed, no manager named",
        "The assessment was completed with nobody named as having authorised it.",
    ),
    "BRIEF_COMPLETION": (
        "Completed within days of its start",
        "The assessment that was completed had been open for only {value|working day}, and was "
        "not the first.",
    ),
    "WORKER_CHANGES": ("Worker changed", "The social worker changed {value|time} while the clock ran."),
    "TEAM_CHANGES": ("Team changed", "The team changed {value|time} while the clock ran."),
    "BACKDATED_RECORDING": (
        "Recorded late",
        "A fact that starts or stops this clock was entered {value|day} after it happened.",
    ),
    "BULK_RECORDED": (
        "Recorded in bulk",
        "A fact of this clock was recorded in one batch with {value|child}.",
    ),
    "BULK_COMPLETION": (
        "Completed in bulk",
        "One manager authorised [{value} ]assessments of many children within ten minutes; this "
        "is one of them.",
    ),
    "DISAPPEARED_FROM_SNAPSHOT": (
        "Vanished from a return",
        "A record that was in an earlier return from this source was missing from a later one.",
    ),
    "MERGED_CHILD_RECORDS": ("Merged records", "The histories of two references are read as one."),
    "SECOND_STRATEGY_DISCUSSION": (
        "Second strategy discussion",
        "A second strategy discussion was held for the same enquiry. It does not restart the clock.",
    ),
    "REPEAT_PLAN_WITHIN_2_YEARS": (
        "Repeat plan within 2 years",
        "This is a second child protection plan within two years.",
    ),
    "PLAN_GAP": ("Gap between plans", "The plan began {value|day} after the last one ended."),
    "FREQUENCY_WIDENED": (
        "Visits made less frequent",
        "Visits were set to be less frequent than the policy asks.",
    ),
    "PRE_PROCEEDINGS_RESTARTED": (
        "Pre-proceedings restarted",
        "Pre-proceedings were ended and restarted. They are read as one.",
    ),
    "TRANSFER_IN": ("Transferred in", "The child was transferred in from another authority."),
}

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_COUNTED = re.compile(r"\{value\|([a-z ]+)\}")


def phrase(flag: Mapping[str, Any]) -> str:
    """The flag in a few words."""
    return SENTENCES[flag["code"]][0] if flag["code"] in SENTENCES else _unnamed(flag["code"])


def sentence(flag: Mapping[str, Any]) -> str:
    """The flag in a sentence, with its value."""
    value = in_words("reason", flag["value"]) if isinstance(flag.get("value"), str) else flag.get("value")
    template = (
        SENTENCES[flag["code"]][1] if flag["code"] in SENTENCES else f"{_unnamed(flag['code'])}[: {{value}}]."
    )
    kept = _OPTIONAL.sub("" if value is None else r"\1", template)
    counted = _COUNTED.sub(lambda match: count(value, match[1]), kept)
    return counted.replace("{value}", str(value))


def in_order(flags: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Flags with those first that say most about time that a record does not show."""
    order = {code: place for place, code in enumerate(SENTENCES)}
    return sorted(flags, key=lambda flag: order.get(flag["code"], len(order)))


def count(number: object, noun: str) -> str:
    """``1 working day``, ``30 working days``; ``some …`` where the number is not known."""
    plural = "children" if noun == "child" else f"{noun}s"
    if number is None:
        return f"some {plural}"
    return f"{number} {noun if number == 1 else plural}"


def _unnamed(code: str) -> str:
    return code.replace("_", " ").capitalize()
