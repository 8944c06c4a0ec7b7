"""A child's picture: lanes drawn one under another along the same days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from services.web.axis import Axis, periods
from services.web.days import in_full, in_short
from services.web.lanes import Bar, Group, Lane, Mark
from services.web.svg import drawing, element, fitted, text_width

SIZE = 13
HEAD = 26
MOST_ROWS = 6
TABBED_MARKS = 60
"""Pictures with more marks are not stepped through by keyboard; the list of events says the same."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a picture is laid out: its width, and the column of lane names (0: they stand above the lanes)."""

    name: str
    width: int
    column: int
    margin: int


FORMATS = (Format("wide", 1200, 192, 60), Format("medium", 720, 0, 40), Format("narrow", 345, 0, 24))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What every lane of one picture is drawn with."""

    axis: Axis
    hatch: str
    edge: float
    line: float
    steps: str | None

    def clear_of_line(self, x: float, width: float, least: float) -> float:
        """Where a label wanted at ``x`` starts, so that the line of the day does not cross it."""
        if x < self.line < x + width + 4 and self.line - 6 - width >= least:
            return self.line - 6 - width
        return max(min(x, self.edge - width), 0.0)


def swimlanes(lanes: Sequence[Lane], layout: Format, start: date, end: date, as_at: date) -> Markup:
    """The picture of these lanes from ``start`` to ``end``, with a line at ``as_at``."""
    axis = Axis(start, end, layout.column + 2, layout.width - layout.margin)
    marks = sum(len(lane.marks) + len(lane.groups) for lane in lanes)
    hatch = f"hatch-{layout.name}"
    sheet = Sheet(
        axis, f"url(#{hatch})", layout.width - 4, axis.at(as_at), "-1" if marks > TABBED_MARKS else None
    )
    drawn: list[Markup] = []
    y = float(HEAD)
    for lane in lanes:
        drawn.append(element("line", class_="rule", x1=0, x2=layout.width, y1=y, y2=y))
        top = y + (0 if layout.column else 22)
        drawn += _name(lane, y, layout)
        body, height = LAYOUTS[lane.layout](lane, sheet, top)
        drawn += body
        y = top + max(height, 56 if layout.column and lane.caption else 30)
    drawn.append(element("line", class_="rule", x1=0, x2=layout.width, y1=y, y2=y))
    return drawing(
        layout.width,
        y + 2,
        element("defs", _hatching(hatch)),
        *_months(axis, y, as_at, layout),
        *drawn,
        *_today(axis, as_at, y, layout),
        class_=f"lanes lanes-{layout.name}",
        role="group",
        aria_label=f"Picture of the events up to {in_full(as_at)}. The same events are listed below it.",
    )


def _hatching(name: str) -> Markup:
    stripe = element("line", class_="hatch-stripe", x1=0, y1=0, x2=0, y2=7)
    back = element("rect", class_="hatch-back", width=7, height=7)
    return element(
        "pattern",
        back,
        stripe,
        id=name,
        width=7,
        height=7,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )


def _months(axis: Axis, bottom: float, as_at: date, layout: Format) -> list[Markup]:
    drawn = []
    for number, period in enumerate(periods(axis, SIZE)):
        x, until = axis.at(period.start), axis.at(period.end)
        if number % 2:
            drawn.append(element("rect", class_="band", x=x, y=HEAD, width=until - x, height=bottom - HEAD))
        drawn.append(element("line", class_="grid", x1=x, x2=x, y1=4, y2=bottom))
        if period.label and not _is_under_tag(x, period.label, axis, as_at):
            drawn.append(_text(x + 6, 18, period.label, "month"))
    if as_at < axis.end:
        x = axis.at(as_at)
        drawn.append(
            element("rect", class_="after", x=x, y=HEAD, width=layout.width - x, height=bottom - HEAD)
        )
    return drawn


def _is_under_tag(x: float, label: str, axis: Axis, as_at: date) -> bool:
    tag = axis.at(as_at)
    return x + 6 < tag + 38 and x + 6 + text_width(label, SIZE) > tag - 38


def _today(axis: Axis, as_at: date, bottom: float, layout: Format) -> list[Markup]:
    if not axis.start <= as_at <= axis.end:
        return []
    x = axis.at(as_at)
    label = in_short(as_at)
    half = text_width(label, SIZE, bold=True) / 2 + 10
    middle = min(max(x, half), layout.width - half)
    return [
        element("line", class_="as-at", x1=x, x2=x, y1=HEAD - 4, y2=bottom),
        element("rect", class_="as-at-tag", x=middle - half, y=0, width=half * 2, height=22, rx=2),
        _text(middle, 16, label, "as-at-label", anchor="middle"),
    ]


def _name(lane: Lane, y: float, layout: Format) -> list[Markup]:
    if layout.column:
        caption = [_text(0, y + 43, lane.caption, "caption")] if lane.caption else []
        return [_text(0, y + 26, lane.name, "name"), *caption]
    x = text_width(lane.name, 14, bold=True) + 8
    caption = [_text(x, y + 17, lane.caption, "caption")] if lane.caption else []
    return [_text(0, y + 17, lane.name, "name"), *caption]


def _text(x: float, y: float, text: str, class_: str, anchor: str | None = None) -> Markup:
    return element("text", text, class_=class_, x=x, y=y, text_anchor=anchor)


def _blocks(lane: Lane, sheet: Sheet, top: float) -> tuple[list[Markup], float]:
    """Bars with their labels on them, or beside them where there is no room."""
    return _bars(lane, sheet, top + 14, 32), 60


def _slim(lane: Lane, sheet: Sheet, top: float) -> tuple[list[Markup], float]:
    if not lane.bars:
        return [_nothing(sheet, top + 26)], 44
    return _bars(lane, sheet, top + 11, 22), 44


def _nothing(sheet: Sheet, y: float) -> Markup:
    return _text(sheet.axis.left + 6, y, "None recorded", "caption")


def _bars(lane: Lane, sheet: Sheet, y: float, height: float) -> list[Markup]:
    shown = [bar for bar in lane.bars if sheet.axis.reaches(bar.start, bar.end)]
    starts = [sheet.axis.at(bar.start) for bar in shown] + [sheet.edge]
    drawn = []
    for number, bar in enumerate(shown):
        x, until = starts[number], sheet.axis.at(bar.end)
        box = _box(bar, sheet, x, until, y, height)
        room, beside = until - x - 14, starts[number + 1] - until - 10
        words = f"{bar.strong} {bar.label}".strip()
        baseline = y + height / 2 + 4.5
        wide = text_width(words, SIZE) + text_width(bar.strong, SIZE) * 0.1
        if wide <= room:
            drawn += [box, _label(x + 8, baseline, bar)]
        elif wide <= beside and number == len(shown) - 1:
            drawn += [box, _label(until + 7, baseline, bar)]
        else:
            drawn += [
                box,
                _text(
                    x + 6,
                    baseline,
                    fitted(bar.strong or words, room + 6, SIZE, bool(bar.strong)),
                    "bar-label",
                ),
            ]
    return drawn


def _label(x: float, y: float, bar: Bar) -> Markup:
    strong = element("tspan", bar.strong, class_="strong")
    return (
        element("text", strong, f" {bar.label}", class_="bar-label", x=x, y=y)
        if bar.strong
        else _text(x, y, bar.label, "bar-label")
    )


def _box(bar: Bar, sheet: Sheet, x: float, until: float, y: float, height: float) -> Markup:
    fill = sheet.hatch if bar.look == "gap" else None
    width = max(until - x, 1.5)
    box = element("rect", class_=f"bar {bar.look}", x=x, y=y, width=width, height=height, fill=fill)
    return element("g", element("title", bar.title), box) if bar.title else box


def _need(lane: Lane, sheet: Sheet, top: float) -> tuple[list[Markup], float]:
    """The one bar of the need, its gaps hatched, the day of its limit ticked."""
    axis, y, height = sheet.axis, top + 26, 34
    drawn = [
        _box(b, sheet, axis.at(b.start), axis.at(b.end), y, height)
        for b in lane.bars
        if axis.reaches(b.start, b.end)
    ]
    gaps = [(axis.at(bar.start), axis.at(bar.end)) for bar in lane.bars if bar.look == "gap"]
    for bar in lane.bars:
        x, until = axis.at(bar.start), axis.at(bar.end)
        room = min([until, *(start for start, _ in gaps if start >= x)]) - x - 14
        if bar.label and text_width(bar.label, 14, bold=True) <= room:
            drawn.append(_text(x + 9, y + 22, bar.label, "need-label"))
    end = axis.at(max(bar.end for bar in lane.bars))
    after = "need-after late-text" if lane.after_is_late else "need-after"
    if text_width(lane.after, 15, bold=True) + 9 <= sheet.edge - end:
        drawn.append(_text(end + 9, y + 22, lane.after, after))
    else:
        drawn.append(_text(end, y + height + 16, lane.after, after, anchor="end"))
    assert lane.tick_on is not None
    if axis.start <= lane.tick_on <= axis.end:
        tick = axis.at(lane.tick_on)
        is_to_come = lane.tick_on > max(bar.end for bar in lane.bars)
        look = "tick to-come" if is_to_come else "tick"
        drawn.append(element("line", class_=look, x1=tick, x2=tick, y1=top + 6, y2=y + height + 5))
        left = not is_to_come and tick - 7 - text_width(lane.tick_label, SIZE) >= axis.left
        place, anchor = (tick - 7, "end") if left else (tick + 7, None)
        drawn.append(_text(place, top + 18, lane.tick_label, "tick-label", anchor))
    is_below = text_width(lane.after, 15, bold=True) + 9 > sheet.edge - end
    return drawn, 90 if is_below else 76


def _line(lane: Lane, sheet: Sheet, top: float) -> tuple[list[Markup], float]:
    """Marks along a line, with what was overdue under them and when they were recorded above."""
    axis, y = sheet.axis, top + 26
    bars = [bar for bar in lane.bars if axis.reaches(bar.start, bar.end)]
    marks = [mark for mark in lane.marks if axis.reaches(mark.day, mark.day)]
    if not bars and not marks:
        return [_nothing(sheet, top + 26)], 44
    days = [mark.day for mark in marks] + [bar.start for bar in bars] + [bar.end for bar in bars]
    drawn = [element("line", class_="baseline", x1=axis.at(min(days)), x2=axis.at(max(days)), y1=y, y2=y)]
    taken: list[tuple[float, float]] = []
    for bar in bars:
        x, until = axis.at(bar.start), axis.at(bar.end)
        drawn.append(_box(bar, sheet, x, until, y - 4, 8))
    for bar in sorted(bars, key=lambda bar: bar.start - bar.end):
        place = _centred((axis.at(bar.start) + axis.at(bar.end)) / 2, bar.label, sheet, taken)
        if place is not None:
            drawn.append(_text(place, y + 22, bar.label, "late-text label"))
    for mark in marks:
        if mark.late_until is not None:
            drawn += _recorded_late(axis, mark, y)
    drawn += [_mark(mark, axis.at(mark.day), y, sheet) for mark in marks]
    return drawn, 60 if bars else 52


def _centred(middle: float, label: str, sheet: Sheet, taken: list[tuple[float, float]]) -> float | None:
    width = text_width(label, SIZE)
    x = sheet.clear_of_line(max(middle - width / 2, sheet.axis.left), width, sheet.axis.left)
    if any(x < end + 8 and start < x + width + 8 for start, end in taken):
        return None
    taken.append((x, x + width))
    return x


def _recorded_late(axis: Axis, mark: Mark, y: float) -> list[Markup]:
    assert mark.late_until is not None
    x, until = axis.at(mark.day), axis.at(mark.late_until)
    path = f"M{x:.1f} {y - 8} V{y - 16} H{until:.1f}"
    return [
        element("path", class_="recorded-late", d=path),
        element("line", class_="recorded-late-end", x1=until, x2=until, y1=y - 20, y2=y - 12),
    ]


def _rows(lane: Lane, sheet: Sheet, top: float) -> tuple[list[Markup], float]:
    """Marks with a line to what answered them and a label, in as many rows as keep them apart; bars below."""
    axis = sheet.axis
    groups = [group for group in lane.groups if axis.reaches(group.mark.day, group.mark.day)]
    bars = [bar for bar in lane.bars if axis.reaches(bar.start, bar.end)]
    if not groups and not bars:
        return [_nothing(sheet, top + 26)], 44
    pitch = 32 if any(group.until for group in groups) else 24
    ends: list[float] = []
    crowded: list[Group] = []
    drawn = []
    for group in groups:
        place = _placed(group, sheet)
        row = next((n for n, end in enumerate(ends) if end + 8 <= place.start), len(ends))
        if row == MOST_ROWS:
            crowded.append(group)
            continue
        ends[row : row + 1] = [place.end]
        drawn += _group(group, place, sheet, top + 20 + row * pitch)
    if crowded:
        # What finds no room keeps its mark, and the list of events says the rest.
        y = top + 20 + len(ends) * pitch
        drawn += [_mark(group.mark, axis.at(group.mark.day), y, sheet) for group in crowded]
        ends.append(axis.right)
    height = 14 + len(ends) * pitch + (0 if pitch == 32 else 4)
    bar_ends: list[float] = []
    for bar in bars:
        x, until = axis.at(bar.start), axis.at(bar.end)
        row = next((n for n, end in enumerate(bar_ends) if end <= x), len(bar_ends))
        bar_ends[row : row + 1] = [until]
        y = top + height + row * 28
        drawn += [_box(bar, sheet, x, until, y, 22)]
        drawn += [_text(x + 9, y + 15.5, fitted(bar.label, until - x - 12, SIZE), "bar-label")]
    return drawn, height + len(bar_ends) * 28 + 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a group stands in its row, and where its label does."""

    start: float
    end: float
    label_x: float
    label: str


