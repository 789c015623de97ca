"""Load a roster and its achievement: every fault of both is found before anything is drafted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from issuer.errors import BadInputError
from issuer.inputs.achievement import Achievement, load_achievement
from issuer.inputs.draft import (
    Awarder,
    Draft,
    Frame,
    Occasion,
    arrange_credential,
    build_issuer,
    derive_texts,
)
from issuer.inputs.learner import Learner
from issuer.inputs.problems import Problem
from issuer.inputs.roster_checks import find_ended
from issuer.inputs.roster_reading import RosterReading, RosterRows
from issuer.inputs.spool import HeldLearners, LearnerStore
from issuer.progress import Progress
from protocol.primitives import Digest


@dataclass(frozen=True, slots=True)
class RosterSource:
    """A good roster with its achievement: a `Source`."""

    file: Path
    issuer: Mapping[str, object]
    achievement: Mapping[str, object]
    learners: Sequence[Learner]
    """In memory, or in a spool, from which a part is read by whoever has it."""
    identifying: tuple[str, ...]
    """The roster's identifying columns, in its order."""
    digest: Digest
    kind: str = "roster"
    first: int = 0
    """Position of the first learner, where this is a part of a roster."""
    first_end: datetime | None = None
    """When the first credential ends; None where none does."""

    @property
    def count(self) -> int:
        """How many credentials it makes."""
        return len(self.learners)

    def check_moment(self, moment: datetime) -> None:
        """Refuse a moment at which a credential would already have ended.

        Raises:
            BadInputError: listing every such row.
        """
        if self.first_end is not None and self.first_end < moment:
            raise BadInputError(find_ended(self.file, self.learners, moment))

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
    store: LearnerStore | None = None,
) -> RosterSource:
    """Return what a roster and an achievement make.

    ``now`` lets rows that have already ended be listed with all others; without other problems they
    are left to `RosterSource.check_moment`, since a batch under way goes on. Learners are put into
    ``store``, or without one held in memory.

    Raises:
        BadInputError: everything that is wrong with either file.
        OSError: the store has no room.
    """
    award, problems = _try_achievement(achievement, awarder)
    reading = RosterReading(roster, awarder, award, progress, now, store or HeldLearners())
    try:
        rows = reading.read()
    except BadInputError as error:
        raise BadInputError([*problems, *error.problems]) from error
    problems = (*problems, *rows.problems)
    if award is not None and not problems:
        return _build_source(reading, award, rows)
    ended = find_ended(roster, rows.learners, now) if now else ()
    raise BadInputError([*problems, *ended])


def _try_achievement(
    path: Path, awarder: Awarder
) -> tuple[Achievement | None, tuple[Problem, ...]]:
    try:
        return load_achievement(path, awarder), ()
    except BadInputError as error:
        return None, error.problems


def _build_source(reading: RosterReading, award: Achievement, rows: RosterRows) -> RosterSource:
    return RosterSource(
        file=reading.file,
        issuer=build_issuer(reading.awarder),
        achievement=award.content,
        learners=rows.learners,
        identifying=rows.identifying,
        digest=rows.digest,
        first_end=rows.first_end,
    )
