"""Many objects made at once are those that their class makes one by one."""

from dataclasses import FrozenInstanceError, fields
from itertools import repeat
from typing import Any

import pytest

from domain.catalogue import EVENT_TYPES
from domain.history import Recorded
from domain.visit import VisitMade
from infra.made_alike import maker

CLASSES = [*EVENT_TYPES.values(), Recorded]


@pytest.mark.parametrize("cls", CLASSES)
def test_each_has_its_values_and_is_what_its_class_makes(cls):
    names = [field.name for field in fields(cls)]
    first, second = maker(cls, names)(2, *([f"{name} 1", f"{name} 2"] for name in names))
    for number, one in ((1, first), (2, second)):
        assert type(one) is cls
        assert [getattr(one, name) for name in names] == [f"{name} {number}" for name in names]


def test_they_equal_those_made_one_by_one():
    values: Any = {field.name: f"of {field.name}" for field in fields(VisitMade)}
    assert maker(VisitMade, [*values])(3, *map(repeat, values.values())) == [VisitMade(**values)] * 3


@pytest.mark.parametrize("cls", CLASSES)
def test_they_cannot_be_changed(cls):
    (name, *_) = [field.name for field in fields(cls)]
    (one,) = maker(cls, [name])(1, ["was"])
    with pytest.raises(FrozenInstanceError):
        setattr(one, name, "is")
    with pytest.raises(FrozenInstanceError):
        delattr(one, name)
    assert getattr(one, name) == "was"


def test_what_is_given_no_column_has_no_value():
    (one,) = maker(Recorded, ["id"])(1, ["1"])
    with pytest.raises(AttributeError):
        one.source  # noqa: B018


def test_none_are_made_of_nothing():
    assert maker(Recorded, ["id"])(0, []) == []
