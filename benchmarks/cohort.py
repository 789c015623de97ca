"""A cohort of any size, made row by row, so that not it but issuing takes the memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from issuer.inputs.learner import Learner
from issuer.inputs.roster import RosterSource
from protocol.primitives import Digest
from tests.issuer import inputs
from tests.issuer.scene import DID, NAME

SEED = bytes(range(32))
MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NARRATIVE = (
    "Designed a unit of assessment for a class of thirty, tried it with two groups, and rewrote "
    "the rubric after what the learners said. The portfolio holds both versions."
)
ROSTER = (
    "name,email,student_id,awarded_on,result,narrative,evidence_url,evidence_name\n"
    "Aroha Ngāwaka,aroha@example.org,1001,2026-11-06,Merit,"
    f'"{NARRATIVE}",https://portfolio.example.org/1001,Portfolio\n'
)
ACHIEVEMENT = {
    **inputs.ACHIEVEMENT,
    "alignment": [
        {
            "type": ["Alignment"],
            "targetName": "Level 5",
            "targetUrl": "https://framework.example.org/levels/5",
            "targetCode": "5",
            "targetFramework": "National Qualifications Framework",
        }
    ],
    "tag": ["assessment", "teaching"],
}


@cache
def load_model() -> RosterSource:
    """Return a roster of one learner, read and checked as any."""
    with TemporaryDirectory() as folder:
        source = inputs.load(Path(folder), ROSTER, ACHIEVEMENT)
    issuer = {"id": DID, "type": ["Profile"], "name": NAME, "url": "https://issuer.example.org"}
    return replace(source, issuer=issuer)


@dataclass(frozen=True)
class Cohort:
    """A `Source` whose learners differ in name, address, number, evidence and narrative."""

    model: RosterSource
    count: int
    kind: str = "roster"

    @property
    def digest(self) -> Digest:
        return Digest(self.count.to_bytes(32))

    def check_moment(self, _moment: datetime) -> None:
        return

    def draft(
        self, position: int, *, seed: bytes, status: Mapping[str, object], moment: datetime
    ) -> dict[str, object]:
        part = self.take(position, position + 1)
        return part.draft(position, seed=seed, status=status, moment=moment)

    def take(self, start: int, stop: int) -> RosterSource:
        learners = tuple(map(self._make, range(start, stop)))
        return replace(self.model, learners=learners, first=start)

    def manifest_row(self, position: int) -> Mapping[str, str]:
        return self.take(position, position + 1).manifest_row(position)

    def _make(self, position: int) -> Learner:
        (learner,) = self.model.learners
        (item,) = learner.evidence
        return replace(
            learner,
            row=position + 2,
            name=f"Pūnehu {position} Tāmati 王",
            email=f"learner{position}@example.org",
            student_id=f"S{position:07}",
            narrative=f"{NARRATIVE} Group {position % 97}.",
            evidence=(replace(item, url=f"https://portfolio.example.org/{position}"),),
        )


def build_cohort(count: int) -> Cohort:
    return Cohort(load_model(), count)
