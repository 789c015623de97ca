"""Read the files that a batch is made from; say what is wrong with one as a whole."""

import re
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from issuer.errors import BadInputError
from issuer.inputs.problems import Problem

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
SAVE_AS_CSV: Final = "save it as “CSV UTF-8 (comma delimited)”"
_SNIFFED_BYTES: Final = 4_096
_SIGNATURES: Final = (
    (b"PK\x03\x04", "a spreadsheet or ZIP file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a Rich Text file"),
)
_WIDE_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_MARKUP: Final = re.compile(rb"\s*<(?:!doctype|html|\?xml)\b", re.IGNORECASE)
_JSON: Final = re.compile(rb"\s*(?:\{\s*\"|\[\s*[\[{\"])")
_CONTROL_BYTES: Final = bytes(set(range(0x20)) - set(b"\t\n\r"))
_BINARY_SHARE: Final = 0.05
"""One control byte in twenty: no text has so many, a damaged cell has one."""


def read_input(path: Path, limit_bytes: int) -> bytes:
    """Return the bytes of a file.

    Raises:
        BadInputError: no such file, a folder, unreadable, too large or empty.
    """
    with open_input(path) as file:
        data = read_piece(path, file, limit_bytes + 1)
    if len(data) > limit_bytes:
        refuse_large(path, limit_bytes)
    if not data.removeprefix(BYTE_ORDER_MARK).strip():
        refuse_file(path, "is empty", "give the file that was meant")
    return data


def open_input(path: Path) -> BinaryIO:
    """Open a file.

    Raises:
        BadInputError: no such file, a folder, or unreadable.
    """
    try:
        return path.open("rb")
    except FileNotFoundError:
        refuse_file(path, "there is no such file", "correct the path")
    except IsADirectoryError:
        refuse_file(path, "is a folder", "give the file in it")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        _refuse_unreadable(path, reason)


def read_piece(path: Path, file: BinaryIO, size_bytes: int) -> bytes:
    """Return the next bytes of a file; fewer only where it ends.

    Raises:
        BadInputError: they cannot be read.
    """
    try:
        return file.read(size_bytes)
    except OSError as error:
        _refuse_unreadable(path, error.strerror)


def _refuse_unreadable(path: Path, reason: str | None) -> NoReturn:
    refuse_file(path, f"cannot be read ({reason})", "see to its access rights")


def refuse_large(path: Path, limit_bytes: int) -> NoReturn:
    """Say that a file is too large.

    Raises:
        BadInputError: always.
    """
    refuse_file(path, f"is larger than {limit_bytes:,} bytes", "split it, or check what it is")


def refuse_file(path: Path, reason: str, remedy: str) -> NoReturn:
    """Say what is wrong with a file as a whole.

    Raises:
        BadInputError: always.
    """
    raise BadInputError([Problem(path, None, None, reason, remedy)])


def find_wide_encoding(data: bytes) -> str | None:
    """Return the name of an encoding with two or four bytes a character, if the text is in one."""
    for mark, name in _WIDE_MARKS:
        if data.startswith(mark):
            return name
    head = data[: _SNIFFED_BYTES - _SNIFFED_BYTES % 2]
    halves = (head[0::2], head[1::2])
    if len(head) > 1 and any(2 * half.count(0) > len(half) for half in halves):
        zeros = head.count(0)
        return "UTF-32" if 3 * len(head) < 5 * zeros else "UTF-16" if zeros < len(head) else None
    return None


def find_other_kind(data: bytes) -> str | None:
    """Return what kind of file this is, if it is a well-known one that is no CSV file."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    bare = data.removeprefix(BYTE_ORDER_MARK)[:_SNIFFED_BYTES]
    if _MARKUP.match(bare):
        return "a web page or XML file"
    return "a JSON file" if _JSON.match(bare) else None


def is_binary(data: bytes) -> bool:
    """Tell whether so many control characters stand at the beginning that this is no text."""
    head = data[:_SNIFFED_BYTES]
    controls = len(head) - len(head.translate(None, _CONTROL_BYTES))
    return controls > max(3, _BINARY_SHARE * len(head))
