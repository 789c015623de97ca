"""KO-08 for a batch of several ranges: killed between two of them, the same files come out."""

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from issuer.batches.issuing import IssueProgress, IssueRequest, IssueResult, issue_batch
from issuer.batches.output import Layout, OutputFolder
from issuer.batches.ranges import RANGE_SIZE
from issuer.batches.work_area import WorkArea
from tests.issuer.killing import kill_myself, run_child
from tests.issuer.scene import (
    SampleSource,
    accept,
    list_files,
    name_people,
    open_desk,
    read_anchored,
)

SOURCE = SampleSource(name_people(RANGE_SIZE + 20))


def issue(home: Path, out: Path, layout: Layout = Layout.BOTH, workers: int = 1) -> IssueResult:
    with open_desk(home, workers=workers) as desk:
        return issue_batch(desk, IssueRequest(SOURCE, out, layout=layout), accept)


def issue_killed(home: Path, out: Path, owner: type, method: str, *, before: bool) -> None:
    """Issue, and die at the second call of a method; in a fork, so that nothing stays changed."""
    real: Callable = getattr(owner, method)
    calls: list[int] = []

    def call(*arguments: object) -> object:
        calls.append(1)
        if before and len(calls) == 2:
            kill_myself()
        result = real(*arguments)
        if not before and len(calls) == 2:
            kill_myself()
        return result

    setattr(owner, method, call)
    issue(home, out)


def read_leaves(home: Path) -> list[tuple[str, bytes]]:
    with open_desk(home) as desk:
        rows = desk.channel.journal.read("SELECT credential, leaf FROM entry ORDER BY position")
    return [(row["credential"], row["leaf"]) for row in rows]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("owner", "method"),
    [
        pytest.param(WorkArea, "save_drafts", id="drafting"),
        pytest.param(OutputFolder, "write_credentials", id="files"),
        pytest.param(OutputFolder, "write_shard", id="shards"),
        pytest.param(OutputFolder, "write_batch_file", id="manifest"),
    ],
)
def test_killed_between_ranges(
    home: Path, tmp_path: Path, owner: type, method: str, before: bool
) -> None:
    out = tmp_path / "out"
    ended = run_child(partial(issue_killed, home, out, owner, method, before=before))
    assert ended == -signal.SIGKILL
    leaves = read_leaves(home)
    assert issue(home, out).progress is IssueProgress.RESUMED
    assert leaves in ([], read_leaves(home))
    (event,) = read_anchored(home)
    assert len(list(out.glob("*.json"))) == SOURCE.count
    assert not any((home / "batches").iterdir())
    files = list_files(out)
    again = issue(home, tmp_path / "again")
    assert (again.progress, again.anchoring.root) == (IssueProgress.REWRITTEN, event.root)
    assert list_files(tmp_path / "again") == files


def test_workers_and_one_process_write_the_same_shards(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "one", Layout.SHARDS)
    issue(home, tmp_path / "two", Layout.SHARDS, workers=2)
    assert list_files(tmp_path / "two") == list_files(tmp_path / "one")


def test_a_plan_that_was_redrawn_leaves_no_drafts_of_the_first(home: Path, tmp_path: Path) -> None:
    """Each attempt has drafts of its own; the end deletes all of them."""
    ended = run_child(
        partial(issue_killed, home, tmp_path / "out", WorkArea, "save_drafts", before=False)
    )
    assert ended == -signal.SIGKILL
    with open_desk(home) as desk, desk.channel.journal.write() as rows:
        rows.execute("UPDATE plan SET dropped = 'by this test'")
    issue(home, tmp_path / "out")
    assert not any((home / "batches").iterdir())
    assert len(read_anchored(home)) == 1
