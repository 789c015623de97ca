"""Tables of an audit as text, JSON or CSV; rows are written as they are found.

Identifiers and names of institutions are other people's text: on a terminal nothing in them steers,
in a spreadsheet nothing in them is a formula.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from protocol.primitives import render_address, render_hex
from verifier.audit.findings import Finding
from verifier.audit.rows import Cell, Row, Table
from verifier.audit.statement import Conclusion, tell
from verifier.render.text import blank_steering, clean_text
from verifier.report import render_time

BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
TEXT_MARK: Final = "'"
_FORMULA: Final = re.compile(
    r"'*[\s\x00\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
    r"[=+\-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
    r"\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}\N{MINUS SIGN}]"
)
"""What a spreadsheet could run (AU-01), apostrophes and unseen marks before it included."""
_ISOLATE: Final = "\N{FIRST STRONG ISOLATE}"
_END_ISOLATE: Final = "\N{POP DIRECTIONAL ISOLATE}"
_HASH_SHOWN: Final = 12
_INDICES_SHOWN: Final = 8
WIDTHS: Final = {
    "act": 23,
    "achievement": 13,
    "block": 9,
    "by": 42,
    "change": 14,
    "detail": 28,
    "identifier": 28,
    "indices": 24,
    "key": 42,
    "list": 15,
    "name": 28,
    "reason": 19,
    "root": 13,
    "subject": 42,
    "transaction": 13,
    **dict.fromkeys(
        ("time", "valid_from", "valid_until", "revoked_at", "withdrawn_at", "compromised_at"), 20
    ),
}
"""How wide cells of a column are on a terminal; longer ones move the rest."""
_HASHES: Final = re.compile(r"0x[0-9a-f]{64}\Z")

Answer = Callable[[], Row]
"""Called after the last row; empty where there is no answer beyond the rows."""
Finish = Callable[[], Conclusion]
"""Called once, at the very end."""


def render_text(
    table: Table, answer: Answer, finish: Finish, *, is_whole: bool = False
) -> Iterator[str]:
    """Yield lines for a terminal: rows with the columns that fit, findings, what it rests on.

    Hashes are cut unless ``is_whole``: what reads a pipe has room for them.
    """
    rows = 0
    for row in table.rows:
        if table.shown and rows == 0:
            yield _join_cells(table.shown, table.shown)
        if table.shown:
            cells = [_show_cell(row.get(each), is_whole=is_whole) for each in table.shown]
            yield _join_cells(table.shown, cells)
        rows += 1
    answered, conclusion = answer(), finish()
    if table.shown and rows:
        yield "\n"
    elif table.shown:
        # What was withheld may be the very thing that was asked for.
        nothing = "No such entry was seen." if conclusion.worst else table.empty
        yield f"{nothing}\n\n"
    yield from render_answer(answered)
    yield from render_conclusion(conclusion)


def render_conclusion(conclusion: Conclusion) -> Iterator[str]:
    """Yield findings and sentences, each on a line."""
    result = conclusion.result
    for finding in result.findings:
        yield f"{finding.kind.upper()}: {clean_text(finding.sentence)}\n"
    if result.unlisted:
        yield f"… and {result.unlisted:,} more.\n"
    for sentence in tell(conclusion):
        yield f"{clean_text(sentence)}\n"


def render_json(table: Table, answer: Answer, finish: Finish) -> Iterator[str]:
    """Yield one JSON object: ``rows`` first, then ``answer``, then what they rest on.

    All but ASCII is escaped: JSON is read on terminals too.
    """
    yield '{"rows": ['
    for number, row in enumerate(table.rows):
        yield (", " if number else "") + json.dumps(
            {column: row.get(column) for column in table.columns}
        )
    yield f'], "answer": {json.dumps(answer() or None)}'
    for name, value in conclusion_to_dict(finish()).items():
        yield f", {json.dumps(name)}: {json.dumps(value)}"
    yield "}\n"


def render_csv(table: Table) -> Iterator[str]:
    """Yield CSV (RFC 4180, with byte order mark): all columns, no sentences."""
    yield BYTE_ORDER_MARK + _write_line(table.columns)
    for row in table.rows:
        yield _write_line([_write_cell(row.get(column)) for column in table.columns])


def conclusion_to_dict(conclusion: Conclusion) -> dict[str, object]:
    """Return what an audit rests on and what was found, ready for a JSON writer."""
    result = conclusion.result
    return {
        **_snapshot_to_dict(conclusion),
        "endpoints": {
            "configured": conclusion.witnesses.configured,
            "agreeing": conclusion.witnesses.agreeing,
        },
        "storage": {"proven": result.proven, "notProvenBecause": result.refusal},
        "chains": [
            {"chain": str(each.name), "entries": each.expected, "seen": each.seen}
            for each in result.counts
        ],
        "findings": [_finding_to_dict(finding) for finding in result.findings],
        "unlistedFindings": result.unlisted,
        "complete": conclusion.worst is None,
        "statement": list(tell(conclusion)),
    }


def _snapshot_to_dict(conclusion: Conclusion) -> dict[str, object]:
    network, snapshot = conclusion.network, conclusion.result.snapshot
    block = snapshot.block
    return {
        "network": {
            "name": network.name,
            "chainId": network.chain_id,
            "contract": render_address(snapshot.contract),
            "record": network.record,
        },
        "block": {
            "number": block.number,
            "hash": render_hex(block.hash),
            "time": render_time(block.time),
            "final": snapshot.is_final,
        },
    }


def mark_as_text(cell: str) -> str:
    """Return the cell with an apostrophe before it if a spreadsheet could take it for a formula."""
    return TEXT_MARK + cell if _FORMULA.match(cell) else cell


def _finding_to_dict(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "chain": finding.chain,
        "entry": finding.entry,
        "block": finding.block,
        "sentence": finding.sentence,
    }


def render_answer(row: Row) -> Iterator[str]:
    """Yield a row as lines of what and value, hashes in full, without what is empty."""
    for column, cell in row.items():
        if column in _SENTENCES and isinstance(cell, int):
            yield _SENTENCES[column](cell, row)
        elif cell is not None and column not in _TOLD_ALREADY:
            shown = _show_cell(cell, is_whole=True)
            yield f"{column[0].upper()}{column[1:].replace('_', ' ')}: {shown}\n"


def _tell_missing(count: int, row: Row) -> str:
    if not count:
        return "Every leaf has its file here.\n"
    return f"{count:,} of {row['leaves']} leaves {'has' if count == 1 else 'have'} no file here.\n"


def _tell_compared(count: int, _: Row) -> str:
    return f"{count:,} published {'file was' if count == 1 else 'files were'} compared.\n"


def _tell_entry(what: str) -> Callable[[int, Row], str]:
    return lambda is_set, _: f"{what}, as an entry: {'yes' if is_set else 'no'}\n"


def _tell_revoked(count: int, row: Row) -> str:
    if not count:
        return "No batch of this institution was revoked whole.\n"
    roots = row["revoked_roots"]
    listed = ", ".join(map(str, roots)) if isinstance(roots, tuple) else ""
    what = "batch of this institution was" if count == 1 else "batches of this institution were"
    return (
        f"{count:,} {what} revoked whole (root{'' if count == 1 else 's'} {listed}). Whether the "
        "entry belongs to such a batch only the credential's receipt or the batch folder says.\n"
    )


_SENTENCES: Final[dict[str, Callable[[int, Row], str]]] = {
    "leaves_without_file": _tell_missing,
    "compared_files": _tell_compared,
    "revoked": _tell_entry("Revoked"),
    "suspended": _tell_entry("Suspended"),
    "batches_revoked_whole": _tell_revoked,
}
"""Answers that are no value of their column's name."""
_TOLD_ALREADY: Final = frozenset({"told_of", "revoked_roots"})


def _join_cells(columns: Sequence[str], cells: Sequence[str]) -> str:
    """Return a line whose cells stand below each other as far as their widths are known."""
    padded = (
        cell.ljust(max(len(column), WIDTHS.get(column, 0)))
        for column, cell in zip(columns, cells, strict=True)
    )
    return "  ".join(padded).rstrip() + "\n"


def _quote(text: str) -> str:
    return f"{_ISOLATE}{clean_text(text)}{_END_ISOLATE}"


def _show_cell(cell: Cell, *, is_whole: bool) -> str:
    match cell:
        case None:
            return "-"
        case bool():
            return "yes" if cell else "no"
        case int():
            return str(cell)
        case tuple():
            more = f" … {len(cell)} in all" if len(cell) > _INDICES_SHOWN else ""
            return ", ".join(map(str, cell[:_INDICES_SHOWN])) + more
        case _:
            if _HASHES.match(cell) and not is_whole:
                return f"{cell[:_HASH_SHOWN]}…"
            return cell if cell.isascii() and cell.isprintable() else _quote(cell)


def _write_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case tuple():
            return " ".join(map(str, cell))
        case _:
            return mark_as_text(blank_steering(cell))


def _write_line(cells: tuple[str, ...] | list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
