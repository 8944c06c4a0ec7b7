"""Ruling on a clock: decided against the history the person saw, and recorded in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from domain.catalogue import parse
from domain.field import FactReference, Invalid, Problem
from domain.question import Question
from domain.refusal import Refused
from domain.rule_on_clock import RuleOnClock, decide
from infra.incoming import Incoming
from services.histories import Histories

SOURCE = "urn:casetimeline:rulings"
_FIELDS = ("child", "clock", "ruling", "reason", "ruled_by", "facts", "other_clock")


@dataclass(frozen=True, slots=True)
class Ruled:
    """A ruling ready to be recorded: append it only while the child's stream is still at
    ``expected_version``.
    """

    incoming: Incoming
    expected_version: int


def read_command(body: Mapping[str, Any]) -> RuleOnClock:
    """What is asked. Raises Invalid, listing every field that is missing or wrong."""
    problems = [
        Problem(f"/{key}", f"is not a field of a ruling; its fields are {', '.join(_FIELDS)}")
        for key in body
        if key not in _FIELDS
    ]
    child = body.get("child")
    if not isinstance(child, str) or not child:
        problems.append(Problem("/child", "is required: the child's reference"))
    data = {key: value for key, value in body.items() if key in _FIELDS and key != "child"}
    values: dict[str, Any] = {}
    try:
        values = parse("ClockRuled", {"occurred_on": "1900-01-01", **data})
    except Invalid as error:
        problems += [Problem(p.pointer.removeprefix("/data"), p.detail) for p in error.problems]
    if problems:
        raise Invalid(problems)
    return RuleOnClock(
        child=str(child),
        clock=values["clock"],
        ruling=values["ruling"],
        reason=values["reason"],
        ruled_by=values["ruled_by"],
        facts=values.get("facts", ()),
        other_clock=values.get("other_clock"),
    )


def rule(
    asked: RuleOnClock, seen_version: str, histories: Histories, today: date, now: datetime
) -> Ruled | None:
    """The ruling as a fact to record; None where the log holds nothing of the child.

    Raises Refused: ``stale`` where the history is no longer the one the person saw, else as `decide` says.
    """
    history = histories.of(asked.child)
    if history is None:
        return None
    if seen_version != history.version:
        detail = (
            "The history has changed since it was read. Read the clocks again, and rule on what they say now."
        )
        raise Refused("stale", detail)
    case = histories.case(history, Question(today))
    facts = decide(asked, case.figures, case.facts)
    stream = case.figures.child
    data: dict[str, Any] = {
        "occurred_on": now.astimezone(UTC).isoformat(),
        "clock": asked.clock,
        "ruling": asked.ruling,
        "reason": asked.reason,
        "ruled_by": asked.ruled_by,
        "facts": [_fact(reference) for reference in facts],
    }
    if asked.other_clock is not None:
        data["other_clock"] = asked.other_clock
    incoming = Incoming(stream=stream, source=SOURCE, id=str(uuid4()), type="ClockRuled", data=data)
    head = max((fact.version for fact in history.recorded if fact.stream == stream), default=0)
    return Ruled(incoming, head)


def _fact(reference: FactReference) -> dict[str, str]:
    return {"source": reference.source, "id": reference.id}
