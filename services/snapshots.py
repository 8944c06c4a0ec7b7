"""What a snapshot of a case system tells that the last one of the same source did not.

A snapshot shows records, not events. Compared with what the snapshots before it left known, new records
become facts, and what was changed or vanished since becomes `RecordChanged`, `RecordDisappeared` and
`RecordReappeared`, dated the day the snapshot was taken: that is when the change was seen.

Records carry no ids. One is known by what it stands in, and its place among those of its sort by start: equal
starts are paired first, the rest in order, so a start that moved is seen as moved. The id given to it at
first sight stays with it.

Every fact's id derives from what it says, so the same comparison always makes the same facts. What may recur
(a change, an end told anew) has the number of the snapshot in its id too, for the third of A, B, A is not the
first.

A snapshot older than the last one is told as what was seen on its own day; what is known now stays as it is.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Any

from domain.catalogue import PREFIX
from services.alignment import match_equal, match_in_order
from services.sorts import SORTS, Milestone, Sort

Value = str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record as a snapshot shows it, with the records that stand in it.

    ``unread`` names values that are there but could not be read, ``unread_sorts`` the sorts of record in it
    of which at least one could not be used: neither counts as gone. ``undated_on`` is the day, at first
    sight, of what the snapshot tells without a date. ``line`` is where it stands in its file.
    """

    sort: str
    started_on: date
    values: Mapping[str, Value] = field(default_factory=dict)
    rows: tuple["Row", ...] = ()
    unread: frozenset[str] = frozenset()
    unread_sorts: frozenset[str] = frozenset()
    undated_on: date | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenChild:
    """A child as a snapshot shows it. ``registration`` is personal; ``registration_digest`` tells if it
    changed.
    """

    reference: str
    rows: tuple[Row, ...] = ()
    unread_sorts: frozenset[str] = frozenset()
    registration: Mapping[str, str] = field(default_factory=dict)
    registration_digest: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A record as the snapshots so far left it. ``told`` are the milestones that were ever told as facts."""

    id: str
    sort: str
    within: str
    started_on: date
    values: Mapping[str, Value]
    is_present: bool = True
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownChild:
    """A child as the snapshots so far left it; holds nothing personal in the clear."""

    reference: str
    records: tuple[Known, ...] = ()
    registration_digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the snapshots of a source so far left known. ``number`` counts them, ``taken_on`` is the latest
    one's day.
    """

    taken_on: date
    number: int
    children: Mapping[str, KnownChild]


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as a structured CloudEvent, and the line of the file that tells it."""

    event: dict[str, Any]
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a comparison is about: the snapshot taken on ``taken_on``, the ``number``-th of ``source``.

    ``covers`` says if a snapshot like this one must show a record: only then does its absence tell anything.
    ``overtaken_on`` is the day of the last snapshot where that is later than this one.
    """

    source: str
    taken_on: date
    number: int
    covers: Callable[[Known], bool] = lambda record: True
    overtaken_on: date | None = None

    def kept(self, has_told: bool) -> tuple[date, int]:
        """The day and number to keep as the last snapshot's; one that told nothing does not count."""
        is_counted = has_told or self.number == 1 or self.overtaken_on
        return self.overtaken_on or self.taken_on, self.number if is_counted else self.number - 1


def frame(
    source: str,
    taken_on: date,
    last: tuple[date, int] | None,
    covers: Callable[[Known], bool] = lambda record: True,
) -> Frame:
    """The frame of a snapshot, given the day and number of the last one of its source."""
    if last is None:
        return Frame(source=source, taken_on=taken_on, number=1, covers=covers)
    last_on, number = last
    if taken_on < last_on:
        return Frame(source=source, taken_on=taken_on, number=number, covers=covers, overtaken_on=last_on)
    return Frame(source=source, taken_on=taken_on, number=number + 1, covers=covers)


