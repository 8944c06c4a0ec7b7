"""Census returns become facts, each once, whatever happens on the way; what is set aside is listed."""

import random
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from domain.catalogue import PREFIX, read
from infra.snapshots import SqlSnapshots
from services.import_census import BATCH, Progress, Tally, import_census
from tests.infra.census_example import SAMPLES, assessment, census, child, details, enquiry
from tests.infra.test_xml_file import HOSTILE

SOURCE = "urn:example:census"
TODAY = date(2026, 11, 23)
RETURNS = ["CIN_Census_2021.xml", "CIN2rows.xml", "CIN_Census_2024.xml", "CIN_Census_2026.xml"]


class Killed(Exception):
    pass


class Log:
    """Records facts as the service does: by source and id, once; a known id with other content is refused."""

    def __init__(self, killed_after: int | None = None) -> None:
        self.facts: dict[str, dict[str, Any]] = {}
        self.historic: list[bool] = []
        self.batches: list[int] = []
        self.killed_after = killed_after

    def __call__(self, events: Sequence[dict[str, Any]], /, *, historic: bool) -> list[Mapping[str, Any]]:
        self.batches.append(len(events))
        return [self._record(event, historic) for event in events]

    def _record(self, event: dict[str, Any], historic: bool) -> Mapping[str, Any]:
        if self.killed_after is not None and len(self.facts) >= self.killed_after:
            raise Killed
        if event["id"] in self.facts:
            assert self.facts[event["id"]] == event
            return {"status": "duplicate"}
        read(event["type"].removeprefix(PREFIX), event["data"])
        self.facts[event["id"]] = event
        self.historic.append(historic)
        return {"status": "recorded"}

    def names(self) -> list[str]:
        return [fact["type"].removeprefix(PREFIX) for fact in self.facts.values()]