def _placed(group: Group, sheet: Sheet) -> Place:
    axis = sheet.axis
    x = axis.at(group.mark.day)
    until = axis.at(group.until) if group.until else x
    label = fitted(group.label, sheet.edge - axis.left - 20, SIZE)
    width = text_width(label, SIZE)
    if not label:
        return Place(x - 8, until + 8, x, "")
    if group.until:
        label_x = sheet.clear_of_line(x + 11, width, axis.left)
    else:
        crosses = x + 13 < sheet.line < x + 17 + width or x + 13 + width > sheet.edge
        label_x = (
            x - 13 - width
            if crosses and x - 13 - width >= axis.left
            else max(min(x + 13, sheet.edge - width), 0.0)
        )
    return Place(min(x - 8, label_x), max(until + 8, label_x + width), label_x, label)


def _group(group: Group, place: Place, sheet: Sheet, y: float) -> list[Markup]:
    axis = sheet.axis
    x = axis.at(group.mark.day)
    late = " late" if group.is_late else ""
    drawn = []
    if group.until and group.line == "letter":
        drawn.append(
            element(
                "rect",
                class_=f"bar {'overdue' if late else 'track'}",
                x=x,
                y=y - 3,
                width=axis.at(group.until) - x,
                height=6,
            )
        )
    elif group.until:
        drawn.append(element("line", class_=f"{group.line}{late}", x1=x, x2=axis.at(group.until), y1=y, y2=y))
    if group.answer is not None:
        shape = f"{group.answer.shape}{late}"
        drawn.append(_mark(group.answer, axis.at(group.answer.day), y, sheet, shape))
    drawn.append(_mark(group.mark, x, y, sheet))
    if place.label:
        below = 19 if group.until else 4.5
        drawn.append(_text(place.label_x, y + below, place.label, f"label{' late-text' if late else ''}"))
    return drawn


