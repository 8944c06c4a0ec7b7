"""What the service is told by its environment, read once and checked whole."""

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from domain.moment import EARLIEST, read_day
from domain.policy import AS_REVIEWED, Policy
from infra import master_key
from infra.kafka_place import SCHEME, KafkaPlace, read_place
from infra.kafka_security import PROTOCOLS, Security
from infra.master_key import MasterKey, UnusableKey
from infra.policy_file import BadPolicy, load

PREFIX = "CASETIMELINE_"
LOG_FILE = "log.sqlite3"
INDEX_FILE = "index.sqlite3"
VIEWS_FILE = "views.sqlite3"
CONFLICTS_FILE = "conflicts.sqlite3"
SNAPSHOTS_FILE = "snapshots.sqlite3"
RUNS_FILE = "runs.sqlite3"

EXAMPLES: Mapping[str, str] = {
    "CASETIMELINE_DATA": "./data",
    "CASETIMELINE_LOG": "sqlite:///./data/log.sqlite3",
    "CASETIMELINE_INDEX": "sqlite:///./data/index.sqlite3",
    "CASETIMELINE_VIEWS": "sqlite:///./data/views.sqlite3",
    "CASETIMELINE_INTAKE": "kafka://127.0.0.1:9092/casetimeline.intake",
    "CASETIMELINE_KAFKA_PARTITIONS": "4",
    "CASETIMELINE_KAFKA_SECURITY": "sasl_tls",
    "CASETIMELINE_KAFKA_USER": "casetimeline",
    "CASETIMELINE_KAFKA_PASSWORD": "(the user's password)",
    "CASETIMELINE_KAFKA_PASSWORD_FILE": "/run/secrets/casetimeline-kafka-password",
    "CASETIMELINE_KAFKA_CA_FILE": "/etc/casetimeline/kafka-ca.pem",
    "CASETIMELINE_KAFKA_CERT_FILE": "/etc/casetimeline/kafka-client.pem",
    "CASETIMELINE_KAFKA_KEY_FILE": "/etc/casetimeline/kafka-client.key",
    "CASETIMELINE_KEYS": "sqlite:///./data/keys.sqlite3",
    "CASETIMELINE_HTTP": "127.0.0.1:8000",
    "CASETIMELINE_METRICS": "127.0.0.1:9101",
    "CASETIMELINE_TODAY": "2019-10-22",
    "CASETIMELINE_TIMESCALES": "/etc/casetimeline/timescales.toml",
    "CASETIMELINE_MASTER_KEY": "(32 bytes in base64)",
    "CASETIMELINE_MASTER_KEY_FILE": "/run/secrets/casetimeline-master-key",
    "CASETIMELINE_MAX_BODY_BYTES": "8388608",
    "CASETIMELINE_MAX_BATCH_EVENTS": "5000",
}
"""Every setting, with an example."""

_HOST_PORT = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<port>\d{1,5})", re.ASCII)
_SQLITE = "sqlite:///"
_POSTGRESQL = "postgresql+psycopg://"
INTAKE_TOPIC = "casetimeline.intake"
"""What case systems publish to beside a log on Kafka, unless another is named."""


class BadSettings(ValueError):
    """Settings are unknown or malformed; the message names each, with an example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How this process is set up. ``today`` stands for today in reads; None reads the clock.

    ``data`` is the folder of everything embedded. ``log`` and ``views`` are the places of the log (a file, or
    a topic, which gets ``partitions`` where it is made, and has its ``index`` in a database) and of the
    views, ``intake`` is the topic that case systems publish to, if they do, and ``keys`` the place of the
    key store; without a ``master`` key, one is kept in ``data``. ``metrics`` is where a process that does not
    serve tells Prometheus of itself, if it does. ``policy`` is the catalogue as the file
    ``timescales`` has it.
    """

    data: Path
    log: Path | KafkaPlace
    index: str
    partitions: int
    views: str
    intake: KafkaPlace | None
    keys: str | None
    master: MasterKey | None = field(repr=False)
    http_host: str
    http_port: int
    metrics: tuple[str, int] | None
    today: date | None
    timescales: Path | None
    policy: Policy
    max_body_bytes: int
    max_batch_events: int
    security: Security = field(default_factory=Security)

    @property
    def kafka_client(self) -> Mapping[str, Any]:
        """The settings of a client of Kafka that say as whom it comes."""
        return self.security.client()


