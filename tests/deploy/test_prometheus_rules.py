"""The rules that Prometheus is given: each alert fires when it should, and says what it must."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from domain.reviewed_timescales import CATALOGUE, all_ids
from projections.practice import AGE_BOUNDS_WORKDAYS
from services.metrics.practice import DELAY_BOUNDS_WORKDAYS
from tests.deploy.alert_cases import CASES, Case, Series

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "infra/deploy/prometheus"
# What alerts compare is reckoned before them.
RULES = sorted(FOLDER.glob("*.rules.yml")) + sorted(FOLDER.glob("*.alerts.yml"))
# What is missing altogether is an alert of its own, which other alerts' cases need not hear of.
SERVING = {'up{job="casetimeline-serve",instance="serving"}': "1x500"}


def groups_of(path):
    return {group["name"]: group for group in yaml.safe_load(path.read_text())["groups"]}


def alerts():
    groups = [group for path in RULES for group in groups_of(path).values()]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def test_promtool_finds_nothing_wrong_with_the_rules():
    done = subprocess.run(["promtool", "check", "rules", *map(str, RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "duplicate" not in done.stdout + done.stderr


def test_every_alert_has_a_firing_and_a_quiet_case():
    assert {case.alert for case in CASES} == set(alerts())


@pytest.mark.parametrize("alert", sorted(alerts()))
def test_an_alert_says_how_bad_it_is_to_whom_and_what_to_do(alert):
    rule = alerts()[alert]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["labels"]["audience"] in ("practice", "operator")
    assert rule["annotations"]["summary"].endswith(".")
    page, _, heading = rule["annotations"]["runbook"].partition("#")
    assert heading == alert.lower()
    assert f"\n## {alert}\n" in (ROOT / page).read_text()


THRESHOLDS = FOLDER / "thresholds.rules.yml"
NUMBER = re.compile(r"(?<![\w.:])\d+(?:\.\d+)?(?:e\d+)?(?![\w.:])")
"""A number by itself: not in a name, a duration, or the number of a group in a pattern."""


def rules_of(path):
    return [rule for group in groups_of(path).values() for rule in group["rules"]]


@pytest.mark.parametrize("path", [path for path in RULES if path != THRESHOLDS], ids=lambda path: path.stem)
def test_only_the_thresholds_hold_bounds(path):
    """But for 0, the whole of a share, that something is down, and the days of the week."""
    for rule in rules_of(path):
        expression = rule["expr"].replace("day_of_week() >= 2 and day_of_week() <= 5", "")
        expression = expression.replace('"$1", "le", "(.+?)(?:[.]0)?"', "")
        assert set(NUMBER.findall(expression)) <= {"0", "1"}, rule
        assert "le=" not in expression, rule


def test_every_threshold_is_compared_with():
    text = "".join(path.read_text() for path in RULES if path != THRESHOLDS)
    names = {rule["record"] for rule in rules_of(THRESHOLDS)}
    assert {name for name in names if not re.search(rf"{name}\b", text)} == set()
    assert set(re.findall(r"casetimeline:threshold:\w+", text)) == names


def bounds_of(name):
    """The bounds under a name of the thresholds, by timescale where they have one."""
    return {
        rule.get("labels", {}).get("timescale"): float(rule["expr"].removeprefix("vector(").removesuffix(")"))
        for rule in rules_of(THRESHOLDS)
        if rule["record"] == f"casetimeline:threshold:{name}"
    }


WORKING_DAYS = {"working_days": 1, "weeks": 5, "months": 22}
"""About how many are in each unit of the limits that there are, but for days of the calendar."""


def test_every_timescale_says_after_how_long_it_is_too_long():
    """Later than its limit, and by a number of days that ages are counted by."""
    bounds = bounds_of("waiting_workdays")
    assert set(bounds) == set(all_ids()) - {"action"}
    assert set(bounds.values()) <= set(AGE_BOUNDS_WORKDAYS)
    for row in CATALOGUE:
        if row.id in bounds:
            assert row.limit.value * WORKING_DAYS[row.limit.unit] < bounds[row.id], row.id


def test_what_is_late_is_by_a_number_of_days_that_delays_are_counted_by():
    assert set(bounds_of("recorded_late_workdays").values()) <= set(DELAY_BOUNDS_WORKDAYS)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("step", ["1m", "30m"])
def test_alerts_fire_when_they_should_and_only_then(step, tmp_path):
    told = {
        "rule_files": [str(path) for path in RULES],
        "group_eval_order": [name for path in RULES for name in groups_of(path)],
        "evaluation_interval": step,
        "tests": [test for case in CASES if case.step == step for test in (firing(case), quiet(case))],
    }
    file = tmp_path / "alerts.test.yml"
    file.write_text(json.dumps(told))
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]


def by(processes, **labels):
    """Names of series that two processes of the service tell alike, or that one of them tells."""
    inside = "".join(f',{label}="{value}"' for label, value in labels.items())
    return [f'{{job="casetimeline-serve",instance="{process}"{inside}}}' for process in processes]


def alike(name, values, **labels):
    return {name + labels: values for labels in by("ab", **labels)}


AGES = "casetimeline_open_clock_{}_age_workdays"
TWO_PROCESSES = {
    **alike("casetimeline_clocks_open", "4x10", timescale="assessment", team="T1"),
    **alike("casetimeline_clocks_open", "6x10", timescale="assessment", team="T2"),
    **alike("casetimeline_clocks_past_limit", "5x10", timescale="assessment", team="T1"),
    **alike("casetimeline_clocks_stopped", "6x10", timescale="assessment", in_time="yes"),
    **alike("casetimeline_clocks_stopped", "3x10", timescale="assessment", in_time="no"),
    **alike("casetimeline_clocks_ended_without_completion", "3x10", timescale="assessment"),
    **alike(AGES.format("true") + "_gsum", "400x10", timescale="assessment"),
    **alike(AGES.format("true") + "_gcount", "10x10", timescale="assessment"),
    **alike(AGES.format("true") + "_bucket", "8x10", timescale="assessment", le="60.0"),
    **alike(AGES.format("recorded") + "_gsum", "150x10", timescale="assessment"),
    **alike(AGES.format("recorded") + "_gcount", "10x10", timescale="assessment"),
    **alike("casetimeline_hidden_workdays", "250x10", timescale="assessment"),
    **alike("casetimeline_hidden_longest_workdays", "80x10", timescale="assessment"),
    **alike("casetimeline_recording_delay_workdays_bucket", "75x10", le="5.0"),
    **alike("casetimeline_recording_delay_workdays_gcount", "100x10"),
    **alike("casetimeline_source_last_fact_timestamp_seconds", "120x10", source="urn:cases"),
    # What each counts of itself is added up.
    **{"casetimeline_http_requests_total" + of: "0+60x400" for of in by("ab", status="200")},
    **{"casetimeline_http_requests_total" + of: "0+120x400" for of in by("a", status="503")},
}
MEASURED = {
    'casetimeline:clocks_open:sum{timescale="assessment"}': 10,
    'casetimeline:clocks_past_limit:sum{timescale="assessment"}': 5,
    'casetimeline:clocks_past_limit:ratio{timescale="assessment"}': 0.5,
    'casetimeline:clocks_met_in_time:ratio{timescale="assessment"}': 0.5,
    'casetimeline:true_age_workdays:mean{timescale="assessment"}': 40,
    'casetimeline:recorded_age_workdays:mean{timescale="assessment"}': 15,
    'casetimeline:hidden_workdays:sum{timescale="assessment"}': 250,
    'casetimeline:hidden_longest_workdays:max{timescale="assessment"}': 80,
    'casetimeline:clocks_waiting_too_long:sum{bound="60",le="60.0",timescale="assessment"}': 2,
    'casetimeline:recorded_late:ratio{bound="5",le="5.0"}': 0.25,
    'casetimeline:source_silent_seconds:max{source="urn:cases"}': 480,
    **{f"casetimeline:request_errors:ratio_rate{over}": 0.5 for over in ("5m", "30m", "1h", "6h")},
}


def test_what_two_processes_tell_alike_is_counted_once_and_what_each_counts_is_added_up(tmp_path):
    recorded = {
        rule["record"]
        for path in RULES
        for rule in rules_of(path)
        if "record" in rule and "threshold" not in rule["record"]
    }
    assert {name.partition("{")[0] for name in MEASURED} == recorded
    told = {
        "rule_files": [str(path) for path in RULES],
        "group_eval_order": [name for path in RULES for name in groups_of(path)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values} for name, values in TWO_PROCESSES.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": name.partition("{")[0],
                        "eval_time": "10m",
                        "exp_samples": [{"labels": name, "value": value}],
                    }
                    for name, value in MEASURED.items()
                ],
            }
        ],
    }
    file = tmp_path / "measures.test.yml"
    file.write_text(json.dumps(told))
    done = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4_000:]


def firing(case: Case):
    rule = alerts()[case.alert]
    expected = {
        "exp_labels": {**rule["labels"], **case.labels},
        "exp_annotations": {"summary": case.says, "runbook": rule["annotations"]["runbook"]},
    }
    return looked_at(case, case.fires, [expected])


def quiet(case: Case):
    return looked_at(case, case.quiet, [])


def looked_at(case: Case, series: Series, expected: list):
    return {
        "interval": case.step,
        "input_series": [
            {"series": name, "values": values}
            for name, values in {**(SERVING if case.is_served else {}), **series}.items()
        ],
        "alert_rule_test": [{"eval_time": case.at, "alertname": case.alert, "exp_alerts": expected}],
    }
