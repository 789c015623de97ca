"""Files that are there whole or not at all."""

import ctypes
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from errno import EISDIR
from functools import cache
from pathlib import Path
from typing import Final

PUBLIC: Final = 0o644
PUBLIC_FOLDER: Final = 0o755
OWNER_ONLY: Final = 0o600
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def write_whole(path: Path, data: bytes, staging: Path, mode: int = PUBLIC) -> None:
    """Write a file so that a crash, a full disk or a power cut leaves the old one or the new one.

    ``staging`` is a folder on the same file system, where the unfinished file lies meanwhile. The
    folder's own entry is durable only after `sync_folder`.

    Raises:
        OSError: the disk is full or failing; ``path`` is as it was.
    """
    write_stream(path, (data,), staging, mode)


def write_stream(path: Path, pieces: Iterable[bytes], staging: Path, mode: int = PUBLIC) -> None:
    """Write a file piece by piece, with the promises of `write_whole`."""
    with os.fdopen(os.open(staging / path.name, _NEW, mode), "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
    _put_in_place(staging, path)


def publish_whole(path: Path, data: bytes, staging: Path) -> None:
    """Write a file for a web server with the promises of `write_whole`, readable under any umask.

    Never for what lies in a home.
    """
    with os.fdopen(os.open(staging / path.name, _NEW, PUBLIC), "wb") as file:
        os.fchmod(file.fileno(), PUBLIC)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _put_in_place(staging, path)


def make_public_folder(folder: Path) -> None:
    """Make a folder that a web server can go through under any umask, if it is not there."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
        folder.chmod(PUBLIC_FOLDER)


def refuse_folder(path: Path) -> None:
    """Refuse a folder where a file is to be written, before anything else is.

    Raises:
        IsADirectoryError: naming it.
    """
    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(path))


def _put_in_place(staging: Path, path: Path) -> None:
    _rename(f"{staging}{os.sep}{path.name}", str(path))


def _rename(unfinished: str, path: str) -> None:
    """Give a finished file its name; what stands in the way is named, not the unfinished file."""
    try:
        os.replace(unfinished, path)  # noqa: PTH105 (many files: a Path takes as long as the rename)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error


def write_group(folder: Path, files: Sequence[tuple[str, bytes]], staging: Path) -> None:
    """Write many files of a folder with the promises of `write_whole` for each of them.

    They become durable together, which costs a tenth of one by one, and get their names only then.

    Raises:
        OSError: the disk is full or failing; no file of the group is there that was not before.
    """
    unfinished = [f"{staging}{os.sep}{name}" for name, _ in files]
    for path, (_, data) in zip(unfinished, files, strict=True):
        descriptor = os.open(path, _NEW, PUBLIC)
        try:
            _write_all(descriptor, data)
        finally:
            os.close(descriptor)
    _sync_all(unfinished, staging)
    for path, (name, _) in zip(unfinished, files, strict=True):
        _rename(path, f"{folder}{os.sep}{name}")


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, though a call may take only a part."""
    written = os.write(descriptor, data)
    while written < len(data):
        written += os.write(descriptor, data[written:])


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_all(paths: Sequence[str], folder: Path) -> None:
    """Make files durable: by one call for the file system where there is one, else one by one."""
    sync_system = find_syncfs()
    if sync_system is None or len(paths) < 2:  # noqa: PLR2004 (two make a group)
        for path in paths:
            _sync_file(path)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if sync_system(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(descriptor)


def _sync_file(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def find_syncfs() -> Callable[[int], int] | None:
    """Return Linux's ``syncfs``, which waits for a file system and, unlike ``sync``, says no.

    It tells of errors since Linux 5.8; an older kernel is asked file by file.
    """
    release = os.uname().release.split(".") if hasattr(os, "uname") else []
    try:
        is_new = os.uname().sysname == "Linux" and (int(release[0]), int(release[1])) >= (5, 8)
        return ctypes.CDLL(None, use_errno=True).syncfs if is_new else None
    except (AttributeError, OSError, ValueError, IndexError):
        return None
