"""Cut the text of a CSV file (RFC 4180) into records, counted as a spreadsheet counts rows.

The standard library's reader stops at the first fault and at cells over a limit that is set for the
whole process. Here a fault belongs to its record and reading goes on: every bad row can be listed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_CELL: Final = re.compile(r'(?:"([^"]*+(?:""[^"]*+)*+)"|([^",\r\n]*+))(,|\r\n|\n|\r|\Z)')
_QUOTED: Final = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_PLAIN: Final = re.compile(r"[^,\r\n]*+")
_END_OF_LINE: Final = re.compile(r"\r\n|\n|\r|\Z")

BLANKS: Final = " \t\r\n\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What is trimmed from around a cell's text; other control characters are faults, not blanks."""
RECORD_LIMIT_CHARACTERS: Final = 4 << 20
"""Four times the largest credential: more in one row is a file that has no rows."""
_PLAIN_LINE_CHARACTERS: Final = 4_096
"""How far the end of a line is looked for before its cells are: it may be at the end of all."""
STRAY_QUOTE: Final = "a quotation mark stands inside a cell that is not quoted"
TEXT_AFTER_QUOTE: Final = "text follows the quotation mark that closes a cell"
OPEN_QUOTE: Final = "a quotation mark is opened and never closed"
TOO_LONG: Final = (
    f"goes on for more than {RECORD_LIMIT_CHARACTERS:,} characters: the file has no line ends, or "
    "a quotation mark is opened and not closed"
)


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number from 1 (lines within quotes do not count), its cells, any fault."""

    number: int
    cells: tuple[str, ...]
    fault: str | None = None

    def is_blank(self) -> bool:
        """Tell whether nothing is written in this row."""
        return self.fault is None and not any(cell.strip(BLANKS) for cell in self.cells)


def split_records(text: str) -> Iterator[Record]:
    """Yield the records of ``text``, lazily; cells come as they are, line ends inside them too."""
    return stream_records((text,))


def stream_records(pieces: Iterable[str]) -> Iterator[Record]:
    """Yield the records of a text that comes in pieces; no more of it is kept than one record.

    Nothing follows a record that is longer than `RECORD_LIMIT_CHARACTERS`.
    """
    number, rest = 0, ""
    for piece in pieces:
        text, position = rest + piece, 0
        while (found := _read_record(text, position))[2] < len(text):  # else more may belong to it
            cells, fault, position = found
            number += 1
            yield Record(number, cells, fault)
        rest = text[position:]
        if len(rest) > RECORD_LIMIT_CHARACTERS:
            yield Record(number + 1, ("",), TOO_LONG)
            return
    position = 0
    while position < len(rest):
        cells, fault, position = _read_record(rest, position)
        number += 1
        yield Record(number, cells, fault)


def _read_record(text: str, start: int) -> tuple[tuple[str, ...], str | None, int]:
    """Return the cells of a record, its fault, and where the next one begins."""
    end = text.find("\n", start, start + _PLAIN_LINE_CHARACTERS)
    line = text[start:end].removesuffix("\r") if end >= 0 else '"'
    if '"' not in line and "\r" not in line:
        return tuple(line.split(",")), None, end + 1
    cells: list[str] = []
    position, delimiter = start, ","
    while delimiter == ",":
        match = _CELL.match(text, position)
        if match is None:
            cell, fault, position = _read_faulty_cell(text, position)
            return (*cells, cell), fault, position
        quoted, plain, delimiter = match.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        position = match.end()
    return tuple(cells), None, position


def _read_faulty_cell(text: str, start: int) -> tuple[str, str, int]:
    """Return what can be read of a cell, its fault, and where the next line begins."""
    quoted = _QUOTED.match(text, start)
    if quoted is not None:
        return quoted[1].replace('""', '"'), TEXT_AFTER_QUOTE, _find_next_line(text, quoted.end())
    if text.startswith('"', start):
        return "", OPEN_QUOTE, len(text)
    end = _require(_PLAIN.match(text, start)).end()
    return text[start:end], STRAY_QUOTE, _find_next_line(text, end)


def _find_next_line(text: str, start: int) -> int:
    return _require(_END_OF_LINE.search(text, start)).end()


def _require(match: re.Match[str] | None) -> re.Match[str]:
    if match is None:  # these two patterns match everywhere
        message = "a pattern that matches everywhere did not match"
        raise ValueError(message)
    return match