def compare(
    source: str,
    previous: Snapshot | None,
    current: Iterable[SeenChild],
    taken_on: date,
    covers: Callable[[Known], bool] = lambda record: True,
) -> tuple[list[Told], Snapshot]:
    """The facts that a snapshot tells beyond the previous one, and what is known after it."""
    about = frame(source, taken_on, (previous.taken_on, previous.number) if previous else None, covers)
    children = dict(previous.children) if previous else {}
    facts: list[Told] = []
    seen = set()
    for child in current:
        seen.add(child.reference)
        told, children[child.reference] = compare_child(about, children.get(child.reference), child)
        facts += told
    for reference in [reference for reference in children if reference not in seen]:
        told, children[reference] = compare_child(about, children[reference], None)
        facts += told
    last_on, number = about.kept(bool(facts))
    return facts, Snapshot(taken_on=last_on, number=number, children=children)


def compare_child(
    about: Frame, before: KnownChild | None, seen: SeenChild | None
) -> tuple[list[Told], KnownChild]:
    """The facts that a snapshot tells of one child, and what is known of it after.

    ``seen`` is None where the snapshot does not have the child.
    """
    if seen is None:
        assert before is not None
        seen = SeenChild(reference=before.reference)
    comparison = _Comparison(about, before or KnownChild(reference=seen.reference), is_new=before is None)
    return comparison.of(seen)


