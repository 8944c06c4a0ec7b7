"""The rules that Prometheus is given: each alert fires when it should, and says what it must."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

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


def test_no_alert_holds_a_bound_of_its_own():
    """Bounds are in thresholds.rules.yml, but for 0, factors of the error budget, and days of the week."""
    for alert, rule in alerts().items():
        expression = rule["expr"].replace("day_of_week() >= 2 and day_of_week() <= 5", "")
        words = expression.replace("(", " ").replace(")", " ").split()
        numbers = {word for word in words if word.replace(".", "").isdigit()}
        assert numbers <= {"0", "1", "6", "14.4"}, alert


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
