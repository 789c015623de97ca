"""The whole procedure over a chain in memory: one thing is spoiled, every outcome is looked at."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from protocol.chain import AccreditationRecord, FinalityRule
from protocol.errors import NotACredentialError
from protocol.primitives import ChainId, Digest
from protocol.registry.events import StatusChange
from tests.verifier.fake_chain import FakeReader, build_network
from tests.verifier.world import (
    MemoryDocuments,
    World,
    list_failed,
    list_skipped,
    list_unknown,
    list_verdicts,
    sign,
)
from verifier.checks import CHECKS
from verifier.policy import Demand, Policy
from verifier.report import Verdict
from verifier.verify import FutureMomentError

QUIET = Policy("quiet", accreditation=Demand.OFF, evidence=Demand.OFF, endorsements=Demand.OFF)
CHAIN_CHECKS = [check.id for check in CHECKS if 6 <= check.step <= 13]


@pytest.fixture
def world() -> World:
    return World()


def change(data: bytes, edit) -> bytes:
    document = json.loads(data)
    edit(document)
    return json.dumps(document).encode()


def test_a_genuine_credential_passes_with_every_outcome(world: World) -> None:
    report = world.ask(world.issue().data, policy=QUIET)
    assert report.verdict is Verdict.PASSED
    assert [outcome.id for outcome in report.checks] == [check.id for check in CHECKS]
    assert list_verdicts(report, Verdict.NOT_APPLICABLE) == [
        *("accreditation", "evidence", "endorsements", "recipient"),
    ]
    assert not list_failed(report) + list_unknown(report) + list_skipped(report)
    assert report.block is not None
    assert report.block.number == world.chain.blocks[-1].number


def test_a_changed_claim_fails_path_and_signature(world: World) -> None:
    """All is well-formed, only the name of the achievement is another."""

    def edit(document: dict) -> None:
        document["credentialSubject"]["achievement"]["name"] = "Welding Level 9"

    report = world.ask(change(world.issue().data, edit), policy=QUIET)
    assert list_failed(report) == ["signature", "path"]
    assert list_skipped(report) == [check.id for check in CHECKS if 8 <= check.step <= 14]
    assert report.find("network").verdict is Verdict.PASSED
    assert report.find("contract").verdict is Verdict.PASSED
    assert report.verdict is Verdict.FAILED
    facts = report.find("path").facts
    assert facts["leaf"] != facts["leaf_stated"]
    assert facts["root"] != facts["root_stated"]


def test_a_stranger_is_named(world: World) -> None:
    """Both proofs are by the second institution's keys; the credential names the first."""
    forged = world.issue(signer=world.other, anchorer=world.other)
    report = world.ask(forged.data, policy=QUIET)
    assert list_failed(report) == ["signature", "anchoring_key"]
    assert list_skipped(report) == ["accreditation", "revocation", "suspension"]
    for check in ("signature", "anchoring_key"):
        whose = report.find(check).facts["key_of"]
        assert whose["registered_name"] == "Northgate College"
        assert whose["domain"] == "northgate.example"
        assert "Northgate College (northgate.example)" in report.find(check).reason


def test_a_signature_by_a_listed_key_over_something_else_fails(world: World) -> None:
    issued = world.issue()
    proofs = [issued.document["proof"][0], sign(world.own, bytes(32))]
    report = world.ask(change(issued.data, lambda document: document.update(proof=proofs)))
    assert list_failed(report) == ["signature", "accreditation"]
    assert report.find("signature").required
    assert report.verdict is Verdict.FAILED


def test_an_unlisted_signing_method_is_unknown_and_does_not_count(world: World) -> None:
    """The registered document no longer lists the signing key; the anchor is as it was."""
    issued = world.issue()
    document = json.loads(world.own.build_document())
    document["verificationMethod"] = document["verificationMethod"][1:]
    document["assertionMethod"] = document["assertionMethod"][1:]
    digest = world.documents.add(json.dumps(document).encode())
    world.chain.change_issuer(world.own.issuer_id, document_digest=digest)
    report = world.ask(issued.data, policy=QUIET)
    assert list_unknown(report) == ["signature"]
    assert not report.find("signature").required
    assert report.verdict is Verdict.PASSED


