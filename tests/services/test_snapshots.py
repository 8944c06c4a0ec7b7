"""A snapshot tells what changed since the last one of its source, and never the same thing twice."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.catalogue import PREFIX, read
from services.census_records import covers
from services.snapshots import Row, SeenChild, Snapshot, Told, compare, pack, unpack
from services.sorts import SORTS

SOURCE = "urn:example:census"
FIRST, SECOND, THIRD = date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31)


def day(text: str) -> date:
    return date.fromisoformat(text)


def referral(received: str, *rows: Row, unread_sorts: Iterable[str] = (), **values: str | None) -> Row:
    return Row(
        sort="referral",
        started_on=day(received),
        rows=rows,
        values=values,
        unread_sorts=frozenset(unread_sorts),
        undated_on=day(received),
    )


def assessment(started: str, ended: str | None = None, unread: Iterable[str] = ()) -> Row:
    return Row(
        sort="assessment", started_on=day(started), values={"ended_on": ended}, unread=frozenset(unread)
    )


def record(sort: str, started: str, *rows: Row, **values: str | None) -> Row:
    return Row(sort=sort, started_on=day(started), rows=rows, values=values)


def child(
    *rows: Row, reference: str = "C1", unread_sorts: Iterable[str] = (), born: str | None = None
) -> SeenChild:
    return SeenChild(
        reference=reference,
        rows=rows,
        unread_sorts=frozenset(unread_sorts),
        registration={"date_of_birth": born} if born else {},
        registration_digest=f"digest of {born}" if born else None,
    )


def tell(*snapshots: tuple[date, Sequence[SeenChild]], must_show=lambda known: True) -> list[list[tuple]]:
    """What each snapshot tells beyond those before it: the type of every fact and what it says."""
    previous, told = None, []
    for taken_on, children in snapshots:
        facts, previous = compare(SOURCE, previous, children, taken_on, must_show)
        told.append([said(fact) for fact in facts])
    return told


def said(fact: Told) -> tuple[str, dict[str, object]]:
    return fact.event["type"].removeprefix(PREFIX), fact.event["data"]


def changed(kind: str, id_: str, field: str, was: str | None, now: str | None, on: date = SECOND) -> tuple:
    values = {"was": was, "now": now}
    return (
        "RecordChanged",
        {"occurred_on": on.isoformat(), "record_kind": kind, "record_id": id_, "field": field}
        | {name: value for name, value in values.items() if value},
    )


def noticed(name: str, kind: str, id_: str, on: date = SECOND) -> tuple:
    return name, {"occurred_on": on.isoformat(), "record_kind": kind, "record_id": id_}


# First sight


def test_a_first_snapshot_tells_every_record_as_facts_of_their_own_days():
    (facts,) = tell(
        (
            FIRST,
            [
                child(
                    referral(
                        "2023-05-02",
                        assessment("2023-05-03", "2023-06-01"),
                        referral_source="1A",
                        primary_need="N1",
                        ended_on="2023-07-01",
                        reason="RC7",
                    ),
                    born="2015-03-27",
                )
            ],
        )
    )
    assert facts == [
        ("ChildRegistered", {"occurred_on": "2023-05-02", "date_of_birth": "2015-03-27"}),
        ("ReferralReceived", {"occurred_on": "2023-05-02", "referral_id": "R-2023-05-02",
                              "referral_source": "1A", "primary_need": "N1"}),
        ("ReferralClosed", {"occurred_on": "2023-07-01", "referral_id": "R-2023-05-02", "reason": "RC7"}),
        ("AssessmentStarted", {"occurred_on": "2023-05-03", "assessment_id": "A-2023-05-03",
                               "referral_id": "R-2023-05-02"}),
        ("AssessmentCompleted", {"occurred_on": "2023-06-01", "assessment_id": "A-2023-05-03"}),
    ]  # fmt: skip


def test_records_of_one_day_have_ids_of_their_own():
    (facts,) = tell(
        (
            FIRST,
            [child(referral("2023-05-02", assessment("2023-05-03", "2023-06-01"), assessment("2023-05-03")))],
        )
    )
    ids = [data["assessment_id"] for name, data in facts if name == "AssessmentStarted"]
    assert ids == ["A-2023-05-03", "A-2023-05-03-2"]


def test_no_further_action_is_a_decision():
    (facts,) = tell((FIRST, [child(referral("2023-05-02", outcome="no_further_action"))]))
    assert ("ReferralDecided", {"occurred_on": "2023-05-02", "referral_id": "R-2023-05-02",
                                "outcome": "no_further_action"}) in facts  # fmt: skip


def test_a_category_that_has_changed_by_the_first_snapshot_is_told_as_changed():
    plan = record("child_protection", "2023-05-09", initial_category="NEG", category="EMO")
    (facts,) = tell((FIRST, [child(referral("2023-05-02", plan))]))
    assert facts[-2:] == [
        ("PlanStarted", {"occurred_on": "2023-05-09", "plan_id": "CPP-2023-05-09", "kind": "child_protection",
                         "category": "NEG"}),
        changed("plan", "CPP-2023-05-09", "category", "NEG", "EMO", FIRST),
    ]  # fmt: skip


def test_pre_proceedings_are_told_step_by_step():
    track = record(
        "track", "2023-05-09", record("pre_proceedings_meeting", "2023-05-20"),
        letter_sent_on="2023-05-11", ended_on="2023-07-01", outcome="issue", issued_on="2023-07-03",
    )  # fmt: skip
    (facts,) = tell((FIRST, [child(referral("2023-05-02", track))]))
    track_id = {"track_id": "PP-2023-05-09"}
    assert facts[1:] == [
        ("PreProceedingsDecided", {"occurred_on": "2023-05-09", **track_id}),
        ("LetterBeforeProceedingsSent", {"occurred_on": "2023-05-11", **track_id}),
        ("PreProceedingsEnded", {"occurred_on": "2023-07-01", **track_id, "outcome": "issue"}),
        ("ProceedingsIssued", {"occurred_on": "2023-07-03", **track_id, "case_id": "PP-2023-05-09-court"}),
        ("PreProceedingsMeetingHeld", {"occurred_on": "2023-05-20", "meeting_id": "PPM-2023-05-20",
                                       **track_id}),
    ]  # fmt: skip


# What changed


OPEN = [child(referral("2023-05-02", assessment("2023-05-03")))]


def test_the_same_snapshot_again_tells_nothing():
    assert tell((FIRST, OPEN), (SECOND, OPEN))[1] == []


def test_a_new_record_is_told_as_facts():
    later = [child(referral("2023-05-02", assessment("2023-05-03")), referral("2023-11-01"))]
    assert tell((FIRST, OPEN), (SECOND, later))[1] == [
        ("ReferralReceived", {"occurred_on": "2023-11-01", "referral_id": "R-2023-11-01"})
    ]


def test_an_end_that_newly_appears_is_the_fact_that_ends_it():
    later = [child(referral("2023-05-02", assessment("2023-05-03", "2024-02-09")))]
    assert tell((FIRST, OPEN), (SECOND, later))[1] == [
        ("AssessmentCompleted", {"occurred_on": "2024-02-09", "assessment_id": "A-2023-05-03"})
    ]


def test_a_closing_that_newly_appears_brings_its_reason_and_nothing_more():
    later = [child(referral("2023-05-02", assessment("2023-05-03"), ended_on="2024-02-01", reason="RC8"))]
    assert tell((FIRST, OPEN), (SECOND, later))[1] == [
        ("ReferralClosed", {"occurred_on": "2024-02-01", "referral_id": "R-2023-05-02", "reason": "RC8"})
    ]


def test_a_start_that_moved_is_seen_as_moved():
    later = [child(referral("2023-05-02", assessment("2023-09-01")))]
    assert tell((FIRST, OPEN), (SECOND, later))[1] == [
        changed("assessment", "A-2023-05-03", "started_on", "2023-05-03", "2023-09-01")
    ]


def test_a_referral_date_that_moved_is_seen_as_moved_and_takes_its_records_along():
    later = [child(referral("2023-06-02", assessment("2023-05-03")))]
    assert tell((FIRST, OPEN), (SECOND, later))[1] == [
        changed("referral", "R-2023-05-02", "started_on", "2023-05-02", "2023-06-02")
    ]


def test_a_record_keeps_its_id_when_its_start_moves():
    moved = [child(referral("2023-05-02", assessment("2023-09-01")))]
    ended = [child(referral("2023-05-02", assessment("2023-09-01", "2024-03-01")))]
    assert tell((FIRST, OPEN), (SECOND, moved), (THIRD, ended))[2] == [
        ("AssessmentCompleted", {"occurred_on": "2024-03-01", "assessment_id": "A-2023-05-03"})
    ]


def test_equal_starts_are_paired_before_one_is_thought_to_have_moved():
    two = [child(referral("2023-05-02", assessment("2023-05-03", "2023-06-01"), assessment("2023-07-01")))]
    three = [
        child(
            referral(
                "2023-05-02",
                assessment("2023-05-03", "2023-06-01"),
                assessment("2023-06-15", "2023-06-20"),
                assessment("2023-07-01"),
            )
        )
    ]
    names = [name for name, _ in tell((FIRST, two), (SECOND, three))[1]]
    assert names == ["AssessmentStarted", "AssessmentCompleted"]


def test_an_end_that_moved_or_vanished_is_a_change():
    ended, moved = (
        [child(referral("2023-05-02", assessment("2023-05-03", end)))] for end in ("2023-06-01", "2023-06-09")
    )
    _, second, third = tell((FIRST, ended), (SECOND, moved), (THIRD, OPEN))
    assert second == [changed("assessment", "A-2023-05-03", "ended_on", "2023-06-01", "2023-06-09")]
    assert third == [changed("assessment", "A-2023-05-03", "ended_on", "2023-06-09", None, THIRD)]


def test_an_end_that_comes_back_after_it_vanished_is_told_anew():
    ended = [child(referral("2023-05-02", assessment("2023-05-03", "2023-06-01")))]
    previous, ids = None, []
    for taken_on, children in ((FIRST, ended), (SECOND, OPEN), (THIRD, ended)):
        facts, previous = compare(SOURCE, previous, children, taken_on)
        ids += [fact.event["id"] for fact in facts if said(fact)[0] == "AssessmentCompleted"]
    assert len(set(ids)) == 2, "a fact that returns must not pass for a duplicate of the first"


def test_a_record_that_vanished_is_told_with_all_that_stood_in_it():
    assert tell((FIRST, OPEN), (SECOND, [child()]))[1] == [
        noticed("RecordDisappeared", "referral", "R-2023-05-02"),
        noticed("RecordDisappeared", "assessment", "A-2023-05-03"),
    ]


def test_a_child_that_vanished_is_told_record_by_record():
    assert [name for name, _ in tell((FIRST, OPEN), (SECOND, []))[1]] == ["RecordDisappeared"] * 2


def test_what_vanished_is_told_once():
    assert tell((FIRST, OPEN), (SECOND, []), (THIRD, []))[2] == []


def test_a_record_that_is_back_again_is_told():
    assert tell((FIRST, OPEN), (SECOND, [child()]), (THIRD, OPEN))[2] == [
        noticed("RecordReappeared", "referral", "R-2023-05-02", THIRD),
        noticed("RecordReappeared", "assessment", "A-2023-05-03", THIRD),
    ]


def test_nothing_vanishes_that_the_snapshot_need_not_show():
    closed = [child(referral("2022-05-02", assessment("2022-05-03", "2022-06-01"), ended_on="2022-07-01"))]
    assert tell((FIRST, closed), (SECOND, []), must_show=covers(date(2023, 4, 1)))[1] == []


def test_what_the_snapshot_need_not_show_is_not_taken_for_one_that_moved():
    closed = [child(referral("2022-05-02", ended_on="2022-07-01"))]
    later = [child(referral("2023-05-02"))]
    told = tell((FIRST, closed), (SECOND, later), must_show=covers(date(2023, 4, 1)))
    assert [name for name, _ in told[1]] == ["ReferralReceived"]


def test_an_open_assessment_whose_start_moves_into_the_new_census_year_is_seen_as_moved():
    old = [child(referral("2022-05-02", assessment("2022-05-03")))]
    moved = [child(referral("2022-05-02", assessment("2023-05-03")))]
    assert tell((FIRST, old), (SECOND, moved), must_show=covers(date(2023, 4, 1)))[1] == [
        changed("assessment", "A-2022-05-03", "started_on", "2022-05-03", "2023-05-03")
    ]


@pytest.mark.parametrize(
    "later",
    [
        [child(unread_sorts=["referral"])],
        [child(referral("2023-05-02", unread_sorts=["assessment"]))],
        [child(referral("2023-05-02", assessment("2023-05-03", unread=["ended_on"])))],
    ],
    ids=["referral", "assessment", "end"],
)
def test_what_could_not_be_read_has_neither_vanished_nor_changed(later):
    ended = [child(referral("2023-05-02", assessment("2023-05-03", "2023-06-01")))]
    assert tell((FIRST, ended), (SECOND, later), (THIRD, ended))[1:] == [[], []]


def test_beside_an_unreadable_record_no_other_is_thought_to_have_moved():
    later = [child(referral("2023-05-02", assessment("2023-09-01"), unread_sorts=["assessment"]))]
    assert [name for name, _ in tell((FIRST, OPEN), (SECOND, later))[1]] == ["AssessmentStarted"]


def test_a_date_of_birth_that_changed_is_registered_anew_and_never_kept_in_the_clear():
    facts, previous = compare(SOURCE, None, [child(born="2015-03-27")], FIRST)
    again, known = compare(SOURCE, previous, [child(born="2015-03-28")], SECOND)
    assert [said(fact) for fact in again] == [
        ("ChildRegistered", {"occurred_on": SECOND.isoformat(), "date_of_birth": "2015-03-28"})
    ]
    absent, known = compare(SOURCE, known, [child()], THIRD)
    assert absent == []
    assert facts[0].event["id"] != again[0].event["id"]
    packed = pack(known.children["C1"]).replace("digest of 2015-03-28", "")
    assert "2015-03" not in packed


# A snapshot older than the last one


def test_an_older_snapshot_tells_what_was_seen_on_its_own_day_and_what_it_became():
    moved = [child(referral("2023-05-02", assessment("2023-09-01")))]
    facts = tell((THIRD, moved), (FIRST, OPEN))[1]
    assert facts == [
        changed("assessment", "A-2023-09-01", "started_on", "2023-09-01", "2023-05-03", FIRST),
        changed("assessment", "A-2023-09-01", "started_on", "2023-05-03", "2023-09-01", THIRD),
    ]


def test_an_older_snapshot_does_not_take_away_what_came_later():
    ended = [child(referral("2023-05-02", assessment("2023-05-03", "2024-03-01")), referral("2024-03-15"))]
    assert tell((THIRD, ended), (FIRST, OPEN))[1] == []


def test_an_older_snapshot_brings_records_that_only_it_had():
    old = [
        child(referral("2022-05-02", ended_on="2022-07-01"), referral("2023-05-02", assessment("2023-05-03")))
    ]
    assert [name for name, _ in tell((THIRD, OPEN), (FIRST, old))[1]] == [
        "ReferralReceived",
        "ReferralClosed",
    ]


# Properties

DAYS = st.integers(0, 60).map(lambda offset: date(2023, 4, 1) + timedelta(days=offset))
ENDS = st.none() | st.integers(0, 90).map(
    lambda offset: (date(2023, 4, 1) + timedelta(days=offset)).isoformat()
)


def rows(sort: str, values: st.SearchStrategy, inner: st.SearchStrategy | None = None, most: int = 3):
    row = st.builds(
        Row,
        sort=st.just(sort),
        started_on=DAYS,
        values=values,
        rows=st.tuples() if inner is None else inner,
        undated_on=DAYS,
    )
    return st.lists(row, max_size=most)


def joined(*groups: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(*groups).map(lambda lists: tuple(row for rows in lists for row in rows))


REFERRALS = rows(
    "referral",
    st.fixed_dictionaries(
        {
            "referral_source": st.sampled_from(["1A", "6"]),
            "outcome": st.sampled_from([None, "no_further_action"]),
            "ended_on": ENDS,
        }
    ),
    joined(
        rows("assessment", st.fixed_dictionaries({"ended_on": ENDS})),
        rows("enquiry", st.fixed_dictionaries({"outcome": st.sampled_from([None, "no_conference"])}), most=1),
        rows("initial_conference", st.just({}), most=2),
        rows(
            "child_protection",
            st.fixed_dictionaries(
                {
                    "initial_category": st.sampled_from(["NEG", "EMO"]),
                    "category": st.sampled_from(["NEG", "PHY"]),
                    "ended_on": ENDS,
                }
            ),
            joined(rows("review_conference", st.just({}), most=2)),
            most=1,
        ),
        rows("track", st.fixed_dictionaries({"letter_sent_on": ENDS, "issued_on": ENDS}), most=1),
    ),
    most=2,
)
CHILDREN = st.lists(
    st.builds(
        lambda reference, rows: child(*rows, reference=reference), st.sampled_from(["C1", "C2"]), REFERRALS
    ),
    max_size=2,
    unique_by=lambda one: one.reference,
)
BEGINS = st.sampled_from([date(1900, 1, 1), date(2023, 5, 1)])


def replay(log: dict[str, Told]) -> dict[tuple[str, str], dict[str, object]]:
    """The state of every record by child and id, as a reader of the log would believe it."""
    state: dict[tuple[str, str], dict[str, object]] = {}
    for fact in log.values():
        (name, data), subject = said(fact), fact.event["subject"]
        if name in ("RecordChanged", "RecordDisappeared", "RecordReappeared"):
            one = state[subject, str(data["record_id"])]
            if name == "RecordChanged":
                one[str(data["field"])] = data.get("now")
            else:
                one["is_present"] = name == "RecordReappeared"
            continue
        for sort in SORTS.values():
            id_ = str(data.get(sort.id_field))
            fixed = all(data.get(key) == value for key, value in sort.fixed.items())
            if name == sort.starts and fixed and id_.startswith(f"{sort.prefix}-"):
                first = {value: data.get(key) for key, value in sort.fields.items()}
                first |= {key: first[value] for key, value in sort.revised.items()}
                state[subject, id_] = {"started_on": data["occurred_on"], "is_present": True, **first}
            for milestone in sort.milestones:
                if name == milestone.type and (subject, id_) in state:
                    one = state[subject, id_]
                    if milestone.told_by == milestone.dated_by:
                        one[milestone.dated_by] = data["occurred_on"]
                    one |= {key: data.get(key) for key in milestone.fields}
    return state


def believed(log: dict[str, Told]) -> dict[tuple[str, str], dict[str, object]]:
    return {key: {k: v for k, v in one.items() if v is not None} for key, one in replay(log).items()}


def known(snapshot: Snapshot) -> dict[tuple[str, str], dict[str, object]]:
    return {
        (reference, r.id): {"started_on": r.started_on.isoformat(), "is_present": r.is_present, **r.values}
        for reference, one in snapshot.children.items()
        for r in one.records
    }


def append(log: dict[str, Told], facts: Sequence[Told]) -> None:
    """As the log does: the same id with the same content is a duplicate, with other content a conflict."""
    for fact in facts:
        first = log.setdefault(fact.event["id"], fact)
        assert first.event == fact.event, "one id stands for one fact"


@settings(max_examples=60, deadline=None)
@given(st.lists(CHILDREN, min_size=1, max_size=4), BEGINS, st.data())
def test_snapshots_through_their_facts_reproduce_what_the_last_one_shows(series, begins_on, data):
    log: dict[str, Told] = {}
    previous = None
    for number, children in enumerate(series):
        taken_on = FIRST + timedelta(days=data.draw(st.integers(0, 1)) + number)
        facts, previous = compare(SOURCE, previous, children, taken_on, covers(begins_on))
        append(log, facts)
        assert believed(log) == known(previous)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), CHILDREN), min_size=1, max_size=4), BEGINS)
def test_whatever_order_snapshots_come_in_their_facts_agree_with_what_is_known(series, begins_on):
    log: dict[str, Told] = {}
    previous = None
    for offset, children in series:
        facts, previous = compare(
            SOURCE, previous, children, FIRST + timedelta(days=offset), covers(begins_on)
        )
        append(log, facts)
        assert believed(log) == known(previous)


@settings(max_examples=40, deadline=None)
@given(CHILDREN, CHILDREN, BEGINS)
def test_a_snapshot_compared_with_itself_tells_nothing(before, after, begins_on):
    _, first = compare(SOURCE, None, before, FIRST, covers(begins_on))
    _, second = compare(SOURCE, first, after, SECOND, covers(begins_on))
    for taken_on in (SECOND, THIRD):
        facts, third = compare(SOURCE, second, after, taken_on, covers(begins_on))
        assert facts == []
        assert third.children == second.children


@settings(max_examples=40, deadline=None)
@given(CHILDREN, CHILDREN, st.randoms())
def test_the_same_comparison_tells_the_same_facts_whatever_order_the_records_stand_in(before, after, random):
    _, previous = compare(SOURCE, None, before, FIRST)
    shuffled = [
        child(*random.sample(one.rows, len(one.rows)), reference=one.reference)
        for one in random.sample(after, len(after))
    ]
    ids = [
        sorted(fact.event["id"] for fact in compare(SOURCE, previous, children, SECOND)[0])
        for children in (after, shuffled)
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == len(set(ids[0]))


@settings(max_examples=40, deadline=None)
@given(CHILDREN, CHILDREN)
def test_every_fact_is_one_that_the_service_takes(before, after):
    facts, previous = compare(SOURCE, None, before, FIRST)
    later, _ = compare(SOURCE, previous, after, SECOND)
    for fact in facts + later:
        name, data = said(fact)
        assert read(name, data) is not None
        assert fact.event["source"] == SOURCE


@settings(max_examples=40, deadline=None)
@given(CHILDREN)
def test_records_keep_their_ids_and_states_through_being_packed(children):
    _, snapshot = compare(SOURCE, None, children, FIRST)
    for reference, one in snapshot.children.items():
        assert unpack(reference, pack(one)) == one


@settings(max_examples=40, deadline=None)
@given(DAYS, DAYS, ENDS)
def test_one_record_before_and_after_is_one_record(before, after, ended):
    series = [
        [child(referral("2023-04-01", Row(sort="assessment", started_on=start, values={"ended_on": end})))]
        for start, end in ((before, None), (after, ended))
    ]
    names = {name for name, _ in tell((FIRST, series[0]), (SECOND, series[1]))[1]}
    assert names <= {"RecordChanged", "AssessmentCompleted"}