class _Comparison:
    def __init__(self, about: Frame, before: KnownChild, is_new: bool) -> None:
        self._about = about
        self._before = before
        self._is_new = is_new
        self._told: list[Told] = []
        self._after: dict[str, Known] = {record.id: record for record in before.records}
        self._under: dict[tuple[str, str], list[Known]] = {}
        for record in before.records:
            self._under.setdefault((record.within, record.sort), []).append(record)

    def of(self, seen: SeenChild) -> tuple[list[Told], KnownChild]:
        digest = self._register(seen)
        self._compare_rows("", seen.rows, seen.unread_sorts)
        after = KnownChild(
            reference=seen.reference, records=tuple(self._after.values()), registration_digest=digest
        )
        return self._told, after

    def _register(self, seen: SeenChild) -> str | None:
        known = self._before.registration_digest
        now = seen.registration_digest
        if now is None or now == known or (known and self._about.overtaken_on):
            return known
        first = min((row.started_on for row in seen.rows), default=self._about.taken_on)
        occurred_on = first if self._is_new else self._about.taken_on
        # The fact's id is in the clear, and may not let anyone guess at a date of birth.
        data = {"occurred_on": occurred_on.isoformat(), **seen.registration}
        identity = {"occurred_on": data["occurred_on"], "registration": now}
        self._add("ChildRegistered", data, seen.line, recurs=known is not None, identity=identity)
        return now

    def _compare_rows(self, within: str, rows: Sequence[Row], unread_sorts: frozenset[str]) -> None:
        for sort in SORTS:
            of_sort = sorted((row for row in rows if row.sort == sort), key=_row_order)
            known = self._under.get((within, sort), [])
            if of_sort or known:
                self._compare_sort(within, of_sort, known, sort in unread_sorts)

    def _compare_sort(self, within: str, rows: list[Row], known: list[Known], is_unread: bool) -> None:
        pairs = self._match(rows, known, is_unread)
        paired = {id(record): row for record, row in pairs}
        matched = {id(row) for _, row in pairs}
        for record in sorted(known, key=_known_order):
            row = paired.get(id(record))
            if row is not None:
                self._follow(record, row)
            elif not is_unread:
                self._miss(record)
        for row in rows:
            if id(row) not in matched:
                self._first_see(within, row)

    def _match(self, rows: list[Row], known: list[Known], is_unread: bool) -> list[tuple[Known, Row]]:
        if not known or not rows:
            return []
        present_first = sorted(known, key=lambda record: (not record.is_present, _known_order(record)))
        pairs = match_equal(
            present_first, rows,
            [(_known_order, _row_order), (lambda record: record.started_on, lambda row: row.started_on)],
        )  # fmt: skip
        if is_unread:
            return pairs
        paired = {id(one) for pair in pairs for one in pair}
        movable = sorted(
            (record for record in known if id(record) not in paired and self._may_have_moved(record)),
            key=_known_order,
        )
        left = [row for row in rows if id(row) not in paired]
        moved = match_in_order([record.started_on for record in movable], [row.started_on for row in left])
        return pairs + [(movable[i], left[j]) for i, j in moved]

    def _may_have_moved(self, record: Known) -> bool:
        if self._about.overtaken_on and record.started_on > self._about.taken_on:
            return False
        return record.is_present and (self._about.covers(record) or _is_unfinished(record))

    def _miss(self, record: Known) -> None:
        """A record that should be in the snapshot and is not has disappeared, with all that stands in it."""
        if self._about.overtaken_on or not self._about.covers(record):
            return
        if record.is_present:
            self._after[record.id] = replace(record, is_present=False)
            self._about_record("RecordDisappeared", record, {}, None)
        for sort in SORTS:
            for inner in self._under.get((record.id, sort), []):
                self._miss(inner)

    def _first_see(self, within: str, row: Row) -> None:
        sort = SORTS[row.sort]
        record = Known(
            id=self._new_id(sort, row),
            sort=row.sort,
            within=within,
            started_on=row.started_on,
            values=_clean(row.values),
        )
        data: dict[str, Value] = {
            "occurred_on": row.started_on.isoformat(),
            sort.id_field: record.id,
            **sort.fixed,
        }
        if sort.parent_field:
            data[sort.parent_field] = within
        for name, value_name in sort.fields.items():
            data[name] = row.values.get(value_name)
        self._add(sort.starts, data, row.line)
        told = set()
        for milestone in sort.milestones:
            if row.values.get(milestone.told_by) is not None:
                self._tell(milestone, record, row, row.undated_on or self._about.taken_on)
                told.add(milestone.told_by)
        for name, first in sort.revised.items():
            self._change(record, name, row.values.get(first), row.values.get(name), row.line)
        self._after[record.id] = replace(record, told=frozenset(told))
        self._compare_rows(record.id, row.rows, row.unread_sorts)

    def _follow(self, record: Known, row: Row) -> None:
        """A record known before is in the snapshot: tell what has changed of it."""
        now = dict(_clean(row.values)) | {
            name: value for name, value in record.values.items() if name in row.unread
        }
        if self._about.overtaken_on:
            told = self._look_back(record, row, now)
            self._after[record.id] = replace(record, told=told)
        else:
            told = self._look_on(record, row, now)
            self._after[record.id] = replace(
                record, started_on=row.started_on, values=_clean(now), is_present=True, told=told
            )
        self._compare_rows(record.id, row.rows, row.unread_sorts)

    def _look_on(self, record: Known, row: Row, now: Mapping[str, Value]) -> frozenset[str]:
        if not record.is_present:
            self._about_record("RecordReappeared", record, {}, row.line)
        self._change(
            record, "started_on", record.started_on.isoformat(), row.started_on.isoformat(), row.line
        )
        told = set(record.told)
        newly: set[str] = set()
        for milestone in SORTS[record.sort].milestones:
            if record.values.get(milestone.told_by) is None and now.get(milestone.told_by) is not None:
                newly |= milestone.values
                shown = replace(row, values=now)
                self._tell(milestone, record, shown, self._about.taken_on, recurs=milestone.told_by in told)
                told.add(milestone.told_by)
        for name in sorted(set(now) | set(record.values)):
            if name not in newly:
                self._change(record, name, record.values.get(name), now.get(name), row.line)
        return frozenset(told)

    def _look_back(self, record: Known, row: Row, then: Mapping[str, Value]) -> frozenset[str]:
        """An older snapshot shows it otherwise: so it was on its day, and has become what is known since."""
        told = set(record.told)
        newly: set[str] = set()
        for milestone in SORTS[record.sort].milestones:
            was, now = then.get(milestone.told_by), record.values.get(milestone.told_by)
            if was is None and now is not None:
                newly |= milestone.values
            elif was is not None and now is None:
                self._tell(
                    milestone, record, replace(row, values=then), row.undated_on or self._about.taken_on
                )
                told.add(milestone.told_by)
                for name in sorted(milestone.values):
                    now = record.values.get(name)
                    self._change(record, name, then.get(name), now, row.line, on=self._about.overtaken_on)
                newly |= milestone.values
        names = sorted((set(then) | set(record.values)) - newly)
        started = ("started_on", row.started_on.isoformat(), record.started_on.isoformat())
        for name, was, now in [started, *((name, then.get(name), record.values.get(name)) for name in names)]:
            self._change(record, name, now, was, row.line)
            self._change(record, name, was, now, row.line, on=self._about.overtaken_on)
        return frozenset(told)

    def _tell(
        self, milestone: Milestone, record: Known, row: Row, undated_on: date, recurs: bool = False
    ) -> None:
        dated = row.values.get(milestone.dated_by)
        data: dict[str, object] = {"occurred_on": dated or undated_on.isoformat()}
        data[SORTS[record.sort].id_field] = record.id
        if milestone.own_id:
            data[milestone.own_id] = f"{record.id}-court"
        data |= {name: row.values.get(name) for name in milestone.fields}
        self._add(milestone.type, data, row.line, recurs=recurs)

    def _change(
        self, record: Known, name: str, was: Value, now: Value, line: int | None, on: date | None = None
    ) -> None:
        if was != now:
            self._about_record("RecordChanged", record, {"field": name, "was": was, "now": now}, line, on)

    def _about_record(
        self, name: str, record: Known, more: Mapping[str, object], line: int | None, on: date | None = None
    ) -> None:
        data = {
            "occurred_on": (on or self._about.taken_on).isoformat(),
            "record_kind": SORTS[record.sort].kind,
            "record_id": record.id,
            **more,
        }
        self._add(name, data, line, recurs=True)

    def _add(
        self,
        name: str,
        data: Mapping[str, object],
        line: int | None,
        recurs: bool = False,
        identity: Mapping[str, object] | None = None,
    ) -> None:
        data = {key: value for key, value in data.items() if value is not None}
        turn = ("earlier" if self._about.overtaken_on else self._about.number) if recurs else None
        said = json.dumps([name, self._before.reference, identity or data, turn], sort_keys=True)
        event = {
            "specversion": "1.0",
            "id": hashlib.sha256(said.encode()).hexdigest()[:32],
            "source": self._about.source,
            "type": PREFIX + name,
            "subject": self._before.reference,
            "data": data,
        }
        self._told.append(Told(event, line))

    def _new_id(self, sort: Sort, row: Row) -> str:
        plain = f"{sort.prefix}-{row.started_on.isoformat()}"
        if plain not in self._after:
            return plain
        return next(f"{plain}-{n}" for n in count(2) if f"{plain}-{n}" not in self._after)