def test_without_any_copy_of_the_document_the_anchor_is_enough(world: World) -> None:
    report = world.ask(world.issue().data, policy=QUIET, documents=MemoryDocuments())
    assert list_unknown(report) == ["signature"]
    assert report.verdict is Verdict.PASSED
    assert report.find("anchoring_key").facts["document_at_hand"] is False


def test_a_silent_chain_is_unknown_never_failed(world: World) -> None:
    issued = world.issue()
    every = frozenset(range(100))
    report = world.ask(issued.data, world.read(silent=every), policy=QUIET)
    assert report.verdict is Verdict.UNKNOWN
    assert list_unknown(report) == [id_ for id_ in CHAIN_CHECKS if id_ != "accreditation"]
    assert not list_failed(report)
    signature = report.find("signature")
    assert signature.verdict is Verdict.PASSED
    assert signature.facts["compared_with_register"] is False
    assert report.block is None


def test_a_silent_chain_with_no_copy_leaves_the_signature_unknown(world: World) -> None:
    silent = world.read(silent=frozenset(range(100)))
    report = world.ask(world.issue().data, silent, documents=MemoryDocuments())
    assert report.find("signature").verdict is Verdict.UNKNOWN


def test_a_network_that_is_not_configured_is_unknown(world: World) -> None:
    elsewhere = build_network(world.chain, chain_id=ChainId(5))
    report = world.ask(world.issue().data, world.read(network=elsewhere), policy=QUIET)
    assert report.find("network").facts["cause"] == "not_configured"
    assert report.verdict is Verdict.UNKNOWN
    assert not list_failed(report)


def test_a_network_that_the_policy_leaves_out_is_unknown(world: World) -> None:
    report = world.ask(world.issue().data, policy=replace(QUIET, networks=("sepolia",)))
    assert report.find("network").facts["cause"] == "not_configured"
    assert report.verdict is Verdict.UNKNOWN


def test_two_networks_with_one_chain_id_are_unknown(world: World) -> None:
    report = world.ask(world.issue().data, world.read(), world.read(), policy=QUIET)
    assert report.find("network").facts["cause"] == "ambiguous"
    assert report.verdict is Verdict.UNKNOWN


def test_a_credential_of_another_format_is_unknown(world: World) -> None:
    foreign = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:elsewhere.example",
    }
    report = world.ask(json.dumps(foreign).encode())
    assert report.verdict is Verdict.UNKNOWN
    assert list_unknown(report) == ["format"]
    assert list_skipped(report) == [check.id for check in CHECKS[1:]]
    assert report.credential is None
    assert "do not know this kind" in report.find("format").reason


def test_a_refusal_by_the_guard_fails_format_and_names_the_rule(world: World) -> None:
    data = change(world.issue().data, lambda document: document.update(grade="A+"))
    report = world.ask(data)
    assert list_failed(report) == ["format"]
    assert list_skipped(report) == [check.id for check in CHECKS[1:]]
    assert report.find("format").facts["rule"] == "G6"
    assert "safety rule" in report.find("format").reason
    assert report.verdict is Verdict.FAILED


def test_another_context_beside_ours_is_unknown_not_passed(world: World) -> None:
    def edit(document: dict) -> None:
        document["@context"].append("https://example.org/unknown")

    report = world.ask(change(world.issue().data, edit))
    assert list_unknown(report) == ["contexts"]
    assert report.verdict is Verdict.UNKNOWN


def test_a_missing_part_fails_schema_alone(world: World) -> None:
    """The batch was anchored as it is; only the achievement has no criteria."""
    issued = world.issue(lambda d: d["credentialSubject"]["achievement"].pop("criteria"))
    report = world.ask(issued.data, policy=QUIET)
    assert list_failed(report) == ["schema"]
    assert "criteria" in json.dumps(report.find("schema").facts["problems"])


def test_what_is_no_credential_has_no_report(world: World) -> None:
    for data in (b"", b"[]", b'{"a": 1}', b"\xff"):
        with pytest.raises(NotACredentialError):
            world.ask(data)


