"""The README tells the truth: its commands are run against a real service, and print what it says they print.

A fenced ``sh`` block is run, in order, and ends with 0 or with what ``exits=`` names. A ``json`` block after
it is part of what it printed. A ``console`` block is for a person to type: what it names must exist.
"""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers.ports import free_port

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
ADDRESS_IN_README = "127.0.0.1:8000"
PYTHON_IN_README = ".venv/bin/python"
READY_WITHIN_S = 180


@dataclass(frozen=True)
class Block:
    """A fenced block: the line that it starts on, its language, the exit code that it names, and its text."""

    line: int
    language: str
    exits: int
    text: str


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    fenced = re.compile(r"^```(\w+)(?: exits=(\d+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [
        Block(markdown.count("\n", 0, found.start()) + 1, found[1], int(found[2] or 0), found[3])
        for found in fenced.finditer(markdown)
    ]


def holds(reply, shown) -> bool:
    """Whether all that is shown is in the reply, which may hold more: other keys, other members of a list."""
    if isinstance(shown, dict):
        return isinstance(reply, dict) and all(
            key in reply and holds(reply[key], value) for key, value in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(reply, list) and all(any(holds(one, part) for one in reply) for part in shown)
    return type(reply) is type(shown) and reply == shown


def run(block: Block, address: str, environment: dict[str, str]) -> str:
    """What a block prints when run from the root. Fails where it does not end as it says."""
    script = block.text.replace(ADDRESS_IN_README, address).replace(PYTHON_IN_README, sys.executable)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == block.exits, f"line {block.line} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def run_all(page: list[Block], address: str, environment: dict[str, str]) -> None:
    """Runs what a page says to run, and compares what it says is printed."""
    printed = ""
    for block in page:
        if block.language == "sh":
            printed = run(block, address, environment)
        elif block.language == "json":
            assert holds(json.loads(printed), json.loads(block.text)), f"line {block.line}, not so: {printed}"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """What ``make run`` starts, with data of its own: its address, and the settings to reach it."""
    folder = tmp_path_factory.mktemp("readme")
    address = f"127.0.0.1:{free_port()}"
    settings = {"CASETIMELINE_DATA": str(folder / "data"), "CASETIMELINE_HTTP": address}
    # A newcomer sees a refusal; curl is told to end with it too, so that the test does.
    (folder / ".curlrc").write_text("fail-with-body\n")
    settings_of_commands = settings | {"CURL_HOME": str(folder)}
    with (folder / "log").open("w") as log:
        serving = subprocess.Popen(
            [sys.executable, "-m", "services", "run"], cwd=ROOT, env=os.environ | settings, stderr=log
        )
    try:
        wait_until_ready(serving, address, folder / "log")
        yield address, settings_of_commands
    finally:
        serving.terminate()
        serving.wait(30)


def wait_until_ready(serving: subprocess.Popen, address: str, log: Path) -> None:
    """Returns once the service is ready. Fails with what it logged where it ends or takes too long."""
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until and serving.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{address}/readyz") as reply:
                if reply.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.1)
    pytest.fail(f"the service did not become ready: {log.read_text()}")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_commands_of_the_readme_do_what_it_says(service):
    run_all(blocks(README), *service)


def test_every_make_target_that_the_readme_names_exists():
    named = set(re.findall(r"\bmake ([a-z-]+)$|`make ([a-z-]+)`", README, re.MULTILINE))
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {a or b for a, b in named} <= set(targets)


def test_the_readme_links_to_nothing_that_is_missing():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_folder_that_the_readme_explains_exists():
    named = re.findall(r"^\| `([a-z_/]+)` \|", README, re.MULTILINE)
    assert named
    assert [name for name in named if not (ROOT / name).is_dir()] == []


def test_what_ci_runs_is_the_test_command_of_the_readme():
    (command,) = [
        block.text for block in blocks(README) if "test" in block.text and block.language == "console"
    ]
    assert command in (ROOT / ".ci" / "run").read_text()


def page(*fenced: str) -> list[Block]:
    """A page of such blocks."""
    return blocks("\n\n".join(f"text\n\n```{each}\n```" for each in fenced))


def test_a_command_that_fails_is_found():
    with pytest.raises(AssertionError, match="line 3 ended with 7"):
        run_all(page("sh\nexit 7"), "", {})


def test_a_command_that_should_fail_and_does_not_is_found():
    with pytest.raises(AssertionError, match="line 3 ended with 0"):
        run_all(page("sh exits=6\ntrue"), "", {})


def test_a_command_that_fails_as_it_says_is_left_alone():
    run_all(page("sh exits=6\nexit 6"), "", {})


def test_a_reply_that_is_not_as_shown_is_found():
    with pytest.raises(AssertionError, match="line 9, not so"):
        run_all(page("sh\necho '{\"days\": 51}'", 'json\n{"days": 45}'), "", {})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_refusal_is_found_where_no_reply_is_shown(service):
    with pytest.raises(AssertionError, match="line 3 ended with 22"):
        run_all(page(f"sh\ncurl -s http://{ADDRESS_IN_README}/children/NOBODY/clocks"), *service)


@pytest.mark.parametrize(
    ("reply", "shown", "so"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([{"a": 1}, {"a": 2}], [{"a": 2}], True),
        ([{"a": 1}], [{"a": 2}], False),
        ({"a": [{"b": {"c": "x"}}]}, {"a": [{"b": {"c": "y"}}]}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": None}, {"a": None}, True),
        ([], {}, False),
    ],
)
def test_what_is_shown_must_be_in_the_reply(reply, shown, so):
    assert holds(reply, shown) is so
