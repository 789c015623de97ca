"""Make and open the file of an embedded chain."""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from protocol.embedded.store import (
    create_store,
    explain_database_error,
    open_store,
    report_damage,
)
from protocol.errors import ConfigurationError
from protocol.primitives import Address, ChainId

if TYPE_CHECKING:
    from protocol.embedded.node import EmbeddedNode

OWNER_ONLY: Final = 0o600
OWNER_FOLDER: Final = 0o700
UNFINISHED: Final = ".new"
"""Ending of a chain that is being made; a left-over of a killed process is replaced."""


def create_embedded(
    path: Path, chain_id: ChainId, balances: Mapping[Address, int], genesis_time: datetime
) -> None:
    """Make a chain whose genesis gives each account its balance in wei; leave one that is there.

    The file appears whole or not at all. Of two processes that make it at once, one does, and the
    other's chain id and balances are forgotten: ask the chain for its id. ``genesis_time`` is
    aware and not in the future.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    try:
        path.parent.mkdir(mode=OWNER_FOLDER, parents=True, exist_ok=True)
        with _hold_folder(path.parent):
            if not path.exists():
                _create(path, chain_id, balances, genesis_time)
    except sqlite3.Error as error:
        raise explain_database_error(path, error) from error
    except OSError as error:
        raise ConfigurationError(
            str(path),
            f"the embedded chain cannot be made ({error.strerror})",
            "Check the folder's rights and the free space of its disk.",
        ) from error


def open_embedded(
    path: Path, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> "EmbeddedNode":
    """Open a chain as a node.

    ``clock`` gives the aware time of new blocks; ``sleep`` waits a number of seconds for it when
    blocks came faster than one a second.

    Raises:
        ConfigurationError: missing, not ours, of another version, damaged, or not writable.
    """
    from protocol.embedded.node import EmbeddedNode
    from protocol.embedded.rules import open_chain

    store = open_store(path)
    try:
        with store.read():
            chain = open_chain(store)
    except LookupError as error:
        store.close()
        raise report_damage(path, "it has no newest block") from error
    return EmbeddedNode(store, chain, clock, sleep)


def _create(
    path: Path, chain_id: ChainId, balances: Mapping[Address, int], genesis_time: datetime
) -> None:
    from protocol.embedded.rules import write_genesis

    unfinished = path.with_name(path.name + UNFINISHED)
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))
    store = create_store(unfinished)
    with store.write():
        write_genesis(store, chain_id, balances, int(genesis_time.timestamp()))
    store.use_log()
    store.close()
    unfinished.rename(path)


@contextmanager
def _hold_folder(folder: Path) -> Iterator[None]:
    """Hold the folder against other creators; what is done to it inside is durable at the end."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