def _mark(mark: Mark, x: float, y: float, sheet: Sheet, look: str = "") -> Markup:
    return element(
        "a",
        element("title", mark.title),
        element("circle", class_="halo", cx=x, cy=y, r=11),
        *SHAPES[mark.shape](x, y, look or mark.shape),
        href=f"#{mark.anchor}",
        class_="mark",
        tabindex=sheet.steps,
    )


def _circle(x: float, y: float, look: str) -> list[Markup]:
    return [element("circle", class_=look, cx=x, cy=y, r=6.5)]


def _cross(x: float, y: float, look: str) -> list[Markup]:
    path = (
        f"M{x - 6:.1f} {y - 6:.1f} L{x + 6:.1f} {y + 6:.1f} M{x + 6:.1f} {y - 6:.1f} L{x - 6:.1f} {y + 6:.1f}"
    )
    return [element("path", class_="cross-back", d=path), element("path", class_=look, d=path)]


def _square(x: float, y: float, look: str) -> list[Markup]:
    return [element("rect", class_=look, x=x - 6, y=y - 6, width=12, height=12)]


def _small(x: float, y: float, look: str) -> list[Markup]:
    return [element("rect", class_=look, x=x - 3.5, y=y - 3.5, width=7, height=7)]


def _cap(x: float, y: float, look: str) -> list[Markup]:
    return [element("line", class_=look, x1=x, x2=x, y1=y - 6, y2=y + 6)]


def _upright(x: float, y: float, look: str) -> list[Markup]:
    return [element("rect", class_=look, x=x - 2.5, y=y - 8, width=5, height=16)]


def _diamond(x: float, y: float, look: str) -> list[Markup]:
    return [
        element(
            "path",
            class_=look,
            d=f"M{x - 8:.1f} {y:.1f} L{x:.1f} {y - 8:.1f} L{x + 8:.1f} {y:.1f} L{x:.1f} {y + 8:.1f} Z",
        )
    ]


def _triangle(x: float, y: float, look: str) -> list[Markup]:
    return [
        element(
            "path", class_=look, d=f"M{x - 8:.1f} {y + 7:.1f} L{x:.1f} {y - 8:.1f} L{x + 8:.1f} {y + 7:.1f} Z"
        )
    ]


SHAPES = {
    "filled": _circle,
    "ring": _circle,
    "ghost": _circle,
    "cross": _cross,
    "square": _square,
    "small": _small,
    "cap": _cap,
    "upright": _upright,
    "diamond": _diamond,
    "triangle": _triangle,
}

LAYOUTS = {"blocks": _blocks, "slim": _slim, "need": _need, "line": _line, "rows": _rows}
