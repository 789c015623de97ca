"""The journal's file: opening, committing, and the rows about batches and their steps."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from issuer.errors import JournalError
from issuer.journal.records import BatchRecord, Step
from issuer.journal.schema import JOURNAL_VERSION, TABLES
from protocol.primitives import Digest

BUSY_SECONDS: Final = 30.0
SECRET_BYTES: Final = 32
OWNER_ONLY: Final = 0o600
OTHERS: Final = 0o077


class Journal:
    """An open journal. `issuer.journal` has its other rows: plans, entries, outbox."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        clock: Callable[[], datetime],
        after_commit: Callable[[], None],
    ) -> None:
        """Take an open connection, the clock of the rows, and what happens after each commit."""
        self._path = path
        self._connection = connection
        self._clock = clock
        self._after_commit = after_commit

    def __enter__(self) -> Self:
        """Return itself; leaving closes the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Commit all that is written inside, or nothing.

        Raises:
            JournalError: the disk is full or failing, or another process holds the file too long.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._undo()
            raise JournalError(self._path, f"it cannot be written ({error})") from error
        except BaseException:
            self._undo()
            raise
        self._after_commit()

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def read(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self._connection.execute(query, values).fetchall()

    def iterate(self, query: str, *values: object) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query as they are read."""
        yield from self._connection.execute(query, values)

    @property
    def secret(self) -> bytes:
        """The home's secret, which orders status indices."""
        return bytes(self.read("SELECT value FROM home WHERE name = 'secret'")[0]["value"])

    def find_batches(self, inputs: Digest) -> tuple[BatchRecord, ...]:
        """Return every batch of the same input, issuer and network, oldest first."""
        rows = self.read("SELECT * FROM batch WHERE inputs = ? ORDER BY number", inputs)
        return tuple(_parse_batch(row) for row in rows)

    def find_folder_batch(self, folder: Path) -> BatchRecord | None:
        """Return the batch whose files lie in a folder."""
        rows = self.read(
            "SELECT batch.* FROM folder JOIN batch ON batch.id = folder.batch WHERE path = ?",
            str(folder.resolve()),
        )
        return _parse_batch(rows[0]) if rows else None

    def open_batch(
        self, inputs: Digest, number: int, scope: str, count: int, folder: Path
    ) -> BatchRecord:
        """Begin a batch and claim its folder."""
        with self.write() as rows:
            cursor = rows.execute(
                "INSERT INTO batch (inputs, number, scope, count) VALUES (?, ?, ?, ?)",
                (inputs, number, scope, count),
            )
            batch = BatchRecord(cursor.lastrowid or 0, inputs, number, scope, count)
            insert_folder(rows, batch, folder)
            self.insert_step(rows, batch, 0, Step.DRAFTED)
        return batch

    def claim_folder(self, batch: BatchRecord, folder: Path) -> None:
        """Say that a batch's files lie, or will lie, in a folder."""
        with self.write() as rows:
            insert_folder(rows, batch, folder)

    def find_steps(self, batch: BatchRecord, attempt: int) -> frozenset[Step]:
        """Return the steps done in an attempt, with those before the first plan (attempt 0)."""
        rows = self.read(
            "SELECT name FROM step WHERE batch = ? AND attempt IN (0, ?)", batch.id, attempt
        )
        return frozenset(Step(row["name"]) for row in rows)

    def record_step(self, batch: BatchRecord, attempt: int, step: Step) -> None:
        """Commit that a step is done."""
        with self.write() as rows:
            self.insert_step(rows, batch, attempt, step)

    def insert_step(
        self, rows: sqlite3.Connection, batch: BatchRecord, attempt: int, step: Step
    ) -> None:
        """Add a step to what is being committed."""
        rows.execute(
            "INSERT OR IGNORE INTO step VALUES (?, ?, ?, ?)",
            (batch.id, attempt, step, self._clock().isoformat()),
        )


def open_journal(
    path: Path,
    clock: Callable[[], datetime],
    after_commit: Callable[[], None] = lambda: None,
) -> Journal:
    """Open the journal, making it where there is none.

    ``after_commit`` runs right after each commit; tests kill the process there.

    Raises:
        JournalError: not ours, of another version, damaged, or readable by others.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, OWNER_ONLY))
    if path.stat().st_mode & OTHERS:
        raise JournalError(path, "others may read it; run chmod 600 on it")
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        connection.row_factory = sqlite3.Row
        _prepare(connection, path)
    except sqlite3.DatabaseError as error:
        raise JournalError(path, f"it cannot be read ({error})") from error
    return Journal(path, connection, clock, after_commit)


def insert_folder(rows: sqlite3.Connection, batch: BatchRecord, folder: Path) -> None:
    """Add a folder's claim to what is being committed."""
    rows.execute("INSERT OR REPLACE INTO folder VALUES (?, ?)", (str(folder.resolve()), batch.id))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Set durability (EXTRA also syncs the folder) and make the tables once."""
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = EXTRA")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        for statement in TABLES.split(";\n"):
            connection.execute(statement)
        secret = secrets.token_bytes(SECRET_BYTES)
        connection.execute("INSERT INTO home VALUES ('secret', ?)", (secret,))
        connection.execute(f"PRAGMA user_version = {JOURNAL_VERSION}")
    connection.execute("COMMIT")
    if version not in (0, JOURNAL_VERSION):
        raise JournalError(path, f"version {version} is not known to this version of Rootseal")


def _parse_batch(row: sqlite3.Row) -> BatchRecord:
    return BatchRecord(
        id=row["id"],
        inputs=Digest(row["inputs"]),
        number=row["number"],
        scope=row["scope"],
        count=row["count"],
    )
