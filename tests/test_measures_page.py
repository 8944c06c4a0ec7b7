"""The page about measures is what the catalogue says."""

from pathlib import Path

from projections.measure_catalogue import OTHERS, timeliness

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"


def test_the_page_lists_every_measure_with_its_definition_and_source():
    _, _, listed = PAGE.read_text().partition("## Every measure\n\n")
    entries = [
        f"**{m.name}** ({m.title})\n: {m.definition}\n: *Source: {m.source}.*\n"
        for m in (*timeliness("TIMESCALE"), *OTHERS)
    ]
    assert listed == "\n".join(entries)
