"""Files that others hand over: opened only where they are files, and named so that names print."""

import errno
from pathlib import Path
from typing import BinaryIO


def open_file(path: Path) -> BinaryIO:
    """Open a regular file: a pipe or a device might never end, or never begin.

    Raises:
        OSError: it is none, or cannot be opened.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file", show_name(str(path)))
    return path.open("rb")


def show_name(name: str) -> str:
    """Return a file's name as text that can be written: bytes that are no UTF-8 are escaped."""
    return name.encode("utf-8", errors="backslashreplace").decode("utf-8")
