"""Assessments completed in time month by month: what the records show against what is true."""

from collections.abc import Sequence

from markupsafe import Markup

from services.overview import Month
from services.web.days import month_in_short
from services.web.svg import drawing, element, text_width

SIZE = 12
HEIGHT, TOP, BOTTOM, LEFT = 230, 20, 190, 40
RIGHT = 96


def trend(months: Sequence[Month], width: int) -> Markup:
    """Two lines, ``width`` units wide, and what lies between; months with nothing completed are left out."""
    right = width - RIGHT
    known = [n for n, month in enumerate(months) if month.completed]

    def x(place: int) -> float:
        return LEFT + 4 + (right - LEFT - 4) * place / max(len(months) - 1, 1)

    def y(share: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * share

    recorded = [(x(n), y(months[n].in_time_recorded / months[n].completed)) for n in known]
    true = [(x(n), y(months[n].in_time_true / months[n].completed)) for n in known]
    every = 1 if (right - LEFT) / len(months) >= 28 else 2
    drawn = [element("line", class_="grid", x1=LEFT, x2=right, y1=y(n / 4), y2=y(n / 4)) for n in range(5)]
    drawn += [
        element("text", f"{n * 25}%", class_="axis", x=LEFT - 6, y=y(n / 4) + 4, text_anchor="end")
        for n in range(5)
    ]
    drawn += [
        element(
            "text", month_in_short(m.first_day), class_="axis", x=x(n), y=BOTTOM + 20, text_anchor="middle"
        )
        for n, m in enumerate(months)
        if (len(months) - 1 - n) % every == 0
    ]
    if known:
        last = months[known[-1]]
        drawn.append(element("polygon", class_="between", points=_points(recorded + true[::-1])))
        drawn.append(element("polyline", class_="recorded-line", points=_points(recorded)))
        drawn.append(element("polyline", class_="true-line", points=_points(true)))
        drawn.append(element("circle", class_="true-end", cx=true[-1][0], cy=true[-1][1], r=3))
        apart = max(0.0, 16 - (true[-1][1] - recorded[-1][1])) / 2
        drawn += [
            _end(
                recorded[-1],
                -apart,
                f"{percent(last.in_time_recorded, last.completed)} recorded",
                "recorded-label",
            ),
            _end(true[-1], apart, f"{percent(last.in_time_true, last.completed)} true", "true-label"),
        ]
    return drawing(width, HEIGHT, *drawn, class_="trend", role="img", aria_label=_told(months, known))


def percent(part: int, whole: int) -> str:
    """A whole percentage, rounded down so that only all is 100%."""
    return f"{part * 100 // whole}%" if whole else "–"


def _end(point: tuple[float, float], down: float, label: str, class_: str) -> Markup:
    assert text_width(label, SIZE) < RIGHT
    return element("text", label, class_=class_, x=point[0] + 8, y=point[1] + 4 + down)


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _told(months: Sequence[Month], known: list[int]) -> str:
    if not known:
        return "No assessments were completed in these months."
    first, last = months[known[0]], months[known[-1]]
    return (
        f"In time by the records: {percent(first.in_time_recorded, first.completed)} "
        f"in {month_in_short(first.first_day)}, "
        f"{percent(last.in_time_recorded, last.completed)} in {month_in_short(last.first_day)}. "
        f"In truth: {percent(first.in_time_true, first.completed)}, "
        f"then {percent(last.in_time_true, last.completed)}. "
        "The table after the picture has every month."
    )
