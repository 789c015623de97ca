"""Read the rows of a roster into learners, and note everything that is wrong with each of them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from issuer.inputs.cells import (
    CellError,
    find_end_of_day,
    find_start_of_day,
    parse_day,
    parse_did,
    parse_email,
    parse_identifier,
    parse_language,
    parse_line,
    parse_lines,
    parse_name,
    parse_url,
)
from issuer.inputs.csv_records import BLANKS, OPEN_QUOTE, TOO_LONG, Record
from issuer.inputs.evidence_files import EvidenceFiles
from issuer.inputs.identities import Identities
from issuer.inputs.input_files import SAVE_AS_CSV
from issuer.inputs.learner import EvidenceItem, Learner
from issuer.inputs.problems import Problem, quote_text
from issuer.inputs.roster_columns import IDENTIFYING, EvidenceColumns, Header
from issuer.inputs.roster_text import decode_legacy
from issuer.inputs.rubric import Level, choose_level

Value = TypeVar("Value")
_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")
_QUOTE_REMEDY: Final = "put the whole cell in quotation marks and double those inside it"
_FAULT_REMEDIES: Final = {
    OPEN_QUOTE: "close the quotation mark; every row after it was read as part of this one",
    TOO_LONG: "close the quotation mark, or break the line; nothing after it was read",
}


@dataclass(frozen=True, slots=True)
class RowRules:
    """What rows are read against."""

    file: Path
    header: Header
    time_zone: ZoneInfo
    levels: tuple[Level, ...] | None
    """None where the achievement is at fault: results are not judged then."""
    described_ids: frozenset[str]
    is_legacy: bool


@dataclass(slots=True)
class RowReader:
    """Reads rows one after another, and notes every problem."""

    rules: RowRules
    evidence_files: EvidenceFiles
    identities: Identities
    problems: list[Problem]
    has_rows: bool = False
    """Something is written below the header."""
    _first_legacy: tuple[int, str, str] | None = None
    _legacy_rows: int = 0

    def read_row(self, record: Record) -> Learner | None:
        """Return the learner of a row, or None where it has problems or nothing in it."""
        if record.is_blank():
            return None
        self.has_rows = True
        before = len(self.problems)
        if not self._check_record(record):
            return None
        cells = self._pick_cells(self._decode(record))
        learner = _Row(self, record.number, cells).read()
        return learner if len(self.problems) == before else None

    def close(self) -> None:
        """Say, once, that the whole file is in another encoding."""
        if self._first_legacy is None:
            return
        row, column, cell = self._first_legacy
        more = self._legacy_rows - 1
        others = f", and in {more:,} more rows" if more else ""
        reason = (
            f"{quote_text(cell)} is not in UTF-8 but probably in Windows-1252 or Latin-1 (ANSI)"
            f"{others}"
        )
        self.problems.append(Problem(self.rules.file, row, column or None, reason, SAVE_AS_CSV))

    def add(self, row: int, column: str | None, reason: str, remedy: str) -> None:
        """Note a problem of a row."""
        self.problems.append(Problem(self.rules.file, row, column, reason, remedy))

    def note_identity(self, row: int, column: str, value: str) -> None:
        """Refuse a learner who was there before."""
        first = self.identities.note(row, column, value)
        if first != row:
            reason = f"{quote_text(value)} stands in row {first} already"
            self.add(row, column, reason, "remove one of the two rows, or correct one")

    def _check_record(self, record: Record) -> bool:
        columns = self.rules.header.columns
        if record.fault is not None:
            remedy = _FAULT_REMEDIES.get(record.fault, _QUOTE_REMEDY)
            self.add(record.number, None, record.fault, remedy)
            return False
        found = len(record.cells)
        if found != len(columns):  # also an empty one too many: a comma in a name shifts all others
            reason = f"has {found} cells where the header has {len(columns)}"
            remedy = (
                "a text with a comma in it stands in quotation marks; an empty cell keeps its comma"
            )
            self.add(record.number, None, reason, remedy)
            return False
        return True

    def _decode(self, record: Record) -> tuple[str, ...]:
        if not self.rules.is_legacy:
            return record.cells
        changed = [at for at, cell in enumerate(record.cells) if _UNDECODED.search(cell)]
        decoded = tuple(map(decode_legacy, record.cells)) if changed else record.cells
        if changed:
            self._legacy_rows += 1
            columns = self.rules.header.columns
            if self._first_legacy is None and changed[0] < len(columns):
                place = (record.number, columns[changed[0]], decoded[changed[0]])
                self._first_legacy = place
        return decoded

    def _pick_cells(self, cells: tuple[str, ...]) -> dict[str, str]:
        """Return what is written, by column; a column that is there twice counts once."""
        picked: dict[str, str] = {}
        for column, cell in zip(self.rules.header.columns, cells, strict=True):
            if cell.strip(BLANKS):
                picked.setdefault(column, cell)
        return picked


@dataclass(frozen=True, slots=True)
class _Row:
    """One row while it is read."""

    reader: RowReader
    number: int
    cells: Mapping[str, str]

    def read(self) -> Learner:
        """Return the learner; worthless where a problem was noted."""
        zone = self.reader.rules.time_zone
        awarded, ended = self._parse("awarded_on", parse_day), self._parse("valid_until", parse_day)
        if awarded and ended and ended < awarded:
            self._add(
                "valid_until", f"{ended} is before awarded_on", "correct one of the two dates"
            )
        if "" in self.cells:
            self._add(None, "has a cell in a column without heading", "name the column or empty it")
        return Learner(
            row=self.number,
            name=self._parse_required_name(),
            **self._parse_identities(),
            awarded_at=find_start_of_day(awarded, zone) if awarded else None,
            valid_until=find_end_of_day(ended, zone) if ended else None,
            level=self._parse("result", self._choose_level),
            narrative=self._parse("narrative", parse_lines),
            language=self._parse("language", parse_language),
            evidence=self._parse_evidence(),
        )

    def _parse(self, column: str, parse: Callable[[str], Value]) -> Value | None:
        raw = self.cells.get(column)
        if raw is None:
            return None
        try:
            return parse(raw)
        except CellError as error:
            self._add(column, error.reason, error.remedy)
            return None

    def _parse_required_name(self) -> str:
        name = self._parse("name", parse_name)
        if "name" not in self.cells and "name" in self.reader.rules.header.columns:
            self._add("name", "is empty", "write the learner's name")
        return name or ""

    def _parse_identities(self) -> dict[str, str | None]:
        found = {
            "email": self._parse("email", parse_email),
            "student_id": self._parse("student_id", parse_identifier),
            "did": self._parse("did", parse_did),
        }
        for column, value in found.items():
            if value is not None:
                self.reader.note_identity(self.number, column, value)
        if self.cells.keys().isdisjoint(IDENTIFYING):
            self._refuse_unnamed()
        if found["did"] in self.reader.rules.described_ids:
            self._add("did", "is the issuer's or a part of the achievement", "write the learner's")
        return found

    def _refuse_unnamed(self) -> None:
        headed = [column for column in IDENTIFYING if column in self.reader.rules.header.columns]
        if headed:
            reason = f"there is nothing in {' or '.join(headed)}"
            self._add(headed[0], reason, "write at least one of email, student_id and did")

    def _choose_level(self, raw: str) -> Level | None:
        levels = self.reader.rules.levels
        return None if levels is None else choose_level(levels, parse_line(raw))

    def _parse_evidence(self) -> tuple[EvidenceItem, ...]:
        items: list[EvidenceItem] = []
        for columns in self.reader.rules.header.evidence:
            item = self._parse_item(columns)
            if item is None:
                continue
            if item in items or (item.url and item.url in [other.url for other in items]):
                column = columns.url if item.url else columns.file
                self._add(column, "is there twice in this row", "give each piece of evidence once")
            items.append(item)
        return tuple(items)

    def _parse_item(self, columns: EvidenceColumns) -> EvidenceItem | None:
        every = (columns.url, columns.file, columns.name, columns.genre)
        written = [column for column in every if column in self.cells]
        if not written:
            return None
        if columns.url not in written and columns.file not in written:
            remedy = f"fill {columns.url} or {columns.file}, or empty this cell"
            self._add(written[0], "describes evidence that is not there", remedy)
        url = self._parse(columns.url, parse_url)
        if url in self.reader.rules.described_ids:
            self._add(columns.url, "is the id of a part of the achievement", "give another one")
        return EvidenceItem(
            url=url,
            file_digest=self._parse(columns.file, self.reader.evidence_files.parse_file),
            name=self._parse(columns.name, parse_line),
            genre=self._parse(columns.genre, parse_line),
        )

    def _add(self, column: str | None, reason: str, remedy: str) -> None:
        self.reader.add(self.number, column, reason, remedy)
