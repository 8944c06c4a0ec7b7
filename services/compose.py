"""The one place that knows all: builds log, keys, codec, views and clocks, and hands them on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, make_url

from domain.moment import london_day
from domain.policy import Policy
from domain.working_days import WorkingDays
from infra import keys as key_stores
from infra import master_key
from infra.codec import Codec
from infra.columnar import ColumnarCodec
from infra.conflicts import Conflicts
from infra.holidays import england
from infra.keys import KeyStore
from infra.log.log import Log
from infra.log.sqlite import SqliteLog
from infra.runs import Runs
from infra.snapshots import SqlSnapshots
from infra.views.views import Views
from services.config import CONFLICTS_FILE, RUNS_FILE, SNAPSHOTS_FILE, Config
from services.fold import Folding
from services.histories import Histories
from services.intake_reads import IntakeReads
from services.metrics.counting import Appends
from services.project import Mine, Projector, everything
from services.rebuild import Rebuild
from services.record import Recording
from services.set_aside import SetAsides
from services.together import Together

if TYPE_CHECKING:
    from services.take_in import Intake

FOLLOW_S = 1.0
"""How often the index of a log on Kafka is brought up to it where nobody reads."""

DIGESTS = "#digests"
"""The name, which no subject can have, of the key under which snapshots keep digests of what is personal."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the service is made of. ``standing_today`` is the day that stands for today, if one does."""

    config: Config
    data: Path
    log: Log
    keys: KeyStore
    codec: Codec
    columnar: ColumnarCodec
    conflicts: Conflicts
    recording: Recording
    histories: Histories
    views: Views
    folding: Folding
    projector: Projector
    rebuild: Rebuild
    set_asides: SetAsides
    snapshots: SqlSnapshots
    intake: IntakeReads | None
    calendar: WorkingDays
    policy: Policy
    now: Callable[[], datetime]
    today: Callable[[], date]
    standing_today: date | None
    appends: Appends
    runs: Runs


@contextmanager
def composed(config: Config) -> Iterator[Parts]:
    """The service as configured, for as long as it is wanted; everything is closed in order after.

    Raises UnusableKey, LogUnavailable, WrongLog, ViewsUnavailable or OSError where it cannot be built.
    """
    with ExitStack() as stack:
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        address = make_url(config.views)
        if address.get_backend_name() == "sqlite" and address.database:
            Path(address.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        calendar = england()
        keys = _keys(config)
        stack.callback(keys.close)
        codec = Codec(keys)
        columnar = ColumnarCodec(codec)
        conflicts = Conflicts(config.data / CONFLICTS_FILE)
        stack.callback(conflicts.close)
        runs = Runs(config.data / RUNS_FILE)
        stack.callback(runs.close)
        snapshots = create_engine(f"sqlite:///{config.data / SNAPSHOTS_FILE}")
        stack.callback(snapshots.dispose)
        views = Views(config.views, calendar)
        stack.callback(views.close)
        appends = Appends()
        log = _log(config, appends.appended)
        stack.callback(log.close)
        policy = config.policy
        histories = Histories(log, codec, calendar, policy)
        today = current_day if config.today is None else _standing(config.today)
        folding = Folding(log, histories)
        together = Together(log, columnar, calendar, policy)
        projector = Projector(log, folding, together, views, today, _now)
        yield Parts(
            config=config,
            data=config.data,
            log=log,
            keys=keys,
            codec=codec,
            columnar=columnar,
            conflicts=conflicts,
            recording=Recording(log, codec, conflicts, _now),
            histories=histories,
            views=views,
            folding=folding,
            projector=projector,
            rebuild=Rebuild(log, folding, views, projector, _now, today),
            set_asides=SetAsides(log, folding, views, projector, _now, today),
            snapshots=SqlSnapshots(snapshots),
            intake=None if config.intake is None else IntakeReads(config.intake, config.kafka_client),
            calendar=calendar,
            policy=policy,
            now=_now,
            today=today,
            standing_today=config.today,
            appends=appends,
            runs=runs,
        )


@contextmanager
def taking_in(config: Config, parts: Parts) -> "Iterator[Intake]":
    """What takes in what is published, its topics there. Raises Unavailable and Unsuitable."""
    # Kafka's client takes long to import, and most commands do without it.
    from infra.intake.aside import AsideWriter
    from infra.intake.reader import Reader
    from infra.intake.topics import prepare
    from infra.published_avro import PublishedAvro
    from services.published import Published
    from services.take_in import Intake

    assert config.intake is not None
    prepare(config.intake, config.kafka_client)
    with (
        closing(AsideWriter(config.intake, config.kafka_client)) as aside,
        closing(Reader(config.intake, config.kafka_client)) as reader,
    ):
        yield Intake(reader, aside, Published(PublishedAvro()), parts.recording, parts.now)


@contextmanager
def sharing(config: Config) -> Iterator[Mine]:
    """Which of the log's partitions this process's projector sees to. Raises LogUnavailable."""
    if isinstance(config.log, Path):
        yield everything
        return
    from infra.log.kafka_client import Brokers
    from infra.log.kafka_shares import Shares

    with closing(Shares(Brokers(config.log, config.kafka_client))) as shares:
        yield shares.mine


def _log(config: Config, appended: Callable[[int, float], None]) -> Log:
    if isinstance(config.log, Path):
        config.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return SqliteLog.open(config.log, now=_now, appended=appended)
    from infra.log.kafka_client import Brokers
    from infra.log.kafka_log import KafkaLog

    brokers = Brokers(config.log, config.kafka_client)
    return KafkaLog.open(
        brokers, config.index, partitions=config.partitions, follow_s=FOLLOW_S, appended=appended
    )


def _keys(config: Config) -> KeyStore:
    if config.master is None and config.keys is None:
        return key_stores.open_embedded(config.data)
    master = config.master or master_key.make_at(config.data / "master.key")
    return KeyStore(config.keys or f"sqlite:///{config.data / 'keys.sqlite3'}", master)


def _now() -> datetime:
    return datetime.now(UTC)


def current_day() -> date:
    return london_day(_now())


def _standing(day: date) -> Callable[[], date]:
    return lambda: day
