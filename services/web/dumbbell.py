"""One child's recorded and true clocks on one line."""

from collections.abc import Sequence

from markupsafe import Markup

from services.web.svg import drawing, element

WIDTH, MARGIN = 300, 10


def scale(values: Sequence[int]) -> int:
    """The longest of these working days, rounded up to 25."""
    return -(-max(values, default=100) // 25) * 25 or 25


def dumbbell(recorded: int | None, elapsed: int, limit: int, longest: int) -> Markup:
    """An open ring at the recorded days, a full dot at the true ones; ``longest`` is the end of the scale."""
    left, right, at_limit = _at(recorded or 0, longest), _at(elapsed, longest), _at(limit, longest)
    return drawing(
        WIDTH,
        24,
        element("line", class_="dumbbell-limit", x1=at_limit, x2=at_limit, y1=2, y2=22),
        element("line", class_="dumbbell-bar", x1=left, x2=right, y1=12, y2=12),
        element("circle", class_="dumbbell-recorded", cx=left, cy=12, r=5.5),
        element("circle", class_="dumbbell-true", cx=right, cy=12, r=6),
        class_="dumbbell",
        aria_hidden="true",
    )


def ruler(limit: int, longest: int) -> Markup:
    """The scale over a column of dumbbells."""
    steps = sorted({0, limit, *(n for n in range(0, longest + 1, 25) if abs(n - limit) > longest // 10)})
    return drawing(
        WIDTH,
        18,
        *[
            element(
                "text",
                str(n),
                class_="ruler",
                x=_at(n, longest),
                y=14,
                text_anchor="start" if n == 0 else "end" if n == longest else "middle",
            )
            for n in steps
        ],
        class_="dumbbell",
        aria_hidden="true",
    )


def _at(days: int, longest: int) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * min(days, longest) / longest
