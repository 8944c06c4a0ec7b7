"""References that may stand for one child are found without a name in the clear."""

from datetime import date

import pytest

from domain.question import Question
from infra.holidays import england
from infra.keyed_hash import keyed_hash
from projections.identity_rows import identity_rows
from projections.projection import Case
from services.same_child import in_rows
from tests.invented import recorded

KEYED = keyed_hash(lambda: b"k" * 32)
ADA = {"family_name": "Núñez-O’Brien", "given_name": "Ada", "date_of_birth": "2012-02-29"}


def rows(stream, *facts, keyed=KEYED):
    told = [
        recorded(number, name, "2019-03-05", stream=stream, **data)
        for number, (name, data) in enumerate(facts, 1)
    ]
    case = Case(stream, told, Question(date(2019, 12, 31)), england(), keyed=keyed)
    return identity_rows.rows(case)


def registered(**data):
    return ("ChildRegistered", data)


def pairs(one, other):
    found = in_rows([*rows("C1", registered(**one)), *rows("C2", registered(**other))])
    return [(pair.child, pair.other, pair.same) for pair in found]


@pytest.mark.parametrize(
    "other",
    [
        {"family_name": "NUNEZ O'BRIEN", "given_name": " ada "},
        {"family_name": "Nuñez - O’ Brien", "given_name": "ADA"},
        {"family_name": "nunezobrien", "given_name": "Ada"},
    ],
    ids=str,
)
def test_names_match_however_they_are_written(other):
    assert pairs(ADA, ADA | other) == [("C1", "C2", ("names_and_date_of_birth",))]


@pytest.mark.parametrize(
    "other",
    [{"date_of_birth": "2012-02-28"}, {"given_name": "Ida"}, {"family_name": "Nunez"}, {"given_name": "-"}],
    ids=str,
)
def test_what_differs_in_name_or_birth_does_not_match(other):
    assert pairs(ADA, ADA | other) == []


def test_the_same_nhs_number_matches_whatever_the_names():
    one, other = {"nhs_number": "943 476 5919"}, {"nhs_number": "9434765919", **ADA}
    assert pairs(one, other) == [("C1", "C2", ("nhs_number",))]


def test_half_a_number_or_a_name_alone_matches_nobody():
    assert pairs({"nhs_number": "943 476"}, {"nhs_number": "943476"}) == []
    names = {"family_name": "Hale", "given_name": "Ada"}
    assert pairs(names, names) == []


def test_who_was_told_to_be_two_children_is_not_asked_about_again():
    one = rows("C1", registered(**ADA), ("ChildUnmerged", {"from": "C2"}))
    assert in_rows([*one, *rows("C2", registered(**ADA))]) == []


def test_nothing_personal_is_in_the_rows():
    (row,) = rows("C1", registered(**ADA))
    assert set(row.digest) <= set("0123456789abcdef")
    assert rows("C1", registered(**ADA), keyed=keyed_hash(lambda: b"j" * 32)) != [row]
    assert rows("C1", registered(**ADA), keyed=None) == []
