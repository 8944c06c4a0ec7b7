"""Histories written as lines of text, for examples: day, type, id, then fields."""

from typing import Any

from tests.reference.histories import Fact, fact

_ID_FIELDS = {
    "Contact": "contact_id",
    "Referral": "referral_id",
    "Stepped": "referral_id",
    "Assessment": "assessment_id",
    "Visit": "visit_id",
    "WorkerAllocated": "worker_id",
}


def given(*lines: str) -> list[Fact]:
    """Facts in log order, each recorded at noon of its day or of the day before it in the log.

    ``2019-03-05 ReferralReceived R-1``; ``2019-04-01 FactCorrected 1 occurred_on=2019-03-20``
    corrects the first line; ``entered=`` gives `entered_at`.
    """
    facts: list[Fact] = []
    recorded = ""
    for number, line in enumerate(lines, start=1):
        day, type, *rest = line.split()
        data: dict[str, Any] = {}
        entered = None
        for word in rest:
            name, _, value = word.partition("=")
            if not value:
                data.update(_named(type, name))
            elif name == "entered":
                entered = value
            else:
                data[name] = {"true": True, "false": False, "null": None}.get(value, value)
        if type == "FactCorrected":
            data = {"corrects": data.pop("corrects"), "changes": data}
        made = fact(f"e{number}", type, day, data, entered)
        recorded = max(recorded, f"{day[:10]}T12:00:00+00:00")
        made["recorded_at"] = recorded
        made["position"] = number - 1
        facts.append(made)
    return facts


def _named(type: str, name: str) -> dict[str, Any]:
    if type in ("FactCorrected", "FactWithdrawn"):
        named = {"source": "urn:invented:case-system", "id": f"e{name}"}
        return {"corrects" if type == "FactCorrected" else "withdraws": named}
    if type.startswith("Record"):
        kind = {"A": "assessment", "R": "referral"}[name[0]]
        return {"record_kind": kind, "record_id": name}
    for start, field in _ID_FIELDS.items():
        if type.startswith(start):
            return {field: name}
    return {"to_team_id": name} if type == "CaseTransferred" else {"id": name}
