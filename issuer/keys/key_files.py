"""Files that hold secrets: theirs alone who run this, and never half written."""

import os
import stat
from pathlib import Path
from typing import Final, NoReturn

from issuer.files import OWNER_ONLY, sync_folder, write_whole
from protocol.errors import ConfigurationError

FOLDER_MODE: Final = 0o700
SECRET_LIMIT_BYTES: Final = 65_536
"""A key file has under 1,000 bytes."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def open_key_folder(folder: Path) -> Path:
    """Make the folder if need be and return it.

    Raises:
        ConfigurationError: others may read it.
    """
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if folder.stat().st_mode & _OTHERS:
        _refuse(folder, "others may read this folder", f"Run `chmod 700 {folder}`.")
    return folder


def write_secret(path: Path, data: bytes) -> None:
    """Write a new key file, 0600; it is on the disk when this returns.

    Raises:
        ConfigurationError: there is such a file already; a key is never written over.
    """
    if path.exists() or path.is_symlink():
        _refuse(path, "it exists already", "Move it away if you mean it.")
    staging = path.parent / ".unfinished"
    staging.mkdir(mode=FOLDER_MODE, exist_ok=True)
    write_whole(path, data, staging, OWNER_ONLY)
    sync_folder(path.parent)


def read_secret(path: Path) -> bytes:
    """Return a key file's bytes.

    Raises:
        ConfigurationError: absent, a symbolic link, another's, readable by others, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        _refuse(path, "there is no such key", "Restore it from your backup: nothing replaces it.")
    except OSError as error:
        _refuse(path, f"it cannot be opened ({error.strerror})", "It must be a plain file.")
    with os.fdopen(descriptor, "rb") as file:
        _check(path, os.fstat(file.fileno()))
        return file.read(SECRET_LIMIT_BYTES)


def _check(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        _refuse(path, "it is not a plain file", "Put the key file itself there.")
    if found.st_mode & _OTHERS:
        _refuse(path, "others may read it", f"Run `chmod 600 {path}`, and consider a new key.")
    if found.st_uid not in (os.geteuid(), 0):
        _refuse(path, "it belongs to another user", "Give it to the user who issues.")
    if found.st_size > SECRET_LIMIT_BYTES:
        _refuse(path, "it is too large for a key", "Put the key file itself there.")


def _refuse(path: Path, reason: str, remedy: str) -> NoReturn:
    raise ConfigurationError(str(path), reason, remedy)
