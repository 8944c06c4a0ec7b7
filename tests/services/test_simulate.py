"""The invented authority: the same for a seed, valid throughout, the practice of the letter in it."""

import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date

import pytest

from domain.catalogue import EVENT_TYPES, PREFIX, misplaced, read
from domain.clock import read as read_clock
from domain.history import Recorded
from domain.moment import london_day, read_instant
from infra.holidays import england
from services.simulate.__main__ import main
from services.simulate.reading_back import clocks, histories
from services.simulate.simulation import FROM_DATE, PRACTICE_FROM, TO_DATE, simulate, source
from services.simulate.summary import assessments, summary

CHILDREN = 900
SEED = 5
NOT_SIMULATED = {"ClockRuled", "RecordChanged", "RecordDisappeared", "RecordReappeared", "HouseholdLeft"}

REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return list(simulate(CHILDREN, SEED, showcase=True))


@pytest.fixture(scope="module")
def events(lines):
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def streams(lines) -> dict[str, list[Recorded]]:
    return histories(lines)


@pytest.fixture(scope="module")
def children(streams):
    return {stream: facts for stream, facts in streams.items() if stream.startswith("C")}


@pytest.fixture(scope="module")
def readings(children):
    return assessments(children, TO_DATE, england())


def of_child(lines, child):
    return [line for line in lines if f'"subject":"{child}"'.encode() in line]


def is_since(event) -> bool:
    return event["data"]["occurred_on"][:10] >= "2019-07-01"


def is_before(event) -> bool:
    return event["data"]["occurred_on"][:10] < PRACTICE_FROM.isoformat()


def named(events, *names):
    return [event for event in events if event["type"].removeprefix(PREFIX) in names]


def share(part, whole) -> float:
    return sum(map(bool, part)) / len(whole)


class TestTheSameAgain:
    def test_a_seed_gives_the_same_bytes(self):
        assert list(simulate(60, 3, showcase=True)) == list(simulate(60, 3, showcase=True))

    def test_the_bytes_do_not_depend_on_how_python_hashes(self):
        def run(hash_seed):
            command = [sys.executable, "-m", "services.simulate", "--children", "40", "--seed", "3"]
            environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
            return subprocess.run(command, env=environment, check=True, capture_output=True).stdout

        assert run("1") == run("2") == b"".join(simulate(40, 3))

    def test_another_seed_gives_another_authority(self):
        ids = {json.loads(line)["source"] for line in simulate(5, 4)}
        assert ids == {source(4)} != {source(3)}
        assert of_child(simulate(30, 3), "C1003") != of_child(simulate(30, 4), "C1003")

    @pytest.mark.parametrize("fewer", [7, 120, 299, 300])
    def test_a_child_is_the_same_however_many_others_there_are(self, fewer):
        few, many = list(simulate(fewer, 3)), list(simulate(420, 3))
        for number in range(1002, 1002 + fewer):
            assert of_child(few, f"C{number}") == of_child(many, f"C{number}")
            if number > 1020:
                break
        last = f"C{1001 + fewer}"
        assert of_child(few, last) == of_child(many, last) != []

    def test_the_showcase_changes_nobody_else(self):
        without, beside = list(simulate(20, 3)), list(simulate(21, 3, showcase=True))
        assert [
            line
            for line in beside
            if b"C1001" not in line and b"-joined" not in line and b"-left" not in line
        ] == [line for line in without if b"-joined" not in line and b"-left" not in line]


class TestEveryFact:
    def test_is_one_line_of_plain_json(self, lines):
        for line in lines:
            assert line.endswith(b"}}\n")
            assert line.count(b"\n") == 1
            assert b"@" not in line
            assert line.isascii()

    def test_is_valid_by_the_catalogue(self, events):
        for event in events:
            assert event["type"].startswith(PREFIX)
            read(event["type"].removeprefix(PREFIX), event["data"])

    def test_stands_in_a_stream_where_it_may(self, events):
        for event in events:
            assert REFERENCE.fullmatch(event["subject"])
            assert misplaced(event["type"].removeprefix(PREFIX), event["subject"]) is None

    def test_has_references_of_plain_characters(self, events):
        for event in events:
            for name, value in event["data"].items():
                if name.endswith("_id") or name in ("made_by", "authorised_by", "into", "from_authority"):
                    assert REFERENCE.fullmatch(value), (name, value)

    def test_has_an_identity_of_its_own(self, events):
        assert len({(event["source"], event["id"]) for event in events}) == len(events)

    def test_comes_in_the_order_in_which_it_was_entered(self, events):
        entered = [event["recordedtime"] for event in events]
        assert entered == sorted(entered)

    def test_was_entered_within_the_span_and_after_it_occurred(self, streams):
        for facts in streams.values():
            for fact in facts:
                assert FROM_DATE <= london_day(fact.recorded_at) <= TO_DATE
                assert fact.occurred_on.day <= london_day(fact.recorded_at)
                assert fact.occurred_on.instant is None or fact.occurred_on.instant <= fact.recorded_at


