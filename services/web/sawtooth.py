"""The recorded clock against the true one: it falls to zero at each closing while the need keeps rising."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from services.web.axis import Axis, around, periods
from services.web.flag_sentences import count
from services.web.svg import drawing, element, text_width

WIDTH, HEIGHT, BOTTOM, TOP, LEFT = 360, 180, 150, 24, 30
SIZE = 12.5


def sawtooth(clock: Mapping[str, Any]) -> Markup:
    """The clock's working days as they rose, day by day, by the records and in truth."""
    spans = clock["spans"]
    start, end = date.fromisoformat(clock["started_on"]), date.fromisoformat(spans[-1]["to"])
    axis = Axis(*around(start, end), LEFT, WIDTH - 84)
    total, limit = clock["elapsed"]["working_days"], clock["limit"]["value"]
    top: float = max(total, limit, 1) * 1.06
    recorded = clock["recorded"]["working_days"] if clock["recorded"] else None

    def y(days: int) -> float:
        return BOTTOM - (BOTTOM - TOP) * days / top

    levels = [0, limit] + ([2 * limit] if 2 * limit <= top else [])
    shown = "nothing" if recorded is None else count(recorded, "working day")
    return drawing(
        WIDTH,
        HEIGHT,
        element("title", f"The true clock rises to {count(total, 'working day')}; the record shows {shown}."),
        *[
            element("line", class_="limit" if n == limit else "grid", x1=LEFT, x2=WIDTH, y1=y(n), y2=y(n))
            for n in levels
        ],
        *[element("text", str(n), class_="axis", x=LEFT - 6, y=y(n) + 4, text_anchor="end") for n in levels],
        *_months(axis),
        *_teeth(spans, axis, y),
        *_true(spans, axis, y),
        *_ends(axis, end, y, total, recorded),
        class_="sawtooth",
        role="img",
    )


def _months(axis: Axis) -> list[Markup]:
    return [
        element(
            "text",
            period.label,
            class_="axis",
            x=(axis.at(period.start) + axis.at(period.end)) / 2,
            y=BOTTOM + 18,
            text_anchor="middle",
        )
        for period in periods(axis, SIZE)
        if period.label and axis.at(period.end) - axis.at(period.start) > text_width(period.label, SIZE)
    ]


def _teeth(spans: list[Mapping[str, Any]], axis: Axis, y: Any) -> list[Markup]:
    drawn = []
    height, before = 0, None
    for span in spans:
        if span["record"] is None:
            before = None
            continue
        x, until = _ends_of(span, axis)
        low = height if span["record"] == before else 0
        height = low + (0 if span["state"] == "paused" else span["working_days"])
        before = span["record"]
        corners = ((x, 0), (x, low), (until, height), (until, 0))
        points = " ".join(f"{across:.1f},{y(days):.1f}" for across, days in corners)
        drawn.append(element("polygon", class_="tooth", points=points))
    return drawn


def _true(spans: list[Mapping[str, Any]], axis: Axis, y: Any) -> list[Markup]:
    height, points = 0, []
    for span in spans:
        x, until = _ends_of(span, axis)
        points.append(f"{x:.1f},{y(height):.1f}")
        height += span["working_days"]
        points.append(f"{until:.1f},{y(height):.1f}")
    last_x, last_y = points[-1].split(",")
    return [
        element("polyline", class_="true-line", points=" ".join(points)),
        element("circle", class_="true-end", cx=last_x, cy=last_y, r=3.5),
    ]


def _ends(axis: Axis, end: date, y: Any, total: int, recorded: int | None) -> list[Markup]:
    x = axis.at(end)
    near = recorded is not None and abs(y(total) - y(recorded)) < 18
    drawn = [
        element("text", f"True {total}", class_="true-label", x=x - 8, y=y(total) - 4, text_anchor="end")
    ]
    if recorded is not None:
        label = f"Recorded {recorded}"
        is_beside = x + 6 + text_width(label, SIZE) <= WIDTH
        place = {"x": x + 6} if is_beside else {"x": WIDTH, "text_anchor": "end"}
        drawn.append(
            element("text", label, class_="recorded-label", y=y(recorded) + (16 if near else 4), **place)
        )
    return drawn


def _ends_of(span: Mapping[str, Any], axis: Axis) -> tuple[float, float]:
    return axis.at(date.fromisoformat(span["from"])), axis.at(date.fromisoformat(span["to"]))
