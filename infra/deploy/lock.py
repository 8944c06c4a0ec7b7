"""Locks the dependencies: writes uv.lock, requirements.lock and requirements-dev.lock. Needs uv.

uv.lock as uv writes it names the registry that it asked, and the address there of every file. That ties the
lock to one registry, where an authority may have to use a mirror of its own. Here each file is locked by its
name and hash alone, as if it lay in a folder ``.wheels``. uv reads that: ``uv lock --check`` and ``uv export
--frozen`` ask nothing else, and ``uv sync --frozen`` needs no network once the files are in ``.wheels``.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[2]
READ_BY_UV = ("pyproject.toml", "README.md", "LICENSE", "uv.lock")
EXPORT = ["uv", "export", "--frozen", "--quiet", "--no-emit-project", "--no-annotate", "--no-header"]
EXPORTS = {"requirements.lock": ["--no-dev"], "requirements-dev.lock": []}
HEADER = "# Written from uv.lock by `make lock`; names and hashes, so any mirror of the registry will do.\n"

_REGISTRY = re.compile(r'registry = "[a-z]+://[^"]*"')
_ADDRESS = re.compile(r'url = "[a-z]+://[^"]*/([^"/]+)"')
_UPLOADED = re.compile(r', upload-time = "[^"]*"')


def without_addresses(lock: str) -> str:
    """The lock with files known by name and hash. Raises ValueError where an address is left."""
    lock = _REGISTRY.sub('registry = ".wheels"', lock)
    lock = _UPLOADED.sub("", _ADDRESS.sub(r'path = "\1"', lock))
    left = [line for line in lock.splitlines() if "://" in line]
    if left:
        raise ValueError(f"uv.lock holds an address in a place not known here: {left[0].strip()}")
    return lock


def main(arguments: list[str]) -> None:
    """Locks what pyproject.toml asks, changing no version needlessly. ``arguments`` go to ``uv lock``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in READ_BY_UV:
            if (PROJECT / file).exists():
                shutil.copy(PROJECT / file, folder)
        subprocess.run(["uv", "lock", *arguments], cwd=folder, check=True)
        lock = folder / "uv.lock"
        lock.write_text(without_addresses(lock.read_text()))
        for file, options in EXPORTS.items():
            export = [*EXPORT, *options]
            listed = subprocess.run(export, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
            (folder / file).write_text(HEADER + listed.stdout)
        for file in ("uv.lock", *EXPORTS):
            shutil.copy(folder / file, PROJECT / file)


if __name__ == "__main__":
    main(sys.argv[1:])