class TestTheAuthority:
    def test_has_every_type_of_event_that_a_case_system_reports(self):
        told = {json.loads(line)["type"].removeprefix(PREFIX) for line in simulate(2_500, 1)}
        assert told == EVENT_TYPES.keys() - NOT_SIMULATED

    def test_has_the_number_of_children_asked_for(self, events):
        found = {event["subject"] for event in events if event["subject"].startswith("C")}
        assert found == {f"C{1001 + n}" for n in range(CHILDREN)}

    def test_has_forty_to_seventy_events_a_child(self, lines):
        assert 35 <= len(lines) / CHILDREN <= 70

    def test_has_more_events_a_child_when_asked(self):
        usual, rich, richest = (
            sum(b"VisitMade" in line for line in simulate(300, SEED, richness=times))
            for times in (1, 4, 1_000)
        )
        assert 2.5 * usual < rich < 6 * usual
        assert richest > rich

    def test_begins_known_cases_early_and_goes_on_to_the_last_day(self, events):
        assert events[0]["recordedtime"][:7] == "2018-01"
        assert events[-1]["recordedtime"][:10] == TO_DATE.isoformat()

    def test_keeps_within_another_span(self):
        first, last = date(2021, 3, 1), date(2021, 9, 30)
        entered = [
            json.loads(line)["recordedtime"][:10] for line in simulate(50, 1, first, last, date(2021, 6, 1))
        ]
        assert min(entered) >= first.isoformat()
        assert max(entered) <= last.isoformat()

    def test_of_no_children_tells_of_no_child(self):
        assert not [line for line in simulate(0, 1, showcase=True) if b'"subject":"C' in line]

    @pytest.mark.parametrize(
        "wrong",
        [{"children": -1}, {"to_date": date(2017, 1, 1)}, {"richness": 0}],
        ids=lambda wrong: next(iter(wrong)),
    )
    def test_refuses_what_makes_no_authority(self, wrong):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            simulate(**{"children": 1, "seed": 1, **wrong})

    def test_records_some_things_late_and_some_in_bulk(self, events):
        delays = [
            (
                london_day(read_instant(e["recordedtime"]))
                - date.fromisoformat(e["data"]["occurred_on"][:10])
            ).days
            for e in events
        ]
        assert 0.02 < share((delay > 3 for delay in delays), delays) < 0.25
        batches = defaultdict(set)
        for event in events:
            if "batch_id" in event["data"]:
                batches[event["data"]["batch_id"]].add(event["subject"])
        assert len(batches) > 20
        assert max(map(len, batches.values())) > 1

    def test_discusses_in_supervision_only_children_the_worker_holds(self, events):
        held = defaultdict(set)
        for event in named(events, "WorkerAllocated"):
            held[event["data"]["worker_id"]].add(event["subject"])
        for event in named(events, "SupervisionHeld"):
            assert set(event["data"]["children"]) <= held[event["subject"].removeprefix("worker:")]


class TestThePracticeOfTheLetter:
    def test_before_it_most_assessments_are_in_time(self, readings):
        done = stopped(readings, FROM_DATE, PRACTICE_FROM)
        assert 0.75 < share((r.clock.is_met_in_time for r in done), done) < 0.92

    def test_since_it_the_record_stays_good_while_the_truth_falls(self, readings):
        done = stopped(readings, date(2019, 7, 1), date(2019, 11, 1))
        assert share((r.clock.is_met_in_time for r in done), done) < 0.68
        assert share((r.recorded and r.recorded.working_days <= 45 for r in done), done) > 0.80

    def test_it_closes_drifting_assessments_and_begins_them_again(self, events, readings):
        closed = named(events, "AssessmentClosed", "AssessmentCancelled")
        assert sum(map(is_since, closed)) > 3 * sum(map(is_before, closed))
        flags = Counter(flag.code for reading in readings for flag in reading.flags)
        assert flags["REOPENED_SAME_RECORD"] > 3
        assert flags["RESTARTED_ON_OPEN_REFERRAL"] > 3

    def test_it_leaves_open_assessments_that_look_in_time_and_are_late(self, readings):
        late = [r for r in readings if r.clock.status == "open" and r.is_over]
        assert any(r.recorded and r.recorded.working_days <= 45 for r in late)

    def test_it_sees_fewer_children_alone(self, events):
        visits = named(events, "VisitMade")
        before, since = list(filter(is_before, visits)), list(filter(is_since, visits))
        assert share((v["data"].get("seen_alone") for v in before), before) > 0.6
        assert share((v["data"].get("seen_alone") for v in since), since) < 0.5

    def test_it_writes_fewer_minutes(self, events):
        meetings, minutes = named(events, "MeetingHeld"), named(events, "MinutesDistributed")
        before = sum(map(is_before, minutes)) / sum(map(is_before, meetings))
        assert sum(map(is_since, minutes)) / sum(map(is_since, meetings)) < 0.9 * before

    def test_it_leaves_workers_unsupervised_for_months(self, streams):
        longest = []
        for stream, facts in streams.items():
            held = sorted(f.occurred_on.day for f in facts if f.type == "SupervisionHeld")
            if stream.startswith("worker:SW-1") and held:
                longest.append(max((b - a).days for a, b in zip(held, [*held[1:], TO_DATE], strict=True)))
        assert sum(days > 60 for days in longest) >= 2

    def test_it_does_not_do_the_actions_of_its_audits(self, events):
        sets, dones = named(events, "ActionSet"), named(events, "ActionDone")
        done = {(event["subject"], event["data"]["action_id"]) for event in dones}
        before, since = list(filter(is_before, sets)), list(filter(is_since, sets))
        assert len(since) / 4 > len(before) / 15
        assert share(((e["subject"], e["data"]["action_id"]) in done for e in since), since) < 0.5

    def test_its_managers_authorise_many_at_once_at_the_end_of_a_month(self, events):
        months = Counter(
            event["data"]["occurred_on"][:10]
            for event in named(events, "AssessmentCompleted")
            if "T" in event["data"]["occurred_on"]
        )
        assert max(months.values()) >= 5

    def test_without_it_there_is_no_fall(self):
        never = simulate(500, SEED, practice_from=date(2030, 1, 1))
        found = {stream: facts for stream, facts in histories(never).items() if stream.startswith("C")}
        done = stopped(assessments(found, TO_DATE, england()), date(2019, 7, 1), date(2019, 11, 1))
        assert share((r.clock.is_met_in_time for r in done), done) > 0.70


