"""The master key, which wraps every other key: given as text, kept in a file, or made once."""

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

_BYTES = 32
_HOW = "make one with: head -c 32 /dev/urandom | base64"


class UnusableKey(ValueError):
    """The master key cannot be used, and the service must not start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class MasterKey:
    """``id`` tells one master key from another and gives nothing of it away."""

    id: str
    key: bytes = field(repr=False)


def from_text(text: str) -> MasterKey:
    """A master key from base64 of 32 bytes. Raises UnusableKey; the text is never part of the message."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise UnusableKey(f"the master key is not base64; {_HOW}") from None
    if len(key) != _BYTES:
        raise UnusableKey(f"the master key has {len(key)} bytes and needs {_BYTES}; {_HOW}")
    return MasterKey(hashlib.sha256(b"casetimeline master key\0" + key).hexdigest()[:16], key)


def from_file(path: Path) -> MasterKey:
    """A master key from a file that only its owner may read. Raises UnusableKey."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & 0o077:
                raise UnusableKey(f"{path} is open to others ({mode & 0o777:04o}); run: chmod 600 {path}")
            text = file.read(1024)
    except OSError as error:
        raise UnusableKey(f"cannot read the master key at {path}: {error.strerror}") from error
    try:
        return from_text(text.decode("ascii", "replace"))
    except UnusableKey as error:
        raise UnusableKey(f"{path}: {error}") from None


def make_at(path: Path) -> MasterKey:
    """Make a master key in a file that only its owner may read, unless there is one; return what is there.

    It is on disk when this returns; of several processes at once, one makes it and all get the same.
    """
    if not path.exists():
        text = base64.b64encode(secrets.token_bytes(_BYTES)) + b"\n"
        fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # Linking, unlike renaming, never replaces a key that another process made meanwhile.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink(missing_ok=True)
        _sync_folder(path.parent)
    return from_file(path)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
