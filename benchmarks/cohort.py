"""A cohort of any size: a roster like those that institutions have, only longer."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from issuer.inputs.roster import RosterSource, load_roster_source
from issuer.inputs.spool import HeldLearners, LearnerStore
from issuer.progress import Silence
from tests.issuer import inputs
from tests.issuer.scene import DID, NAME

SEED = bytes(range(32))
MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NARRATIVE = (
    "Designed a unit of assessment for a class of thirty, tried it with two groups, and rewrote "
    "the rubric after what the learners said. The portfolio holds both versions."
)
COLUMNS = "name,email,student_id,awarded_on,result,narrative,evidence_url,evidence_name"
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


def write_roster(path: Path, count: int) -> None:
    """Write learners who differ in name, address, number, evidence and narrative."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{COLUMNS}\n")
        file.writelines(
            f"Pūnehu {n} Tāmati 王,learner{n}@example.org,S{n:07},2026-11-06,Merit,"
            f'"{NARRATIVE} Group {n % 97}.",https://portfolio.example.org/{n},Portfolio\n'
            for n in range(count)
        )


def load_cohort(count: int, folder: Path, store: LearnerStore) -> RosterSource:
    """Write a roster, and read it as any."""
    roster, achievement = folder / "roster.csv", inputs.write_achievement(folder, ACHIEVEMENT)
    write_roster(roster, count)
    source = load_roster_source(roster, achievement, inputs.UNIVERSITY, Silence(), store=store)
    issuer = {"id": DID, "type": ["Profile"], "name": NAME, "url": "https://issuer.example.org"}
    return replace(source, issuer=issuer)


def build_cohort(count: int) -> RosterSource:
    """Return a roster that is held in memory."""
    with TemporaryDirectory() as folder:
        return load_cohort(count, Path(folder), HeldLearners())