def _is_unfinished(record: Known) -> bool:
    """Whether it had not come to its end: then any later snapshot may show it, if with another start."""
    milestones = SORTS[record.sort].milestones
    ends = [m.told_by for m in milestones if m.told_by in ("ended_on", "outcome")]
    return bool(ends) and all(record.values.get(end) is None for end in ends)


def _clean(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: values[name] for name in sorted(values) if values[name] is not None}


def _row_order(row: Row) -> tuple[date, str, str]:
    return (row.started_on, row.values.get("ended_on") or "9", json.dumps(_clean(row.values)))


def _known_order(record: Known) -> tuple[date, str, str]:
    return (record.started_on, record.values.get("ended_on") or "9", json.dumps(_clean(record.values)))


def pack(child: KnownChild) -> str:
    """A child's known records as compact JSON, in the order in which they came to be known."""
    records = [
        [r.id, r.sort, r.within, r.started_on.isoformat(), dict(r.values), r.is_present, sorted(r.told)]
        for r in child.records
    ]
    return json.dumps([child.registration_digest, records], separators=(",", ":"), ensure_ascii=False)


def unpack(reference: str, packed: str) -> KnownChild:
    """Undo `pack`."""
    digest, records = json.loads(packed)
    return KnownChild(
        reference=reference,
        registration_digest=digest,
        records=tuple(
            Known(
                id=id_, sort=sort, within=within, started_on=date.fromisoformat(started_on), values=values,
                is_present=is_present, told=frozenset(told),
            )
            for id_, sort, within, started_on, values, is_present, told in records
        ),
    )  # fmt: skip
