"""compose.yaml, for those with Docker: held to the specification's schema, and to the repository."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.deploy.kafka.cluster import make
from infra.deploy.kafka.node import Node
from infra.deploy.watcher import KEPT, rule_files
from services.config import EXAMPLES, read_config

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "infra" / "deploy"
COMPOSE: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
WATCHING: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "prometheus/prometheus.yml").read_text())
OURS = ("service", "projector")

HERE_ONLY = frozenset(
    "node.id process.roles controller.quorum.voters listeners advertised.listeners log.dirs".split()
)
"""What a broker in a container is told differently: where it is."""


def checked(file: Path) -> "subprocess.CompletedProcess[str]":
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def test_it_is_as_the_compose_specification_says():
    done = checked(DEPLOY / "compose.yaml")
    assert done.returncode == 0, done.stdout


def test_the_check_sees_a_mistake(tmp_path):
    wrong = tmp_path / "compose.yaml"
    wrong.write_text("services:\n  service:\n    imagine: casetimeline\n")
    assert "imagine" in checked(wrong).stdout


@pytest.mark.parametrize("name", OURS)
def test_each_setting_is_one_that_the_service_knows(name):
    told = {
        setting: value.replace("${POSTGRES_PASSWORD:?set a password}", "secret")
        for setting, value in SERVICES[name]["environment"].items()
    }
    assert told.keys() <= EXAMPLES.keys()
    read_config(told)


def test_the_broker_is_told_what_one_without_docker_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(Node, "format", lambda *_: None)
    (node,) = make(tmp_path, [9092]).nodes
    here = dict(line.split("=", 1) for line in node.settings.read_text().splitlines())
    there = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
        for name, value in SERVICES["kafka"]["environment"].items()
        if name.startswith("KAFKA_")
    }
    assert {name: there.get(name) for name in here.keys() - HERE_ONLY} == {
        name: here[name] for name in here.keys() - HERE_ONLY
    }


def test_what_is_mounted_is_there():
    mounted = [volume.split(":")[0] for each in SERVICES.values() for volume in each.get("volumes", ())]
    folders = [name for name in mounted if name.startswith(".")]
    assert folders
    assert [name for name in folders if not (DEPLOY / name).is_dir()] == []
    assert {name for name in mounted if not name.startswith(".")} == set(COMPOSE["volumes"])


def test_only_loopback_is_listened_on_outside_the_containers():
    ports = [port for each in SERVICES.values() for port in each.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_image_is_given_all_that_the_wheel_is():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert {"domain", "projections", "infra", "services", "schemas"} < set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def scraped():
    """The addresses that Prometheus is told to ask, by the name of their job."""
    return {
        job["job_name"]: [target for one in job["static_configs"] for target in one["targets"]]
        for job in WATCHING["scrape_configs"]
    }


def test_prometheus_knows_the_processes_by_the_jobs_that_the_rules_name():
    told = [match for path in rule_files() for match in re.findall(r'\bjob(=~?)"([^"]+)"', path.read_text())]
    assert told
    for operator, name in told:
        known = [job for job in scraped() if (re.fullmatch(name, job) if operator == "=~" else job == name)]
        assert known, f"no job is {name}"
    patterns = [name for operator, name in told if operator == "=~"]
    assert [job for job in scraped() if not any(re.fullmatch(name, job) for name in patterns)] == []


@pytest.mark.parametrize("name", OURS)
def test_prometheus_asks_every_process_under_the_job_of_its_command(name):
    told = SERVICES[name]["environment"]
    command = SERVICES[name]["command"][0]
    listens = told["CASETIMELINE_HTTP" if command == "serve" else "CASETIMELINE_METRICS"]
    assert scraped()[f"casetimeline-{command}"] == [f"{name}:{listens.rpartition(':')[2]}"]


def test_prometheus_keeps_what_it_knows_for_years():
    assert f"--storage.tsdb.retention.time={KEPT}" in SERVICES["prometheus"]["command"]
    assert re.fullmatch(r"[1-9]\d*y", KEPT)