class Authority:
    """An authority that sends returns to the service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = Log()
        self.database = folder / "snapshots.db"
        self.steps: list[Progress] = []

    def snapshots(self) -> SqlSnapshots:
        return SqlSnapshots(create_engine(f"sqlite:///{self.database}"))

    def send(self, *files: bytes | Path, taken_on: date | None = None, log: Log | None = None) -> Tally:
        paths = []
        for number, file in enumerate(files):
            path = file if isinstance(file, Path) else self.folder / f"census-{number}.xml"
            if isinstance(file, bytes):
                path.write_bytes(file)
            paths.append(path)
        return import_census(
            paths,
            SOURCE,
            taken_on=taken_on,
            record=log or self.log,
            snapshots=self.snapshots(),
            key=b"a key",
            today=TODAY,
            progress=self.steps.append,
        )

    def told_by(self, *files: bytes | Path, **more: Any) -> list[tuple[str, dict[str, Any]]]:
        """What importing these files adds to the log."""
        before = len(self.log.facts)
        tally = self.send(*files, **more)
        added = list(self.log.facts.values())[before:]
        assert tally.recorded == len(added)
        return [(fact["type"].removeprefix(PREFIX), fact["data"]) for fact in added]


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def year(number: int) -> str:
    return f"{number}-03-31"


# The samples


@pytest.mark.parametrize("name", RETURNS)
def test_a_sample_imported_twice_stores_nothing_new(authority, name):
    first = authority.send(SAMPLES / name)
    again = authority.send(SAMPLES / name)
    assert (first.files, first.duplicates) == (1, 0)
    assert first.recorded == len(authority.log.facts) > 10
    assert (again.recorded, again.duplicates) == (0, 0)
    assert (again.children, again.records) == (first.children, first.records)
    assert again.set_aside == first.set_aside != []


def test_samples_in_any_order_and_again_store_nothing_new_the_second_time(authority):
    for seed in range(3):
        authority.database.unlink(missing_ok=True)
        authority.log = Log()
        for name in random.Random(seed).sample(RETURNS, len(RETURNS)):
            authority.send(SAMPLES / name)
            assert authority.send(SAMPLES / name).recorded == 0


def test_all_that_a_sample_tells_is_told(authority):
    names = [name for name, _ in authority.told_by(SAMPLES / "CIN_Census_2026.xml", taken_on=TODAY)]
    assert sorted(set(names)) == [
        "AssessmentCompleted", "AssessmentStarted", "ChildRegistered", "LetterBeforeProceedingsSent",
        "MeetingHeld", "PlanEnded", "PlanStarted", "PreProceedingsDecided", "PreProceedingsMeetingHeld",
        "ReferralClosed", "ReferralReceived", "Section47Completed", "Section47Started",
    ]  # fmt: skip


def test_a_return_is_taken_on_its_reference_date_or_when_it_was_written_if_that_was_earlier(authority):
    tally = authority.send(SAMPLES / "CIN_Census_2024.xml")
    assert {item.line for item in tally.set_aside} >= {87}, "2024-10-24 is after 23 May 2023"
    assert not {item.line for item in authority.send(
        SAMPLES / "CIN_Census_2024.xml", taken_on=date(2025, 3, 31)).set_aside} & {87}  # fmt: skip


# Mapping


def test_a_conference_completes_its_enquiry_and_is_held_once(authority):
    parts = (enquiry("2023-05-04", "2023-05-20"), "<DateOfInitialCPC>2023-05-20</DateOfInitialCPC>")
    facts = authority.told_by(census(child(details("2023-05-02", *parts))))
    assert facts[2:] == [
        ("Section47Started", {"occurred_on": "2023-05-04", "enquiry_id": "S47-2023-05-04",
                              "referral_id": "R-2023-05-02"}),
        ("Section47Completed", {"occurred_on": "2023-05-20", "enquiry_id": "S47-2023-05-04",
                                "outcome": "conference"}),
        ("MeetingHeld", {"occurred_on": "2023-05-20", "meeting_id": "ICPC-2023-05-20",
                         "kind": "initial_conference"}),
    ]  # fmt: skip


def test_that_no_conference_was_needed_was_so_by_the_day_the_return_was_taken(authority):
    facts = dict(authority.told_by(census(child(details("2023-05-02", enquiry("2023-05-04", "", "1"))))))
    assert facts["Section47Completed"] == {
        "occurred_on": year(2024), "enquiry_id": "S47-2023-05-04", "outcome": "no_conference",
    }  # fmt: skip


def test_that_no_conference_was_needed_was_so_by_the_day_the_referral_was_closed(authority):
    closed = "<CINclosureDate>2023-06-30</CINclosureDate><ReasonForClosure>RC8</ReasonForClosure>"
    facts = dict(
        authority.told_by(census(child(details("2023-05-02", closed, enquiry("2023-05-04", "", "1")))))
    )
    assert facts["Section47Completed"]["occurred_on"] == "2023-06-30"


def test_no_further_action_is_decided_on_the_day_of_the_referral(authority):
    facts = dict(authority.told_by(census(child(details("2023-05-02", nfa="1")))))
    assert facts["ReferralDecided"] == {
        "occurred_on": "2023-05-02", "referral_id": "R-2023-05-02", "outcome": "no_further_action",
    }  # fmt: skip


def test_no_further_action_never_hides_what_was_done_on_the_referral(authority):
    facts = dict(authority.told_by(census(child(details("2023-05-02", assessment("2023-08-01"), nfa="1")))))
    assert facts["ReferralDecided"]["occurred_on"] == "2023-08-01"


def test_no_further_action_on_a_referral_known_as_open_is_decided_when_it_is_seen(authority):
    authority.send(census(child(details("2023-05-02")), reference_on="2023-12-31"))
    facts = authority.told_by(census(child(details("2023-05-02", nfa="1"))))
    assert [(name, data["occurred_on"]) for name, data in facts] == [("ReferralDecided", year(2024))]


# Snapshots


def test_the_practice_of_moving_a_start_is_seen_from_one_return_to_the_next(authority):
    authority.send(census(child(details("2022-05-02", assessment("2022-05-03"))), reference_on=year(2023)))
    facts = authority.told_by(
        census(child(details("2022-05-02", assessment("2023-05-03"))), reference_on=year(2024))
    )
    assert facts == [
        ("RecordChanged", {"occurred_on": year(2024), "record_kind": "assessment",
                           "record_id": "A-2022-05-03", "field": "started_on",
                           "was": "2022-05-03", "now": "2023-05-03"}),
    ]  # fmt: skip


def test_a_year_that_ended_leaves_the_next_return_without_anything_vanishing(authority):
    closed = "<CINclosureDate>2022-09-30</CINclosureDate><ReasonForClosure>RC7</ReasonForClosure>"
    old = details("2022-05-02", closed, assessment("2022-05-03", "2022-06-01"))
    authority.send(census(child(old), child(old, reference="C2"), reference_on=year(2023)))
    facts = authority.told_by(census(child(details("2023-06-01"), reference="C2"), reference_on=year(2024)))
    assert [name for name, _ in facts] == ["ReferralReceived"]


def test_an_open_referral_that_is_no_longer_returned_has_disappeared(authority):
    old = details("2022-05-02")
    authority.send(census(child(old), child(old, reference="C2"), reference_on=year(2023)))
    facts = authority.told_by(census(child(old, reference="C2"), reference_on=year(2024)))
    assert [name for name, _ in facts] == ["RecordDisappeared"]


def test_no_child_is_thought_gone_while_one_in_the_file_cannot_be_told_apart(authority):
    authority.send(census(child(details()), child(details(), reference="C2"), reference_on=year(2024)))
    unknown = census(child(details()), child(details(), reference=""), reference_on=year(2024))
    assert authority.told_by(unknown) == []


def test_several_returns_are_imported_the_earliest_first(authority):
    later = census(child(details("2023-05-02", assessment("2023-06-03"))), reference_on=year(2024))
    earlier = census(child(details("2023-05-02", assessment("2023-05-03"))), reference_on="2023-09-30")
    facts = authority.told_by(later, earlier)
    assert [name for name, _ in facts][-1] == "RecordChanged"
    assert (facts[-1][1]["was"], facts[-1][1]["now"]) == ("2023-05-03", "2023-06-03")


def test_an_older_return_imported_late_and_twice_stores_nothing_new_the_second_time(authority):
    older = census(child(details("2023-05-02", assessment("2023-05-03"))), reference_on="2023-09-30")
    authority.send(census(child(details("2023-05-02", assessment("2023-06-03"))), reference_on=year(2024)))
    assert len(authority.told_by(older)) == 2
    authority.send(census(child(details("2023-05-02", assessment("2023-07-03"))), reference_on=year(2025)))
    assert authority.told_by(older) == []


def test_only_the_first_snapshot_of_a_source_is_historic(authority):
    authority.send(census(child(details())))
    assert set(authority.log.historic) == {True}
    authority.log.historic.clear()
    authority.send(census(child(details(), details("2023-09-09"))))
    assert set(authority.log.historic) == {False}


# Killed on the way


@pytest.mark.slow
def test_an_import_killed_anywhere_and_done_again_stores_every_fact_once(tmp_path):
    children = [
        child(details("2023-05-02", assessment("2023-05-03", "2023-06-01")), reference=f"C{n}")
        for n in range(300)
    ]
    moved = [
        child(details("2023-05-02", assessment("2023-05-09", "2023-06-01")), reference=f"C{n}")
        for n in range(200)
    ]
    whole = Authority(tmp_path)
    for raw in (census(*children), census(*moved)):
        whole.send(raw)
    random_places = random.Random(3)
    for attempt in range(6):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        authority = Authority(folder)
        for raw in (census(*children), census(*moved)):
            authority.log.killed_after = len(authority.log.facts) + random_places.randrange(1, 400)
            with pytest.raises(Killed):
                authority.send(raw)
            authority.log.killed_after = None
            tally = authority.send(raw)
            assert tally.duplicates > 0
            assert authority.send(raw).recorded == 0
        assert authority.log.facts == whole.log.facts


def test_facts_are_sent_in_batches(authority):
    authority.send(census(*(child(details(), reference=f"C{n}") for n in range(600))))
    assert authority.log.batches == [BATCH, BATCH, 200]


# What is set aside


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_of_a_file_that_is_no_census_nothing_is_imported_and_it_is_named(authority, raw):
    tally = authority.send(raw)
    assert (tally.files, tally.children, tally.recorded, authority.log.facts) == (0, 0, 0, {})
    (one,) = tally.unreadable
    assert (one.path.name, one.line is not None, bool(one.reason)) == ("census-0.xml", True, True)


def test_of_a_truncated_return_nothing_is_imported_and_the_others_are(authority):
    sound = census(child(details()))
    tally = authority.send((SAMPLES / "CIN2rows.xml").read_bytes()[:-200], sound)
    assert [one.path.name for one in tally.unreadable] == ["census-0.xml"]
    assert (tally.files, tally.children) == (1, 1)
    assert {fact["subject"] for fact in authority.log.facts.values()} == {"C1"}


def test_a_fact_that_is_refused_is_set_aside_with_its_line(authority):
    def refuse(events, /, *, historic):
        return [{"status": "refused", "problem": {"detail": "say it otherwise"}} for _ in events]

    tally = authority.send(census(child(details())), log=refuse)
    assert tally.set_aside_count == len(tally.set_aside) == 2
    assert {(item.line, item.reason) for item in tally.set_aside} == {
        (4, "say it otherwise"),
        (6, "say it otherwise"),
    }


def test_a_return_without_a_day_asks_for_one(authority):
    raw = census(child(details()), header="")
    assert "--taken-on" in authority.send(raw).unreadable[0].reason
    assert authority.send(raw, taken_on=date(2024, 3, 31)).recorded == 2


def test_a_return_from_the_future_asks_for_the_day_it_was_taken(authority):
    raw = census(child(details()), reference_on="2027-03-31")
    assert "--taken-on" in authority.send(raw).unreadable[0].reason


def test_a_day_after_today_or_for_several_files_is_refused(authority):
    with pytest.raises(ValueError, match="after today"):
        authority.send(census(child(details())), taken_on=date(2026, 11, 24))
    with pytest.raises(ValueError, match="one file"):
        authority.send(census(child(details())), census(child(details())), taken_on=date(2024, 3, 31))


def test_no_date_of_birth_is_kept_in_the_clear(authority):
    born = "<PersonBirthDate>2015-12-24</PersonBirthDate>"
    authority.send(census(child(details(), more=born)))
    assert "ChildRegistered" in authority.log.names()
    for path in authority.folder.glob("snapshots.db*"):
        assert b"2015-12-24" not in path.read_bytes()


def test_progress_runs_to_the_end(authority):
    authority.send(census(*(child(details(), reference=f"C{n}") for n in range(600))))
    read_bytes = [step.read_bytes for step in authority.steps]
    assert read_bytes == sorted(read_bytes)
    assert read_bytes[-1] == authority.steps[-1].total_bytes
