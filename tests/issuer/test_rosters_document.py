"""The examples of docs/rosters.md are what it says they are."""

import re
from pathlib import Path

import pytest

from issuer.inputs.roster_columns import EVIDENCE, PLAIN
from protocol.credentials.canonical import canonicalise
from protocol.credentials.schema import find_schema_problems
from tests.issuer.inputs import draft, find_problems, load

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "rosters.md").read_text(encoding="utf-8")
ROSTER, ACHIEVEMENT = (
    re.findall(rf"```{kind}\n(.*?)```", DOCUMENT, flags=re.DOTALL)[0] for kind in ("csv", "json")
)
FIRST = ROSTER.splitlines()[1]
MISTAKES = DOCUMENT.split("### Common mistakes")[1].split("Rows are counted")[0]
MESSAGES = [row.split("|")[2] for row in MISTAKES.splitlines() if row.startswith("| ")][2:]
SPOILED = [
    ROSTER.replace("Siobhán", "Zoë").replace("O'Hagan-Reyes, ", "").encode("cp1252", "ignore"),
    ROSTER.encode("utf-16"),
    ROSTER.replace(",", ";"),
    b"PK\x03\x04" + ROSTER.encode(),
    ROSTER.replace("email", "e-mail", 1),
    ROSTER.replace('"', ""),
    ROSTER.replace("2026-11-06", "6/11/2026"),
    ROSTER + FIRST.replace("20260001", "1") + "\n",
    ROSTER.replace("Merit", "Merits"),
    ROSTER.replace("Aroha Ngāw", "Aroha Ngāwa\x07"),
]


def test_the_documented_example_is_issued(tmp_path):
    source = load(tmp_path, ROSTER, ACHIEVEMENT.encode())
    assert source.count == 5
    for position in range(source.count):
        credential = draft(source, position)
        assert find_schema_problems(credential) == ()
        assert canonicalise(credential).nquads


def test_every_column_is_documented():
    table = DOCUMENT.split("## The roster")[1].split("### An example")[0]
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (.+?) \|", table, flags=re.MULTILINE)))
    assert named == [*PLAIN, *EVIDENCE]


@pytest.mark.parametrize(("spoiled", "message"), list(zip(SPOILED, MESSAGES, strict=True)))
def test_the_documented_message_is_given(tmp_path, spoiled, message):
    problems = find_problems(tmp_path, spoiled, ACHIEVEMENT.encode())
    parts = [part.strip(" ?").casefold() for part in message.split(". ")]
    said = [f"{each.reason}. {each.remedy}".casefold() for each in problems]
    assert any(all(part in text for part in parts) for text in said), said
