"""Invented events, as a case system reports them."""

from itertools import count
from typing import Any

SOURCE = "urn:invented:cases"
_numbers = count(1)


def event(
    name: str, occurred_on: str, subject: str = "C1", *, id: str | None = None, **fields: Any
) -> dict[str, Any]:
    """A structured CloudEvent; attributes of the envelope are those that no field is called."""
    envelope: dict[str, Any] = {
        key: fields.pop(key) for key in ("time", "recordedtime", "source", "dataschema") if key in fields
    }
    return {
        "specversion": "1.0",
        "id": id or f"e-{next(_numbers)}",
        "source": SOURCE,
        "type": f"casetimeline.{name}",
        "subject": subject,
        **envelope,
        "data": {"occurred_on": occurred_on, **{key.rstrip("_"): value for key, value in fields.items()}},
    }


def referral(occurred_on: str = "2019-03-05", subject: str = "C1", **more: Any) -> dict[str, Any]:
    return event("ReferralReceived", occurred_on, subject, **{"referral_id": "R-1", **more})


def worked_example(child: str) -> list[dict[str, Any]]:
    """One referral, three assessments: the example of the contract."""
    return [
        referral("2019-03-05", child),
        event("AssessmentStarted", "2019-03-06", child, assessment_id="A-1", referral_id="R-1"),
        event("AssessmentClosed", "2019-04-17", child, assessment_id="A-1", reason="re-evaluate"),
        event("AssessmentStarted", "2019-04-29", child, assessment_id="A-2", referral_id="R-1"),
        event("AssessmentClosed", "2019-06-20", child, assessment_id="A-2", reason="re-evaluate"),
        event("AssessmentStarted", "2019-07-01", child, assessment_id="A-3", referral_id="R-1"),
        event("AssessmentCompleted", "2019-07-12", child, assessment_id="A-3", authorised_by="M-1"),
    ]
