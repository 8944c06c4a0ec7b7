"""What is in the repository, and what must not be."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from infra.deploy.lock import without_addresses

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NOT_OURS = frozenset(
    (
        ".git",
        ".venv",
        ".kafka",
        ".hypothesis",
        "data",
        "build",
        "dist",
        "node_modules",
        "__pycache__",
        "test-results",
    )
)

# Joined here, so that this file does not hold what it forbids.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs"),
        ("registry", "yarnpkg"),
        ("crates", "io"),
        ("proxy", "golang"),
        ("repo1", "maven"),
        ("repo", "maven"),
        ("deb", "debian"),
        ("archive", "ubuntu"),
        ("docker", "io"),
    )
)
PLANS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|HA" + r"CK)\b")
ELSEWHERE = re.compile(r"/wo" + r"rk/(main|shared)|/tm" + r"p/plan|\bCONT" + r"RACT(\.md| §)")


def texts() -> dict[str, str]:
    """Every text file that is ours, by its path from the root. What is no UTF-8 is a picture or a font."""
    found = {}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [each for each in folders if each not in NOT_OURS and not each.endswith("_cache")]
        for path in (Path(folder) / name for name in names if name not in NOT_OURS):
            try:
                found[path.relative_to(ROOT).as_posix()] = path.read_text()
            except UnicodeDecodeError:
                continue
    return found


TEXTS = texts()


def lines_with(pattern: re.Pattern[str], files: dict[str, str]) -> list[str]:
    """Where a pattern occurs, as path and line."""
    return [
        f"{name}:{number}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_the_host_of_a_package_registry():
    assert lines_with(re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE), TEXTS) == []


def test_a_plan_is_an_issue_and_not_a_comment():
    code = {
        name: text for name, text in TEXTS.items() if name.endswith((".py", ".toml", "Makefile", ".html"))
    }
    assert lines_with(PLANS, code) == []


def test_nothing_refers_to_what_a_reader_does_not_have():
    assert lines_with(ELSEWHERE, TEXTS) == []


def test_the_searches_find_what_they_search_for():
    bad = {"a": f"x\nhttps://files.{REGISTRIES[1]}/x", "b": "# TO" + "DO: later", "c": "see CONT" + "RACT §2"}
    assert lines_with(re.compile(re.escape(REGISTRIES[1])), bad) == ["a:2"]
    assert lines_with(PLANS, bad) == ["b:1"]
    assert lines_with(ELSEWHERE, bad) == ["c:1"]
    assert {"README.md", "tests/test_repository.py", "uv.lock", ".ci/run"} <= TEXTS.keys()


def test_every_dependency_says_why_it_is_here():
    lists = re.findall(
        r"^(?:dependencies|dev) = \[\n(.*?)^\]", TEXTS["pyproject.toml"], re.MULTILINE | re.DOTALL
    )
    asked = [line for each in lists for line in each.splitlines()]
    assert len(asked) == len(PROJECT["project"]["dependencies"]) + len(PROJECT["dependency-groups"]["dev"])
    assert [line for line in asked if not re.search(r'", +# \S.{9}', line)] == []


def locked() -> dict[str, tuple[str, frozenset[str]]]:
    """What uv.lock holds: the version and the hashes of each package."""
    return {
        package["name"]: (
            package["version"],
            frozenset(
                file["hash"]
                for file in [package.get("sdist"), *package.get("wheels", [])]
                if file is not None
            ),
        )
        for package in tomllib.loads(TEXTS["uv.lock"])["package"]
        if "registry" in package["source"]
    }


def required(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """What a requirements file holds, in the same shape."""
    text = TEXTS[name].replace("\\\n", " ")
    return {
        line.split("==")[0]: (line.split("==")[1].split()[0], frozenset(re.findall(r"--hash=(\S+)", line)))
        for line in text.splitlines()
        if not line.startswith("#")
    }


def test_pip_installs_for_development_all_that_uv_locks():
    assert required("requirements-dev.lock") == locked()


def test_pip_installs_for_running_some_of_what_uv_locks():
    assert required("requirements.lock").items() < locked().items()


@pytest.mark.parametrize(
    ("lock", "asked"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        ("requirements-dev.lock", PROJECT["dependency-groups"]["dev"]),
    ],
)
def test_all_that_is_asked_for_is_locked(lock, asked):
    assert {re.split(r"[\[~>=]", each)[0] for each in asked} <= required(lock).keys()


def test_a_lock_names_files_by_hash_and_not_by_address():
    assert [name for name in TEXTS if name.endswith(".lock") and "://" in TEXTS[name]] == []


def test_locking_leaves_addresses_out_and_keeps_hashes():
    by_uv = (
        'source = { registry = "https://registry.example/simple" }\n'
        '    { url = "https://files.example/ab/six-1.17.0.whl", hash = "sha256:4721", size = 11050, '
        'upload-time = "2024-12-04T17:35:26Z" },\n'
    )
    assert without_addresses(by_uv) == (
        'source = { registry = ".wheels" }\n'
        '    { path = "six-1.17.0.whl", hash = "sha256:4721", size = 11050 },\n'
    )


def test_locking_refuses_an_address_in_a_place_that_it_does_not_know():
    with pytest.raises(ValueError, match=r"mirror\.example"):
        without_addresses('mirror = "https://mirror.example/simple"')


@pytest.mark.slow
def test_an_installed_service_has_all_that_it_reads(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    read = [
        path.relative_to(ROOT).as_posix()
        for folder in ("domain", "projections", "infra", "services", "schemas")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert [name for name in read if name not in inside] == []
    assert [name for name in inside if name.startswith(("tests/", "data/", "benchmarks/"))] == []


def test_the_command_starts_where_the_project_says():
    module, _, function = PROJECT["project"]["scripts"]["casetimeline"].partition(":")
    assert re.search(rf"^def {function}\(", TEXTS[module.replace(".", "/") + ".py"], re.MULTILINE)


def test_make_explains_every_target_that_a_person_would_type():
    text = subprocess.run(["make"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for target in ("setup", "run", "test", "test-fast", "lint", "typecheck", "bench", "check", "clean"):
        assert re.search(rf"^  make {target} +\w", text, re.MULTILINE), target


def test_every_benchmark_says_what_it_measures_and_runs_by_itself():
    scripts = {path.stem: path.read_text() for path in (ROOT / "benchmarks").glob("*.py")}
    for name, text in scripts.items():
        assert re.match(r'"""\w.{20,}', text), name
        runs = "\ndef main(" in text and '\nif __name__ == "__main__":\n    main()' in text
        assert runs or any(f"from benchmarks.{name} import" in other for other in scripts.values()), name


def test_what_is_run_by_name_may_be_run():
    assert [
        name for name in (".ci/run", "infra/deploy/install_debian") if not (ROOT / name).stat().st_mode & 1
    ] == []


def test_every_json_file_is_json():
    for name, text in TEXTS.items():
        if name.endswith((".json", ".avsc")):
            json.loads(text)
