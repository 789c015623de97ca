"""A key-value store in one SQLite file: all that py-evm asks of a database, and transactions.

Nodes of the tries, headers, bodies and code are kept under Keccak-256 of their bytes and never
changed or removed, so every block's state stays readable. The few other keys (head, block by
number, block by transaction) change only inside a write.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from protocol.errors import ChainUnreachableError, ConfigurationError
from protocol.primitives import DIGEST_BYTES, hash_keccak

NETWORK_NAME: Final = "embedded"
APPLICATION_ID: Final = 0x526F6F74
"""Written in the file's header: "Root"."""
STORE_VERSION: Final = 1
BUSY_SECONDS: Final = 30.0
"""How long to wait for another process's block; one takes some hundredths of a second."""
TABLE: Final = "CREATE TABLE entry (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID"


class Store:
    """An open file. Reading and writing need an enclosing `read` or `write`.

    One thread at a time is inside `read` or `write`; others wait.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take an open connection that begins no transactions by itself."""
        self.path: Final = path
        self._connection = connection
        self._lock = threading.RLock()

    def __getitem__(self, key: bytes) -> bytes:
        """Return a value; one that is kept under its hash must still have it."""
        row = self._connection.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        value = bytes(row[0])
        if len(key) == DIGEST_BYTES and hash_keccak(value) != key:
            raise report_damage(self.path, "an entry has not the hash that it is kept under")
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._connection.execute("INSERT OR REPLACE INTO entry VALUES (?, ?)", (key, value))

    def __delitem__(self, key: bytes) -> None:
        if self._connection.execute("DELETE FROM entry WHERE key = ?", (key,)).rowcount == 0:
            raise KeyError(key)

    def __contains__(self, key: bytes) -> bool:
        query = "SELECT 1 FROM entry WHERE key = ?"
        return self._connection.execute(query, (key,)).fetchone() is not None

    @contextmanager
    def read(self) -> Iterator[None]:
        """See the newest whole block, and no newer one until the end. Never waits for a writer.

        Raises:
            ConfigurationError: the file cannot be read.
        """
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def write(self) -> Iterator[None]:
        """Commit all that is written inside, or nothing; other processes' writers wait.

        Raises:
            ChainUnreachableError: another process does not end its write.
            ConfigurationError: the file cannot be written.
        """
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        with self._lock:
            try:
                self._connection.execute(begin)
                try:
                    yield
                    self._connection.execute("COMMIT")
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise explain_database_error(self.path, error) from error

    def read_setting(self, name: str) -> int:
        """Return a number of the file's header."""
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def check_pages(self) -> str:
        """Return ``ok``, or what is wrong with the file's pages. A megabyte takes a millisecond."""
        return str(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0])

    def use_log(self) -> None:
        """Turn on the write-ahead log: readers and a writer never wait for each other."""
        self._connection.execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def open_store(path: Path) -> Store:
    """Open a file that `create_store` made.

    Raises:
        ConfigurationError: missing, not ours, of another version, damaged, or not writable.
    """
    if not path.is_file():
        raise ConfigurationError(
            str(path),
            "there is no embedded chain",
            "Make one with rootseal issuer init or rootseal demo.",
        )
    try:
        store = Store(path, _connect(path, "rw"))
        _check_identity(store)
        with store.write():
            pass
    except sqlite3.Error as error:
        raise explain_database_error(path, error) from error
    return store


def create_store(path: Path) -> Store:
    """Make an empty store in a file that exists and is empty."""
    connection = _connect(path, "rw")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {STORE_VERSION}")
    connection.execute(TABLE)
    return Store(path, connection)


def explain_database_error(
    path: Path, error: sqlite3.Error
) -> ChainUnreachableError | ConfigurationError:
    """Return our error for one of SQLite's."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return ChainUnreachableError(NETWORK_NAME, "another process does not let go of the chain")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return report_damage(path, str(error))
    return ConfigurationError(
        str(path),
        f"the embedded chain cannot be used ({error})",
        "Check the file's rights and the free space of its disk.",
    )


def report_damage(path: Path, reason: str) -> ConfigurationError:
    """Return the error that says that a file is not, or no longer, an embedded chain."""
    return ConfigurationError(
        str(path),
        f"not an embedded chain, or a damaged one: {reason}",
        "Restore the file from a backup, or use another --home.",
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open without ever creating; FULL keeps a committed block through a power cut."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _check_identity(store: Store) -> None:
    application = store.read_setting("application_id")
    if application != APPLICATION_ID:
        store.close()
        raise report_damage(store.path, "it was not made by Rootseal")
    version = store.read_setting("user_version")
    if version != STORE_VERSION:
        store.close()
        raise ConfigurationError(
            str(store.path),
            f"an embedded chain of version {version}, which this version of Rootseal does not know",
            "Use the version of Rootseal that made it, or another --home.",
        )
    if (state := store.check_pages()) != "ok":
        store.close()
        raise report_damage(store.path, state)
