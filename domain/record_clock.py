"""Clocks of needs that have records: what the case system shows of them, and what is hidden."""

from collections.abc import Sequence

from domain.assessment_life import AssessmentLife, State, Turn
from domain.assessment_record import on_record, stretches
from domain.clock import Clock
from domain.clock_making import Numbers, Thing, gone_flags, make_clock
from domain.correction import RecordDeleted
from domain.day_order import when
from domain.material import Material
from domain.need import Need
from domain.snapshot import RecordDisappeared, RecordReappeared


def record_clocks(
    timescale: str, thing: str, needs: Sequence[Need], as_shown: Sequence[AssessmentLife], material: Material
) -> list[Clock]:
    """One clock a need, in order of start; its records, and what began it, are of the kind ``thing``.

    ``as_shown`` are the lives of records with every correction applied, those held back from clocks too.
    """
    numbers = Numbers()
    clocks = []
    for need in needs:
        things: set[Thing] = {(thing, record.id) for record in need.records}
        begun_by = (thing, need.subject)
        gone = gone_flags(material, {begun_by, *things}, need.start, need.end)
        clocks.append(
            make_clock(
                material,
                material.policy.row(timescale, need.started_on),
                numbers.next(timescale, need.subject),
                begun_by=begun_by,
                start=need.start,
                stop=need.end,
                status=need.status.value,
                things=things | need.things,
                flags=[*need.start_flags, *need.flags, *gone],
                because_of=[need.completed.start] if need.completed else [],
                on_record=on_record(need, as_shown),
                stretches=stretches(need),
            )
        )
    return clocks


def mark_gone(thing: str, needs: Sequence[Need], material: Material) -> None:
    """Tell the records of needs on which days the case system did not show them."""
    facts = material.of(RecordDeleted, RecordDisappeared, RecordReappeared)
    if not facts:
        return
    by_id: dict[str, list[AssessmentLife]] = {}
    for need in needs:
        for record in need.records:
            by_id.setdefault(record.id, []).append(record)
    for place, told in facts:
        fact = told.fact
        assert isinstance(fact, (RecordDeleted, RecordDisappeared, RecordReappeared))
        records = by_id.get(fact.record_id, []) if fact.record_kind == thing else []
        for record in records:
            if when(record.start) > when(told):
                continue
            if isinstance(fact, RecordReappeared):
                if record.is_gone and record.deletion is None:
                    record.gone[-1] = (record.gone[-1][0], told.day)
            elif not record.is_gone:
                record.gone.append((told.day, None))
            if isinstance(fact, RecordDeleted) and record.deletion is None:
                record.deletion = Turn(place, told.day, record.state, told)


def close_open(need: Need, place: int, state: State) -> None:
    """Turn the records of a need that are open, with its end."""
    assert need.end is not None
    for record in need.records:
        if record.state in (State.OPEN, State.PAUSED):
            record.turn(place, state, need.end)
