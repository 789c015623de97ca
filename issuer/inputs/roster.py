"""Load a roster and its achievement: every fault of both is found before anything is drafted."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from issuer.errors import BadInputError
from issuer.inputs.achievement import Achievement, find_remedy, load_achievement
from issuer.inputs.csv_records import Record, split_records
from issuer.inputs.draft import (
    PROBE,
    Awarder,
    Draft,
    Frame,
    Occasion,
    arrange_credential,
    build_issuer,
    derive_texts,
    draft_credential,
)
from issuer.inputs.evidence_files import EvidenceFiles
from issuer.inputs.input_files import (
    ROSTER_LIMIT_BYTES,
    SAVE_AS_CSV,
    RosterText,
    decode_legacy,
    decode_roster,
    read_input,
)
from issuer.inputs.learner import Learner, render_learner
from issuer.inputs.problems import Problem
from issuer.inputs.roster_columns import (
    IDENTIFYING,
    KNOWN,
    clean_heading,
    find_header_faults,
    is_known,
    read_header,
)
from issuer.inputs.roster_rows import RowReader, RowRules
from issuer.progress import Progress
from protocol.credentials.canonical import canonicalise
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import ProtocolError
from protocol.primitives import Digest

READING: Final = "Reading the roster"
RESERVED_BYTES: Final = 16 << 10
"""Room for both proofs and the indents of the written file, beside the draft itself."""
_DRAFT_BYTES: Final = CREDENTIAL_LIMIT_BYTES - RESERVED_BYTES
_EVIDENCE_BYTES: Final = 500
"""More than one evidence entry takes beside its own texts: names of members, blanks, its digest."""
_REPORTED_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class RosterSource:
    """A good roster with its achievement: a `Source`."""

    file: Path
    issuer: Mapping[str, object]
    achievement: Mapping[str, object]
    learners: tuple[Learner, ...]
    identifying: tuple[str, ...]
    """The roster's identifying columns, in its order."""
    digest: Digest
    kind: str = "roster"
    first: int = 0
    """Position of the first learner, where this is a part of a roster."""

    @property
    def count(self) -> int:
        """How many credentials it makes."""
        return len(self.learners)

    def check_moment(self, moment: datetime) -> None:
        """Refuse a moment at which a credential would already have ended.

        Raises:
            BadInputError: listing every such row.
        """
        problems = list(_find_ended(self.file, self.learners, moment))
        if problems:
            raise BadInputError(problems)

    def draft(
        self, position: int, *, seed: bytes, status: Mapping[str, object], moment: datetime
    ) -> dict[str, object]:
        """Return the unsigned credential for a row: the same bytes for the same arguments."""
        draft = self.derive(position, seed=seed, status=status, moment=moment)
        return arrange_credential(self.frame(moment), draft)

    def frame(self, moment: datetime) -> Frame:
        """Return what all credentials of the roster share."""
        return Frame(self.issuer, self.achievement, moment)

    def derive(
        self, position: int, *, seed: bytes, status: Mapping[str, object], moment: datetime
    ) -> Draft:
        """Return the credential for a row, taken apart."""
        return derive_texts(self._find_learner(position), Occasion(position, seed, status, moment))

    def take(self, start: int, stop: int) -> "RosterSource":
        """Return the source for some positions alone."""
        learners = self.learners[start - self.first : stop - self.first]
        return replace(self, learners=learners, first=start)

    def manifest_row(self, position: int) -> Mapping[str, str]:
        """Return ``row`` as a spreadsheet counts, then ``name`` and what else identifies them."""
        learner = self._find_learner(position)
        values = {"email": learner.email, "student_id": learner.student_id, "did": learner.did}
        identities = {column: values[column] or "" for column in self.identifying}
        return {"row": str(learner.row), "name": learner.name, **identities}

    def _find_learner(self, position: int) -> Learner:
        return self.learners[position - self.first]


def load_roster_source(
    roster: Path,
    achievement: Path,
    awarder: Awarder,
    progress: Progress,
    *,
    now: datetime | None = None,
) -> RosterSource:
    """Return what a roster and an achievement make.

    ``now`` lets rows that have already ended be listed with all others; without other problems they
    are left to `RosterSource.check_moment`, since a batch under way goes on.

    Raises:
        BadInputError: everything that is wrong with either file.
    """
    award, award_problems = _try_achievement(achievement, awarder)
    rows = _try_rows(roster, awarder, award, progress)
    problems = [*award_problems, *rows.problems]
    if award is not None:
        source = _build_source(roster, awarder, award, rows)
        problems += _find_refused(source)
        problems += _find_early(roster, rows.learners, now) if now else ()
        if not problems:
            return source
    ended = _find_ended(roster, rows.learners, now) if now else ()
    raise BadInputError([*problems, *ended])


@dataclass(frozen=True, slots=True)
class _Rows:
    learners: tuple[Learner, ...]
    identifying: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def _try_achievement(
    path: Path, awarder: Awarder
) -> tuple[Achievement | None, tuple[Problem, ...]]:
    try:
        return load_achievement(path, awarder), ()
    except BadInputError as error:
        return None, error.problems


def _try_rows(
    roster: Path, awarder: Awarder, award: Achievement | None, progress: Progress
) -> _Rows:
    try:
        return _read_rows(roster, awarder, award, progress)
    except BadInputError as error:
        return _Rows((), (), error.problems)


