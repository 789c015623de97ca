"""The journal's file: who may read it, what it keeps, what it refuses."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from issuer.batches.plan import Plan, StatusRange, Terms
from issuer.errors import JournalError
from issuer.journal import entries, outbox, plans
from issuer.journal.records import (
    Anchoring,
    BatchRecord,
    Entry,
    Operation,
    Outcome,
    SignedTransaction,
    StatusPlace,
    Step,
)
from issuer.journal.store import Journal, open_journal
from protocol.primitives import Address, BlockNumber, Digest, Leaf, Root, TransactionHash

MOMENT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = Address(b"k" * 20)
INPUTS = Digest(b"i" * 32)
TERMS = Terms("https://example.org/status/example.org", "did:web:x#a", "did:web:x#b")
OPERATION = Operation(0, "scope", KEY, 5, Address(b"r" * 20), 2**70, 60_000, b"data", None, None)


def open_at(folder: Path) -> Journal:
    return open_journal(folder / "home" / "journal.sqlite3", lambda: MOMENT)


def plan(attempt: int = 1, start: int = 0) -> Plan:
    return Plan(attempt, b"s" * 32, MOMENT, KEY, 4, 3, StatusRange(77, start, 16), TERMS)


def begin(journal: Journal, folder: Path) -> BatchRecord:
    return journal.open_batch(INPUTS, 1, "scope", 2, folder / "out")


def two_entries() -> list[Entry]:
    return [
        Entry(0, "urn:uuid:a", 9, Leaf(b"a" * 32), None),
        Entry(1, "urn:uuid:b", 3, Leaf(b"b" * 32), None),
    ]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    open_at(tmp_path)
    path = tmp_path / "home" / "journal.sqlite3"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_journal_that_others_may_read_is_refused(tmp_path: Path) -> None:
    open_at(tmp_path)
    (tmp_path / "home" / "journal.sqlite3").chmod(0o640)
    with pytest.raises(JournalError, match="chmod 600"):
        open_at(tmp_path)


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"not a database" * 100)
    path.chmod(0o600)
    with pytest.raises(JournalError, match="cannot be read"):
        open_journal(path, lambda: MOMENT)


def test_a_journal_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with open_at(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "home" / "journal.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(JournalError, match="version 2"):
        open_at(tmp_path)


def test_the_secret_stays_the_same_and_differs_between_homes(tmp_path: Path) -> None:
    first, again, other = open_at(tmp_path), open_at(tmp_path), open_at(tmp_path / "other")
    assert len(first.secret) == 32
    assert first.secret == again.secret != other.secret


def test_what_is_not_committed_is_not_there(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    with pytest.raises(sqlite3.IntegrityError), journal.write() as rows:
        rows.executemany("INSERT INTO home VALUES (?, ?)", [("x", b""), ("x", b"")])
    assert journal.read("SELECT * FROM home WHERE name = 'x'") == []


def test_every_write_is_one_commit(tmp_path: Path) -> None:
    commits: list[int] = []
    journal = open_journal(tmp_path / "j.sqlite3", lambda: MOMENT, lambda: commits.append(1))
    batch = begin(journal, tmp_path)
    plans.save_plan(journal, batch, plan())
    entries.save_entries(journal, batch, plan(), two_entries())
    assert len(commits) == 3


def test_a_batch_is_found_by_its_input_and_by_its_folder(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    batch = begin(journal, tmp_path)
    second = journal.open_batch(INPUTS, 2, "scope", 2, tmp_path / "again")
    assert journal.find_batches(INPUTS) == (batch, second)
    assert journal.find_batches(Digest(bytes(32))) == ()
    assert journal.find_folder_batch(tmp_path / "x" / ".." / "out") == batch
    assert journal.find_folder_batch(tmp_path / "elsewhere") is None


def test_a_dropped_plan_keeps_its_indices(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    batch = begin(journal, tmp_path)
    plans.save_plan(journal, batch, plan())
    plans.drop_plan(journal, batch, plan(), "nonce taken")
    assert plans.find_plan(journal, batch) is None
    assert plans.count_plans(journal, batch) == 1
    assert plans.read_ledger(journal, "scope", KEY).fill_marks == {77: 16}


def test_a_fill_mark_never_falls(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    batch = begin(journal, tmp_path)
    plans.save_plan(journal, batch, plan(1, start=64))
    plans.drop_plan(journal, batch, plan(1), "x")
    plans.save_plan(journal, batch, plan(2, start=0))
    assert plans.read_ledger(journal, "scope", KEY).fill_marks == {77: 80}


def test_ledgers_of_other_networks_and_keys_are_apart(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    plans.save_plan(journal, begin(journal, tmp_path), plan())
    assert plans.read_ledger(journal, "other scope", KEY).fill_marks == {}
    assert plans.read_ledger(journal, "scope", Address(bytes(20))).fill_marks == {}


def test_a_plan_reads_back_as_it_was(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    batch = begin(journal, tmp_path)
    plans.save_plan(journal, batch, plan())
    assert plans.find_plan(journal, batch) == plan()


def test_a_credential_has_a_place_only_once_it_is_released(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    batch = begin(journal, tmp_path)
    plans.save_plan(journal, batch, plan())
    entries.save_entries(journal, batch, plan(), two_entries())
    anchoring = Anchoring(
        Root(b"r" * 32),
        TransactionHash(b"t" * 32),
        BlockNumber(9),
        Digest(b"h" * 32),
        MOMENT,
        3,
    )
    entries.save_anchoring(journal, batch, plan(), anchoring)
    assert entries.find_status_place(journal, "scope", "urn:uuid:b") is None
    entries.save_final(journal, batch, plan(), "{}")
    assert entries.find_status_place(journal, "scope", "urn:uuid:b") == StatusPlace(
        "urn:uuid:b", 77, 3
    )
    assert len([*entries.find_batch_places(journal, "scope", anchoring.root)]) == 2
    assert plans.read_ledger(journal, "scope", KEY).released_seq == 3


def test_signed_bytes_of_an_operation_stay_in_order(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    first = SignedTransaction(TransactionHash(b"1" * 32), b"raw 1", 2**70, 1)
    raised = SignedTransaction(TransactionHash(b"0" * 32), b"raw 2", 2**71, 2)
    operation = outbox.save_operation(journal, OPERATION, first)
    outbox.save_signed(journal, operation, raised)
    assert outbox.find_signed(journal, operation) == (first, raised)
    assert outbox.find_open_operations(journal, "scope", KEY) == (operation,)


def test_a_decided_operation_is_no_longer_open(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    operation = outbox.save_operation(
        journal,
        OPERATION,
        SignedTransaction(TransactionHash(b"1" * 32), b"raw", 1, 1),
    )
    outbox.save_outcome(journal, operation, Outcome.MINED)
    assert outbox.find_open_operations(journal, "scope", KEY) == ()


def test_steps_before_the_first_plan_count_in_every_attempt(tmp_path: Path) -> None:
    journal = open_at(tmp_path)
    batch = begin(journal, tmp_path)
    journal.record_step(batch, 2, Step.SIGNED)
    assert journal.find_steps(batch, 1) == {Step.DRAFTED}
    assert journal.find_steps(batch, 2) == {Step.DRAFTED, Step.SIGNED}