def read_config(environment: Mapping[str, str], options: Mapping[str, str | None] | None = None) -> Config:
    """The configuration that an environment tells; ``options`` (by the same names) go before it.

    Raises BadSettings, naming every setting that is unknown or malformed.
    """
    told = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    told |= {name: value for name, value in (options or {}).items() if value is not None}
    problems = [_unknown(name) for name in told if name not in EXAMPLES]

    def get(name: str, default: Any, read: Callable[[str], Any]) -> Any:
        value = told.get(name)
        if value is None:
            return default
        try:
            return read(value)
        except (ValueError, UnusableKey) as error:
            problems.append(f"{name} {error}; for example {name}={EXAMPLES[name]}")
            return default

    data = get("CASETIMELINE_DATA", Path("data"), _folder)
    master = get("CASETIMELINE_MASTER_KEY", None, master_key.from_text)
    master_of_file = get("CASETIMELINE_MASTER_KEY_FILE", None, lambda text: master_key.from_file(Path(text)))
    if "CASETIMELINE_MASTER_KEY" in told and "CASETIMELINE_MASTER_KEY_FILE" in told:
        problems.append(
            "CASETIMELINE_MASTER_KEY and CASETIMELINE_MASTER_KEY_FILE are both set; set one of them"
        )
    security = _security(told, get, problems)
    place = get("CASETIMELINE_LOG", data / LOG_FILE, _log)
    timescales, policy = get("CASETIMELINE_TIMESCALES", (None, AS_REVIEWED), _timescales)
    host, port = get("CASETIMELINE_HTTP", ("127.0.0.1", 8000), _host_port)
    config = Config(
        data=data,
        log=place,
        index=get("CASETIMELINE_INDEX", f"{_SQLITE}{data / INDEX_FILE}", _index),
        partitions=get("CASETIMELINE_KAFKA_PARTITIONS", 4, _positive),
        views=get("CASETIMELINE_VIEWS", f"{_SQLITE}{data / VIEWS_FILE}", _views),
        intake=get("CASETIMELINE_INTAKE", _intake_beside(place), read_place),
        keys=get("CASETIMELINE_KEYS", None, _sqlite),
        master=master or master_of_file,
        http_host=host,
        http_port=port,
        metrics=get("CASETIMELINE_METRICS", None, _host_port_if_any),
        today=get("CASETIMELINE_TODAY", None, _today),
        timescales=timescales,
        policy=policy,
        max_body_bytes=get("CASETIMELINE_MAX_BODY_BYTES", 8 * 1024 * 1024, _positive),
        max_batch_events=get("CASETIMELINE_MAX_BATCH_EVENTS", 5_000, _positive),
        security=security,
    )
    if problems:
        raise BadSettings("\n".join(problems))
    return config


def from_environment(options: Mapping[str, str | None] | None = None) -> Config:
    """The configuration of this process. Raises BadSettings."""
    return read_config(os.environ, options)


def settings_of(config: Config) -> dict[str, str]:
    """What tells another process of this service the same, its secrets left out."""
    told = {
        "CASETIMELINE_DATA": str(config.data.absolute()),
        "CASETIMELINE_LOG": str(config.log),
        "CASETIMELINE_INDEX": config.index,
        "CASETIMELINE_VIEWS": config.views,
        # It can be listened on once, and was meant for this process.
        "CASETIMELINE_METRICS": "",
        "CASETIMELINE_KAFKA_PARTITIONS": str(config.partitions),
        "CASETIMELINE_KAFKA_SECURITY": config.security.protocol,
    }
    if isinstance(config.log, Path):
        told["CASETIMELINE_LOG"] = f"{_SQLITE}{config.log.absolute()}"
    for name in ("user", "ca_file", "cert_file", "key_file"):
        value = getattr(config.security, name)
        if value is not None:
            told[f"CASETIMELINE_KAFKA_{name.upper()}"] = str(value)
    if config.timescales is not None:
        told["CASETIMELINE_TIMESCALES"] = str(config.timescales.absolute())
    if config.today is not None:
        told["CASETIMELINE_TODAY"] = config.today.isoformat()
    if config.intake is not None:
        told["CASETIMELINE_INTAKE"] = str(config.intake)
    if config.keys is not None:
        told["CASETIMELINE_KEYS"] = config.keys
    return told


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, EXAMPLES, 1)
    meant = f"did you mean {near[0]}, for example {near[0]}={EXAMPLES[near[0]]}?" if near else "there are: "
    return f"{name} is not a setting; {meant}{'' if near else ', '.join(EXAMPLES)}"