def test_other_code_at_the_registers_address_fails_contract(world: World) -> None:
    replaced = world.read(answers={"read_code_hash": Digest(b"\1" * 32)})
    report = world.ask(world.issue().data, replaced, policy=QUIET)
    assert list_failed(report) == ["contract"]
    assert list_skipped(report) == [check.id for check in CHECKS if 8 <= check.step <= 13]


def test_a_network_without_a_register_is_unknown(world: World) -> None:
    bare = world.read(network=build_network(world.chain, contract=None, code_hash=None))
    report = world.ask(world.issue().data, bare, policy=QUIET)
    assert report.find("network").verdict is Verdict.PASSED
    assert report.find("contract").verdict is Verdict.UNKNOWN
    assert not list_failed(report)


def test_accreditation_counts_as_the_policy_says(world: World) -> None:
    issued = world.issue()
    for demand, verdict in (
        (Demand.REQUIRED, Verdict.FAILED),
        (Demand.REPORTED, Verdict.PASSED),
        (Demand.OFF, Verdict.PASSED),
    ):
        report = world.ask(issued.data, policy=replace(QUIET, accreditation=demand))
        assert report.verdict is verdict
        assert report.find("accreditation").required is (demand is Demand.REQUIRED)


@pytest.mark.parametrize("when", ["before", "expired", "withdrawn", "later", "renewed"])
def test_accreditation_is_judged_when_the_batch_was_recorded(world: World, when: str) -> None:
    """Granted before: passes, also if withdrawn or granted anew since. Ended or too late: fails."""
    own, achievement = world.own.issuer_id, "https://issuer.example/ach/1"
    if when in ("before", "renewed"):
        world.chain.accredit(own, achievement)
    if when == "expired":
        world.chain.accredit(own, achievement, world.chain.now + timedelta(seconds=12))
    if when == "withdrawn":
        world.chain.accredit(own, achievement)
        world.chain.withdraw(own, achievement)
    issued = world.issue()
    if when == "before":
        world.chain.withdraw(own, achievement)
    if when in ("later", "renewed"):
        world.chain.accredit(own, achievement)
    report = world.ask(issued.data, policy=Policy("strict", accreditation=Demand.REQUIRED))
    expected = Verdict.PASSED if when in ("before", "renewed") else Verdict.FAILED
    assert report.find("accreditation").verdict is expected


@pytest.mark.parametrize(
    ("member", "offset", "verdict"),
    [
        ("valid_from", 0, Verdict.PASSED),
        ("valid_from", 1, Verdict.FAILED),
        ("valid_until", 0, Verdict.FAILED),
        ("valid_until", 1, Verdict.PASSED),
        ("withdrawn_at", 0, Verdict.FAILED),
        ("withdrawn_at", 1, Verdict.PASSED),
    ],
)
def test_a_grant_counts_from_its_first_second_to_the_one_before_its_last(
    world: World, member: str, offset: int, verdict: Verdict
) -> None:
    issued = world.issue()
    recorded = world.chain.blocks[world.chain.transactions[issued.transaction].block].time
    grant = AccreditationRecord(world.chain.blocks[0].time, None, None, 0)
    moment = recorded + timedelta(seconds=offset)
    reader = world.read(answers={"read_accreditation": replace(grant, **{member: moment})})
    assert world.ask(issued.data, reader).find("accreditation").verdict is verdict


def test_an_authority_that_is_not_trusted_accredits_nobody(world: World) -> None:
    world.chain.accredit(world.own.issuer_id, "https://issuer.example/ach/1")
    usurped = world.read(answers={"read_authority": b"\1" * 20})
    report = world.ask(world.issue().data, usurped)
    assert report.find("accreditation").verdict is Verdict.FAILED


def test_a_moment_in_the_future_cannot_be_asked_about(world: World) -> None:
    with pytest.raises(FutureMomentError):
        world.ask(world.issue().data, at=world.now + timedelta(seconds=1))