class TestTheShowcase:
    def test_takes_89_working_days_of_which_the_record_shows_9(self, children):
        reading = showcase_clock(children, TO_DATE)
        assert (reading.elapsed.working_days, reading.elapsed.calendar_days) == (89, 129)
        assert reading.recorded is not None
        assert (reading.recorded.working_days, reading.recorded.calendar_days) == (9, 11)
        assert reading.over_by.working_days == 44
        assert [(span.record, span.days.working_days) for span in reading.spans] == [
            (None, 1), ("A-1", 30), (None, 6), ("A-2", 36), (None, 7), ("A-3", 9),
        ]  # fmt: skip

    def test_has_two_flags(self, children):
        flags = [(flag.code, flag.value) for flag in showcase_clock(children, TO_DATE).flags]
        assert flags == [("RESTARTED_ON_OPEN_REFERRAL", None), ("WORKER_CHANGES", 2)]

    def test_had_run_51_days_on_20_may(self, children):
        reading = showcase_clock(children, date(2019, 5, 20))
        assert (reading.clock.status, reading.elapsed.working_days) == ("open", 51)
        assert reading.recorded is not None
        assert reading.recorded.working_days == 14

    def test_was_recorded_on_the_day_but_for_two_visits(self, children):
        late = {
            (fact.data["visit_id"], (london_day(fact.recorded_at) - fact.occurred_on.day).days)
            for fact in children["C1001"]
            if london_day(fact.recorded_at) != fact.occurred_on.day
        }
        assert late == {("V-3", 30), ("V-8", 14)}

    def test_went_169_days_without_supervision(self, streams):
        held = sorted(
            fact.occurred_on.day
            for facts in streams.values()
            for fact in facts
            if fact.type == "SupervisionHeld" and "C1001" in fact.data["children"]
        )
        assert held == [date(2019, 4, 10), date(2019, 9, 26)]

    def test_is_the_whole_of_an_authority_of_one(self):
        children = {json.loads(line)["subject"] for line in simulate(1, 1, showcase=True)}
        assert {child for child in children if child.startswith("C")} == {"C1001"}

    def test_is_the_same_under_every_seed(self):
        def told(seed):
            return [
                (event["type"], event["recordedtime"], event["data"])
                for event in map(json.loads, simulate(1, seed, showcase=True))
                if event["subject"] == "C1001"
            ]

        assert told(1) == told(2)


class TestTheCommand:
    def test_writes_what_was_asked_for_to_a_file(self, tmp_path):
        out = tmp_path / "authority.ndjson"
        span = ["--from", "2019-01-01", "--to", "2019-06-30", "--practice-from", "2019-04-01"]
        assert main(["--children", "10", "--seed", "2", *span, "--showcase", "--out", str(out)]) == 0
        expected = simulate(10, 2, date(2019, 1, 1), date(2019, 6, 30), date(2019, 4, 1), showcase=True)
        assert out.read_bytes() == b"".join(expected)

    def test_says_what_is_wrong(self, capsys):
        with pytest.raises(SystemExit) as stopped_with:
            main(["--children", "-1"])
        assert stopped_with.value.code == 2
        assert "children must not be negative" in capsys.readouterr().err

    def test_summarises(self):
        text = "\n".join(summary(simulate(60, 1, showcase=True), TO_DATE, england()))
        assert "2019-07" in text
        assert "open assessments" in text


def stopped(readings, start: date, end: date):
    return [
        r
        for r in readings
        if r.clock.status == "stopped" and r.clock.stopped_on and start <= r.clock.stopped_on < end
    ]


def showcase_clock(children, as_at: date):
    found = clocks("C1001", children["C1001"], as_at, england()).clocks
    clock = next(clock for clock in found if clock.id == "assessment:R-1")
    return read_clock(clock, as_at, england())
