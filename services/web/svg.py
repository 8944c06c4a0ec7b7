"""Drawing elements, with every value escaped, and how wide their letters are."""

from markupsafe import Markup, escape

# Advance widths of Helvetica and Arial in thousandths of the type size.
_WIDTHS = {
    **dict.fromkeys("ijl'‘’", 222),
    **dict.fromkeys(" !,./:;I[\\]ft", 278),
    **dict.fromkeys("()-r", 333),
    **dict.fromkeys("Jckvsxyz", 500),
    **dict.fromkeys("FTZ", 611),
    **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("Mm", 833),
    **dict.fromkeys("W%", 944),
}
_ORDINARY, _UNKNOWN = 556, 1000
_BOLD = 1.07


def element(name: str, *children: str, **attributes: object) -> Markup:
    """An element. Attributes are named with ``_`` for ``-``, ``class_`` for ``class``; None leaves it out."""
    # Joined as plain text out of escaped parts: a picture has thousands of them.
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{''.join(str(escape(child)) for child in children)}</{name}>")


def drawing(width: float, height: float, *children: str, **attributes: object) -> Markup:
    """A drawing ``width`` by ``height`` units, which scales to the room it is given."""
    # viewBox is the one attribute written with a capital.
    rest = element("svg", *children, focusable="false", **attributes).removeprefix("<svg")
    return Markup(f'<svg viewBox="0 0 {_value(width)} {_value(height)}"{rest}')


def text_width(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is, in the units of ``size``."""
    total = sum(_WIDTHS.get(c, _ORDINARY if c.isascii() else _UNKNOWN) for c in text)
    return total * size / 1000 * (_BOLD if bold else 1)


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, cut short with an ellipsis to fit ``room``; empty where not even four letters would."""
    if text_width(text, size, bold) <= room:
        return text
    for end in range(min(len(text), int(room)), 3, -1):
        short = text[:end].rstrip() + "…"
        if text_width(short, size, bold) <= room:
            return short
    return ""


def _value(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
