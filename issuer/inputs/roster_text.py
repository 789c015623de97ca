"""The text of a roster, piece by piece: what the file is as a whole is found out before."""

import re
import stat
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from os import fstat
from pathlib import Path
from typing import BinaryIO, Final

from issuer.inputs.input_files import (
    BYTE_ORDER_MARK,
    SAVE_AS_CSV,
    find_other_kind,
    find_wide_encoding,
    is_binary,
    open_input,
    read_piece,
    refuse_file,
    refuse_large,
)

ROSTER_LIMIT_BYTES: Final = 1 << 30
"""A million learners with long narratives. None of it is held; more is somebody's mistake."""
PIECE_BYTES: Final = 256 << 10
_HEAD_BYTES: Final = 8 << 10
"""By which a file of another kind is recognised."""
_DECODED: Final = re.compile(r"[^\x00-\x7f\udc80-\udcff]")
_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")
_Decoder: Final = getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True)
class RosterText:
    """A roster that is open; bytes that are not UTF-8 are lone surrogates in its text."""

    path: Path
    file: BinaryIO
    is_legacy: bool
    """Not one character beyond ASCII is UTF-8: the whole file is in an older encoding."""
    lines: int
    """As many records as there are at the most; fewer where cells have several lines."""

    def read_pieces(self) -> Iterator[str]:
        """Yield the text from the beginning, without byte order mark.

        Raises:
            BadInputError: the file cannot be read any more.
        """
        self.file.seek(0)
        decoder = _Decoder("surrogateescape")
        mark = BYTE_ORDER_MARK
        while data := read_piece(self.path, self.file, PIECE_BYTES):
            yield decoder.decode(data.removeprefix(mark))
            mark = b""
        yield decoder.decode(b"", final=True)


@contextmanager
def open_roster(path: Path) -> Iterator[RosterText]:
    """Open a roster after a first look at all of it; leaving closes it.

    Only a file can be read twice: what comes through a pipe is held in memory.

    Raises:
        BadInputError: it cannot be read, is too large, or is something else than a CSV file in
            UTF-8.
    """
    with open_input(path) as file:
        if stat.S_ISREG(fstat(file.fileno()).st_mode):
            yield _look_through(path, file)
        else:
            held = BytesIO(read_piece(path, file, ROSTER_LIMIT_BYTES + 1))
            yield _look_through(path, held)


def decode_legacy(cell: str) -> str:
    """Return the text of a cell from a file in Windows-1252, of which Latin-1 is nearly a part."""
    data = cell.encode("utf-8", "surrogateescape")
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _look_through(path: Path, file: BinaryIO) -> RosterText:
    """Find size, lines and encoding; an old encoding shows only in the whole file."""
    head, last = read_piece(path, file, _HEAD_BYTES), b""
    file.seek(0)
    decoder = _Decoder("surrogateescape")
    size = feeds = returns = 0
    is_blank, is_ascii, is_utf8 = True, True, False
    while data := read_piece(path, file, PIECE_BYTES):
        bare = data if size else data.removeprefix(BYTE_ORDER_MARK)
        size, last = size + len(data), data[-1:]
        if size > ROSTER_LIMIT_BYTES:
            refuse_large(path, ROSTER_LIMIT_BYTES)
        feeds, returns = feeds + data.count(b"\n"), returns + data.count(b"\r")
        is_blank = is_blank and not bare.strip()
        if not is_utf8:
            text = decoder.decode(bare)
            is_ascii = is_ascii and text.isascii()
            is_utf8 = not text.isascii() and _DECODED.search(text) is not None
    is_ascii = is_ascii and not decoder.getstate()[0]
    if is_blank:
        refuse_file(path, "is empty", "give the file that was meant")
    _refuse_other(path, head)
    lines = max(feeds, returns) + (last not in b"\r\n")
    return RosterText(path, file, not (is_utf8 or is_ascii), lines)


def _refuse_other(path: Path, head: bytes) -> None:
    kind = find_other_kind(head)
    if kind is not None:
        refuse_file(path, f"is {kind}, not a CSV file", SAVE_AS_CSV)
    encoding = find_wide_encoding(head)
    if encoding is not None:
        refuse_file(path, f"is in the encoding {encoding}, not UTF-8", SAVE_AS_CSV)
    if is_binary(head):
        refuse_file(path, "is no text, so not a CSV file", SAVE_AS_CSV)
