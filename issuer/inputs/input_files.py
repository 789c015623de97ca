"""Read the files that a batch is made from; say what is wrong with one as a whole."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from issuer.errors import BadInputError
from issuer.inputs.problems import Problem

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
ROSTER_LIMIT_BYTES: Final = 256 << 20
"""A hundred thousand learners with long narratives; more would fill the memory."""
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
_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class RosterText:
    """A roster's text; bytes that are not UTF-8 are lone surrogates in it."""

    text: str
    is_legacy: bool
    """Not one character beyond ASCII is UTF-8: the whole file is in an older encoding."""


def read_input(path: Path, limit_bytes: int) -> bytes:
    """Return the bytes of a file.

    Raises:
        BadInputError: no such file, a folder, unreadable, too large or empty.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except FileNotFoundError:
        refuse_file(path, "there is no such file", "correct the path")
    except IsADirectoryError:
        refuse_file(path, "is a folder", "give the file in it")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        refuse_file(path, f"cannot be read ({reason})", "see to its access rights")
    if len(data) > limit_bytes:
        refuse_file(path, f"is larger than {limit_bytes:,} bytes", "split it, or check what it is")
    if not data.removeprefix(BYTE_ORDER_MARK).strip():
        refuse_file(path, "is empty", "give the file that was meant")
    return data


def refuse_file(path: Path, reason: str, remedy: str) -> NoReturn:
    """Say what is wrong with a file as a whole.

    Raises:
        BadInputError: always.
    """
    raise BadInputError([Problem(path, None, None, reason, remedy)])


def decode_roster(path: Path, data: bytes) -> RosterText:
    """Return the text of a roster; a byte order mark is dropped.

    Raises:
        BadInputError: what it is instead of a CSV file in UTF-8.
    """
    kind = find_other_kind(data)
    if kind is not None:
        refuse_file(path, f"is {kind}, not a CSV file", SAVE_AS_CSV)
    encoding = find_wide_encoding(data)
    if encoding is not None:
        refuse_file(path, f"is in the encoding {encoding}, not UTF-8", SAVE_AS_CSV)
    if _is_binary(data):
        refuse_file(path, "is no text, so not a CSV file", SAVE_AS_CSV)
    text = data.removeprefix(BYTE_ORDER_MARK).decode("utf-8", "surrogateescape")
    beyond = set(_NON_ASCII.findall(text))
    return RosterText(text, bool(beyond) and all("\udc80" <= sign <= "\udcff" for sign in beyond))


def decode_legacy(cell: str) -> str:
    """Return the text of a cell from a file in Windows-1252, of which Latin-1 is nearly a part."""
    data = cell.encode("utf-8", "surrogateescape")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


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


def _is_binary(data: bytes) -> bool:
    head = data[:_SNIFFED_BYTES]
    controls = len(head) - len(head.translate(None, _CONTROL_BYTES))
    return controls > max(3, _BINARY_SHARE * len(head))