def test_an_earlier_moment_is_judged_by_the_chain_as_it_was(world: World) -> None:
    issued = world.issue()
    before = world.chain.blocks[-1]
    world.chain.wait(days=1)
    world.set_status(StatusChange.REVOKE)
    assert list_failed(world.ask(issued.data, policy=QUIET)) == ["revocation"]
    report = world.ask(issued.data, policy=QUIET, at=before.time)
    assert report.verdict is Verdict.PASSED
    assert report.block is not None
    assert report.block.number == before.number
    between = world.ask(issued.data, policy=QUIET, at=before.time + timedelta(hours=3))
    assert between.block is not None
    assert between.block.number == before.number


def test_at_a_moment_before_it_was_recorded_there_is_no_entry(world: World) -> None:
    early = world.chain.blocks[-1].time
    report = world.ask(world.issue().data, policy=QUIET, at=early)
    assert list_failed(report) == ["anchor"]
    assert "only after the moment" in report.find("anchor").reason


def test_a_node_without_that_moments_state_is_unknown(world: World) -> None:
    issued = world.issue()
    reader = world.read(silent=frozenset(["read_anchor", "read_status", "read_code_hash"]))
    report = world.ask(issued.data, reader, policy=QUIET, at=world.chain.now)
    assert report.verdict is Verdict.UNKNOWN
    assert not list_failed(report)


def test_a_moment_before_the_chain_began_is_unknown(world: World) -> None:
    issued = world.issue()
    early = world.chain.blocks[0].time - timedelta(days=1)
    report = world.ask(issued.data, policy=QUIET, at=early)
    assert report.find("network").facts["cause"] == "no_state"
    assert list_failed(report) == ["validity"]


@pytest.mark.parametrize(
    ("typed", "verdict"),
    [
        ("Wiremu", Verdict.PASSED),
        ("  wiremu ", Verdict.PASSED),
        ("Wirēmu", Verdict.FAILED),
        ("Mere", Verdict.FAILED),
        ("Mere@Example.org ", Verdict.PASSED),
        ("mere@example.com", Verdict.FAILED),
        ("10234", Verdict.PASSED),
        ("010234", Verdict.FAILED),
        ("did:example:wiremu", Verdict.PASSED),
        ("did:example:Wiremu", Verdict.FAILED),
    ],
)
def test_a_recipient_is_compared_by_kind(world: World, typed: str, verdict: Verdict) -> None:
    from tests.identities import build_identifiers

    def edit(document: dict) -> None:
        document["credentialSubject"]["id"] = "did:example:wiremu"
        document["credentialSubject"]["identifier"] = build_identifiers(
            name="Wiremu",
            email="mere@example.org",
            student_id="10234",
            seed=b"\1" * 32,
            position=0,
        )

    report = world.ask(world.issue(edit).data, policy=QUIET, recipient=typed)
    assert report.find("recipient").verdict is verdict
    assert report.find("recipient").required
    assert report.verdict is verdict


def test_nothing_to_compare_leaves_the_recipient_unknown(world: World) -> None:
    def edit(document: dict) -> None:
        document["credentialSubject"].pop("identifier")
        document["credentialSubject"].pop("id", None)

    issued = world.issue(edit)
    outcome = world.ask(issued.data, recipient="Wiremu").find("recipient")
    assert outcome.verdict is Verdict.UNKNOWN


def test_digests_of_evidence_are_reported_as_not_compared(world: World) -> None:
    outcome = world.ask(world.issue().data).find("evidence")
    assert outcome.verdict is Verdict.UNKNOWN
    assert not outcome.required
    assert outcome.facts["files"][0]["name"] == "Video"


def test_nothing_in_the_proofs_is_shown_as_signed(world: World) -> None:
    report = world.ask(world.issue().data)
    assert report.credential is not None
    assert "proof" not in report.credential
    assert "2026-03-02T00:00:00Z" not in json.dumps(report.credential)


def test_the_finality_rule_is_told(world: World) -> None:
    network = build_network(world.chain, finality=FinalityRule.ONE_CONFIRMATION)
    report = world.ask(world.issue().data, FakeReader(world.chain, network))
    assert report.find("finality").facts["rule"] == "one-confirmation"


def test_verifying_loads_neither_web_nor_keys() -> None:
    program = (
        "import sys, verifier.verify\n"
        "print([m for m in ('flask', 'web3', 'eth_account') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout.strip() == "[]", answer.stderr
