"""The views follow the log: live, caught up in any steps, and rebuilt, they are the same."""

import random
from datetime import date

import pytest

from infra.log.kafka_log import KafkaLog
from infra.views.engine import Overtaken
from infra.views.positions import At
from infra.views.tables import CLOCKS
from infra.views.views import Step
from projections.catalogue import PROJECTIONS
from projections.clock_rows import clock_rows
from services.compose import Parts
from services.rebuild import Progress
from services.simulate.simulation import simulate
from tests.authority_of_facts import event, put, service_in
from tests.rows import rows_of
from tests.servers.kafka import unique

NAMES = tuple(projection.name for projection in PROJECTIONS)
TODAY = "2019-10-22"


@pytest.fixture(scope="module")
def authority():
    return list(simulate(40, 7, showcase=True))


@pytest.mark.slow
def test_rows_that_grew_live_equal_rows_rebuilt(tmp_path, authority, views):
    draw = random.Random(3)
    with service_in(tmp_path, TODAY, views) as service:
        rest = list(authority)
        while rest:
            size = draw.randrange(1, 400)
            put(service, rest[:size])
            rest = rest[size:]
            service.projector.catch_up()
        live = rows_of(service.views)
        told: list[Progress] = []
        compared = service.rebuild.run(NAMES, told.append)
        assert [one.projection for one in compared if not one.is_equal] == []
        assert rows_of(service.views) == live
        assert told[-1].events == told[-1].all_events == len(authority)


def test_facts_put_in_twice_change_no_row(tmp_path, authority, views):
    with service_in(tmp_path, TODAY, views) as service:
        put(service, authority[:800])
        service.projector.catch_up()
        before = rows_of(service.views)
        put(service, authority[:800])
        service.projector.catch_up()
        assert rows_of(service.views) == before


def test_a_projector_that_was_overtaken_changes_nothing(tmp_path, views):
    with service_in(tmp_path, TODAY, views) as service:
        put(service, [event("1", "ReferralReceived", "2019-03-05", referral_id="R-1")])
        service.projector.catch_up()
        before = rows_of(service.views)
        builds = [one.build for one in service.views.positions()]
        again = At(1, 0, service.now())
        step = Step({0: 0}, {0: again}, [], {}, date(2019, 10, 22), service.now())
        with pytest.raises(Overtaken):
            service.views.move_on(builds, step)
        assert rows_of(service.views) == before
        assert [one.number(0) for one in service.views.positions()] == [1] * len(NAMES)


def test_a_projector_moves_on_only_what_is_its_own(tmp_path, views):
    with service_in(tmp_path, TODAY, views) as service:
        put(service, [event("1", "ReferralReceived", "2019-03-05", referral_id="R-1")])
        assert service.projector.catch_up(mine=lambda: ()) == 0
        assert [one.number(0) for one in service.views.positions()] == [0] * len(NAMES)
        assert service.projector.catch_up(mine=lambda: {0}) == 1
        assert [one.number(0) for one in service.views.positions()] == [1] * len(NAMES)


@pytest.mark.slow
def test_what_each_of_two_projectors_had_seen_alone_is_in_the_rows(
    tmp_path, postgres_url, kafka_broker, monkeypatch
):
    log = f"kafka://{kafka_broker.bootstrap}/{unique('seen')}"
    with (
        service_in(tmp_path / "one", TODAY, postgres_url, log=log, kafka_partitions="2") as one,
        service_in(tmp_path / "other", TODAY, postgres_url, log=log, kafka_partitions="2") as other,
    ):
        assert isinstance(one.log, KafkaLog) and isinstance(other.log, KafkaLog)
        of = one.log.partition_of
        first, second = (next(c for c in map("C{}".format, range(99)) if of(c) == p) for p in (0, 1))
        merged = event("m", "ChildMerged", "2019-03-01", subject=first, into=second)
        put(one, [merged, event("r", "ReferralReceived", "2019-03-05", subject=second, referral_id="R-1")])
        one.projector.catch_up()
        # Each has an index of its own, and until one of them has moved on neither sees what the other wrote.
        ends, before = other.log.reader.ends, other.log.reader.ends()
        bring_in, move_on, is_blocked = one.log._follower._bring_in, one.views.move_on, [True]
        put(one, [event("a", "AssessmentStarted", "2019-03-06", subject=first, assessment_id="A-0")])
        monkeypatch.setattr(one.log._follower, "_bring_in", lambda: None if is_blocked else bring_in())
        monkeypatch.setattr(other.log.reader, "ends", lambda: {**ends(), 0: before[0]})
        put(other, [event("b", "AssessmentStarted", "2019-03-07", subject=second, assessment_id="A-1")])

        def moved(*step):
            is_blocked.clear()
            move_on(*step)

        monkeypatch.setattr(one.views, "move_on", moved)
        other.projector.catch_up(mine=lambda: {1})
        one.projector.catch_up(mine=lambda: {0})
        monkeypatch.undo()
        for each in (one, other):
            each.projector.catch_up()
        live = rows_of(one.views)
        one.rebuild.run(NAMES, lambda step: None)
        assert rows_of(one.views) == live


def test_children_merged_are_one_row_and_unmerged_are_two_again(tmp_path, views):
    with service_in(tmp_path, TODAY, views) as service:
        put(
            service,
            [
                event("1", "ReferralReceived", "2019-03-05", subject="C1", referral_id="R-1"),
                event("2", "ReferralReceived", "2019-04-05", subject="C9", referral_id="R-9"),
            ],
        )
        service.projector.catch_up()
        assert children_with_assessments(service) == {"C1", "C9"}
        put(service, [event("3", "ChildMerged", "2019-05-01", subject="C9", into="C1")])
        service.projector.catch_up()
        assert children_with_assessments(service) == {"C1"}
        put(service, [event("4", "ChildUnmerged", "2019-06-01", subject="C9", from_="C1")])
        service.projector.catch_up()
        assert children_with_assessments(service) == {"C1", "C9"}


def test_a_batch_that_grows_is_seen_on_every_child_in_it(tmp_path, views):
    with service_in(tmp_path, TODAY, views) as service:
        for child in ("C1", "C2", "C3"):
            put(
                service,
                [
                    event(
                        child,
                        "ReferralReceived",
                        "2019-03-05",
                        subject=child,
                        referral_id="R-1",
                        batch_id="B-1",
                    )
                ],
            )
            service.projector.catch_up()
        rows = service.views.rows(clock_rows, CLOCKS.c.timescale == "assessment")
        assert [next(f.value for f in row.clock.flags if f.code == "BULK_RECORDED") for row in rows] == [
            3,
            3,
            3,
        ]


def test_a_fact_that_is_yet_to_come_counts_from_its_day_without_another_fact(tmp_path, views):
    with service_in(tmp_path, "2019-03-10", views) as service:
        put(
            service,
            [
                event("1", "ReferralReceived", "2019-03-05", referral_id="R-1"),
                event("2", "ReferralReceived", "2019-03-20", subject="C2", referral_id="R-2"),
            ],
        )
        service.projector.catch_up()
        assert children_with_assessments(service) == {"C1001"}
    with service_in(tmp_path, "2019-03-20", views) as service:
        service.projector.catch_up()
        assert children_with_assessments(service) == {"C1001", "C2"}


def children_with_assessments(service: Parts) -> set[str]:
    return {row.child for row in service.views.rows(clock_rows, CLOCKS.c.timescale == "assessment")}
