"""Streams held in memory tell what the log does, and give the same rows with what is personal sealed."""

from datetime import date

import pytest

from domain.question import Question
from infra.columnar import ColumnarCodec
from infra.errors import Tampered
from projections.catalogue import PROJECTIONS
from services import held as module
from services.compose import Parts
from services.held import HeldCodec, HeldLog, read_rows
from services.histories import Histories
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in

TODAY = date(2019, 10, 22)
SHARES = 3


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with service_in(tmp_path_factory.mktemp("held"), TODAY.isoformat()) as service:
        put(service, simulate(60, 11, showcase=True))
        put(
            service,
            [
                event("m", "ChildMerged", "2019-06-03", subject="C1003", into="C1041"),
                event("u", "ChildUnmerged", "2019-09-03", subject="C1003", from_="C1041"),
                event("n", "ChildMerged", "2019-06-04", subject="C1050", into="C1002"),
                event("b", "VisitMade", "2019-06-05", subject="C1020", visit_id="V", purpose="assessment",
                      seen=True, batch_id="B"),
                event("c", "VisitMade", "2019-06-05", subject="C1021", visit_id="V", purpose="assessment",
                      seen=True, batch_id="B", note="a note that stays sealed"),
            ],
        )  # fmt: skip
        yield service


class Watched:
    """A log that tells what it was asked for one by one."""

    def __init__(self, log):
        self._log = log
        self.asked: list[str] = []

    def __getattr__(self, name):
        return getattr(self._log, name)

    def select_events(self, stream, *, gt=None):
        self.asked.append(stream)
        return self._log.select_events(stream, gt=gt)


def held_share(service: Parts, share: int) -> tuple[HeldLog, Watched, list[str]]:
    log = Watched(service.log)
    streams = list(service.log.streams())[share::SHARES]
    codec = ColumnarCodec(service.codec)
    return HeldLog(log, codec, service.log.heads(), read_rows(service.log, streams)), log, streams


def rows_of(histories: Histories, stream: str):
    history = histories.of(stream)
    assert history is not None
    case = histories.case(history, Question(TODAY))
    return [projection.rows(case) for projection in PROJECTIONS]


@pytest.mark.parametrize("facts_at_once", [1, 500, 40_000])
def test_rows_made_of_what_is_held_are_those_made_of_the_log(service, monkeypatch, facts_at_once):
    monkeypatch.setattr(module, "FACTS_AT_ONCE", facts_at_once)
    for share in range(SHARES):
        log, _, streams = held_share(service, share)
        histories = Histories(log, HeldCodec(ColumnarCodec(service.codec)), service.calendar)
        for stream in streams:
            assert rows_of(histories, stream) == rows_of(service.histories, stream), stream


def test_what_was_merged_with_another_far_ahead_does_not_part_the_others(service, monkeypatch):
    monkeypatch.setattr(module, "NEAR_FACTS", 0)
    streams = sorted(service.log.streams())
    codec = Counted(service.codec)
    log = HeldLog(service.log, codec, service.log.heads(), read_rows(service.log, streams))
    histories = Histories(log, HeldCodec(codec), service.calendar)
    for stream in streams:
        histories.of(stream)
    assert max(codec.asked) > 0.9 * sum(map(len, read_rows(service.log, streams).places.values()))
    assert len(codec.asked) < 10


class Counted(ColumnarCodec):
    """Notes how many records it is asked for at once."""

    def __init__(self, codec):
        super().__init__(codec)
        self.asked: list[int] = []

    def decode_rows(self, rows):
        self.asked.append(len(rows.states))
        return super().decode_rows(rows)


def test_the_log_is_asked_one_by_one_only_for_what_is_not_held(service):
    log, watched, streams = held_share(service, 0)
    histories = Histories(log, HeldCodec(ColumnarCodec(service.codec)), service.calendar)
    for stream in streams:
        histories.of(stream)
    assert set(watched.asked).isdisjoint(streams)


def test_events_after_a_version_are_those_of_the_log(service):
    log, _, streams = held_share(service, 1)
    for stream in streams:
        for after in (None, 0, 1, 3, 10_000):
            found = [fact.version for fact in log.select_events(stream, gt=after)]
            assert found == [e.originator_version for e in service.log.select_events(stream, gt=after)]


def test_marks_are_those_of_the_log(service):
    log, _, _ = held_share(service, 2)
    others = list(service.log.streams())
    for kind in ("merge", "batch", "completion"):
        assert log.marks_of_all(others, kind) == service.log.marks_of_all(others, kind)
        values = sorted({mark.value for marks in log.marks_of_all(others, kind).values() for mark in marks})
        assert log.marked_all(kind, [*values, "none"]) == service.log.marked_all(kind, [*values, "none"])


def test_only_the_child_whose_record_was_tampered_with_cannot_be_read(service):
    streams = sorted(service.log.streams())
    codec = TamperedWith(service.codec, streams[0])
    log = HeldLog(service.log, codec, service.log.heads(), read_rows(service.log, streams))
    with pytest.raises(Tampered):
        log.select_events(streams[0])
    for stream in streams[1:]:
        assert [f.version for f in log.select_events(stream)] == [
            e.originator_version for e in service.log.select_events(stream)
        ]


class TamperedWith(ColumnarCodec):
    """Finds that the records of one stream are not what was stored."""

    def __init__(self, codec, stream):
        super().__init__(codec)
        self._stream = stream

    def decode_rows(self, rows):
        if self._stream in rows.streams:
            raise Tampered("not what was stored")
        return super().decode_rows(rows)
