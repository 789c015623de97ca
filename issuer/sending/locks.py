"""One lock for each account of a home, so that two processes never choose the same nonce."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from issuer.errors import IssuanceError, LockedError, LockedFolderError
from protocol.primitives import Address, ChainId, render_address

POLL_SECONDS: Final = 0.2
OWNER_ONLY: Final = 0o600


@contextmanager
def hold_account(
    home: Path,
    chain_id: ChainId,
    account: Address,
    *,
    on_wait: Callable[[], None],
    wait_seconds: float,
) -> Iterator[None]:
    """Hold an account's lock, waiting for another process that holds it.

    The kernel frees the lock when its process ends, however it ends. One address on two chains is
    two accounts. ``on_wait`` is called once if the lock is not free.

    Raises:
        LockedError: not free within ``wait_seconds``.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = home / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{chain_id}-{render_address(account)}.lock"
    descriptor = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    try:
        _take(descriptor, LockedError(account), on_wait, wait_seconds)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def hold_folder(
    folder: Path, *, on_wait: Callable[[], None], wait_seconds: float
) -> Iterator[None]:
    """Hold a folder that is there, for processes of every home; no file of a lock is left in it.

    Raises:
        LockedFolderError: not free within ``wait_seconds``.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _take(descriptor, LockedFolderError(folder), on_wait, wait_seconds)
        yield
    finally:
        os.close(descriptor)


def _take(
    descriptor: int, refusal: IssuanceError, on_wait: Callable[[], None], wait_seconds: float
) -> None:
    if _try(descriptor):
        return
    on_wait()
    deadline = time.monotonic() + wait_seconds
    while not _try(descriptor):
        if time.monotonic() >= deadline:
            raise refusal
        time.sleep(POLL_SECONDS)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
