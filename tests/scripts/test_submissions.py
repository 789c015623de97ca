"""Files and lines of shards come one after the other, each with where it stood."""

import io
import os
from pathlib import Path

import pytest

from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from scripts import submissions
from scripts.submissions import is_single, read_submissions


def write(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def test_each_line_of_a_shard_is_one(tmp_path: Path) -> None:
    shard = write(tmp_path, "a.ndjson", b'{"a":1}\n\n{"b":2}\n{"c":3}')
    found = list(read_submissions([shard]))
    assert found == [
        (f"{shard}:1", b'{"a":1}'),
        (f"{shard}:3", b'{"b":2}'),
        (f"{shard}:4", b'{"c":3}'),
    ]


def test_files_and_shards_keep_their_order(tmp_path: Path) -> None:
    file = write(tmp_path, "a.json", b"{}\n")
    shard = write(tmp_path, "b.NDJSON", b"1\n2\n")
    sources = [source for source, _ in read_submissions([shard, file])]
    assert sources == [f"{shard}:1", f"{shard}:2", file]


def test_of_a_folder_come_all_credentials_that_lie_in_it(tmp_path: Path) -> None:
    """What `issue` writes beside them is no credential and lies in folders, or has another end."""
    (tmp_path / "batch").mkdir()
    for name in ("batch/batch.json", "manifest.csv", "b.json", "a.JSON"):
        write(tmp_path, name, name.encode())
    write(tmp_path, "c.ndjson", b"1\n2\n")
    found = [*read_submissions([str(tmp_path)])]
    assert [content for _, content in found] == [b"a.JSON", b"b.json", b"1", b"2"]
    assert found[1][0] == str(tmp_path / "b.json")
    assert not is_single([str(tmp_path)])


def test_a_folder_without_credentials_is_told(tmp_path: Path) -> None:
    ((source, content),) = read_submissions([str(tmp_path)])
    assert source == str(tmp_path)
    assert content == "The folder has no files that end in .json or .ndjson."


@pytest.mark.timeout(20)
def test_of_a_folder_nothing_is_read_that_may_never_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "broken.json").symlink_to("nowhere")
    file = write(tmp_path, "a.json", b"{}")
    found = dict(read_submissions([str(tmp_path)]))
    assert found[file] == b"{}"
    assert "No such file" in found[str(tmp_path / "broken.json")]
    assert len(found) == 2


def test_a_name_that_no_system_takes_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    file, endless = write(tmp_path, "a.json", b"{}"), "a" * 300
    found = dict(read_submissions([file, endless, str(tmp_path)]))
    assert "name too long" in found[endless]
    assert found[file] == b"{}"
    assert is_single([endless])


def test_a_folder_that_is_named_like_standard_input_is_not_read(
    tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "-").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert [*read_submissions(["-"])] == [("-", b"{}")]
    assert is_single(["-"])


def test_a_line_that_is_too_long_is_cut_and_the_next_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "CREDENTIAL_LIMIT_BYTES", 10)
    shard = write(tmp_path, "a.ndjson", b"x" * 10 + b"\n" + b"y" * 55 + b"\nz\n")
    lines = [content for _, content in read_submissions([shard])]
    assert [lines[0], lines[2]] == [b"x" * 10, b"z"]
    assert len(lines[1]) > 10, "so that it is refused, not taken for a shorter one"


def test_what_cannot_be_read_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    empty = write(tmp_path, "empty.ndjson", b"\n")
    absent = str(tmp_path / "absent.ndjson")
    file = write(tmp_path, "a.json", b"{}")
    found = dict(read_submissions([empty, absent, file]))
    assert found[empty] == "The file has no lines."
    assert "No such file" in found[absent]
    assert found[file] == b"{}"


def test_a_file_comes_with_one_byte_more_than_allowed(tmp_path: Path) -> None:
    file = write(tmp_path, "a.json", b" " * (CREDENTIAL_LIMIT_BYTES + 100))
    ((_, content),) = read_submissions([file])
    assert len(content) == CREDENTIAL_LIMIT_BYTES + 1


@pytest.mark.parametrize(
    ("names", "single"),
    [(["a.json"], True), (["-"], True), (["a.ndjson"], False), (["a.json", "b.json"], False)],
)
def test_one_file_alone_is_answered_alone(names: list[str], single: bool) -> None:
    assert is_single(names) == single
