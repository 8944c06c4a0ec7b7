"""Master keys: what is accepted, who may read them, and that they are made once."""

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.master_key import UnusableKey, from_file, from_text, make_at

TEXT = base64.b64encode(bytes(range(32))).decode()


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_master_key_is_32_bytes_in_base64():
    assert from_text(f" {TEXT}\n").key == bytes(range(32))


def test_keys_are_told_apart_by_an_id_that_is_no_part_of_them():
    one, other = from_text(TEXT), from_text(base64.b64encode(bytes(32)).decode())
    assert one.id == from_text(TEXT).id != other.id
    assert one.id not in one.key.hex()


def test_a_key_is_not_shown_with_its_object():
    assert "key" not in repr(from_text(TEXT))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has 0 bytes and needs 32"),
        (base64.b64encode(bytes(16)).decode(), "has 16 bytes and needs 32"),
        ("correct horse battery staple", "is not base64"),
        (TEXT[:-4] + "é===", "is not base64"),
    ],
)
def test_anything_else_is_refused_with_what_to_do_and_never_shown(text: str, says: str):
    with pytest.raises(UnusableKey, match=says) as caught:
        from_text(text)
    assert "make one with" in str(caught.value)
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path, mode: int):
    path = private(tmp_path / "master.key", TEXT)
    path.chmod(mode)
    with pytest.raises(UnusableKey, match=f"chmod 600 {path}"):
        from_file(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_of_its_owner_alone_is_read(tmp_path: Path, mode: int):
    path = private(tmp_path / "master.key", TEXT + "\n")
    path.chmod(mode)
    assert from_file(path) == from_text(TEXT)


def test_a_file_that_holds_no_key_is_named(tmp_path: Path):
    path = private(tmp_path / "master.key", "nothing of the kind")
    with pytest.raises(UnusableKey, match=f"{path}: the master key is not base64"):
        from_file(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UnusableKey, match="No such file"):
        from_file(tmp_path / "master.key")


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "master.key"
    made = make_at(path)
    assert make_at(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_all_who_make_a_key_at_once_get_the_same(tmp_path: Path):
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(make_at, [tmp_path / "master.key"] * 16))
    assert len(made) == 1
