"""The entries of a timeline reply, as the pages use them."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.moment import Moment, london_day


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a child: what it says now (``data``, ``moment``) and what was first recorded (``entry``).

    A correction or withdrawal that is held changes neither ``data`` nor ``is_withdrawn``, as it changes no
    clock. ``learnt_at`` is when it was entered, or else recorded; ``delay`` is the working days until then.
    """

    entry: Mapping[str, Any]
    type: str
    moment: Moment
    data: Mapping[str, Any]
    learnt_at: datetime | None
    delay: int
    anchor: str
    is_withdrawn: bool

    @property
    def day(self) -> date:
        return self.moment.day

    @property
    def learnt_on(self) -> date:
        return london_day(self.learnt_at) if self.learnt_at else self.day

    @property
    def identity(self) -> tuple[str, str]:
        return self.entry["source"], self.entry["id"]

    def get(self, field: str) -> str:
        """A field as text; empty where it was not reported."""
        value = self.data.get(field)
        return "" if value is None else str(value)


def read_facts(timeline: Mapping[str, Any]) -> list[Fact]:
    """The facts of a timeline reply, oldest first."""
    entries = timeline["entries"]
    held = {
        identity
        for entry in entries
        for back in entry.get("held") or ()
        for identity in references(back["by"])
    }
    facts = [_fact(entry, index, held) for index, entry in enumerate(entries)]
    return sorted(facts, key=lambda fact: fact.day)


def references(value: object) -> list[tuple[str, str]]:
    """The identities that a field of a reply names: one, several or none."""
    if not value:
        return []
    found: Sequence[Any] = value if isinstance(value, list) else [value]
    return [(item["source"], item["id"]) for item in found]


def _fact(entry: Mapping[str, Any], index: int, held: Set[tuple[str, str]]) -> Fact:
    is_changed = _counts(entry.get("corrected_by"), held)
    data = (entry.get("effective") or entry["data"]) if is_changed else entry["data"]
    occurred_on = data.get("occurred_on") if is_changed else None
    position = entry.get("position") or {"partition": "x", "offset": index}
    learnt = entry.get("entered_at") or entry.get("recorded_at")
    return Fact(
        entry=entry,
        type=entry["type"].removeprefix("casetimeline."),
        moment=Moment.parse(occurred_on or entry["occurred_on"]),
        data=data,
        learnt_at=datetime.fromisoformat(learnt) if learnt else None,
        # What came with a source's history was not recorded late: it was recorded before, elsewhere.
        delay=0 if entry.get("historic") else entry.get("recording_delay_working_days") or 0,
        anchor=f"fact-{position['partition']}-{position['offset']}",
        is_withdrawn=_counts(entry.get("withdrawn_by"), held),
    )


def _counts(named: object, held: Set[tuple[str, str]]) -> bool:
    return any(identity not in held for identity in references(named))
