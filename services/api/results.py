"""What became of facts, as replies: a receipt, or the problem for which one was refused."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from domain.field import Invalid
from services.api import problems
from services.intake import MAX_EVENT_BYTES
from services.record import Conflict, Damaged, Gone, Receipt, Result
from services.strict_json import Improper, NotJson
from services.timeline import instant_json

RECORDED, DUPLICATE, REFUSED, CONFLICT = "recorded", "duplicate", "refused", "conflict"
_CONFLICT_TYPE = problems.URN + CONFLICT


class Position(msgspec.Struct, frozen=True, gc=False):
    partition: int
    offset: int


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A receipt as the contract shows it, to be written as JSON."""

    id: str
    source: str
    status: str
    subject: str
    version: int
    position: Position
    recorded_at: str


def receipt(result: Receipt) -> Kept:
    stored = result.stored
    return Kept(
        result.id,
        result.source,
        DUPLICATE if result.is_duplicate else RECORDED,
        str(stored.originator_id),
        stored.originator_version,
        Position(stored.partition, stored.offset),
        _instant(stored.recorded_at),
    )


@lru_cache(maxsize=64)
def _instant(recorded_at: datetime) -> str:
    """What is written to the log together has one instant."""
    return instant_json(recorded_at)


def reply(result: Result) -> dict[str, Any]:
    """The item of a batch's results."""
    if isinstance(result, Receipt):
        kept: dict[str, Any] = msgspec.to_builtins(receipt(result))
        return kept
    return refused(problem_of(result), result.source, result.id)


def problem_of(result: Conflict | Gone | Damaged) -> dict[str, Any]:
    if isinstance(result, Damaged):
        return problems.of_damage(result.error)
    if isinstance(result, Gone):
        return problems.body("erased", "Nothing personal can be recorded of this child; use a new reference.")
    differs = ", ".join(result.differs)
    detail = f"It differs from what was recorded first in {differs}. Send another fact under another id."
    return {**problems.body("conflict", detail), "pointer": list(result.differs)}


def refused(problem: dict[str, Any], source: Any = None, id: Any = None) -> dict[str, Any]:
    """An item that was refused, with its identity where it told one."""
    item: dict[str, Any] = {"status": REFUSED, "problem": problem}
    if isinstance(source, str):
        item["source"] = source
    if isinstance(id, str):
        item["id"] = id
    return item


def unreadable(error: NotJson | Improper | Invalid) -> dict[str, Any]:
    """The problem of an event that could not be read."""
    if isinstance(error, NotJson):
        return problems.body("not-json", str(error))
    return problems.of_fields("invalid-event", error.problems)


def too_large(size: int) -> dict[str, Any]:
    detail = f"It has {size} bytes; an event may have {MAX_EVENT_BYTES}. Leave out what is not a fact."
    return problems.body("event-too-large", detail)


def outcome(item: Kept | Mapping[str, Any]) -> str:
    """What became of the fact of an item: its status, but that a conflict is told from other refusals."""
    if isinstance(item, Kept):
        return item.status
    problem = item.get("problem")
    return CONFLICT if problem and problem.get("type") == _CONFLICT_TYPE else str(item["status"])
