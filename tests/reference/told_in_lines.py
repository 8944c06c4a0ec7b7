"""Histories written as lines of text, for examples: day, type, id, then fields."""

from typing import Any

from tests.reference.histories import Fact, fact

_ID_FIELDS = {
    "Contact": "contact_id",
    "Referral": "referral_id",
    "Stepped": "referral_id",
    "Assessment": "assessment_id",
    "VisitFrequency": "plan_id",
    "Visit": "visit_id",
    "Worker": "worker_id",
    "Plan": "plan_id",
    "CarePlan": "plan_id",
    "PlacementPlan": "plan_id",
    "Placement": "placement_id",
    "Care": "episode_id",
    "StrategyDiscussion": "meeting_id",
    "Section47": "enquiry_id",
    "Meeting": "meeting_id",
    "Minutes": "meeting_id",
    "DecisionsSent": "meeting_id",
    "PreProceedings": "track_id",
    "LetterBefore": "track_id",
    "Proceedings": "case_id",
    "Supervision": "supervision_id",
    "Action": "action_id",
    "TransferredIn": "from_authority",
}
_RECORDS = {"A": "assessment", "R": "referral", "P": "plan", "M": "meeting", "T": "track", "E": "enquiry"}


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
                data[name] = _value(name, value)
        if type == "FactCorrected":
            data = {"corrects": data.pop("corrects"), "changes": data}
        made = fact(f"e{number}", type, day, data, entered)
        recorded = max(recorded, f"{day[:10]}T12:00:00+00:00")
        made["recorded_at"] = recorded
        made["position"] = number - 1
        facts.append(made)
    return facts


def _value(name: str, text: str) -> Any:
    if name == "children":
        return text.split(",")
    if text.isdecimal():
        return int(text)
    return {"true": True, "false": False, "null": None}.get(text, text)


def _named(type: str, name: str) -> dict[str, Any]:
    if type in ("FactCorrected", "FactWithdrawn"):
        named = {"source": "urn:invented:case-system", "id": f"e{name}"}
        return {"corrects" if type == "FactCorrected" else "withdraws": named}
    if type.startswith("Record"):
        return {"record_kind": _RECORDS[name[0]], "record_id": name}
    for start, field in _ID_FIELDS.items():
        if type.startswith(start):
            return {field: name}
    return {"to_team_id": name} if type == "CaseTransferred" else {"id": name}
