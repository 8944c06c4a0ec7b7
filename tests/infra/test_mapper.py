"""An `eventsourcing` application that keeps facts in the form they have in our log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, StoredEvent

from infra.codec import Codec
from infra.errors import Unreadable
from infra.incoming import Incoming
from infra.keys import open_embedded
from infra.mapper import FactMapper, FactRecorded


@pytest.fixture
def codec(tmp_path: Path) -> Iterator[Codec]:
    keys = open_embedded(tmp_path)
    yield Codec(keys)
    keys.close()


@pytest.fixture
def application(codec: Codec, tmp_path: Path) -> Iterator[Application[str]]:
    class Cases(Application[str]):
        def construct_mapper(self) -> Mapper[str]:
            return FactMapper(codec)

    with Cases(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(tmp_path / "cases.sqlite3"),
            "ORIGINATOR_ID_TYPE": "text",
        }
    ) as cases:
        yield cases


def fact(id: str, **data: Any) -> Incoming:
    data = {"occurred_on": "2019-04-17", "assessment_id": "A-1", **data}
    return Incoming(stream="C1001", source="https://cms.example", id=id, type="AssessmentClosed", data=data)


def test_an_application_keeps_facts_and_reads_them_back(application: Application[str]):
    events = [FactRecorded("C1001", 1, fact("1")), FactRecorded("C1001", 2, fact("2", reason="moved away"))]
    application.save(*events)
    assert list(application.events.get("C1001")) == events


def test_what_an_application_keeps_is_what_the_codec_writes(application: Application[str], codec: Codec):
    application.save(FactRecorded("C1001", 1, fact("1")))
    (stored,) = application.recorder.select_events("C1001")
    assert (stored.topic, stored.state) == ("casetimeline.AssessmentClosed", codec.encode(fact("1")))


def test_a_record_of_another_program_is_not_imported(codec: Codec):
    with pytest.raises(Unreadable):
        FactMapper(codec).to_domain_event(StoredEvent("C1001", 1, "this:Zen", b"{}"))