def _timescales(text: str) -> tuple[Path, Policy]:
    path = _file(text)
    try:
        return path, load(path)
    except BadPolicy as error:
        raise ValueError(f"names {text}, in which {error}") from None
    except OSError as error:
        raise ValueError(f"names {text}, which cannot be read ({error.strerror})") from None


def _folder(text: str) -> Path:
    if not text.strip():
        raise ValueError("is empty, and must name a folder")
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise ValueError(f"names {text}, which is not a folder")
    return path


def _log(text: str) -> Path | KafkaPlace:
    if text.startswith(SCHEME):
        return read_place(text)
    if not text.startswith(_SQLITE) or len(text) == len(_SQLITE):
        raise ValueError(
            f"must be {_SQLITE} and the path of a file, or {SCHEME}host:port[,host:port]/topic, not "
            f"{_without_secrets(text)}"
        )
    return Path(text.removeprefix(_SQLITE))


def _intake_beside(log: Path | KafkaPlace) -> KafkaPlace | None:
    """The topic to take in where the log is on Kafka and none is named."""
    return KafkaPlace(log.servers, INTAKE_TOPIC) if isinstance(log, KafkaPlace) else None


def _index(text: str) -> str:
    is_file = text.startswith(_SQLITE) and len(text) > len(_SQLITE)
    if not is_file and not text.startswith("postgresql+psycopg://"):
        raise ValueError(
            f"must be {_SQLITE} and the path of a file, or postgresql+psycopg://…, not "
            f"{_without_secrets(text)}"
        )
    return text


def _security(
    told: Mapping[str, str], get: Callable[[str, Any, Callable[[str], Any]], Any], problems: list[str]
) -> Security:
    of_kafka = f"{PREFIX}KAFKA_"
    if f"{of_kafka}PASSWORD" in told and f"{of_kafka}PASSWORD_FILE" in told:
        problems.append(f"{of_kafka}PASSWORD and {of_kafka}PASSWORD_FILE are both set; set one of them")
    password = get(f"{of_kafka}PASSWORD_FILE", None, _content) or told.get(f"{of_kafka}PASSWORD")
    found = Security(
        protocol=get(f"{of_kafka}SECURITY", "plaintext", _protocol),
        user=told.get(f"{of_kafka}USER"),
        password=password,
        ca_file=get(f"{of_kafka}CA_FILE", None, _file),
        cert_file=get(f"{of_kafka}CERT_FILE", None, _file),
        key_file=get(f"{of_kafka}KEY_FILE", None, _file),
    )
    if not any(problem.startswith(of_kafka) for problem in problems):
        problems += found.problems(of_kafka)
    return found


def _protocol(text: str) -> str:
    if text not in PROTOCOLS:
        raise ValueError(f"must be one of {', '.join(PROTOCOLS)}")
    return text


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise ValueError(f"names {text}, which is not a file")
    return path


def _content(text: str) -> str:
    try:
        return _file(text).read_text("utf-8").rstrip("\n")
    except OSError as error:
        raise ValueError(f"names {text}, which cannot be read ({error.strerror})") from None


def _views(text: str) -> str:
    if not text.startswith(_POSTGRESQL):
        return _sqlite(text, f"{_POSTGRESQL}USER@HOST/DATABASE, or {_SQLITE}")
    try:
        address = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"is not an address like {_POSTGRESQL}USER@HOST/DATABASE") from None
    if not address.database:
        raise ValueError(f"names no database: {_POSTGRESQL}USER@HOST/DATABASE")
    return text


def _sqlite(text: str, expected: str = _SQLITE) -> str:
    if not text.startswith(_SQLITE) or len(text) == len(_SQLITE):
        raise ValueError(f"must be {expected} and the path of a file, not {_without_secrets(text)}")
    return text


def _without_secrets(text: str) -> str:
    """The part of an address that may be shown: no password is in it."""
    return f"{text.partition('://')[0]}://…" if "@" in text else text


def _host_port(text: str) -> tuple[str, int]:
    found = _HOST_PORT.fullmatch(text)
    if found is None or not 0 <= int(found["port"]) <= 65_535:
        raise ValueError("must be host:port")
    return found["host"].strip("[]"), int(found["port"])


def _host_port_if_any(text: str) -> tuple[str, int] | None:
    return _host_port(text) if text else None


def _today(text: str) -> date:
    try:
        day = read_day(text)
    except ValueError as error:
        raise ValueError(f"{error}") from None
    if day < EARLIEST:
        raise ValueError("is before 1900")
    return day


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 2**31:
        raise ValueError("must be a whole number above 0")
    return int(text)
