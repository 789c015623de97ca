"""Files that are there whole or not at all."""

import os
from pathlib import Path
from typing import Final

PUBLIC: Final = 0o644
OWNER_ONLY: Final = 0o600


def write_whole(path: Path, data: bytes, staging: Path, mode: int = PUBLIC) -> None:
    """Write a file so that a crash, a full disk or a power cut leaves the old one or the new one.

    ``staging`` is a folder on the same file system, where the unfinished file lies meanwhile. The
    folder's own entry is durable only after `sync_folder`.

    Raises:
        OSError: the disk is full or failing; ``path`` is as it was.
    """
    unfinished = staging / path.name
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
