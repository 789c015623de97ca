"""KO-08: killed anywhere, the same command ends in the same files and exactly one anchor."""

import json
import signal
from pathlib import Path

import pytest

from issuer.batches.issuing import IssueProgress
from issuer.journal.records import Step
from tests.issuer.killing import (
    SOURCE,
    Countdown,
    KilledBeforeSending,
    KilledBeforeTheAnswer,
    Sender,
    issue,
    run_child,
)
from tests.issuer.scene import list_files, open_desk, read_anchored

COMMITS = 13
"""Batch opened, input checked, planned, hashed, signed, stored, sent, outcome, mined, final,
receipts written, output checked, done."""


def check_whole(home: Path, out: Path) -> None:
    """One anchor; its root is that of the files, which a new reading has found right."""
    anchored = read_anchored(home)
    assert len(anchored) == 1
    batch = json.loads((out / "batch" / "batch.json").read_text())
    assert bytes.fromhex(batch["root"][2:]) == anchored[0].root
    assert len(list(out.glob("*.json"))) == SOURCE.count
    assert not (home / "batches").exists() or not any((home / "batches").iterdir())


def read_leaves(home: Path) -> list[tuple[str, bytes]]:
    with open_desk(home) as desk:
        rows = desk.channel.journal.read("SELECT credential, leaf FROM entry ORDER BY position")
    return [(row["credential"], row["leaf"]) for row in rows]


def test_every_step_is_one_commit(home: Path, tmp_path: Path) -> None:
    """If this number changes, the sweep below must cover the new step."""
    counter = Countdown(0)
    issue(home, tmp_path / "out", after_commit=counter)
    assert counter.commits == COMMITS
    with open_desk(home) as desk:
        names = {row["name"] for row in desk.channel.journal.read("SELECT name FROM step")}
    assert names == set(Step)


@pytest.mark.parametrize("fatal", range(1, COMMITS + 1))
def test_killed_after_any_commit(home: Path, tmp_path: Path, fatal: int) -> None:
    out = tmp_path / "out"
    ended = run_child(lambda: issue(home, out, after_commit=Countdown(fatal)))
    assert ended == -signal.SIGKILL
    leaves = read_leaves(home)
    result = issue(home, out)
    check_whole(home, out)
    assert leaves in ([], read_leaves(home))
    assert result.count == SOURCE.count
    files = list_files(out)
    assert issue(home, out).progress is IssueProgress.DONE
    assert list_files(out) == files
    assert len(read_anchored(home)) == 1


@pytest.mark.parametrize("wrap", [KilledBeforeSending, KilledBeforeTheAnswer])
def test_killed_around_sending(home: Path, tmp_path: Path, wrap: type[Sender]) -> None:
    out = tmp_path / "out"
    ended = run_child(lambda: issue(home, out, wrap_sender=wrap))
    assert ended == -signal.SIGKILL
    leaves = read_leaves(home)
    assert len(leaves) == SOURCE.count
    assert issue(home, out).progress is IssueProgress.RESUMED
    assert read_leaves(home) == leaves
    check_whole(home, out)


def test_killed_at_every_commit_in_turn(home: Path, tmp_path: Path) -> None:
    """Each run gets one commit further and dies."""
    out = tmp_path / "out"
    for _ in range(3 * COMMITS):
        if run_child(lambda: issue(home, out, after_commit=Countdown(2))) == 0:
            break
    issue(home, out)
    check_whole(home, out)
