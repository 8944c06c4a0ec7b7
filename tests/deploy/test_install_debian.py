"""Installing what is missing of the programs that the tests and the stack run with."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "infra" / "deploy" / "install_debian"


def run(folder: Path, *names: str, has: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """The script on a system that has little more than a shell."""
    for program in ("bash", "awk", "id", "env", "sed"):
        found = shutil.which(program)
        assert found
        (folder / program).symlink_to(found)
    for program in has:
        text = f'#!/bin/bash\necho {program} "$@" >>{folder}/asked\n'
        (folder / program).write_text(text + ('exec "$@"\n' if program == "sudo" else ""))
        (folder / program).chmod(0o755)
    environment = {**os.environ, "PATH": str(folder)}
    return subprocess.run([SCRIPT, *names], env=environment, capture_output=True, text=True)


def test_what_is_there_is_not_installed(tmp_path):
    done = run(tmp_path, "java", has=("java",))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_a_way_to_install_it_says_what_is_missing_and_what_for(tmp_path):
    done = run(tmp_path, "java", "mvn", has=("mvn",))
    assert done.returncode == 1
    assert "no apt-get" in done.stderr
    assert "java: Kafka runs on it (on Debian: default-jre-headless)" in done.stderr
    assert "mvn:" not in done.stderr


def test_what_is_missing_is_installed_at_once_and_said_why(tmp_path):
    done = run(tmp_path, "java", "chromium", has=("apt-get", "sudo"))
    assert done.returncode == 0, done.stderr
    assert "chromium: the tests look at the pages in a real browser" in done.stdout
    asked = (tmp_path / "asked").read_text().splitlines()
    update, install = [line.split() for line in asked if line.startswith("apt-get")]
    assert update[-1] == "update"
    assert install[-4:] == [
        "--no-install-recommends",
        "default-jre-headless",
        "chromium",
        "fonts-liberation",
    ]


def test_a_program_that_it_does_not_know_is_refused(tmp_path):
    assert run(tmp_path, "emacs").returncode == 2


def test_every_program_that_make_asks_for_is_known():
    asked = [
        name
        for line in (ROOT / "Makefile").read_text().splitlines()
        if "infra/deploy/install_debian" in line
        for name in line.partition("install_debian")[2].split()
    ]
    table = SCRIPT.read_text().partition('PROGRAMS="')[2].partition('"')[0]
    assert set(asked) <= {line.partition("|")[0].strip() for line in table.splitlines() if "|" in line}
