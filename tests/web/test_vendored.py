"""What others wrote is served as it was reviewed, and without what only GOV.UK may use."""

import hashlib
import re

import pytest

from services.web import vendor
from services.web.rendering import STATIC

VENDORED = (STATIC.parent / "VENDORED.md").read_text()
FILES = re.findall(r"\| `static/([\w.-]+)` \| ([0-9a-f]{64}) \|", VENDORED)


def test_the_vendored_files_are_those_that_were_listed():
    found = {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name, _ in FILES}
    assert found == dict(FILES)
    assert len(FILES) == 2


def test_the_list_names_the_version_that_is_fetched():
    assert f"| govuk-frontend | {vendor.VERSION} | MIT (`static/govuk-frontend.LICENCE.txt`)" in VENDORED
    assert "Permission is hereby granted" in (STATIC / "govuk-frontend.LICENCE.txt").read_text()


def test_nothing_that_only_gov_uk_may_use_is_served():
    for path in STATIC.iterdir():
        text = path.read_text()
        assert not re.search(r"GDS Transport|crest\.svg|crown\.(svg|png)|@font-face", text), path.name
    assert {path.suffix for path in STATIC.iterdir()} == {".css", ".js", ".svg", ".txt"}


def test_the_stylesheets_fetch_nothing():
    for path in STATIC.glob("*.css"):
        assert "url(" not in path.read_text()


def test_a_changed_stylesheet_is_not_vendored_unseen():
    with pytest.raises(ValueError, match="has changed"):
        vendor.rebranded("body{color:red}")
