"""A PostgreSQL of one's own on this machine: made in a folder, started, stopped.

PostgreSQL refuses to run as root: for root it runs as the system user ``postgres`` that its package brings.
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from infra.deploy.process import NotRunning

OWNER = "postgres"
"""The database user that owns all; for root also the system user that runs the server."""

FOR_TESTS: Mapping[str, str] = {"shared_buffers": "32MB", "fsync": "off", "max_connections": "60"}
"""Little memory, and no waiting for a disk: it survives ``kill -9``, not a power cut."""

_DEBIAN = Path("/usr/lib/postgresql")
_LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server on loopback whose data are in ``folder``."""

    folder: Path
    port: int
    password: str
    settings: Mapping[str, str]

    def url(self, database: str = OWNER) -> str:
        """What SQLAlchemy connects to a database by. It holds the password."""
        return f"postgresql+psycopg://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it unless it runs, and return once it answers. Raises NotRunning."""
        if self.is_running():
            return
        told = {"listen_addresses": "127.0.0.1", "port": str(self.port), "unix_socket_directories": "''"}
        options = " ".join(f"-c {name}={value}" for name, value in (told | dict(self.settings)).items())
        said = self.folder / "server.log"
        done = self._control("start", "--wait", "--timeout=60", f"--log={said}", f"--options={options}")
        if done.returncode:
            last = said.read_text()[-2_000:] if said.exists() else done.stderr
            raise NotRunning(f"PostgreSQL did not start; the last of {said}:\n{last.strip()}")

    def stop(self) -> None:
        """End its connections, write what is not written, and stop."""
        self.resume()
        if self.is_running():
            _asked(self._control("stop", "--mode=fast", "--wait", "--timeout=30"))

    def kill(self) -> None:
        """End it as a crash does: ``kill -9`` of the server and of each process that it has for a caller."""
        self._signal(signal.SIGKILL)
        while self.is_running():
            time.sleep(_LOOK_AGAIN_S)

    def pause(self) -> None:
        """Have it do nothing, its connections open, until it is resumed."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def is_running(self) -> bool:
        return self._control("status").returncode == 0

    def has_database(self, name: str) -> bool:
        return name in self._ask("SELECT datname FROM pg_database").split()

    def create_database(self, name: str) -> str:
        """A new, empty database; its URL."""
        self._ask(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """End a database with all in it, whoever is connected."""
        self._ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _ask(self, statement: str) -> str:
        where = ["--host=127.0.0.1", f"--port={self.port}", f"--username={OWNER}", "--dbname=postgres"]
        command = [
            _program("psql"),
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            *where,
            f"--command={statement}",
        ]
        environment = {**os.environ, "PGPASSWORD": self.password}
        return _asked(subprocess.run(command, env=environment, capture_output=True, text=True)).strip()

    def _control(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return _as_owner([_program("pg_ctl"), *words, f"--pgdata={self.folder / 'data'}"])

    def _signal(self, number: int) -> None:
        with suppress(FileNotFoundError):
            first = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
            for pid in (first, *_children_of(first)):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)


def make(folder: Path, port: int, settings: Mapping[str, str] | None = None) -> Postgres:
    """A server with its data in a folder, made if it is not; not started.

    Where the system user that runs it cannot reach the folder, the folder names the place where its data
    are instead. Raises NotRunning.
    """
    folder = folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = folder / "postgres.json"
    if made.exists():
        told = json.loads(made.read_text())
    else:
        told = {"password": secrets.token_urlsafe(24), "folder": str(_reachable(folder))}
        _initialise(Path(told["folder"]), told["password"])
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(told | {"port": port, "settings": dict(settings or {})}, file)
    return at(folder)


def at(folder: Path) -> Postgres:
    """The server that was made in a folder. Raises NotRunning where there is none."""
    try:
        told = json.loads((folder / "postgres.json").read_text())
    except FileNotFoundError:
        raise NotRunning(f"there is no PostgreSQL in {folder}") from None
    return Postgres(Path(told["folder"]), told["port"], told["password"], told["settings"])


def remove(folder: Path) -> None:
    """Stop the server of a folder, and end all that it kept."""
    with suppress(NotRunning):
        server = at(folder)
        server.stop()
        shutil.rmtree(server.folder)
    shutil.rmtree(folder, ignore_errors=True)


def _initialise(folder: Path, password: str) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(password)
        file.flush()
        if os.geteuid() == 0:
            os.chown(file.name, pwd.getpwnam(OWNER).pw_uid, -1)
        how = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", f"--username={OWNER}"]
        command = [_program("initdb"), *how, f"--pwfile={file.name}", f"--pgdata={folder / 'data'}"]
        _asked(_as_owner(command))


def _reachable(folder: Path) -> Path:
    """A folder that belongs to whom the server runs as: below the one given, or where services keep data."""
    if os.geteuid() != 0:
        return folder
    try:
        user = pwd.getpwnam(OWNER)
    except KeyError:
        raise NotRunning("PostgreSQL is missing; run: infra/deploy/install_debian postgres") from None
    own = folder / "server"
    if any(not parent.stat().st_mode & 0o001 for parent in folder.parents):
        own = Path(tempfile.mkdtemp(prefix="casetimeline-postgres-", dir="/var/lib"))
    else:
        folder.chmod(0o711)
        own.mkdir(mode=0o700, exist_ok=True)
    os.chown(own, user.pw_uid, user.pw_gid)
    return own


def _as_owner(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    if os.geteuid() != 0:
        return subprocess.run(command, env=environment, capture_output=True, text=True)
    return subprocess.run(
        command,
        user=OWNER,
        group=OWNER,
        extra_groups=[],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
    )


def _asked(done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode:
        raise NotRunning(f"{Path(done.args[0]).name} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _program(name: str) -> str:
    """Where a program of PostgreSQL is: Debian keeps those of the server off the path, by version."""
    kept = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = str(kept[-1]) if kept else shutil.which(name)
    if found is None:
        raise NotRunning(f"PostgreSQL's {name} is missing; run: infra/deploy/install_debian postgres")
    return found


def _children_of(pid: int) -> list[int]:
    told = (tasks.read_text().split() for tasks in Path(f"/proc/{pid}/task").glob("*/children"))
    return [int(child) for children in told for child in children]
