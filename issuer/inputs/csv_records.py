"""Cut the text of a CSV file (RFC 4180) into records, counted as a spreadsheet counts rows.

The standard library's reader stops at the first fault and at cells over a limit that is set for the
whole process. Here a fault belongs to its record and reading goes on: every bad row can be listed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_QUOTED: Final = re.compile(r'"([^"]*(?:""[^"]*)*)"')
_PLAIN: Final = re.compile(r"[^,\r\n]*")
_END_OF_CELL: Final = re.compile(r",|\r\n|\n|\r|\Z")
_END_OF_LINE: Final = re.compile(r"\r\n|\n|\r|\Z")

BLANKS: Final = " \t\r\n\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What is trimmed from around a cell's text; other control characters are faults, not blanks."""
STRAY_QUOTE: Final = "a quotation mark stands inside a cell that is not quoted"
TEXT_AFTER_QUOTE: Final = "text follows the quotation mark that closes a cell"
OPEN_QUOTE: Final = "a quotation mark is opened and never closed"


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
    position, number = 0, 0
    while position < len(text):
        number += 1
        cells: list[str] = []
        fault: str | None = None
        more = True
        while more and fault is None:
            cell, position, fault = _read_cell(text, position)
            cells.append(cell)
            if fault is None:
                position, more, fault = _read_delimiter(text, position)
        if fault is not None:
            position = _skip_line(text, position)
        yield Record(number, tuple(cells), fault)


def _read_cell(text: str, start: int) -> tuple[str, int, str | None]:
    if text.startswith('"', start):
        quoted = _QUOTED.match(text, start)
        if quoted is None:
            return "", len(text), OPEN_QUOTE
        return quoted[1].replace('""', '"'), quoted.end(), None
    end = _require(_PLAIN.match(text, start)).end()
    cell = text[start:end]
    return cell, end, STRAY_QUOTE if '"' in cell else None


def _read_delimiter(text: str, start: int) -> tuple[int, bool, str | None]:
    delimiter = _END_OF_CELL.match(text, start)
    if delimiter is None:
        return start, False, TEXT_AFTER_QUOTE
    return delimiter.end(), delimiter[0] == ",", None


def _skip_line(text: str, start: int) -> int:
    return _require(_END_OF_LINE.search(text, start)).end()


def _require(match: re.Match[str] | None) -> re.Match[str]:
    if match is None:  # these two patterns match everywhere
        message = "a pattern that matches everywhere did not match"
        raise ValueError(message)
    return match
