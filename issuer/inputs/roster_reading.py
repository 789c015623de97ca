"""Read a roster in one pass: each learner is checked, hashed and put away before the next."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from issuer.errors import BadInputError
from issuer.inputs.achievement import Achievement
from issuer.inputs.csv_records import Record, stream_records
from issuer.inputs.draft import Awarder, build_issuer
from issuer.inputs.evidence_files import EvidenceFiles
from issuer.inputs.identities import Identities
from issuer.inputs.input_files import SAVE_AS_CSV, refuse_file
from issuer.inputs.learner import Learner, render_learner
from issuer.inputs.problems import Problem
from issuer.inputs.roster_checks import LearnerChecks
from issuer.inputs.roster_columns import (
    IDENTIFYING,
    KNOWN,
    clean_heading,
    find_header_faults,
    is_known,
    read_header,
)
from issuer.inputs.roster_rows import RowReader, RowRules
from issuer.inputs.roster_text import RosterText, decode_legacy, open_roster
from issuer.inputs.spool import LearnerStore
from issuer.progress import Progress
from protocol.primitives import Digest

READING: Final = "Reading the roster"
_REPORTED_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class RosterRows:
    """All that a roster says."""

    learners: Sequence[Learner]
    """Of the rows without problems."""
    identifying: tuple[str, ...]
    digest: Digest
    first_end: datetime | None
    """When the first credential ends; None where none does."""
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class RosterReading:
    """What a roster is read against, and where its learners are put."""

    file: Path
    awarder: Awarder
    award: Achievement | None
    """None where it is at fault: results, sizes and days are not judged then."""
    progress: Progress
    now: datetime | None
    store: LearnerStore

    def read(self) -> RosterRows:
        """Read as much as can be read.

        Raises:
            BadInputError: the file or its header leave nothing to be read.
            OSError: the learners cannot be put away.
        """
        watched: frozenset[int] = frozenset()
        with open_roster(self.file) as text:
            while True:
                identities = Identities(watched)
                rows = self._read_once(text, identities)
                suspects = identities.find_suspects()
                if suspects <= watched:
                    return rows
                watched |= suspects

    def _read_once(self, text: RosterText, identities: Identities) -> RosterRows:
        records = stream_records(text.read_pieces())
        header = next(records, None)
        if header is None:
            refuse_file(self.file, "is empty", "give the file that was meant")
        columns, problems = _read_columns(self.file, header, text)
        rules = self._set_rules(columns, text)
        reader = RowReader(rules, EvidenceFiles(self.file.parent), identities, problems)
        learners = _read_learners(reader, records, self.progress, text.lines - 1)
        rows = self._put_away(learners, columns)
        if not reader.has_rows:
            reason, remedy = "has a header and no learners", "write one row for each learner"
            reader.problems.append(Problem(self.file, None, None, reason, remedy))
        reader.close()
        return replace(rows, problems=(*reader.problems, *rows.problems))

    def _set_rules(self, columns: tuple[str, ...], text: RosterText) -> RowRules:
        award, own_ids = self.award, frozenset({self.awarder.did})
        return RowRules(
            file=self.file,
            header=read_header(columns),
            time_zone=self.awarder.time_zone,
            levels=None if award is None else award.levels,
            described_ids=own_ids if award is None else award.described_ids,
            is_legacy=text.is_legacy,
        )

    def _put_away(self, learners: Iterator[Learner], columns: tuple[str, ...]) -> RosterRows:
        achievement = {} if self.award is None else self.award.content
        levels = () if self.award is None else self.award.levels
        checks = LearnerChecks(self.file, build_issuer(self.awarder), achievement, self.now)
        state = sha256(b"rootseal/roster/1\x00" + _hash_achievement(achievement))
        self.store.begin(levels, self.awarder.time_zone)
        first_end: datetime | None = None
        for learner in learners:
            content = render_learner(learner)
            state.update(sha256(content).digest())
            self.store.add(learner, content)
            if self.award is not None:
                checks.check(learner, content)
            if learner.valid_until and (first_end is None or learner.valid_until < first_end):
                first_end = learner.valid_until
        return RosterRows(
            learners=self.store.finish(),
            identifying=tuple(column for column in columns if column in IDENTIFYING),
            digest=Digest(state.digest()),
            first_end=first_end,
            problems=tuple(checks.problems),
        )


def _read_columns(
    roster: Path, header: Record, text: RosterText
) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the columns and what is wrong with them.

    Raises:
        BadInputError: this is no roster's header, so that nothing below it means anything.
    """
    decode = decode_legacy if text.is_legacy else str
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
    reader: RowReader, records: Iterator[Record], progress: Progress, expected: int
) -> Iterator[Learner]:
    """Yield the learners of good rows; ``expected`` is how many rows there are at the most."""
    done = 0
    for done, record in enumerate(records, start=1):
        learner = reader.read_row(record)
        if learner is not None:
            yield learner
        if done % _REPORTED_ROWS == 0 and done < expected:
            progress.report(READING, done, expected)
    if done:
        progress.report(READING, done, done)


def _hash_achievement(achievement: Mapping[str, object]) -> bytes:
    form = json.dumps(achievement, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(form.encode("ascii")).digest()
