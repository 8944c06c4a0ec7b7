"""The last snapshot of a source stands until the next one takes its place all at once."""

from datetime import date

import pytest
from sqlalchemy import create_engine

from infra.snapshots import PAGE, Last, Overtaken, SqlSnapshots

SOURCE = "urn:example:census"
DAY = date(2024, 3, 31)


@pytest.fixture
def snapshots(tmp_path):
    return SqlSnapshots(create_engine(f"sqlite:///{tmp_path / 'snapshots.db'}"))


def keep(snapshots, states, number=1, source=SOURCE, digest="d"):
    following = snapshots.begin(source)
    following.put(states)
    following.keep(DAY, number, DAY, digest)


def test_a_source_without_a_snapshot_has_none(snapshots):
    assert snapshots.last(SOURCE) is None
    assert snapshots.states(SOURCE, ["C1"]) == {}


def test_what_is_kept_is_found(snapshots):
    keep(snapshots, {"C1": "one", "C2": "two"})
    assert snapshots.last(SOURCE) == Last(DAY, 1)
    assert snapshots.states(SOURCE, ["C1", "C2", "C3"]) == {"C1": "one", "C2": "two"}


def test_sources_are_kept_apart(snapshots):
    keep(snapshots, {"C1": "one"})
    keep(snapshots, {"C1": "other"}, number=7, source="urn:other")
    assert (snapshots.last(SOURCE), snapshots.last("urn:other")) == (Last(DAY, 1), Last(DAY, 7))
    assert snapshots.states(SOURCE, ["C1"]) == {"C1": "one"}


def test_children_not_put_in_the_next_stay_as_they_were(snapshots):
    keep(snapshots, {"C1": "one", "C2": "two"})
    keep(snapshots, {"C1": "one again"}, number=2)
    assert snapshots.states(SOURCE, ["C1", "C2"]) == {"C1": "one again", "C2": "two"}


def test_what_was_never_kept_leaves_the_last_one_standing(snapshots):
    keep(snapshots, {"C1": "one"})
    snapshots.begin(SOURCE).put({"C1": "killed", "C2": "killed"})
    assert snapshots.states(SOURCE, ["C1", "C2"]) == {"C1": "one"}
    keep(snapshots, {"C1": "one again"}, number=2)
    assert snapshots.states(SOURCE, ["C1", "C2"]) == {"C1": "one again"}


def test_the_absent_are_those_of_the_last_that_were_not_put_and_come_in_pages(snapshots):
    keep(snapshots, {f"C{n}": str(n) for n in range(PAGE + 10)})
    following = snapshots.begin(SOURCE)
    following.put({"C7": "seen"})
    found: dict[str, str] = {}
    for page in following.absent():
        following.put(page)
        found |= page
    assert found == {f"C{n}": str(n) for n in range(PAGE + 10) if n != 7}


@pytest.mark.parametrize("is_finished", [True, False])
def test_of_two_imports_at_once_only_one_is_kept(snapshots, is_finished):
    keep(snapshots, {"C1": "one"})
    mine = snapshots.begin(SOURCE)
    mine.put({"C1": "mine"})
    other = snapshots.begin(SOURCE)
    other.put({"C1": "other"})
    if is_finished:
        other.keep(DAY, 2, DAY, "d")
    with pytest.raises(Overtaken):
        mine.keep(DAY, 2, DAY, "d")
    assert snapshots.states(SOURCE, ["C1"]) == {"C1": "other" if is_finished else "one"}


def test_a_file_imported_before_is_known_by_day_and_digest(snapshots):
    keep(snapshots, {"C1": "one"}, digest="d1")
    keep(snapshots, {"C1": "one"}, number=2, digest="d1")
    assert snapshots.was_imported(SOURCE, DAY, "d1")
    assert not snapshots.was_imported(SOURCE, DAY, "d2")
    assert not snapshots.was_imported(SOURCE, date(2024, 4, 1), "d1")
    assert not snapshots.was_imported("urn:other", DAY, "d1")


def test_a_snapshot_outlives_the_process(tmp_path):
    url = f"sqlite:///{tmp_path / 'snapshots.db'}"
    keep(SqlSnapshots(create_engine(url)), {"C1": "one"})
    assert SqlSnapshots(create_engine(url)).states(SOURCE, ["C1"]) == {"C1": "one"}
