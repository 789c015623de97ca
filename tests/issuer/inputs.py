"""A good roster and achievement, and what is needed to spoil one thing of them."""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from issuer.errors import BadInputError
from issuer.inputs.problems import Problem
from issuer.inputs.roster import RosterSource, load_roster_source
from issuer.inputs.spool import LearnerStore
from issuer.progress import Silence
from protocol.credentials.status_index import render_status

AUCKLAND = ZoneInfo("Pacific/Auckland")
DID = "did:web:uni.example.org"
STATUS = render_status("https://uni.example.org/status/uni.example.org", 3, 77)
SEED = bytes(range(32))
MOMENT = datetime(2026, 11, 24, 9, 30, 15, tzinfo=UTC)
ROSTER = (
    "name,email,student_id,awarded_on,result\n"
    "Aroha Ngāwaka,aroha@example.org,1001,2026-11-06,Achieved\n"
    "陳曉明,chen@example.org,1002,2026-11-06,Merit\n"
)
LEVELS = [
    {"id": "urn:example:low", "type": ["RubricCriterionLevel"], "name": "Not yet achieved"},
    {"id": "urn:example:achieved", "type": ["RubricCriterionLevel"], "name": "Achieved"},
    {"id": "urn:example:merit", "type": ["RubricCriterionLevel"], "name": "Merit"},
]
ACHIEVEMENT: Mapping[str, object] = {
    "id": "https://uni.example.org/achievements/1",
    "type": ["Achievement"],
    "achievementType": "MicroCredential",
    "name": "Assessment for Learning",
    "description": "Design assessment that helps students learn.",
    "criteria": {"narrative": "A portfolio of *three* pieces."},
    "creditsAvailable": 15,
    "resultDescription": [
        {
            "id": "urn:example:portfolio",
            "type": ["ResultDescription"],
            "name": "Portfolio",
            "resultType": "RubricCriterionLevel",
            "requiredLevel": "urn:example:achieved",
            "rubricCriterionLevel": LEVELS,
        }
    ],
}


@dataclass(frozen=True)
class University:
    did: str = DID
    name: str = "Example University"
    domain: str = "uni.example.org"
    time_zone: ZoneInfo = AUCKLAND


UNIVERSITY = University()


def change(document: Mapping[str, object], **members: object) -> dict[str, object]:
    """A deep copy with other members; None takes one away."""
    changed = {**deepcopy(dict(document)), **members}
    return {member: value for member, value in changed.items() if value is not None}


def write_roster(folder: Path, roster: str | bytes = ROSTER, name: str = "roster.csv") -> Path:
    path = folder / name
    path.write_bytes(roster if isinstance(roster, bytes) else roster.encode())
    return path


def write_achievement(
    folder: Path, achievement: object = ACHIEVEMENT, name: str = "achievement.json"
) -> Path:
    path = folder / name
    data = achievement if isinstance(achievement, bytes) else json.dumps(achievement).encode()
    path.write_bytes(data)
    return path


def load(
    folder: Path,
    roster: str | bytes = ROSTER,
    achievement: object = ACHIEVEMENT,
    now: datetime | None = None,
    store: LearnerStore | None = None,
) -> RosterSource:
    return load_roster_source(
        write_roster(folder, roster),
        write_achievement(folder, achievement),
        UNIVERSITY,
        Silence(),
        now=now,
        store=store,
    )


def load_or_list(
    folder: Path,
    roster: str | bytes = ROSTER,
    achievement: object = ACHIEVEMENT,
    now: datetime | None = None,
) -> RosterSource | tuple[Problem, ...]:
    """The source, or every problem, each with a reason and a remedy."""
    try:
        return load(folder, roster, achievement, now)
    except BadInputError as error:
        problems = error.problems
    for clause in [text for each in problems for text in (each.reason, each.remedy)]:
        assert clause
        assert not clause.endswith(".")
    assert problems
    return problems


def find_problems(
    folder: Path,
    roster: str | bytes = ROSTER,
    achievement: object = ACHIEVEMENT,
    now: datetime | None = None,
) -> tuple[Problem, ...]:
    found = load_or_list(folder, roster, achievement, now)
    return found if isinstance(found, tuple) else ()


def draft(source: RosterSource, position: int = 0) -> dict[str, object]:
    return source.draft(position, seed=SEED, status=STATUS, moment=MOMENT)
