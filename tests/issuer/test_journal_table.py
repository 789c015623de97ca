"""Sunlight's table for our journal: each step fails, or fails and yet had taken effect.

Expected everywhere: the run ends with an error, no human is needed, the same command again ends
with one anchor and whole files. Questions to the chain and sending are swept in
tests/attacks/test_ko_operations.py (KO-07), files in KO-12, kills in test_kill_sweep.py.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from issuer.batches.issuing import IssueProgress
from issuer.errors import JournalError
from issuer.journal.store import Journal
from tests.issuer.killing import SOURCE, issue
from tests.issuer.scene import list_files, read_anchored
from tests.issuer.test_kill_sweep import COMMITS, read_leaves

FAULT = "disk I/O error"


def fail_commit(fatal: int, *, took_effect: bool) -> Callable[[Journal], object]:
    """Return a `Journal.write` whose n-th commit fails, before or after it is on disk."""
    real, commits = Journal.write, 0

    @contextmanager
    def write(self: Journal) -> Iterator[sqlite3.Connection]:
        nonlocal commits
        commits += 1
        failing = commits == fatal
        with real(self) as rows:
            yield rows
            if failing and not took_effect:
                raise sqlite3.OperationalError(FAULT)
        if failing:
            raise JournalError(Path("journal.sqlite3"), FAULT)

    return write


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("fatal", range(1, COMMITS + 1))
def test_a_failed_commit_ends_the_run_and_not_the_batch(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fatal: int,
    took_effect: bool,
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", fail_commit(fatal, took_effect=took_effect))
        with pytest.raises(JournalError, match=FAULT):
            issue(home, out)
    leaves = read_leaves(home)
    result = issue(home, out)
    assert len(read_anchored(home)) == 1
    assert leaves in ([], read_leaves(home))
    assert len(list(out.glob("*.json"))) == result.count == SOURCE.count


def test_the_same_files_whatever_failed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the plan on, nothing that is written depends on how often it was tried."""
    out = tmp_path / "out"
    for fatal in (6, 5, 2):
        with monkeypatch.context() as patch:
            patch.setattr(Journal, "write", fail_commit(fatal, took_effect=True))
            with pytest.raises(JournalError):
                issue(home, out)
    issue(home, out)
    files = list_files(out)
    assert issue(home, tmp_path / "again").progress is IssueProgress.REWRITTEN
    assert list_files(tmp_path / "again") == files
