"""Shards hold the same bytes as files, are found by their index, and are read again as well."""

import csv
import json
from pathlib import Path

import pytest

from issuer.batches import output
from issuer.batches.issuing import IssueProgress, IssueRequest, IssueResult, issue_batch
from issuer.batches.output import Layout, Written
from issuer.batches.ranges import RANGE_SIZE, Range, split_ranges
from issuer.errors import OutputError
from issuer.status.status_files import ReadJob, SignedPlace, read_place
from tests.issuer.killing import SOURCE
from tests.issuer.scene import CHAIN_ID, DID, accept, list_files, open_desk, read_anchored


def issue(home: Path, out: Path, layout: Layout, check_output=accept) -> IssueResult:
    with open_desk(home) as desk:
        return issue_batch(desk, IssueRequest(SOURCE, out, layout=layout), check_output)


def read_lines(out: Path) -> list[bytes]:
    shards = sorted(out.glob("shards/*.ndjson"))
    return [line for path in shards for line in path.read_bytes().splitlines(keepends=True)]


def read_table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


@pytest.mark.parametrize("layout", Layout)
def test_a_layout_has_what_it_says_and_nothing_else(
    home: Path, tmp_path: Path, layout: Layout
) -> None:
    out = tmp_path / "out"
    issue(home, out, layout)
    assert len(list(out.glob("*.json"))) == (SOURCE.count if layout.has_files else 0)
    assert len(read_lines(out)) == (SOURCE.count if layout.has_shards else 0)
    assert len(read_anchored(home)) == 1


def test_a_line_is_the_file(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    issue(home, out, Layout.BOTH)
    rows = read_table(out / "batch" / "manifest.csv")
    assert [(out / row["file"]).read_bytes() for row in rows] == read_lines(out)


def test_the_index_says_where_each_credential_lies(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    issue(home, out, Layout.SHARDS)
    rows = read_table(out / "shards" / "index.csv")
    assert len(rows) == SOURCE.count
    for row in rows:
        data = (out / row["file"]).read_bytes()
        start, size = int(row["offset"]), int(row["bytes"])
        found = json.loads(data[start : start + size])
        assert found["id"] == row["credential_id"]
        assert data.splitlines()[int(row["line"]) - 1] == data[start : start + size]


def test_a_manifest_of_shards_still_revokes_by_file_and_line(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = issue(home, out, Layout.SHARDS)
    for row in read_table(out / "batch" / "manifest.csv"):
        place = read_place(ReadJob(DID, CHAIN_ID), (out / row["file"], int(row["line"])))
        assert isinstance(place, SignedPlace)
        assert (place.credential, place.root) == (row["credential_id"], result.anchoring.root)
        assert place.index == int(row["status_index"])
    absent = read_place(ReadJob(DID, CHAIN_ID), (out / row["file"], SOURCE.count + 1))
    assert absent == f"it has no line {SOURCE.count + 1}"


def test_the_verification_is_given_each_line(home: Path, tmp_path: Path) -> None:
    seen: list[Written] = []

    def look(written) -> tuple[str, ...]:
        seen.extend(written)
        return ()

    issue(home, tmp_path / "out", Layout.SHARDS, look)
    assert [each.read() for each in seen] == read_lines(tmp_path / "out")
    assert [each.name.rpartition(":")[2] for each in seen] == ["1", "2", "3"]


def test_shards_stay_with_their_owner(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    issue(home, out, Layout.BOTH)
    for path in (out / "shards", *(out / "shards").iterdir()):
        assert path.stat().st_mode & 0o077 == 0


def test_the_same_again_says_done_and_another_layout_is_added(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    issue(home, out, Layout.SHARDS)
    before = list_files(out / "shards")
    assert issue(home, out, Layout.SHARDS).progress is IssueProgress.DONE
    assert issue(home, out, Layout.BOTH).progress is IssueProgress.REWRITTEN
    assert list_files(out / "shards") == before
    assert len(list(out.glob("*.json"))) == SOURCE.count
    assert len(read_anchored(home)) == 1


def test_a_lost_shard_is_written_again(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    issue(home, out, Layout.SHARDS)
    before = list_files(out)
    next((out / "shards").glob("*.ndjson")).unlink()
    assert issue(home, out, Layout.SHARDS).progress is IssueProgress.REWRITTEN
    assert list_files(out) == before


@pytest.mark.parametrize(
    ("spoil", "faults"),
    [
        pytest.param(lambda lines: [lines[1], lines[0], lines[2]], 2, id="two-exchanged"),
        pytest.param(lambda lines: lines[:2], 3, id="one-missing"),
        pytest.param(
            lambda lines: [lines[0].replace(b"Aroha", b"Arohe"), *lines[1:]], 1, id="name"
        ),
    ],
)
@pytest.mark.parametrize("layout", [Layout.SHARDS, Layout.BOTH])
def test_a_shard_that_is_not_right_never_passes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: Layout, spoil, faults: int
) -> None:
    """All is genuine, only the shard's lines are not as they were to be."""
    real = output.OutputFolder.write_shard

    def write(folder, chosen: Range, data: bytes) -> None:
        real(folder, chosen, b"".join(spoil(data.splitlines(keepends=True))))

    monkeypatch.setattr(output.OutputFolder, "write_shard", write)
    with pytest.raises(OutputError, match="do not hand its files out") as caught:
        issue(home, tmp_path / "out", layout)
    assert len(caught.value.problems) == faults


@pytest.mark.parametrize("count", [1, RANGE_SIZE - 1, RANGE_SIZE, RANGE_SIZE + 1, 5_000])
def test_ranges_cover_every_position_once(count: int) -> None:
    ranges = split_ranges(count)
    assert [at for each in ranges for at in range(each.start, each.stop)] == list(range(count))
    assert [each.number for each in ranges] == list(range(len(ranges)))
    assert RANGE_SIZE & (RANGE_SIZE - 1) == 0, "a range is a whole sub-tree"
