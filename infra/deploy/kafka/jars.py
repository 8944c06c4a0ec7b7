"""Where Kafka's jars are: fetched by Maven once into a folder that git ignores, whoever asks first."""

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).parents[3] / ".kafka"


class Unresolved(OSError):
    """Kafka's jars could not be fetched; the message says what to do."""


def jars(cache: Path = CACHE) -> Path:
    """The folder of the jars that the pom asks for, fetched now if need be. Raises Unresolved."""
    folder = cache / f"jars-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=cache) as unfinished:
                _fetch(Path(unfinished) / "jars")
                shutil.move(Path(unfinished) / "jars", folder)
    return folder


def _fetch(folder: Path) -> None:
    if shutil.which("mvn") is None:
        raise Unresolved("Maven is missing, which fetches Kafka; run: infra/deploy/install_debian java mvn")
    command = ["mvn", "-q", "-B", "--strict-checksums", "-f", str(POM), "dependency:copy-dependencies"]
    done = subprocess.run([*command, f"-DoutputDirectory={folder}"], capture_output=True, text=True)
    if done.returncode:
        raise Unresolved(f"Maven could not fetch Kafka: {done.stdout.strip() or done.stderr.strip()}")
