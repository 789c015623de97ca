"""One learner of a roster, clean and checked."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from issuer.inputs.rubric import Level
from protocol.primitives import Digest

_ENCODER: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """What a learner has shown: at an address, in a file that the institution keeps, or both."""

    url: str | None
    file_digest: Digest | None
    """SHA-256 of the file."""
    name: str | None
    genre: str | None


@dataclass(frozen=True, slots=True)
class Learner:
    """A row of a roster. At least one of ``email``, ``student_id`` and ``did`` is there."""

    row: int
    """As a spreadsheet counts, the header is row 1."""
    name: str
    email: str | None
    student_id: str | None
    did: str | None
    awarded_at: datetime | None
    """Start of the day of the award, in the issuer's time zone."""
    valid_until: datetime | None
    """Last second of the last day, in UTC."""
    level: Level | None
    narrative: str | None
    language: str | None
    evidence: tuple[EvidenceItem, ...]


def render_learner(learner: Learner) -> bytes:
    """Return all that the credential depends on in one fixed form, to be hashed."""
    content = [
        learner.name,
        learner.email,
        learner.student_id,
        learner.did,
        learner.awarded_at and learner.awarded_at.isoformat(),
        learner.valid_until and learner.valid_until.isoformat(),
        learner.level and learner.level.id,
        learner.narrative,
        learner.language,
        [
            [item.url, item.file_digest and item.file_digest.hex(), item.name, item.genre]
            for item in learner.evidence
        ],
    ]
    return _ENCODER.encode(content).encode("ascii")
