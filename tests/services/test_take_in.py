"""Whatever fails, and wherever it is killed, each fact is recorded once, and what is none set aside."""

from contextlib import closing
from datetime import UTC, datetime
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.codec import Codec
from infra.conflicts import Conflicts
from infra.errors import Unavailable
from infra.intake.taken import Taken, Why
from infra.intake.tally import Tally, read, written
from infra.keys import open_embedded
from infra.log.commit import LogDamaged, LogUnavailable
from infra.log.sqlite import SqliteLog
from infra.published_avro import PublishedAvro
from services.intake import incoming
from services.published import Published
from services.record import Receipt, Recording
from services.take_in import Intake
from tests.published import Message, structured
from tests.reported import referral

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
JUNK = Message(b"k", [("h", b"\xff")], b"\x01\x02")


class Killed(BaseException):
    """The process is gone, wherever it was."""


class Faults:
    """Fails where it is told to: by the count of the calls made to what is outside."""

    def __init__(self, failing: dict[int, BaseException]) -> None:
        self.failing = failing
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        error = self.failing.pop(self.calls, None)
        if error is not None:
            raise error


class Topic:
    """A topic of one partition, where what is finished is not read again; and what was set aside of it."""

    def __init__(self, messages: list[Message], faults: Faults) -> None:
        self.records = [Taken(0, at, 0, m.key, tuple(m.headers), m.value) for at, m in enumerate(messages)]
        self.aside: list[tuple[Taken, Why]] = []
        self.read_to = 0
        self.tally = Tally()
        self.faults = faults
        self.taken = 0

    def take(self, wait_s: float, most: int) -> list[Taken]:
        self.faults()
        found = self.records[self.read_to :][: min(most, 3)]
        self.taken = len(found)
        return found

    def finish(self, became: dict[int, Tally]) -> None:
        self.faults()
        self.tally += became.get(0, Tally())
        self.read_to += self.taken
        self.faults()

    def give_back(self) -> None:
        self.taken = 0

    def put(self, refused) -> None:
        self.faults()
        self.aside += refused
        self.faults()


class FailingLog:
    """The log, which may fail before and after it stored what it was handed."""

    def __init__(self, log: SqliteLog, faults: Faults) -> None:
        self.log = log
        self.faults = faults

    def doubles(self):
        return self.log.doubles()

    def find(self, commit_id):
        return self.log.find(commit_id)

    def submit(self, commits, timeout_s=5.0):
        self.faults()
        outcome = self.log.submit(commits, timeout_s)
        outcome.result()
        self.faults()
        return outcome


class Place:
    def __init__(self, folder, messages, failing=None):
        self.faults = Faults(failing or {})
        self.topic = Topic(messages, self.faults)
        self.keys = open_embedded(folder)
        self.log = SqliteLog.open(folder / "log.sqlite3", now=lambda: NOW)
        self.conflicts = Conflicts(folder / "conflicts.sqlite3")
        log = FailingLog(self.log, self.faults)
        self.recording = Recording(log, Codec(self.keys), self.conflicts, lambda: NOW)
        self.intake = Intake(self.topic, self.topic, Published(PublishedAvro()), self.recording, lambda: NOW)

    def take_in(self):
        """Until all is read, starting again after whatever failed."""
        while self.topic.read_to < len(self.topic.records):
            try:
                self.intake.step()
            except (Unavailable, LogUnavailable, Killed):
                self.topic.taken = 0

    def ids(self):
        return [event.originator_id for event in self.log.select_notifications(None, 1_000)]

    def close(self):
        self.log.close()
        self.conflicts.close()
        self.keys.close()


def message(of: int | None) -> Message:
    """A fact by its number, or none."""
    return JUNK if of is None else structured(referral(subject=f"C{of}", id=f"e-{of}"))


errors = st.sampled_from([Unavailable("x"), LogUnavailable("x"), Killed()])


@settings(max_examples=25)
@given(st.lists(st.none() | st.integers(0, 9), max_size=12), st.dictionaries(st.integers(1, 40), errors))
def test_every_fact_is_recorded_once_and_every_other_record_set_aside(tmp_path_factory, told, failing):
    with closing(Place(tmp_path_factory.mktemp("p"), [message(of) for of in told], failing)) as place:
        place.take_in()
        facts = [of for of in told if of is not None]
        assert sorted(place.ids()) == sorted(f"C{of}" for of in set(facts))
        junk = {at for at, of in enumerate(told) if of is None}
        assert {record.offset for record, _ in place.topic.aside} == junk
        assert all(record.value == JUNK.value for record, _ in place.topic.aside)
        assert place.topic.tally.refused == len(junk)
        assert place.topic.tally.recorded + place.topic.tally.duplicate == len(facts)


def test_a_conflict_is_set_aside_and_listed(tmp_path):
    first, other = referral(id="e-1"), referral(id="e-1", referral_id="R-2")
    messages = [structured(one) for one in (first, other, first)]
    with closing(Place(tmp_path, messages)) as place:
        place.take_in()
        ((record, why),) = place.topic.aside
        assert (record.offset, why.kind, why.pointers) == (1, "conflict", ("/data/referral_id",))
        assert place.conflicts.count() == 1
        assert place.topic.tally == Tally(recorded=1, duplicate=1, conflict=1)


def test_a_fact_that_the_service_chokes_on_is_set_aside_alone(tmp_path, capsys):
    class Choking(Recording):
        def prepare(self, facts):
            if any(fact.id == "e-1" for fact in facts):
                raise ValueError("a mistake of ours")
            return super().prepare(facts)

    with closing(Place(tmp_path, [message(of) for of in (0, 1, 2)])) as place:
        place.recording.__class__ = Choking
        place.take_in()
        assert place.ids() == ["C0", "C2"]
        ((record, why),) = place.topic.aside
        assert (record.offset, why.kind) == (1, "internal")
    assert "mistake" not in capsys.readouterr().err


@pytest.mark.parametrize("error", [LogUnavailable("x"), LogDamaged(0, "x")])
def test_while_the_log_is_away_or_damaged_the_intake_waits_and_loses_nothing(tmp_path, capsys, error):
    with closing(Place(tmp_path, [message(0)], {2: error})) as place:
        stop = Event()
        given_up = []

        class Once(Event):
            def wait(self, timeout=None):
                given_up.append(timeout)
                return False

            def is_set(self):
                return place.topic.read_to == 1 or stop.is_set()

        place.intake.run(Once())
        assert (place.ids(), place.topic.aside, given_up) == (["C0"], [], [0.2])
    assert '"intake waits"' in capsys.readouterr().err


@pytest.mark.parametrize("metadata", [None, "", "x", "[]", "{}", '{"recorded":"x"}', '{"recorded":null}'])
def test_what_somebody_else_noted_beside_an_offset_counts_for_nothing(metadata):
    assert read(metadata) == Tally()


@given(st.builds(Tally, *[st.integers(0, 10**15)] * 5))
def test_a_tally_is_read_as_it_was_written(tally):
    assert read(written(tally)) == tally
    assert len(written(tally)) < 4_096


def test_what_is_taken_in_is_what_http_would_record(tmp_path):
    fact = referral(note="private")
    with closing(Place(tmp_path, [structured(fact)])) as place:
        place.take_in()
        (again,) = place.recording.record([incoming(fact, NOW)])
        assert isinstance(again, Receipt) and again.is_duplicate
