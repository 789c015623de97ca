"""Step 16: names as people type them, everything else to the letter, and nobody by accident."""

import unicodedata
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.identities import build_identifiers
from tests.verifier.world import World
from verifier.checks.finding import Finding
from verifier.checks.recipient import check_recipient
from verifier.evidence import Evidence
from verifier.policy import DEFAULT_POLICY
from verifier.reading import read_submission
from verifier.report import Verdict

NAMES = ("Hēmi Ōtaki", "李 小龍", "Siobhán O’Connor", "محمد بن علي", "Weiß", "Ông Nguyễn", "Plato")
FORMS = ("NFC", "NFD")
BLANKS = (" ", "  ", "\t", "\u00a0", "\u3000", "\n")


@cache
def read(name: str, email: str | None = None, student_id: str | None = None):
    def edit(document: dict) -> None:
        document["credentialSubject"].pop("id", None)
        document["credentialSubject"]["identifier"] = build_identifiers(
            name=name, email=email, student_id=student_id, seed=b"\1" * 32, position=0
        )

    world = World()
    return read_submission(world.issue(edit).data), world.now


def ask(given: str | None, name: str = "Plato", **identity: str) -> Finding:
    reading, now = read(name, **identity)
    return check_recipient(Evidence(reading, DEFAULT_POLICY, now, None, given))


@settings(deadline=None)
@given(
    name=st.sampled_from(NAMES),
    form=st.sampled_from(FORMS),
    blank=st.sampled_from(BLANKS),
    change=st.sampled_from([str, str.upper, str.lower, str.casefold]),
    around=st.sampled_from(BLANKS),
)
def test_a_name_is_the_same_however_it_is_typed(name, form, blank, change, around) -> None:
    typed = around + unicodedata.normalize(form, change(name)).replace(" ", blank) + around
    finding = ask(typed, name)
    assert finding.verdict is Verdict.PASSED
    assert finding.facts["matched"] == "name"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Hēmi Ōtaki", "Hemi Otaki"),
        ("Hēmi Ōtaki", "Hēmi"),
        ("Hēmi Ōtaki", "HēmiŌtaki"),
        ("Hēmi Ōtaki", "Ōtaki Hēmi"),
        ("Siobhán O’Connor", "Siobhán O'Connor"),
        ("Plato", "Plаto"),
        ("Plato", "Plato\u200b"),
        ("Plato", ""),
        ("Plato", " "),
    ],
)
def test_another_name_is_not_taken_for_it(name: str, typed: str) -> None:
    finding = ask(typed, name)
    assert finding.verdict is Verdict.FAILED
    assert finding.facts["compared"] == ["name"]


@pytest.mark.parametrize("typed", ["mere@example.org", " MERE@Example.ORG\n"])
def test_a_hashed_address_is_recomputed_as_it_was_normalised(typed: str) -> None:
    finding = ask(typed, email="mere@example.org")
    assert finding.facts == {"matched": "emailAddress"}


def test_a_hashed_number_is_compared_exactly() -> None:
    assert ask("A10234", student_id="A10234").facts == {"matched": "sisSourcedId"}
    for other in ("a10234", " A10234", "A1023", "10234"):
        assert ask(other, student_id="A10234").verdict is Verdict.FAILED


def test_the_hash_itself_is_not_a_password() -> None:
    """Whoever has the file can read the hash and the salt; typing them proves nothing."""
    reading, _ = read("Plato", email="mere@example.org")
    subject = reading.credential.view["credentialSubject"]
    hashed = next(each for each in subject["identifier"] if each.get("hashed") is True)
    for typed in (hashed["identityHash"], hashed["identityHash"].split("$")[1], hashed["salt"]):
        assert ask(typed, email="mere@example.org").verdict is Verdict.FAILED


def test_nobody_is_named() -> None:
    assert ask(None).verdict is Verdict.NOT_APPLICABLE


def test_no_identity_is_quoted_in_the_answer() -> None:
    """The answer says which kind matched, never what the other identities are."""
    for typed in ("Plato", "Socrates"):
        finding = ask(typed, email="mere@example.org", student_id="A10234")
        assert "mere" not in str(finding)
        assert "A10234" not in str(finding)
        assert "Plato" not in str(finding)
