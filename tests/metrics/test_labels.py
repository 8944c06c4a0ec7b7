"""A label never tells of a child or a worker."""

import pytest

from services.metrics.labels import naming_people

PEOPLE = frozenset({"C1001", "W-17", "worker:SW-9", "90123", "17", "authority"})


@pytest.mark.parametrize(
    "label",
    [
        "C1001", "c1001", " C1001 ", "Team of C1001", "C1001-team", "(c1001)", "urn:child:C1001", "team_w-17",
        "W-17, W-18", "SW-9", "sw-9's cases", "Desk 90123", "17", "urn:team:17",
    ],
)  # fmt: skip
def test_a_label_that_is_or_has_in_it_a_reference_names_someone(label):
    assert naming_people([label], PEOPLE) == {label}


@pytest.mark.parametrize(
    "label", ["Team 17", "C10011", "XC1001", "W-170", "W", "North-17-a", "Team-A", "", "urn:authority:5"]
)
def test_a_label_that_only_looks_a_little_like_one_names_nobody(label):
    assert naming_people([label], PEOPLE) == set()
