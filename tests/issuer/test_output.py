"""KO-12: files are there whole or not at all, and only where they may be."""

import ctypes
import errno
import os
from pathlib import Path

import pytest

from issuer import files
from issuer.batches.output import OutputFolder, check_unused, name_file, render_json
from issuer.errors import UsedFolderError
from issuer.files import write_whole


def fill(folder: Path) -> OutputFolder:
    output = OutputFolder(folder)
    output.open()
    output.write_credentials([("a.json", b"A")])
    output.write_batch_file("batch.json", (b"{}",))
    output.close()
    return output


def test_the_folder_holds_credentials_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.json", "batch"]
    assert [p.name for p in (tmp_path / "out" / "batch").iterdir()] == ["batch.json"]


def test_what_stays_with_the_institution_is_for_its_owner(tmp_path: Path) -> None:
    fill(tmp_path / "out")
    assert (tmp_path / "out" / "batch").stat().st_mode & 0o077 == 0
    assert (tmp_path / "out" / "batch" / "batch.json").stat().st_mode & 0o077 == 0


def test_writing_the_same_again_leaves_the_file_alone(tmp_path: Path) -> None:
    output = fill(tmp_path / "out")
    before = (tmp_path / "out" / "a.json").stat().st_ino
    output.open()
    output.write_credentials([("a.json", b"A")])
    output.close()
    assert (tmp_path / "out" / "a.json").stat().st_ino == before


def test_half_a_file_is_never_delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when the bytes are made durable."""

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    (tmp_path / "staging").mkdir()
    (tmp_path / "a.json").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        write_whole(tmp_path / "a.json", b"new", tmp_path / "staging")
    assert (tmp_path / "a.json").read_bytes() == b"old"


@pytest.mark.parametrize("has_syncfs", [True, False])
def test_no_file_of_a_group_is_delivered_that_is_not_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_syncfs: bool
) -> None:
    """The disk fails when the bytes of the whole group are made durable."""

    def fail(_: int) -> int:
        ctypes.set_errno(errno.EIO)
        if has_syncfs:
            return -1
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "staging").mkdir()
    monkeypatch.setattr(files, "find_syncfs", lambda: fail if has_syncfs else None)
    if not has_syncfs:
        monkeypatch.setattr(os, "fsync", fail)
    group = [(f"{name}.json", b"new") for name in "abc"]
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        files.write_group(tmp_path, group, tmp_path / "staging")
    assert not list(tmp_path.glob("*.json"))


def test_a_group_is_written_the_same_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older kernel says nothing of errors, so it is asked file by file."""
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(files, "find_syncfs", lambda: None)
    monkeypatch.setattr(os, "fsync", lambda number: (synced.append(number), real(number))[1])
    (tmp_path / "staging").mkdir()
    group = [(f"{n}.json", b"%d" % n) for n in range(5)]
    files.write_group(tmp_path, group, tmp_path / "staging")
    assert [(tmp_path / f"{n}.json").read_bytes() for n in range(5)] == [
        b"%d" % n for n in range(5)
    ]
    assert len(synced) == 5


@pytest.mark.parametrize("path", ["x.json", "batch/batch.json"])
def test_a_folder_that_holds_anything_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_bytes(b"")
    with pytest.raises(UsedFolderError, match="--out"):
        check_unused(tmp_path)


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(UsedFolderError, match="is a file"):
        check_unused(tmp_path / "out")


def test_an_empty_or_missing_folder_may_be_filled(tmp_path: Path) -> None:
    check_unused(tmp_path)
    check_unused(tmp_path / "missing")


def test_a_file_is_named_after_the_credential() -> None:
    assert name_file("urn:uuid:1234") == "1234.json"
    with pytest.raises(ValueError, match="urn:uuid"):
        name_file("https://example.org/../1")


def test_json_keeps_order_and_script() -> None:
    assert render_json({"b": "Māori 王", "a": 1}) == '{\n  "b": "Māori 王",\n  "a": 1\n}\n'.encode()
