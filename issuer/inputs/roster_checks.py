"""What is asked of the learners of a roster beyond their cells: do they fit, and is it time?"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from issuer.inputs.achievement import find_remedy
from issuer.inputs.draft import PROBE, draft_credential
from issuer.inputs.learner import Learner
from issuer.inputs.problems import Problem
from protocol.credentials.canonical import canonicalise
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import ProtocolError

RESERVED_BYTES: Final = 16 << 10
"""Room for both proofs and the indents of the written file, beside the draft itself."""
_DRAFT_BYTES: Final = CREDENTIAL_LIMIT_BYTES - RESERVED_BYTES
_EVIDENCE_BYTES: Final = 500
"""More than one evidence entry takes beside its own texts: names of members, blanks, its digest."""


class LearnerChecks:
    """Looks at learners as they pass: credentials too large, days that have not come.

    Guard, schema and canonical form see the first one; all are seen again when they are hashed.
    """

    def __init__(
        self,
        file: Path,
        issuer: Mapping[str, object],
        achievement: Mapping[str, object],
        now: datetime | None,
    ) -> None:
        """Take what all have in common; without ``now`` no days are judged."""
        self._file = file
        self._issuer = issuer
        self._achievement = achievement
        self._now = now
        self._common_bytes: int | None = None
        self.problems: list[Problem] = []

    def check(self, learner: Learner, content: bytes) -> None:
        """Note what is wrong with the next learner; ``content`` is what `render_learner` says."""
        if self._common_bytes is None:
            self._check_first(learner)
        own_bytes = len(content) + _EVIDENCE_BYTES * len(learner.evidence)
        if (self._common_bytes or 0) + own_bytes > _DRAFT_BYTES:  # more than it can take
            self._check_size(learner)
        if self._now and learner.awarded_at is not None and learner.awarded_at > self._now:
            reason = f"{learner.awarded_at:%Y-%m-%d} has not come yet"
            self._add(learner, "awarded_on", reason, "correct the date")

    def _check_first(self, learner: Learner) -> None:
        credential = self._draft(learner)
        self._common_bytes = _measure(credential)
        if self._common_bytes > _DRAFT_BYTES:  # said of its row, as of any other
            return
        problems = find_schema_problems(credential)
        for member, reason in problems:
            self._add(learner, member, reason, "correct it")
        if problems:
            return
        try:
            canonicalise(credential)
        except ProtocolError as error:
            self._add(learner, None, str(error), find_remedy(error))

    def _check_size(self, learner: Learner) -> None:
        size = _measure(self._draft(learner))
        if size > _DRAFT_BYTES:
            reason = f"its credential takes {size:,} bytes, too many for {CREDENTIAL_LIMIT_BYTES:,}"
            remedy = "shorten its texts, or give them as evidence_file"
            self._add(learner, None, reason, remedy)

    def _draft(self, learner: Learner) -> dict[str, object]:
        return draft_credential(self._issuer, self._achievement, learner, PROBE)

    def _add(self, learner: Learner, column: str | None, reason: str, remedy: str) -> None:
        self.problems.append(Problem(self._file, learner.row, column, reason, remedy))


def find_ended(file: Path, learners: Iterable[Learner], moment: datetime) -> Iterator[Problem]:
    """Yield the rows whose last day is before a moment."""
    for learner in learners:
        if learner.valid_until is not None and learner.valid_until < moment:
            reason = f"has already ended ({learner.valid_until:%Y-%m-%d %H:%M} UTC)"
            yield Problem(file, learner.row, "valid_until", reason, "correct the date")


def _measure(credential: Mapping[str, object]) -> int:
    return len(json.dumps(credential, ensure_ascii=False, indent=2).encode())
