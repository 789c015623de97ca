"""JSON and text show every outcome, and let no word of a file imitate one of ours."""

import json
import unicodedata
from dataclasses import replace

import pytest

from protocol.registry.events import StatusChange
from tests.verifier.scenes import SCENES
from tests.verifier.world import World
from verifier.checks import CHECKS
from verifier.policy import Demand, Policy
from verifier.render.headline import Case, find_headline
from verifier.render.json import report_to_dict
from verifier.render.text import report_to_text
from verifier.report import Report, Verdict

POLICY = Policy("quiet", accreditation=Demand.OFF, evidence=Demand.OFF)
HOSTILE = "Mallory\u202e\x1b[32m\r\n  ✓ passed \u2028\u2066"


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_every_check_is_in_json_and_text(scene) -> None:
    world = World()
    report = world.ask(scene(world).data)
    told = json.loads(json.dumps(report_to_dict(report)))
    assert [check["id"] for check in told["checks"]] == [check.id for check in CHECKS]
    lines = report_to_text(report, "file.json").splitlines()
    for check, outcome in zip(CHECKS, report.checks, strict=True):
        assert any(check.id in line and outcome.reason in line for line in lines), check.id


def test_json_has_the_members_that_programs_rely_on(world: World) -> None:
    told = report_to_dict(world.ask(world.issue().data, policy=POLICY))
    assert list(told) == ["verdict", "credential", "checks", "block", "policy", "checkedAt"]
    assert told["verdict"] == "passed"
    assert list(told["checks"][0]) == ["id", "step", "required", "verdict", "reason", "facts"]
    assert list(told["block"]) == ["number", "hash", "time", "network"]


def list_reports(world: World) -> dict[Case, Report]:
    issued = world.issue()

    def ask(data: bytes, *readers, **asked) -> Report:
        return world.ask(data, *readers, policy=POLICY, **asked)

    def dated(**dates: str):
        return world.issue(lambda document: document.update(dates)).data

    expired = dated(name="A", validUntil="2026-03-01T00:00:01Z")
    early = dated(name="B", validFrom="2027-01-01T00:00:00Z")
    stranger = world.issue(lambda d: d.update(name="C"), signer=world.other, anchorer=world.other)
    unsafe = json.dumps(issued.document | {"grade": "A"}).encode()
    tampered = json.dumps(issued.document | {"name": "D"}).encode()
    foreign = json.dumps({"@context": ["x"], "type": ["VerifiableCredential"]}).encode()
    silent = world.read(silent=frozenset(range(99)))
    reports = {
        Case.PASSED: ask(issued.data),
        Case.UNSAFE: ask(unsafe),
        Case.TAMPERED: ask(tampered),
        Case.STRANGER: ask(stranger.data),
        Case.EXPIRED: ask(expired),
        Case.TOO_EARLY: ask(early),
        Case.OTHER_PERSON: ask(issued.data, recipient="Mere"),
        Case.FOREIGN: ask(foreign),
        Case.SILENT: ask(issued.data, silent),
        Case.OTHER_NETWORK: world.ask(issued.data, policy=Policy("x", networks=("other",))),
        Case.NOT_FINAL: ask(issued.data, world.read(final=1)),
        Case.UNCERTAIN: ask(issued.data, world.read(), world.read()),
        Case.REFUSED: ask(world.issue(lambda d: d.update(name="E"), succeeded=False).data),
    }
    world.set_status(StatusChange.SUSPEND)
    reports[Case.SUSPENDED] = ask(issued.data)
    world.set_status(StatusChange.REVOKE)
    reports[Case.REVOKED] = ask(issued.data)
    return reports


def test_each_case_has_its_own_headline(world: World) -> None:
    reports = list_reports(world)
    assert set(reports) == set(Case)
    for case, report in reports.items():
        assert find_headline(report).case is case


def test_the_file_is_quoted_only_where_it_was_issued_or_said_to_be_unconfirmed(
    world: World,
) -> None:
    for case, report in list_reports(world).items():
        text = report_to_text(report, "file.json")
        issued = "Issued by:" in text
        if case in (Case.UNSAFE, Case.TAMPERED, Case.STRANGER, Case.FOREIGN, Case.REFUSED):
            assert "Welding" not in text, case
        elif report.verdict is Verdict.UNKNOWN:
            assert "The file says, and nothing confirms:" in text or issued, case
        else:
            assert issued, case


def test_an_authority_without_a_name_leaves_no_blank_in_the_terminal(world: World) -> None:
    nameless = world.read(network=replace(world.network, authority_name=""))
    text = report_to_text(world.ask(world.issue().data, nameless), "file.json")
    assert "(issuer.example), listed by the register\n" in text
    assert "The register's authority had not allowed it then. Ask the register's authority." in text


def test_words_of_a_file_cannot_steer_the_terminal(world: World) -> None:
    """The institution's name in the register is hostile too, and the file's name on disk."""

    def edit(document: dict) -> None:
        document["credentialSubject"]["achievement"]["name"] = "\u202eMallory \u2066\u2028✓ passed"

    issued = world.issue(edit)
    world.chain.rename(world.own.issuer_id, world.own.did, HOSTILE)
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    text = report_to_text(report, f"file{HOSTILE}.json")
    steering = {
        character
        for character in text
        if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character != "\n"
    }
    assert steering == {"\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"}
    assert len(text.splitlines()) == 1 + 1 + 6 + len(CHECKS) + 1


def test_no_reason_can_steer_the_terminal_from_the_first_line_either(world: World) -> None:
    """Where no case of ours applies, the first line repeats a check's reason."""
    report = list_reports(world)[Case.REFUSED]
    hostile = tuple(replace(outcome, reason=HOSTILE) for outcome in report.checks)
    text = report_to_text(replace(report, checks=hostile), "file.json")
    assert "Mallory" in text.splitlines()[1]
    assert "\x1b" not in text
    assert "\u202e" not in text
    plain = report_to_text(report, "file.json")
    assert len(text.splitlines()) == len(plain.splitlines())


@pytest.mark.parametrize("colour", [False, True])
def test_colour_repeats_what_words_say(world: World, colour: bool) -> None:
    report = world.ask(world.issue().data, policy=POLICY)
    text = report_to_text(report, "file.json", colour=colour)
    assert ("\x1b[" in text) is colour
    plain = report_to_text(report, "file.json")
    assert text.replace("\x1b[32m", "").replace("\x1b[0m", "") == plain
    assert "Passed: Genuine and current" in plain


def test_what_is_only_reported_says_so(world: World) -> None:
    text = report_to_text(world.ask(world.issue().data), "file.json")
    line = next(line for line in text.splitlines() if "accreditation" in line)
    assert "The verdict does not depend on it." in line
