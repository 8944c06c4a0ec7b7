"""A fact is recorded once, found by what it shares, and never stands beside another of its identity."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from infra.codec import Codec
from infra.conflicts import Conflicts
from infra.keys import open_embedded
from infra.log.sqlite import SqliteLog
from services.histories import BATCH, COMPLETION, MERGE
from services.intake import incoming
from services.ready import HOUSEHOLD, commit_id
from services.record import Conflict, Gone, Receipt, Recording, same
from services.record_together import Together
from tests.reported import event, referral

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


class Place:
    """A log with all that recording needs."""

    def __init__(self, folder):
        self.keys = open_embedded(folder)
        self.codec = Codec(self.keys)
        self.log = SqliteLog.open(folder / "log.sqlite3", now=lambda: NOW)
        self.conflicts = Conflicts(folder / "conflicts.sqlite3")
        self.recording = Recording(self.log, self.codec, self.conflicts, lambda: NOW)

    def record(self, *events):
        return self.recording.record([incoming(one, NOW) for one in events])

    def close(self):
        self.log.close()
        self.conflicts.close()
        self.keys.close()


@pytest.fixture
def place(tmp_path):
    with closing(Place(tmp_path)) as made:
        yield made


def test_versions_count_within_a_child_in_the_order_of_the_log(place):
    results = place.record(referral(subject="C1"), referral(subject="C2"), referral(subject="C1"))
    stored = [result.stored for result in results]
    assert [(s.originator_id, s.originator_version, s.offset) for s in stored] == [
        ("C1", 1, 0),
        ("C2", 1, 1),
        ("C1", 2, 2),
    ]


def test_a_repeat_within_one_batch_is_a_duplicate(place):
    fact = referral()
    first, second = place.record(fact, fact)
    assert second == replace(first, is_duplicate=True)
    assert place.log.max_notification_id() == 1


def test_an_identity_is_of_source_and_id_whatever_the_subject(place):
    fact = referral(subject="C1")
    place.record(fact)
    (result,) = place.record(fact | {"subject": "C2"})
    assert result == Conflict(fact["source"], fact["id"], ("/subject",))
    assert commit_id("a", "bc") != commit_id("ab", "c")


def test_every_conflict_is_listed_once_with_where_it_differs(place):
    fact = referral()
    other = fact | {"data": fact["data"] | {"note": "x", "referral_id": "R-2"}, "ext": 1}
    place.record(fact)
    for _ in range(3):
        place.record(other)
    (listed,) = place.conflicts.page(0, 10)
    assert listed.differs == ("/data/note", "/data/referral_id", "/ext")
    assert (listed.id, listed.subject, listed.refused_at) == (fact["id"], "C1", NOW)


def test_of_whom_all_was_erased_nothing_personal_is_recorded_again(place):
    fact = referral(note="private")
    place.record(fact)
    place.keys.destroy("C1")
    again, new, plain = place.record(fact, referral(note="more"), referral())
    assert isinstance(again, Gone)
    assert isinstance(new, Gone)
    assert isinstance(plain, Receipt)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ({"a": 1, "b": [1, 2]}, {"b": [1.0, 2], "a": 1}, True),
        ([1, 2], [2, 1], False),
        ([1], [1, 1], False),
        ({"a": None}, {}, False),
        (None, None, True),
        ({"a": True}, {"a": 1}, False),
    ],
)
def test_values_are_compared_as_json_has_them(one, other, is_same):
    assert same(one, other) is is_same
    assert same(other, one) is is_same


def test_facts_are_marked_by_what_they_share(place):
    done = {"assessment_id": "A", "authorised_by": "M-1"}
    place.record(
        referral(subject="C1", batch_id="B-1"),
        event("ChildMerged", "2019-03-05", "C2", into="C1"),
        event("ChildUnmerged", "2019-03-06", "C1", from_="C2"),
        event("HouseholdJoined", "2019-03-05", "C1", household_id="H-1"),
        event("AssessmentCompleted", "2019-03-05T10:00:00+01:00", "C1", **done),
        event("AssessmentCompleted", "2019-03-05", "C2", **done),
    )
    log = place.log
    assert [(m.stream, m.extra) for m in log.marked(BATCH, "B-1")] == [("C1", "2019-03-05")]
    assert [m.stream for m in log.marked(MERGE, "C1")] == ["C2"]
    assert [m.value for m in log.marks_of("C1", MERGE)] == ["C2"]
    assert [m.stream for m in log.marked(HOUSEHOLD, "H-1")] == ["C1"]
    assert [(m.stream, m.extra) for m in log.marked(COMPLETION, "M-1")] == [
        ("C1", "2019-03-05T09:00:00+00:00")
    ]


def test_callers_of_one_moment_are_written_together_and_each_gets_its_own(place):
    facts = [
        [incoming(referral(subject=f"C{n}", note="n"), NOW) for _ in range(n % 3 + 1)] for n in range(40)
    ]

    async def all_of_them():
        together = Together(place.recording)
        return await asyncio.gather(*(together.record(few) for few in facts))

    for few, results in zip(facts, asyncio.run(all_of_them()), strict=True):
        assert [(r.stored.originator_id, r.id) for r in results] == [(f.stream, f.id) for f in few]


def test_a_caller_who_goes_away_takes_nobody_along(place):
    async def go():
        together = Together(place.recording)
        tasks = [asyncio.create_task(together.record([incoming(referral(), NOW)])) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        return [type(one) for one in done]

    assert asyncio.run(go()) == [list, asyncio.CancelledError, list]


def test_a_conflict_beside_others_is_answered_and_listed(place):
    fact = referral()
    other = fact | {"data": fact["data"] | {"referral_id": "R-2"}}

    async def go():
        together = Together(place.recording)
        return await asyncio.gather(
            *(together.record([incoming(one, NOW)]) for one in (fact, other, referral()))
        )

    kinds = [type(results[0]) for results in asyncio.run(go())]
    assert kinds == [Receipt, Conflict, Receipt]
    assert place.conflicts.count() == 1


def test_what_a_person_asks_is_recorded_only_on_the_version_that_they_saw(place):
    place.record(referral())
    ruled = incoming(referral(note="x"), NOW)
    assert place.recording.record_asked(ruled, expected_version=0) is None
    receipt = place.recording.record_asked(ruled, expected_version=1)
    assert receipt is not None
    assert receipt.stored.originator_version == 2
    assert NOW - receipt.stored.recorded_at <= timedelta(0)
