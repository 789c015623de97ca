"""Leaves, signatures and anchors: what is needed to write a batch's files, and nothing personal."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

from issuer.batches.plan import Plan
from issuer.journal.entry_table import EntryTable, build_table
from issuer.journal.plans import insert_release
from issuer.journal.records import Anchoring, BatchRecord, Entry, StatusPlace, Step
from issuer.journal.store import Journal
from protocol.credentials.status_index import find_entry
from protocol.primitives import BlockNumber, Digest, Leaf, Root, TransactionHash


def save_entries(
    journal: Journal, batch: BatchRecord, plan: Plan, entries: Iterable[Entry]
) -> None:
    """Commit the leaves of a plan, replacing those of an interrupted run."""
    with journal.write() as rows:
        rows.execute("DELETE FROM entry WHERE batch = ? AND attempt = ?", (batch.id, plan.attempt))
        rows.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    *(batch.id, plan.attempt, entry.position, entry.credential),
                    *(entry.status_index, entry.leaf, entry.signature),
                )
                for entry in entries
            ),
        )
        journal.insert_step(rows, batch, plan.attempt, Step.HASHED)


def read_entries(journal: Journal, batch: BatchRecord, plan: Plan) -> EntryTable:
    """Return the entries of a plan in the order of the input."""
    which = "FROM entry WHERE batch = ? AND attempt = ?"
    (found,) = journal.read(f"SELECT count(*) AS count {which}", batch.id, plan.attempt)
    rows = journal.iterate(f"SELECT * {which} ORDER BY position", batch.id, plan.attempt)
    packed = (
        Entry(
            position=row["position"],
            credential=row["credential"],
            status_index=row["status_index"],
            leaf=Leaf(row["leaf"]),
            signature=row["signature"],
        )
        for row in rows
    )
    return build_table(packed, found["count"])


def save_signatures(
    journal: Journal, batch: BatchRecord, plan: Plan, entries: Iterable[Entry]
) -> None:
    """Commit the signature of each entry."""
    with journal.write() as rows:
        rows.executemany(
            "UPDATE entry SET signature = ? WHERE batch = ? AND attempt = ? AND position = ?",
            ((entry.signature, batch.id, plan.attempt, entry.position) for entry in entries),
        )
        journal.insert_step(rows, batch, plan.attempt, Step.SIGNED)


def save_anchoring(journal: Journal, batch: BatchRecord, plan: Plan, anchoring: Anchoring) -> None:
    """Commit where a batch was anchored, replacing a block that was since reorganised away."""
    with journal.write() as rows:
        rows.execute(
            "INSERT OR REPLACE INTO anchor VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                *(batch.id, plan.attempt, anchoring.root, anchoring.transaction),
                *(anchoring.block, anchoring.block_hash, anchoring.block_time.isoformat()),
                anchoring.seq,
            ),
        )
        journal.insert_step(rows, batch, plan.attempt, Step.MINED)


def save_final(journal: Journal, batch: BatchRecord, plan: Plan, evidence: str) -> None:
    """Commit that a batch is final and released, with the evidence captured for it."""
    with journal.write() as rows:
        rows.execute(
            "UPDATE anchor SET evidence = ? WHERE batch = ? AND attempt = ?",
            (evidence, batch.id, plan.attempt),
        )
        insert_release(rows, batch, plan)
        journal.insert_step(rows, batch, plan.attempt, Step.FINAL)


def find_anchoring(journal: Journal, batch: BatchRecord, plan: Plan) -> Anchoring | None:
    """Return where a batch was anchored."""
    rows = journal.read(
        "SELECT * FROM anchor WHERE batch = ? AND attempt = ?", batch.id, plan.attempt
    )
    if not rows:
        return None
    row = rows[0]
    return Anchoring(
        root=Root(row["root"]),
        transaction=TransactionHash(row["hash"]),
        block=BlockNumber(row["block"]),
        block_hash=Digest(row["block_hash"]),
        block_time=datetime.fromisoformat(row["block_time"]),
        seq=row["seq"],
    )


def read_evidence(journal: Journal, batch: BatchRecord, plan: Plan) -> str:
    """Return the evidence captured for a final batch, as JSON text."""
    query = "SELECT evidence FROM anchor WHERE batch = ? AND attempt = ?"
    return str(journal.read(query, batch.id, plan.attempt)[0]["evidence"])


def find_status_place(journal: Journal, scope: str, credential: str) -> StatusPlace | None:
    """Return where the status of a released credential lies, by the credential's id."""
    rows = journal.read(
        "SELECT entry.credential, plan.list, entry.status_index"
        " FROM entry JOIN plan USING (batch, attempt)"
        " JOIN batch ON batch.id = entry.batch JOIN step USING (batch, attempt)"
        " WHERE entry.credential = ? AND batch.scope = ? AND step.name = ?",
        *(credential, scope, Step.FINAL),
    )
    return _parse_place(rows[0]) if rows else None


def find_batch_places(journal: Journal, scope: str, root: Root) -> Iterator[StatusPlace]:
    """Yield where the status of each credential of a released batch lies."""
    rows = journal.iterate(
        "SELECT entry.credential, plan.list, entry.status_index FROM anchor"
        " JOIN entry USING (batch, attempt) JOIN plan USING (batch, attempt)"
        " JOIN batch ON batch.id = anchor.batch JOIN step USING (batch, attempt)"
        " WHERE anchor.root = ? AND batch.scope = ? AND step.name = ? ORDER BY entry.position",
        *(root, scope, Step.FINAL),
    )
    return map(_parse_place, rows)


def _parse_place(row: sqlite3.Row) -> StatusPlace:
    return StatusPlace(row["credential"], *find_entry(row["list"], row["status_index"]))
