"""For each alert, what makes it fire, what it then says, and what is near and must not make it fire.

Series are in promtool's notation, a value for each ``step``. Times of firing are counted from 1970-01-01, a
Thursday.
"""

from dataclasses import dataclass, field

Series = dict[str, str]


@dataclass(frozen=True)
class Case:
    """An alert under test; ``at`` is when it is looked at, ``labels`` those beside severity and audience."""

    alert: str
    fires: Series
    says: str
    quiet: Series
    at: str = "70m"
    labels: dict[str, str] = field(default_factory=dict)
    step: str = "1m"
    is_served: bool = True
    """Whether, beside what is told, a process that serves answers."""


def _open(name: str, values: str, **labels: str) -> Series:
    told = {"job": "casetimeline-serve", "instance": "a", **labels}
    inside = ",".join(f'{key}="{value}"' for key, value in told.items())
    return {f"{name}{{{inside}}}": values}


PAST = "casetimeline_clocks_past_limit"
OLD = "casetimeline_open_clock_true_age_workdays"
DELAY = "casetimeline_recording_delay_workdays"
LAST = "casetimeline_source_last_fact_timestamp_seconds"
READ = "casetimeline_practice_read_timestamp_seconds"
VANISHED = "casetimeline_records_vanished"
CASE_SYSTEM = "urn:example:case-system"
REQUESTS = "casetimeline_http_requests_total"
LAG = {"projection": "clocks", "partition": "0"}

