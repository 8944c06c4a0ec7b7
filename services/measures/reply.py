"""Measures as replies: what each is, and its numbers twice."""

from typing import Any

from projections.measure import Figure, Measure
from projections.measuring import Tally
from services.measures.asked import Wanted
from services.measures.counted import Counted, parts_in_order

SUPPRESSED = range(1, 6)
"""The counts that DfE does not publish, since children might be told from them."""

CAUTION = (
    "A count from 1 to 5 is among these numbers: DfE suppresses such, for a child might be told from it. "
    "Do not publish it as it is."
)
COUNTED = {
    "day": "what falls in the period",
    "until": "what was over in the period",
    "standing": "what stands on the day asked about",
    "overlapping": "what went on at any time in the period",
}
_PART = {"team": "team_id", "worker": "worker_id", "kind": "kind"}


def measure_json(counted: Counted, wanted: Wanted) -> dict[str, Any]:
    """A measure with its numbers, and those of its parts where they were asked for."""
    measure = counted.measure
    told = {**_about(measure), **_numbers(counted.whole, measure)}
    if wanted.by is not None:
        name = _PART[wanted.by]
        told["parts"] = [{name: part, **_numbers(tally, measure)} for part, tally in parts_in_order(counted)]
    return told


def _about(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "title": measure.title,
        "definition": measure.definition,
        "source": measure.source,
        "counts": measure.counts,
        "counted": COUNTED[measure.placed],
        "unit": "percent" if measure.is_share else "count",
        "length_unit": measure.unit if measure.has_lengths else None,
    }


def _numbers(tally: Tally, measure: Measure) -> dict[str, Any]:
    true, recorded = tally.figure(measure), tally.recorded_figure(measure)
    figures = [true, *([recorded] if recorded else [])]
    return {
        **_figure(true, measure),
        "recorded": None if recorded is None else _figure(recorded, measure),
        "caution": CAUTION if any(_is_small(figure) for figure in figures) else None,
    }


def _figure(figure: Figure, measure: Measure) -> dict[str, Any]:
    share, quartiles = figure.share, figure.quartiles
    told: dict[str, Any] = {
        "numerator": share.count,
        "denominator": share.of,
        "value": share.percent if measure.is_share else share.count,
    }
    if measure.bands:
        told["bands"] = [{"band": band, "count": count} for band, count in figure.bands.items()]
    if measure.has_quartiles:
        told["quartiles"] = None if quartiles is None else {
            "lower": quartiles.lower, "median": quartiles.median, "upper": quartiles.upper,
        }  # fmt: skip
    return told


def _is_small(figure: Figure) -> bool:
    counts = [figure.share.count, *figure.bands.values()]
    if figure.share.of is not None:
        counts += [figure.share.of, figure.share.of - figure.share.count]
    return any(count in SUPPRESSED for count in counts)
