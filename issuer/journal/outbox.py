"""Operations and their signed bytes, kept before anything is sent.

An operation has one nonce. Raising its fee adds signed bytes with that nonce, never another one, so
that at most one of them can ever be mined.
"""

import sqlite3
from dataclasses import replace

from issuer.batches.plan import Plan
from issuer.journal.records import BatchRecord, Operation, Outcome, SignedTransaction, Step
from issuer.journal.store import Journal
from protocol.primitives import Address, TransactionHash


def save_anchor_operation(
    journal: Journal,
    batch: BatchRecord,
    plan: Plan,
    operation: Operation,
    signed: SignedTransaction,
) -> Operation:
    """Commit the transaction that is to anchor a batch, before it is sent."""
    with journal.write() as rows:
        numbered = _insert_operation(rows, replace(operation, batch=batch.id, attempt=plan.attempt))
        _insert_signed(rows, numbered, signed)
        journal.insert_step(rows, batch, plan.attempt, Step.STORED)
    return numbered


def save_operation(journal: Journal, operation: Operation, signed: SignedTransaction) -> Operation:
    """Commit any other operation (its number is given here), before it is sent."""
    with journal.write() as rows:
        numbered = _insert_operation(rows, operation)
        _insert_signed(rows, numbered, signed)
    return numbered


def save_signed(journal: Journal, operation: Operation, signed: SignedTransaction) -> None:
    """Commit further signed bytes of an operation (a raised fee), before they are sent."""
    with journal.write() as rows:
        _insert_signed(rows, operation, signed)


def find_signed(journal: Journal, operation: Operation) -> tuple[SignedTransaction, ...]:
    """Return all signed bytes of an operation, oldest first."""
    rows = journal.read(
        "SELECT * FROM signed_transaction WHERE operation = ? ORDER BY rowid", operation.id
    )
    return tuple(
        SignedTransaction(
            hash=TransactionHash(row["hash"]),
            raw=row["raw"],
            fee_wei=int(row["fee_wei"]),
            priority_fee_wei=int(row["priority_fee_wei"]),
        )
        for row in rows
    )


def find_anchor_operation(journal: Journal, batch: BatchRecord, plan: Plan) -> Operation | None:
    """Return the operation that is to anchor a plan's batch."""
    rows = journal.read(
        "SELECT * FROM operation WHERE batch = ? AND attempt = ?", batch.id, plan.attempt
    )
    return _parse_operation(rows[0]) if rows else None


def find_open_operations(journal: Journal, scope: str, account: Address) -> tuple[Operation, ...]:
    """Return the operations of an account that the chain has not decided, by nonce."""
    rows = journal.read(
        "SELECT * FROM operation WHERE scope = ? AND account = ? AND outcome IS NULL"
        " ORDER BY nonce, id",
        *(scope, account),
    )
    return tuple(_parse_operation(row) for row in rows)


def save_outcome(journal: Journal, operation: Operation, outcome: Outcome) -> None:
    """Commit what became of an operation."""
    with journal.write() as rows:
        rows.execute("UPDATE operation SET outcome = ? WHERE id = ?", (outcome, operation.id))


def _insert_operation(rows: sqlite3.Connection, operation: Operation) -> Operation:
    cursor = rows.execute(
        "INSERT INTO operation"
        " (scope, account, nonce, recipient, value_wei, gas, data, batch, attempt)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(operation.scope, operation.account, operation.nonce, operation.to),
            *(str(operation.value_wei), operation.gas, operation.data),
            *(operation.batch, operation.attempt),
        ),
    )
    return replace(operation, id=cursor.lastrowid or 0)


def _insert_signed(
    rows: sqlite3.Connection, operation: Operation, signed: SignedTransaction
) -> None:
    rows.execute(
        "INSERT OR IGNORE INTO signed_transaction VALUES (?, ?, ?, ?, ?)",
        (
            *(signed.hash, operation.id, signed.raw),
            *(str(signed.fee_wei), str(signed.priority_fee_wei)),
        ),
    )


def _parse_operation(row: sqlite3.Row) -> Operation:
    return Operation(
        id=row["id"],
        scope=row["scope"],
        account=Address(row["account"]),
        nonce=row["nonce"],
        to=None if row["recipient"] is None else Address(row["recipient"]),
        value_wei=int(row["value_wei"]),
        gas=row["gas"],
        data=row["data"],
        batch=row["batch"],
        attempt=row["attempt"],
    )
