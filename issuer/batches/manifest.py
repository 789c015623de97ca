"""The manifest: for every credential its row, its file and its place in the status list.

It stays with the institution, for mail merge and for revoking by student. It will be opened in a
spreadsheet: a cell that a spreadsheet would run as a formula is marked as text, and the file begins
with a byte order mark, without which some spreadsheets spoil every macron.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from issuer.inputs.csv_records import split_records

LEADING_COLUMNS: Final = ("row", "credential_id", "file", "name")
SHARD_COLUMNS: Final = ("line",)
"""Where the file is a shard: the line, counted from 1."""
STATUS_COLUMNS: Final = ("status_list", "status_index")
PIECE_ROWS: Final = 512
BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
TEXT_MARK: Final = "'"

_FORMULA: Final = re.compile(
    r"'*[\s\x00]*[=+\-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}\N{MINUS SIGN}]"
)


def mark_as_text(cell: str) -> str:
    """Return the cell with an apostrophe before it if a spreadsheet could take it for a formula.

    A formula that has apostrophes before it already gets one more, so that `unmark_text` can tell;
    a name such as 't Hooft stays as it is.
    """
    return TEXT_MARK + cell if _FORMULA.match(cell) else cell


def unmark_text(cell: str) -> str:
    """Return the cell as it was before `mark_as_text`."""
    if cell.startswith(TEXT_MARK) and _FORMULA.match(cell, 1):
        return cell[1:]
    return cell


def render_manifest(rows: Iterable[Mapping[str, str]]) -> Iterator[bytes]:
    """Yield the manifest as CSV (RFC 4180, UTF-8 with byte order mark), piece by piece.

    Columns: row, credential_id, file, name, the roster's identifying columns in its order, then
    line (of a shard), status_list and status_index. Every row has the same ones.
    """
    yield BYTE_ORDER_MARK.encode()
    waiting = iter(rows)
    columns: list[str] = []
    while piece := list(islice(waiting, PIECE_ROWS)):
        text = io.StringIO(newline="")
        is_first = not columns
        columns = columns or _order_columns(piece[0])
        writer = csv.DictWriter(text, fieldnames=columns, lineterminator="\r\n")
        if is_first:
            writer.writeheader()
        for row in piece:
            writer.writerow({column: mark_as_text(cell) for column, cell in row.items()})
        yield text.getvalue().encode()


def parse_manifest(data: bytes) -> Iterator[dict[str, str]]:
    """Yield the rows of a manifest of ours, with the marks taken off.

    Raises:
        UnicodeDecodeError: not UTF-8.
        ValueError: a row with more or fewer cells than the header.
    """
    records = split_records(data.decode("utf-8-sig"))
    header = next(records, None)
    if header is None:
        return
    for record in records:
        if not record.is_blank():
            cells = map(unmark_text, record.cells)
            yield dict(zip(header.cells, cells, strict=True))


def _order_columns(row: Mapping[str, str]) -> list[str]:
    own = (*LEADING_COLUMNS, *SHARD_COLUMNS, *STATUS_COLUMNS)
    identifying = [column for column in row if column not in own]
    sharded = [column for column in SHARD_COLUMNS if column in row]
    return [*LEADING_COLUMNS, *identifying, *sharded, *STATUS_COLUMNS]
