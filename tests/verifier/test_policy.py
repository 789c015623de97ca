"""A policy is read to the letter: a mistyped demand must not become none."""

from dataclasses import fields
from pathlib import Path

import pytest

from protocol.errors import ConfigurationError
from verifier.policy import DEFAULT_POLICY, Demand, Policy, Unanchored, load_policy

DOCUMENT = Path(__file__).parents[2] / "docs" / "policy.md"


def load(tmp_path: Path, text: str | bytes) -> Policy:
    path = tmp_path / "policy.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_policy(path)


def test_the_documented_policy_is_read(tmp_path: Path) -> None:
    example = DOCUMENT.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    policy = load(tmp_path, example)
    assert policy.networks == ("sepolia",)
    assert policy.unanchored is Unanchored.UNKNOWN
    assert policy.accreditation is Demand.REQUIRED
    assert policy.evidence is Demand.REPORTED
    assert policy.endorsements is Demand.OFF
    assert policy.name.startswith("policy.toml sha256:")


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    policy = load(tmp_path, "")
    for field in fields(Policy):
        if field.name != "name":
            assert getattr(policy, field.name) == getattr(DEFAULT_POLICY, field.name)


def test_the_name_tells_two_contents_apart(tmp_path: Path) -> None:
    assert load(tmp_path, "").name != load(tmp_path, "# reviewed").name


@pytest.mark.parametrize(
    "text",
    [
        "acreditation = 'required'",
        "[checks]\nacreditation = 'required'",
        "[checks]\npath = 'off'",
        "[checks]\naccreditation = 'Required'",
        "[checks]\naccreditation = true",
        "[checks]\naccreditation = ['required']",
        "checks = 'off'",
        "networks = 'sepolia'",
        "networks = []",
        "networks = [1]",
        "did_web = true",
        "did_web = 0.0",
        "unanchored = 'reject'",
        "no toml",
        b"\xff",
        "#" * 65_537,
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(ConfigurationError):
        load(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load_policy(tmp_path / "absent.toml")


def test_the_document_lists_every_setting() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in text.splitlines() if line.startswith("| `")]
    settings = [field.name for field in fields(Policy) if field.name != "name"]
    assert {name.removeprefix("checks.") for name in listed} == {*settings, "did_web"}
