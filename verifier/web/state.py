"""What the processes of one server share: how often an address asked, and what was counted.

One SQLite file, made when the server starts and thrown away when it ends. Addresses are kept for a
minute, as keyed hashes; nothing of a credential is ever here.
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

BUSY_SECONDS: Final = 5.0
_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS secret (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS requests (
    address BLOB NOT NULL, moment REAL NOT NULL, count INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS requests_of_an_address ON requests (address, moment);
CREATE TABLE IF NOT EXISTS samples (series TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs (process INTEGER PRIMARY KEY, running INTEGER NOT NULL);
"""
# Losing the last counts in a crash of the machine costs nothing, so nothing waits for the disk.


class SharedState:
    """The file. Threads share it; every process opens its own after the fork."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, made if it is not there; None keeps everything in memory."""
        if path is not None:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path or ":memory:",
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self._connection.executescript(_SCHEMA)
        self.secret: Final = self._agree_on_secret()
        """Sixteen random bytes that all processes of this server know."""

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock for a few statements: all of them count, or none.

        Raises:
            sqlite3.Error: the file cannot be written, or is held for too long.
        """
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _agree_on_secret(self) -> bytes:
        with self.change() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO secret VALUES (1, ?)", (secrets.token_bytes(16),)
            )
            (value,) = connection.execute("SELECT value FROM secret").fetchone()
        return bytes(value)
