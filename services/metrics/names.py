"""The name of everything that is measured, with what it means: the one place that knows them.

Names follow Prometheus' own rules. Working days end in ``_workdays``. No label holds a child or a worker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

Kind = Literal["counter", "gauge", "histogram", "gaugehistogram", "info"]

_FAMILIES = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
    "gaugehistogram": GaugeHistogramMetricFamily,
    "info": InfoMetricFamily,
}


@dataclass(frozen=True, slots=True)
class Name:
    """A metric: its name without the suffix that its kind adds, its labels, and what it tells a manager.

    A ``gaugehistogram`` counts what there is now, so it can fall; a ``histogram`` counts what ever was.
    """

    name: str
    kind: Kind
    told: str
    labels: tuple[str, ...] = ()

    def family(self, samples: Iterable[tuple[Sequence[str], float]]) -> Metric:
        """The metric with a number for each combination of labels."""
        made: Any = _FAMILIES[self.kind](self.name, self.told, labels=self.labels)
        for values, number in samples:
            made.add_metric(values, number)
        return cast(Metric, made)

    def info(self, **told: str) -> Metric:
        """The metric where it is an info."""
        made: Any = _FAMILIES[self.kind](self.name, self.told, value=told)
        return cast(Metric, made)

    def of(self, number: float) -> Metric:
        """The metric where it is one number."""
        return self.family([((), number)])

    def buckets(self, samples: Iterable[tuple[Sequence[str], Sequence[tuple[str, float]], float]]) -> Metric:
        """The metric where it is a histogram: labels, how many up to each bound, and the sum."""
        made: Any = _FAMILIES[self.kind](self.name, self.told, labels=self.labels)
        for values, counted, total in samples:
            made.add_metric(values, counted, total)
        return cast(Metric, made)


TIMESCALE = ("timescale",)
TIMESCALE_TEAM = ("timescale", "team")

CLOCKS_OPEN = Name(
    "casetimeline_clocks_open",
    "gauge",
    "Needs that are unmet: clocks that run today, by team.",
    TIMESCALE_TEAM,
)
CLOCKS_PAST_LIMIT = Name(
    "casetimeline_clocks_past_limit",
    "gauge",
    "Needs that are unmet and past their limit in truth, whatever the case system shows, by team.",
    TIMESCALE_TEAM,
)
CLOCKS_WAITING = Name(
    "casetimeline_clocks_waiting", "gauge", "Unmet needs for which nothing has been started.", TIMESCALE
)
CLOCKS_PAUSED = Name(
    "casetimeline_clocks_paused",
    "gauge",
    "Unmet needs whose record is paused; the true clock runs on.",
    TIMESCALE,
)
CLOCKS_RESTARTED = Name(
    "casetimeline_clocks_restarted",
    "gauge",
    "Unmet needs whose record was closed or cancelled and then reopened, or followed by another.",
    TIMESCALE,
)
CLOCKS_CONTINUED = Name(
    "casetimeline_clocks_continued",
    "gauge",
    "Unmet needs that had ended without completion, and came back within the window.",
    TIMESCALE,
)
CLOCKS_ENDED = Name(
    "casetimeline_clocks_ended_without_completion",
    "gauge",
    "Needs that ended without ever being met, since the first fact.",
    TIMESCALE,
)
CLOCKS_ENDED_PAST_LIMIT = Name(
    "casetimeline_clocks_ended_past_limit",
    "gauge",
    "Needs that ended without being met when they were past their limit already, since the first fact.",
    TIMESCALE,
)
CLOCKS_STOPPED = Name(
    "casetimeline_clocks_stopped",
    "gauge",
    "Needs that were met since the first fact, by whether that was in time in truth (yes or no).",
    ("timescale", "in_time"),
)
OPEN_TRUE_AGE = Name(
    "casetimeline_open_clock_true_age_workdays",
    "gaugehistogram",
    "How many working days the unmet needs have really been running.",
    TIMESCALE,
)
OPEN_RECORDED_AGE = Name(
    "casetimeline_open_clock_recorded_age_workdays",
    "gaugehistogram",
    "How many working days the case system shows for the unmet needs.",
    TIMESCALE,
)
HIDDEN = Name(
    "casetimeline_hidden_workdays",
    "gauge",
    "Working days of the unmet needs that the case system does not show, all together.",
    TIMESCALE,
)
HIDDEN_LONGEST = Name(
    "casetimeline_hidden_longest_workdays",
    "gauge",
    "The most working days that the case system does not show for one unmet need.",
    TIMESCALE,
)
CHILDREN = Name(
    "casetimeline_children",
    "gauge",
    "Children by how they stand: the weightiest plan, referred, or closed.",
    ("status",),
)
CHILDREN_WITHOUT_WORKER = Name(
    "casetimeline_children_without_worker",
    "gauge",
    "Children with a referral or a plan open, or in care, whom no worker holds: none was allocated, or who "
    "was has left.",
)
CASELOAD = Name(
    "casetimeline_caseload_children",
    "gaugehistogram",
    "How many workers hold how many children each, of those who hold any.",
)
FACTS = Name(
    "casetimeline_facts",
    "gauge",
    "Facts on the record, by type and by the case system that reported them.",
    ("type", "source"),
)
SOURCE_LAST_FACT = Name(
    "casetimeline_source_last_fact_timestamp_seconds",
    "gauge",
    "When the newest fact of a case system was recorded, in seconds since 1970; other: of all beyond twenty, "
    "or with few children.",
    ("source",),
)
RECORDING_DELAY = Name(
    "casetimeline_recording_delay_workdays",
    "gaugehistogram",
    "Of the facts entered in the last four weeks, how many were entered how many working days late.",
)
DISCREPANCIES = Name(
    "casetimeline_discrepancies",
    "gauge",
    "Facts that do not follow from the history, by what is wrong.",
    ("code",),
)
RECORDS_VANISHED = Name(
    "casetimeline_records_vanished",
    "gauge",
    "Records that were in a snapshot of a case system once, and are not any more.",
    ("record_kind",),
)
PRACTICE_READ = Name(
    "casetimeline_practice_read_timestamp_seconds",
    "gauge",
    "When the figures about children in this answer were last known to be those of the lists, in seconds"
    " since 1970.",
)

BUILD = Name("casetimeline_build", "info", "Which build of the service this is.")
UP = Name(
    "casetimeline_part_up",
    "gauge",
    "Whether a part that the service leans on can be reached (1) or not (0).",
    ("part",),
)
REQUESTS = Name(
    "casetimeline_http_requests",
    "counter",
    "Requests answered, by the template of their address.",
    ("method", "route", "status"),
)
REQUEST_DURATION = Name(
    "casetimeline_http_request_duration_seconds", "histogram", "How long requests took to answer.", ("route",)
)
EVENTS = Name(
    "casetimeline_events",
    "counter",
    "Events received over HTTP: recorded, known already (duplicate), refused, or in conflict with another.",
    ("outcome",),
)
CONFLICTS = Name(
    "casetimeline_conflicts", "gauge", "Facts on the list of conflicts: another fact has their identity."
)
LOG_EVENTS = Name("casetimeline_log_events", "gauge", "Events in the log.", ("partition",))
LOG_BEHIND = Name(
    "casetimeline_log_index_behind_records",
    "gauge",
    "Records of the log's topic that the index lacked when the brokers were last asked.",
    ("partition",),
)
LOG_DAMAGED = Name(
    "casetimeline_log_damaged_partitions",
    "gauge",
    "Partitions of the log that lost what was recorded; nothing is answered from them until they are mended.",
)
PACK_EVENTS = Name("casetimeline_log_pack_events", "histogram", "How many events went into the log at once.")
APPEND_DURATION = Name(
    "casetimeline_log_append_duration_seconds", "histogram", "How long the log took to make events durable."
)
LAG_EVENTS = Name(
    "casetimeline_projection_lag_events",
    "gauge",
    "Events that a projection is behind the log.",
    ("projection", "partition"),
)
LAG_SECONDS = Name(
    "casetimeline_projection_lag_seconds",
    "gauge",
    "How long the first event that a projection has not read yet has been in the log.",
    ("projection", "partition"),
)
READ_EVENTS = Name(
    "casetimeline_projection_events_read",
    "gauge",
    "Events that a projection has read; applied and set aside make it up.",
    ("projection", "partition"),
)
APPLIED_EVENTS = Name(
    "casetimeline_projection_events_applied",
    "gauge",
    "Events that are in the rows of a projection.",
    ("projection", "partition"),
)
ASIDE_EVENTS = Name(
    "casetimeline_projection_events_set_aside",
    "gauge",
    "Events that a projection could not apply, or that wait behind one that it could not.",
    ("projection", "partition"),
)
SET_ASIDE = Name(
    "casetimeline_set_aside",
    "gauge",
    "What waits for somebody to look at it: children, or intake records that are kept.",
    ("what",),
)
INTAKE_LAG = Name(
    "casetimeline_intake_lag_records",
    "gauge",
    "Records that case systems published and that are not taken in yet.",
    ("partition",),
)
INTAKE_RECORDS = Name(
    "casetimeline_intake_records", "gauge", "Records taken in, by what became of them.", ("outcome",)
)
REBUILD_EVENTS = Name(
    "casetimeline_rebuild_events",
    "gauge",
    "Events that a rebuild has read, and all that it has to read.",
    ("projection", "part"),
)
REBUILD_LEFT = Name(
    "casetimeline_rebuild_left_seconds",
    "gauge",
    "How long a rebuild will still take at its rate.",
    ("projection",),
)
VERIFIED = Name(
    "casetimeline_verification_timestamp_seconds",
    "gauge",
    "When the log was last walked from end to end, in seconds since 1970.",
)
VERIFICATION_FAULTS = Name(
    "casetimeline_verification_faults",
    "gauge",
    "What the last walk through the log found that is not as it must be.",
)
IMPORTED_FILES = Name("casetimeline_import_files", "counter", "Files imported, by format.", ("format",))
IMPORT_EVENTS = Name(
    "casetimeline_import_events",
    "counter",
    "Facts of the imported files by what became of them: recorded, known already (duplicate), refused, or in"
    " conflict with another.",
    ("format", "outcome"),
)
IMPORT_LINES_ASIDE = Name(
    "casetimeline_import_lines_set_aside",
    "counter",
    "Lines and records of imported files that were set aside, by format.",
    ("format",),
)
DISK_FREE = Name(
    "casetimeline_disk_free_bytes", "gauge", "Room left where the service keeps what is embedded."
)

NAMES: Sequence[Name] = tuple(value for value in list(globals().values()) if isinstance(value, Name))
"""Every metric of the service, practice first."""
