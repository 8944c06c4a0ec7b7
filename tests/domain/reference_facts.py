"""The reference's facts as the engine reads them, and the engine's clocks as the reference writes them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from domain.amended import Amended
from domain.catalogue import read
from domain.history import Recorded
from domain.moment import Moment, read_instant
from domain.question import Question
from domain.true_clock import figures
from infra.holidays import england
from services.clocks import readings


def as_recorded(facts: Sequence[dict[str, Any]]) -> list[Recorded]:
    """Facts on the record of one child."""
    return [_recorded(number, fact) for number, fact in enumerate(facts, 1)]


def _recorded(version: int, told: dict[str, Any]) -> Recorded:
    data = {"occurred_on": told["occurred_on"], **{k: v for k, v in told["data"].items() if v is not None}}
    fact = read(told["type"], data)
    entered = told.get("entered_at")
    return Recorded(
        stream=told.get("stream", "C1001"), version=version, source=told["source"],
        id=told["id"], type=told["type"],
        occurred_on=Moment.parse(told["occurred_on"]), entered_at=read_instant(entered) if entered else None,
        recorded_at=read_instant(told["recorded_at"]), partition=0, offset=told["position"],
        data=data, fact=fact, historic=told["historic"],
    )  # fmt: skip


def engine_clocks(facts: Sequence[Recorded], as_at: date) -> list[dict[str, Any]]:
    """What the engine answers, as JSON values, in the order of ids."""
    known = Question(as_at).known(facts)
    found = figures("C1001", Amended(known), as_at, england())
    return sorted(readings(found.clocks, as_at, england()), key=lambda clock: clock["id"])
