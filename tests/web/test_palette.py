"""Every pair of colours that stand together can be told apart: 4.5 to 1 for text, 3 to 1 for shapes."""

import re

import pytest

from services.web.rendering import STATIC

COLOURS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (STATIC / "app.css").read_text()))

TEXT = (
    ("ink", ("paper", "panel", "past", "band", "record", "light", "dark", "nav")),
    ("quiet", ("paper", "panel", "past", "band")),
    ("late", ("paper", "past", "band")),
    ("fine", ("paper", "past")),
    ("ghost", ("paper", "past")),
    ("link", ("paper", "panel", "past", "nav")),
    ("govuk-link-hover-colour", ("paper", "panel", "past", "nav")),
    ("govuk-link-visited-colour", ("paper", "panel", "past")),
    ("paper", ("header", "teal", "late", "ink")),
)
SHAPES = (
    ("teal", ("paper", "band")),
    ("late", ("paper", "band")),
    ("ink", ("paper", "band", "late-pale")),
    ("late-edge", ("paper", "band")),
    ("record-edge", ("paper", "band", "panel", "past")),
    ("ghost", ("paper", "late-pale")),
    ("quiet", ("paper", "band")),
    ("header", ("panel", "past")),
)


def pairs(table):
    return [(front, back) for front, backs in table for back in backs]


def luminance(colour):
    """Relative luminance, as WCAG 2.2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(front, back):
    light, dark = sorted((luminance(COLOURS[front]), luminance(COLOURS[back])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("front", "back"), pairs(TEXT))
def test_text_can_be_read(front, back):
    assert contrast(front, back) >= 4.5


@pytest.mark.parametrize(("front", "back"), pairs(SHAPES))
def test_shapes_can_be_seen(front, back):
    assert contrast(front, back) >= 3


def test_gov_uk_colours_are_not_ours():
    assert not {"#1d70b8", "#1a65a6", "#0f385c"} & set(COLOURS.values())
