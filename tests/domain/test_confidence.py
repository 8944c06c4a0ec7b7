"""The catalogue claims no more of having been read than was."""

import pytest

from domain.reviewed_timescales import CATALOGUE

QUOTED_EDITIONS = {"2015", "2018"}
"""The editions of Working Together of which procedures that quote them were read."""

READ = {
    ("looked_after_visit", "first"), ("looked_after_visit", "later"), ("looked_after_review", "first"),
    ("looked_after_review", "second"), ("looked_after_review", "later"), ("care_plan", ""),
    ("placement_plan", ""), ("proceedings", ""), ("supervision", ""),
    ("supervision", "newly qualified, first 6 weeks"), ("supervision", "newly qualified, to 6 months"),
}  # fmt: skip
"""Those of which the text itself was read; of reviews, not that of before 2011."""

QUOTED = {
    ("referral_decision", ""), ("assessment", ""), ("initial_conference", ""), ("core_group_first", ""),
    ("review_conference_first", ""), ("review_conference", ""), ("pre_proceedings", ""),
}  # fmt: skip

OF_AN_AUTHORITY = {
    ("contact_decision", ""), ("assessment_child_seen", ""), ("core_group", ""),
    ("child_protection_visit", ""), ("child_in_need_visit", ""), ("minutes", "conference"),
    ("conference_decisions", ""),
}  # fmt: skip

UNREAD = {
    ("transfer_in_conference", ""), ("parenting_assessment", ""), ("child_in_need_review", ""),
    ("minutes", ""), ("pre_proceedings_letter", ""), ("pre_proceedings_meeting", ""),
    ("case_supervision", ""), ("action", ""),
}  # fmt: skip


def expected(row):
    limit = (row.id, row.part)
    if limit in READ:
        return "not verified" if row.edition == "1991" else "primary text read"
    if limit in QUOTED:
        is_other = row.source != "Working Together to Safeguard Children"
        return "secondary text read" if is_other or row.edition in QUOTED_EDITIONS else "not verified"
    return "one authority's policy read" if limit in OF_AN_AUTHORITY else "not verified"


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: f"{row.id} {row.part} {row.edition}")
def test_a_row_says_how_its_limit_was_read(row):
    assert row.confidence == expected(row)


def test_each_limit_was_looked_at_once():
    limits = [*READ, *QUOTED, *OF_AN_AUTHORITY, *UNREAD]
    assert len(limits) == len(set(limits))
    assert set(limits) == {(row.id, row.part) for row in CATALOGUE}
