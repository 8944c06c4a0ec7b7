"""Open assessments by their true age, those that look in time but are late hatched."""

from collections.abc import Sequence

from markupsafe import Markup

from services.overview import Band
from services.web.svg import drawing, element

HEIGHT, TOP, BOTTOM = 230, 44, 190


def histogram(bands: Sequence[Band], limit: int, width: int, name: str) -> Markup:
    """A bar for each band of ages, ``width`` units in all; no other drawing of the page has its ``name``."""
    pitch = width / len(bands)
    tallest = max((band.count for band in bands), default=0) or 1
    hatch = f"hatch-{name}"
    drawn = [
        element("defs", _hatching(hatch)),
        element("line", class_="axis-line", x1=0, x2=width, y1=BOTTOM, y2=BOTTOM),
    ]
    for number, band in enumerate(bands):
        x, bar = number * pitch + pitch * 0.12, pitch * 0.76
        base = float(BOTTOM)
        for size, look, fill in (
            (band.hidden, "bar gap", f"url(#{hatch})"),
            (band.late - band.hidden, "bar over", None),
            (band.count - band.late, "bar within", None),
        ):
            height = (BOTTOM - TOP - 16) * size / tallest
            base -= height
            if size:
                drawn.append(element("rect", class_=look, x=x, y=base, width=bar, height=height, fill=fill))
        middle = x + bar / 2
        drawn.append(
            element("text", str(band.count), class_="count", x=middle, y=base - 6, text_anchor="middle")
        )
        drawn.append(
            element("text", label(band), class_="axis", x=middle, y=BOTTOM + 20, text_anchor="middle")
        )
    drawn += _limit(bands, limit, pitch)
    return drawing(width, HEIGHT, *drawn, class_="histogram", role="img", aria_label=_told(bands))


def label(band: Band) -> str:
    """``31–45``, ``91+``."""
    return f"{band.low}+" if band.high is None else f"{band.low}–{band.high}"


def _limit(bands: Sequence[Band], limit: int, pitch: float) -> list[Markup]:
    place = next((n for n, band in enumerate(bands) if band.low > limit), None)
    if place is None:
        return []
    x = place * pitch
    return [
        element("line", class_="tick", x1=x, x2=x, y1=8, y2=BOTTOM + 26),
        element("text", f"{limit}-day limit", class_="axis", x=x - 7, y=18, text_anchor="end"),
        element("text", "late", class_="axis late-text", x=x + 7, y=18),
    ]


def _hatching(name: str) -> Markup:
    back = element("rect", class_="hatch-back", width=7, height=7)
    stripe = element("line", class_="hatch-stripe", x1=0, y1=0, x2=0, y2=7)
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


def _told(bands: Sequence[Band]) -> str:
    each = ", ".join(
        f"{label(band)} days: {band.count}" + (f" ({band.hidden} look in time)" if band.hidden else "")
        for band in bands
    )
    return f"Open assessments by true age. {each}."
