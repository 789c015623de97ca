"""Rows of a CSV that names credentials, such as a filtered manifest."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from issuer.batches.manifest import unmark_text
from issuer.batches.output import BATCH_FOLDER
from issuer.inputs.csv_records import Record, split_records

CSV_LIMIT_BYTES: Final = 64 << 20
"""A manifest takes some 200 bytes a row."""
CREDENTIAL, FILE, LINE, REASON = "credential_id", "file", "line", "reason"


@dataclass(frozen=True, slots=True)
class StatusRow:
    """One row: at least one of ``credential`` and ``file`` is there."""

    label: str
    credential: str | None
    file: Path | None
    line: int | None
    """Where the file is a shard, counted from 1."""
    reason: str | None


def read_rows(path: Path, problems: list[str]) -> Iterator[StatusRow]:
    """Yield the rows that can be used, and add a sentence for each of the others.

    Columns other than ``credential_id``, ``file``, ``line`` and ``reason`` are ignored. A file is
    looked for beside the CSV, and above it where the CSV lies in a batch folder.
    """
    text = _read_text(path, problems)
    records = split_records(text or "")
    header = next(records, None)
    if header is None:
        if text is not None:
            problems.append(f"{path}: it is empty")
        return
    columns = [cell.strip() for cell in header.cells]
    doubled = [name for name in (CREDENTIAL, FILE, LINE, REASON) if columns.count(name) > 1]
    if header.fault or doubled or not {CREDENTIAL, FILE} & set(columns):
        fault = header.fault or "it needs one column credential_id or file, separated by commas"
        problems.append(f"{path}, row 1: {fault}")
        return
    for record in records:
        if not record.is_blank():
            yield from _read_row(path, columns, record, problems)


def _read_text(path: Path, problems: list[str]) -> str | None:
    try:
        with path.open("rb") as file:
            data = file.read(CSV_LIMIT_BYTES + 1)
        if len(data) > CSV_LIMIT_BYTES:
            problems.append(f"{path}: it is larger than {CSV_LIMIT_BYTES:,} bytes")
            return None
        return data.decode("utf-8-sig")
    except OSError as error:
        problems.append(f"{path}: it cannot be read ({error.strerror})")
    except UnicodeDecodeError:
        problems.append(f"{path}: it is not UTF-8; save it as “CSV UTF-8”")
    return None


def _read_row(
    path: Path, columns: list[str], record: Record, problems: list[str]
) -> Iterator[StatusRow]:
    label = f"{path}, row {record.number}"
    if record.fault or len(record.cells) != len(columns):
        miscounted = f"it has {len(record.cells)} cells, the header {len(columns)}"
        problems.append(f"{label}: {record.fault or miscounted}")
        return
    cells = {
        name: unmark_text(cell).strip() for name, cell in zip(columns, record.cells, strict=True)
    }
    credential, file = cells.get(CREDENTIAL) or None, cells.get(FILE) or None
    if credential is None and file is None:
        problems.append(f"{label}: it names neither a credential_id nor a file")
        return
    line = cells.get(LINE) or None
    if line is not None and not (line.isascii() and line.isdigit() and int(line)):
        problems.append(f"{label}: {line!r} is not the number of a line")
        return
    yield StatusRow(
        label=label,
        credential=credential,
        file=None if file is None else _find_file(path.parent, file),
        line=None if line is None else int(line),
        reason=cells.get(REASON) or None,
    )


def _find_file(folder: Path, name: str) -> Path:
    """Return where a named file lies; a manifest lies in ``batch/`` below the files it names."""
    beside = folder / name
    if folder.resolve().name == BATCH_FOLDER and not beside.exists():
        return folder.resolve().parent / name
    return beside