CASES = (
    Case(
        "NeedsPastLimitGrowing",
        fires=_open(PAST, "10x336 16x20", timescale="assessment", team="T1"),
        says="6 more needs than a week ago are past their limit: assessment.",
        quiet=_open(PAST, "10x336 15x20", timescale="assessment", team="T1"),
        at="170h",
        step="30m",
        labels={"timescale": "assessment"},
    ),
    Case(
        "NeedsPastLimitGrowing",
        fires={
            **_open(PAST, "_x336 6x20", timescale="placement_plan", team="T1"),
            **_open(READ, "0x360"),
        },
        says="6 more needs than a week ago are past their limit: placement_plan.",
        # What was there when it was first looked at has not grown.
        quiet={
            **_open(PAST, "_x336 6x20", timescale="placement_plan", team="T1"),
            **_open(READ, "_x336 0x20"),
        },
        at="170h",
        step="30m",
        labels={"timescale": "placement_plan"},
    ),
    Case(
        "NeedWaitingTooLong",
        fires={
            **_open(f"{OLD}_gcount", "7x80", timescale="assessment"),
            **_open(f"{OLD}_bucket", "4x80", timescale="assessment", le="50.0"),
            **_open(f"{OLD}_bucket", "5x80", timescale="assessment", le="60.0"),
            **_open(f"{OLD}_gcount", "7x80", timescale="initial_conference"),
            **_open(f"{OLD}_bucket", "7x80", timescale="initial_conference", le="20.0"),
        },
        says="2 needs have really been waiting more than 60 working days: assessment.",
        quiet={
            **_open(f"{OLD}_gcount", "7x80", timescale="assessment"),
            **_open(f"{OLD}_bucket", "4x80", timescale="assessment", le="50.0"),
            **_open(f"{OLD}_bucket", "7x80", timescale="assessment", le="60.0"),
        },
        labels={"timescale": "assessment", "bound": "60"},
    ),
    Case(
        "NeedWaitingTooLong",
        fires={
            **_open(f"{OLD}_gcount", "1x80", timescale="child_protection_visit"),
            **_open(f"{OLD}_bucket", "0x80", timescale="child_protection_visit", le="15.0"),
        },
        says="1 needs have really been waiting more than 15 working days: child_protection_visit.",
        # An action has a day of its own, however far away.
        quiet={
            **_open(f"{OLD}_gcount", "1x80", timescale="action"),
            **_open(f"{OLD}_bucket", "0x80", timescale="action", le="180.0"),
        },
        labels={"timescale": "child_protection_visit", "bound": "15"},
    ),
    Case(
        "TimeHidden",
        fires=_open("casetimeline_hidden_longest_workdays", "21x80", timescale="assessment"),
        says="The case system hides 21 working days of one unmet need: assessment.",
        quiet=_open("casetimeline_hidden_longest_workdays", "20x80", timescale="assessment"),
        labels={"timescale": "assessment"},
    ),
    Case(
        "SourceSilent",
        fires=_open(LAST, "0x60", source=CASE_SYSTEM),
        says=f"The case system {CASE_SYSTEM} has reported nothing for 1d 1h 0m 0s.",
        quiet=_open(LAST, "0x40 72000x20", source=CASE_SYSTEM),
        at="25h",
        step="30m",
        labels={"source": CASE_SYSTEM},
    ),
    Case(
        "SourceSilent",
        fires=_open(LAST, "0x160", source=CASE_SYSTEM),
        says=f"The case system {CASE_SYSTEM} has reported nothing for 3d 1h 0m 0s.",
        # On a Sunday, what was silent since Friday is no surprise.
        quiet=_open(LAST, "0x66 120000x100", source=CASE_SYSTEM),
        at="73h",
        step="30m",
        labels={"source": CASE_SYSTEM},
    ),
    Case(
        "SourceSilent",
        fires={**_open(LAST, "0x60", source="other"), **_open(LAST, "0+1800x60", source=CASE_SYSTEM)},
        says="A case system without a label of its own has reported nothing for 1d 1h 0m 0s.",
        quiet={
            **_open(LAST, "0x40 72000x20", source="other"),
            **_open(LAST, "0+1800x60", source=CASE_SYSTEM),
        },
        at="25h",
        step="30m",
        labels={"source": "other"},
    ),
    Case(
        "RecordingLate",
        fires={**_open(f"{DELAY}_gcount", "100x80"), **_open(f"{DELAY}_bucket", "75x80", le="5.0")},
        says="25% of what was entered in four weeks was entered more than 5 working days late.",
        quiet={**_open(f"{DELAY}_gcount", "100x80"), **_open(f"{DELAY}_bucket", "80x80", le="5.0")},
        labels={"bound": "5"},
    ),
    Case(
        "ChildrenWithoutWorker",
        fires=_open("casetimeline_children_without_worker", "3x60"),
        says="3 children whose case is open have no worker.",
        quiet=_open("casetimeline_children_without_worker", "3x30 0x1 3x30"),
        at="25h",
        step="30m",
    ),
    Case(
        "RecordsVanishing",
        fires=_open("casetimeline_records_vanished", "2x50 5x10", record_kind="assessment"),
        says="3 records of the kind assessment vanished from the snapshots within a day.",
        quiet=_open("casetimeline_records_vanished", "5x60", record_kind="assessment"),
        at="26h",
        step="30m",
        labels={"record_kind": "assessment"},
    ),
    Case(
        "RecordsVanishing",
        fires={**_open(VANISHED, "_x50 500x10", record_kind="assessment"), **_open(READ, "0x60")},
        says="500 records of the kind assessment vanished from the snapshots within a day.",
        quiet={**_open(VANISHED, "_x50 500x10", record_kind="assessment"), **_open(READ, "_x50 0x10")},
        at="26h",
        step="30m",
        labels={"record_kind": "assessment"},
    ),
    Case(
        "ScrapeMissing",
        fires={
            'up{job="casetimeline-serve",instance="a"}': "1x80",
            'up{job="casetimeline-project",instance="b"}': "1x40 0x40",
        },
        says="A process of the service does not answer Prometheus: casetimeline-project b.",
        quiet={
            'up{job="casetimeline-serve",instance="a"}': "1x80",
            'up{job="other",instance="b"}': "0x80",
        },
        labels={"job": "casetimeline-project", "instance": "b"},
    ),
    Case(
        "ScrapeMissing",
        fires={'up{job="casetimeline-project",instance="b"}': "1x80"},
        says="A process of the service does not answer Prometheus: casetimeline-serve.",
        quiet={
            'up{job="casetimeline-serve",instance="a"}': "1x80",
            'up{job="casetimeline-project",instance="b"}': "1x80",
        },
        labels={"job": "casetimeline-serve"},
        is_served=False,
    ),
    Case(
        "PartDown",
        fires=_open("casetimeline_part_up", "0x80", part="log"),
        says="The service cannot reach its log.",
        quiet=_open("casetimeline_part_up", "1x80", part="log"),
        labels={"part": "log"},
    ),
    Case(
        "LogDamaged",
        fires=_open("casetimeline_log_damaged_partitions", "1x80"),
        says="The log has lost what was recorded in 1 of its partitions; nothing is answered from them.",
        quiet=_open("casetimeline_log_damaged_partitions", "0x80"),
    ),
    Case(
        "IntakeStuck",
        fires={
            **_open("casetimeline_intake_lag_records", "4x80", partition="0"),
            **_open("casetimeline_intake_lag_records", "3x80", partition="1"),
            **_open("casetimeline_intake_records", "100+5x40 300x40", outcome="recorded"),
            **_open("casetimeline_intake_records", "7x80", outcome="refused"),
        },
        says="7 records that case systems published wait, and none was taken in for a quarter of an hour.",
        # However many wait, they are being taken in.
        quiet={
            **_open("casetimeline_intake_lag_records", "40000x80", partition="0"),
            **_open("casetimeline_intake_records", "100+5x80", outcome="recorded"),
            **_open("casetimeline_intake_records", "7x80", outcome="refused"),
        },
    ),
    Case(
        "ProjectionStale",
        fires=_open("casetimeline_projection_lag_seconds", "61x80", **LAG),
        says="Lists of clocks do not show facts that were recorded 1m 1s ago.",
        quiet=_open("casetimeline_projection_lag_seconds", "60x80", **LAG),
        labels={"projection": "clocks"},
    ),
    Case(
        "ProjectionLag",
        fires={
            **_open("casetimeline_projection_lag_events", "30000x80", **LAG),
            **_open("casetimeline_projection_lag_events", "30000x80", projection="clocks", partition="1"),
        },
        says="clocks is 60k events behind the log.",
        quiet=_open("casetimeline_projection_lag_events", "50000x80", **LAG),
        labels={"projection": "clocks"},
    ),
    Case(
        "SetAside",
        fires=_open("casetimeline_set_aside", "2x80", what="children"),
        says="2 children set aside wait for somebody to look at them.",
        quiet=_open("casetimeline_set_aside", "0x80", what="children"),
        labels={"what": "children"},
    ),
    Case(
        "EventsUnaccounted",
        fires={
            **_open("casetimeline_projection_events_read", "100x80", **LAG),
            **_open("casetimeline_projection_events_applied", "98x80", **LAG),
            **_open("casetimeline_projection_events_set_aside", "1x80", **LAG),
        },
        says="clocks has read events of partition 0 that it neither applied nor set aside.",
        quiet={
            **_open("casetimeline_projection_events_read", "100x80", **LAG),
            **_open("casetimeline_projection_events_applied", "99x80", **LAG),
            **_open("casetimeline_projection_events_set_aside", "1x80", **LAG),
        },
        labels=dict(LAG),
    ),
    Case(
        "FiguresOld",
        fires=_open("casetimeline_practice_read_timestamp_seconds", "0x80"),
        says="The figures about children were last known to be right 1h 10m 0s ago.",
        quiet=_open("casetimeline_practice_read_timestamp_seconds", "0+60x80"),
    ),
    Case(
        "DiskLow",
        fires=_open("casetimeline_disk_free_bytes", "4294967296x80"),
        says="Only 4GiB are left where the service keeps its files.",
        quiet=_open("casetimeline_disk_free_bytes", "5000000000x80"),
    ),
    Case(
        "VerificationFailed",
        fires=_open("casetimeline_verification_faults", "1x80"),
        says="The last walk through the log found 1 things that are not as they must be.",
        quiet=_open("casetimeline_verification_faults", "0x80"),
    ),
    Case(
        "VerificationOld",
        fires=_open("casetimeline_verification_timestamp_seconds", "0x400"),
        says="The log was last walked from end to end 8d 2h 0m 0s ago.",
        quiet=_open("casetimeline_verification_timestamp_seconds", "0x200 300000x200"),
        at="194h",
        step="30m",
    ),
    Case(
        "VerificationOld",
        fires=_open("casetimeline_log_events", "5000x80", partition="0"),
        says="The log has never been walked from end to end.",
        quiet=_open("casetimeline_log_events", "0x80", partition="0"),
    ),
    Case(
        "VerificationOld",
        fires=_open("casetimeline_log_events", "5000x80", partition="0"),
        says="The log has never been walked from end to end.",
        # Whether it was walked is not known: that a part is out of reach is an alert of its own.
        quiet={
            **_open("casetimeline_log_events", "5000x80", partition="0"),
            **_open("casetimeline_part_up", "0x80", part="runs"),
        },
    ),
    Case(
        "ErrorsFast",
        fires={
            **_open(REQUESTS, "0+98x80", status="200"),
            **_open(REQUESTS, "0+2x80", status="503"),
        },
        says="2% of requests fail: a month's worth of errors is used up in two days.",
        # An hour of trouble that is over does not wake anybody.
        quiet={
            **_open(REQUESTS, "0+98x80", status="200"),
            **_open(REQUESTS, "0+2x40 80x50", status="503"),
        },
    ),
    Case(
        "ErrorsSlow",
        fires={
            **_open(REQUESTS, "0+992x500", status="200"),
            **_open(REQUESTS, "0+8x500", status="500"),
        },
        says="0.8% of requests fail: a month's worth of errors is used up in five days.",
        quiet={
            **_open(REQUESTS, "0+995x500", status="200"),
            **_open(REQUESTS, "0+5x500", status="500"),
        },
        at="7h",
    ),
)
