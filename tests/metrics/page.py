"""The table in docs/metrics.md, as it must be. ``python -m tests.metrics.page`` writes it there."""

from pathlib import Path

from services.metrics.names import NAMES, Name

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
BEGIN, END = "<!-- metrics -->\n", "<!-- end of metrics -->\n"
SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "info": ("_info",),
    "histogram": ("_bucket", "_count", "_sum"),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
}


def table() -> str:
    rows = [f"| `{shown(name)}` | {labels(name)} | {name.told} |" for name in NAMES]
    return "\n".join(["| name | labels | what it tells |", "|---|---|---|", *rows]) + "\n"


def shown(name: Name) -> str:
    first, *others = (name.name + suffix for suffix in SUFFIXES[name.kind])
    return "`, `".join([first, *others])


def labels(name: Name) -> str:
    return ", ".join(f"`{label}`" for label in name.labels) or "–"


def in_page() -> str:
    return PAGE.read_text().split(BEGIN)[1].split(END)[0]


if __name__ == "__main__":
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1])
