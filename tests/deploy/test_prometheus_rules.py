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
            {"series": name, "values": values} for name, values in {**SERVING, **series}.items()
        ],
        "alert_rule_test": [{"eval_time": case.at, "alertname": case.alert, "exp_alerts": expected}],
    }