def _build_source(roster: Path, awarder: Awarder, award: Achievement, rows: _Rows) -> RosterSource:
    return RosterSource(
        file=roster,
        issuer=build_issuer(awarder),
        achievement=award.content,
        learners=rows.learners,
        identifying=rows.identifying,
        digest=_hash_content(award.content, rows.learners),
    )


def _read_rows(
    roster: Path, awarder: Awarder, award: Achievement | None, progress: Progress
) -> _Rows:
    """Read as much as can be read.

    Raises:
        BadInputError: the file or its header leave nothing to be read.
    """
    read = decode_roster(roster, read_input(roster, ROSTER_LIMIT_BYTES))
    records = list(split_records(read.text))
    columns, problems = _read_columns(roster, records[0], read)
    rules = RowRules(
        file=roster,
        header=read_header(columns),
        time_zone=awarder.time_zone,
        levels=None if award is None else award.levels,
        described_ids=frozenset({awarder.did}) if award is None else award.described_ids,
        is_legacy=read.is_legacy,
    )
    reader = RowReader(rules, EvidenceFiles(roster.parent), problems)
    learners = tuple(_read_learners(reader, records[1:], progress))
    if all(record.is_blank() for record in records[1:]):
        reason, remedy = "has a header and no learners", "write one row for each learner"
        reader.problems.append(Problem(roster, None, None, reason, remedy))
    reader.close()
    identifying = tuple(column for column in columns if column in IDENTIFYING)
    return _Rows(learners, identifying, tuple(reader.problems))


def _read_columns(
    roster: Path, header: Record, read: RosterText
) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the columns and what is wrong with them.

    Raises:
        BadInputError: this is no roster's header, so that nothing below it means anything.
    """
    decode = decode_legacy if read.is_legacy else str
    columns = tuple(clean_heading(decode(cell)) for cell in header.cells)
    problems = [
        Problem(roster, header.number, fault.column, fault.reason, fault.remedy)
        for fault in find_header_faults(columns)
    ]
    if header.fault is not None:
        problems = [Problem(roster, header.number, None, header.fault, SAVE_AS_CSV)]
        raise BadInputError(problems)
    if not any(map(is_known, columns)):
        if len(problems) != 1:
            remedy = f"begin the file with a row of headings; known are {', '.join(KNOWN)}"
            reason = "this row has none of a roster's headings"
            problems = [Problem(roster, header.number, None, reason, remedy)]
        raise BadInputError(problems)
    return columns, problems


def _read_learners(
    reader: RowReader, records: list[Record], progress: Progress
) -> Iterator[Learner]:
    for done, record in enumerate(records, start=1):
        learner = reader.read_row(record)
        if learner is not None:
            yield learner
        if done % _REPORTED_ROWS == 0 or done == len(records):
            progress.report(READING, done, len(records))


def _find_refused(source: RosterSource) -> Iterator[Problem]:
    """Yield rows whose credential is too large, and what guard or schema say to the first one."""
    if not source.learners:
        return
    first = source.learners[0]
    credential = _draft_probe(source, first)
    common_bytes = _measure(credential)
    for learner in source.learners:
        own_bytes = len(render_learner(learner)) + _EVIDENCE_BYTES * len(learner.evidence)
        if common_bytes + own_bytes <= _DRAFT_BYTES:  # more than it can take: not drafted for that
            continue
        size = _measure(_draft_probe(source, learner))
        if size > _DRAFT_BYTES:
            reason = f"its credential takes {size:,} bytes, too many for {CREDENTIAL_LIMIT_BYTES:,}"
            remedy = "shorten its texts, or give them as evidence_file"
            yield Problem(source.file, learner.row, None, reason, remedy)
    if common_bytes <= _DRAFT_BYTES:
        yield from _find_row_refusals(source.file, first.row, credential)


def _draft_probe(source: RosterSource, learner: Learner) -> dict[str, object]:
    return draft_credential(source.issuer, source.achievement, learner, PROBE)


def _measure(credential: Mapping[str, object]) -> int:
    return len(json.dumps(credential, ensure_ascii=False, indent=2).encode())


def _find_row_refusals(file: Path, row: int, credential: Mapping[str, object]) -> Iterator[Problem]:
    problems = find_schema_problems(credential)
    for member, reason in problems:
        yield Problem(file, row, member, reason, "correct it")
    if problems:
        return
    try:
        canonicalise(credential)
    except ProtocolError as error:
        yield Problem(file, row, None, str(error), find_remedy(error))


def _find_ended(file: Path, learners: tuple[Learner, ...], moment: datetime) -> Iterator[Problem]:
    for learner in learners:
        if learner.valid_until is not None and learner.valid_until < moment:
            reason = f"has already ended ({learner.valid_until:%Y-%m-%d %H:%M} UTC)"
            yield Problem(file, learner.row, "valid_until", reason, "correct the date")


def _find_early(file: Path, learners: tuple[Learner, ...], now: datetime) -> Iterator[Problem]:
    for learner in learners:
        if learner.awarded_at is not None and learner.awarded_at > now:
            reason = f"{learner.awarded_at:%Y-%m-%d} has not come yet"
            yield Problem(file, learner.row, "awarded_on", reason, "correct the date")


def _hash_content(achievement: Mapping[str, object], learners: tuple[Learner, ...]) -> Digest:
    state = sha256(b"rootseal/roster/1\x00")
    form = json.dumps(achievement, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    state.update(sha256(form.encode("ascii")).digest())
    for learner in learners:
        state.update(sha256(render_learner(learner)).digest())
    return Digest(state.digest())
