"""One thing is spoiled, and the whole list of outcomes is said: no check may answer for another."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from protocol.chain import Role, StatusWord
from protocol.errors import ChainUnreachableError
from protocol.registry.events import StatusChange
from tests.verifier.fake_chain import OTHER_CONTRACT, build_network
from tests.verifier.world import MASK, Directory, Issued, World, sign
from verifier.checks import CHECKS, run_checks
from verifier.evidence import Evidence
from verifier.gather import Sources, gather_evidence
from verifier.policy import Demand, Policy
from verifier.reading import read_submission
from verifier.report import Report, Verdict
from verifier.verify import Question, Surroundings, verify

POLICY = Policy("strict", accreditation=Demand.REQUIRED)
ACHIEVEMENT = "https://issuer.example/ach/1"
GENUINE = {check.id: "passed" for check in CHECKS} | {
    "evidence": "unknown",
    "endorsements": "not_applicable",
    "recipient": "not_applicable",
}
"""The file is with the institution, nobody endorsed it, nobody was named."""


def tell(report: Report) -> dict[str, str]:
    return {outcome.id: str(outcome.verdict) for outcome in report.checks}


def expect(**changed: str) -> dict[str, str]:
    """Return the outcomes of a genuine credential, save for the verdicts named here."""
    assert set(changed) <= set(GENUINE)
    return GENUINE | changed


def skip(first: int, last: int) -> dict[str, str]:
    return {check.id: "skipped" for check in CHECKS if first <= check.step <= last}


@pytest.fixture
def world() -> World:
    world = World()
    for institution in (world.own, world.other):
        world.chain.accredit(institution.issuer_id, ACHIEVEMENT)
    return world


def edit(issued: Issued, change: Callable[[dict], object]) -> bytes:
    document = json.loads(issued.data)
    change(document)
    return json.dumps(document).encode()


def test_nothing_is_spoiled(world: World) -> None:
    report = world.ask(world.issue().data, policy=POLICY)
    assert tell(report) == GENUINE
    assert report.verdict is Verdict.PASSED


@pytest.mark.parametrize("claim", ["id", "name", "validFrom", "issuer", "credentialStatus"])
def test_a_changed_claim(world: World, claim: str) -> None:
    changes = {
        "id": lambda d: d.update(id="urn:uuid:00000000-0000-4000-8000-000000000000"),
        "name": lambda d: d.update(name="Another"),
        "validFrom": lambda d: d.update(validFrom="2026-03-01T00:00:01Z"),
        "issuer": lambda d: d["issuer"].update(name="Another"),
        "credentialStatus": lambda d: d.pop("credentialStatus"),
    }
    report = world.ask(edit(world.issue(), changes[claim]), policy=POLICY)
    assert tell(report) == expect(signature="failed", path="failed", **skip(8, 14))
    assert report.verdict is Verdict.FAILED


def test_a_claim_that_is_only_written_otherwise(world: World) -> None:
    """Members in another order, blanks between them: the same statements."""
    document = json.loads(world.issue().data)
    shuffled = json.dumps(dict(reversed(document.items())), indent=3).encode()
    assert tell(world.ask(shuffled, policy=POLICY)) == GENUINE


def test_a_receipt_of_another_credential(world: World) -> None:
    other = world.issue(lambda d: d.update(name="Another"))
    issued = world.issue()
    issued.document["proof"][0] = other.document["proof"][0]
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(path="failed", **skip(8, 14))
    assert report.verdict is Verdict.FAILED


def test_a_signature_over_something_else(world: World) -> None:
    issued = world.issue()
    issued.document["proof"][1] = sign(world.own, bytes(32))
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(signature="failed")
    assert report.verdict is Verdict.FAILED


def test_the_two_proofs_in_the_other_order(world: World) -> None:
    report = world.ask(edit(world.issue(), lambda d: d["proof"].reverse()), policy=POLICY)
    assert tell(report) == expect(format="failed", **skip(2, 16))
    assert report.verdict is Verdict.FAILED


def test_another_contract(world: World) -> None:
    report = world.ask(world.issue(contract=OTHER_CONTRACT).data, policy=POLICY)
    assert tell(report) == expect(anchor="failed", **skip(9, 13))


def test_a_transaction_that_was_refused(world: World) -> None:
    report = world.ask(world.issue(succeeded=False).data, policy=POLICY)
    assert tell(report) == expect(anchor="failed", **skip(9, 13))


def test_other_code(world: World) -> None:
    """Then nothing that this register says is asked for; a kept copy has the signing key."""
    report = world.ask(
        world.issue().data, world.read(answers={"read_code_hash": b"\1" * 32}), policy=POLICY
    )
    assert tell(report) == expect(contract="failed", **skip(8, 13))
    assert report.verdict is Verdict.FAILED


def test_an_entry_that_is_not_final(world: World) -> None:
    report = world.ask(world.issue().data, world.read(final=0), policy=POLICY)
    assert tell(report) == expect(finality="unknown")
    assert report.verdict is Verdict.UNKNOWN


KEY_TROUBLES = {
    "role": lambda world, moment: {"roles": Role.STATUS},
    "too early": lambda world, moment: {"not_before": moment + timedelta(seconds=1)},
    "retired": lambda world, moment: {"not_after": moment},
    "compromised": lambda world, moment: {"compromised_at": moment},
}


@pytest.mark.parametrize("trouble", KEY_TROUBLES)
def test_a_key_that_had_no_right(world: World, trouble: str) -> None:
    issued = world.issue()
    moment = world.chain.blocks[world.chain.transactions[issued.transaction].block].time
    changes = KEY_TROUBLES[trouble](world, moment)
    world.chain.change_key(world.own.anchors[0].address, **changes)
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(anchoring_key="failed", **skip(12, 13))
    assert report.verdict is Verdict.FAILED


def test_a_key_that_belongs_to_nobody(world: World) -> None:
    """A source that knows no key: it cannot be, so nobody is trusted."""
    reader = world.read(answers={"read_key": None})
    report = world.ask(world.issue().data, reader, policy=POLICY)
    assert tell(report) == expect(anchoring_key="failed", **skip(12, 13))


STRANGERS = {
    "methods of his own": lambda world, document: None,
    "the named institution's anchoring method": lambda world, document: document["proof"][0].update(
        verificationMethod=world.own.anchor_method
    ),
    "his key under the named institution's DID": lambda world, document: document["proof"][
        0
    ].update(verificationMethod=f"{world.own.did}#{world.other.anchors[0].fragment}"),
    "the named institution's signing method": lambda world, document: document["proof"][1].update(
        verificationMethod=world.own.signing_method
    ),
}


@pytest.mark.parametrize("disguise", STRANGERS)
def test_a_stranger(world: World, disguise: str) -> None:
    """The second institution's keys anchored and signed what names the first."""
    forged = world.issue(signer=world.other, anchorer=world.other)
    STRANGERS[disguise](world, forged.document)
    report = world.ask(forged.data, policy=POLICY)
    assert tell(report) == expect(signature="failed", anchoring_key="failed", **skip(12, 13))
    assert report.verdict is Verdict.FAILED
    whose = report.find("anchoring_key").facts["key_of"]
    assert whose == {
        "issuer_id": world.other.issuer_id,
        "registered_name": "Northgate College",
        "identifier": "did:web:northgate.example",
        "domain": "northgate.example",
    }
    assert "Northgate College (northgate.example)" in report.find("anchoring_key").reason


@pytest.mark.parametrize("disguise", STRANGERS)
@pytest.mark.parametrize("endorsed", [False, True])
@pytest.mark.parametrize("documents", [False, True])
def test_a_stranger_never_passes(
    world: World, disguise: str, endorsed: bool, documents: bool
) -> None:
    """Not by his own second key's endorsement, nor where no copy of a document is at hand."""
    forged = world.issue(signer=world.other, anchorer=world.other)
    STRANGERS[disguise](world, forged.document)
    if endorsed:
        world.chain.endorse(world.other.anchors[1].address, forged.root)
    if not documents:
        world.documents.copies.clear()
    report = world.ask(forged.data, policy=POLICY)
    assert report.verdict is Verdict.FAILED
    assert report.find("anchoring_key").verdict is Verdict.FAILED
    assert report.find("issuer").verdict is Verdict.PASSED


@pytest.mark.parametrize("lie", ["key", "event", "record"])
def test_a_stranger_whose_numbers_do_not_agree_fails_for_the_institution_too(
    world: World, lie: str
) -> None:
    """Key, event and record name three issuers where they should name one."""
    forged = world.issue(signer=world.other, anchorer=world.other)
    reader, pinned = world.read(), world.chain.blocks[-1]
    key = reader.read_key(world.other.anchors[0].address, pinned)
    record = reader.read_anchor(world.other.issuer_id, forged.root, pinned)
    sent = reader.read_transaction(forged.transaction)
    (event,) = sent.events
    own = world.own.issuer_id
    answers = {
        "key": {"read_key": replace(key, issuer_id=own)},
        "event": {
            "read_transaction": replace(sent, events=(replace(event, issuer_id=own),)),
            "read_anchor": replace(record, issuer_id=own),
        },
        "record": {"read_anchor": replace(record, issuer_id=own)},
    }[lie]
    report = world.ask(forged.data, world.read(answers=answers), policy=POLICY)
    assert report.verdict is Verdict.FAILED
    found = {
        "key": expect(signature="failed", anchoring_key="failed", issuer="failed", **skip(12, 13)),
        "event": expect(signature="failed", anchoring_key="failed", **skip(12, 13)),
        "record": expect(signature="failed", anchor="failed", **skip(9, 13)),
    }[lie]
    assert tell(report) == found


def test_an_institution_that_nobody_registered(world: World) -> None:
    forged = world.issue(
        lambda d: d["issuer"].update(id="did:web:nobody.example"),
        signer=world.other,
        anchorer=world.other,
    )
    report = world.ask(forged.data, policy=POLICY)
    failed = dict.fromkeys(("signature", "anchoring_key", "issuer"), "failed")
    assert tell(report) == expect(**failed, **skip(12, 13))


@pytest.mark.parametrize(
    ("change", "reason", "check"),
    [(StatusChange.REVOKE, 1, "revocation"), (StatusChange.SUSPEND, 16, "suspension")],
)
def test_a_set_bit(world: World, change: StatusChange, reason: int, check: str) -> None:
    issued = world.issue()
    world.set_status(change, reason)
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(**{check: "failed"})
    assert report.verdict is Verdict.FAILED
    assert report.find(check).facts["reason_code"] == reason
    assert ("may be reinstated" in report.find(check).reason) is (check == "suspension")


def test_both_bits(world: World) -> None:
    issued = world.issue()
    world.set_status(StatusChange.SUSPEND, 16)
    world.set_status(StatusChange.REVOKE, 2)
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(revocation="failed", suspension="failed")


def test_a_batch_that_was_withdrawn(world: World) -> None:
    issued = world.issue()
    world.chain.revoke_batch(world.own.issuer_id, issued.root, 1)
    assert tell(world.ask(issued.data, policy=POLICY)) == expect(revocation="failed")


def test_an_achievement_without_accreditation(world: World) -> None:
    world.chain.withdraw(world.own.issuer_id, ACHIEVEMENT)
    report = world.ask(world.issue().data, policy=POLICY)
    assert tell(report) == expect(accreditation="failed")
    assert report.verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        ({"validUntil": "2026-03-01T00:00:01Z"}, "ended"),
        ({"validFrom": "2026-12-01T00:00:00Z"}, "starts"),
    ],
)
def test_dates_that_have_passed_or_not_come(world: World, dates: dict, word: str) -> None:
    report = world.ask(world.issue(lambda d: d.update(dates)).data, policy=POLICY)
    assert tell(report) == expect(validity="failed")
    assert word in report.find("validity").reason


@pytest.mark.parametrize(("name", "verdict"), [("Wiremu", "passed"), ("Mere", "failed")])
def test_a_person_who_was_named(world: World, name: str, verdict: str) -> None:
    report = world.ask(world.issue().data, policy=POLICY, recipient=name)
    assert tell(report) == expect(recipient=verdict)
    assert str(report.verdict) == verdict


def test_an_endorsement_is_reported_as_not_looked_into(world: World) -> None:
    """The schema wants a context in it that the guard refuses: none of ours embeds one."""
    endorsement = {
        "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": "did:web:endorser.example", "type": ["Profile"]},
        "name": "Endorsement",
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "urn:example:ach", "type": ["EndorsementSubject"]},
    }
    issued = world.issue(lambda document: document.update(endorsement=[endorsement]))
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(schema="failed", endorsements="unknown")


def test_a_silent_chain(world: World) -> None:
    report = world.ask(world.issue().data, world.read(silent=frozenset(range(99))), policy=POLICY)
    unknown = {check.id: "unknown" for check in CHECKS if 6 <= check.step <= 13}
    assert tell(report) == expect(**unknown)
    assert report.verdict is Verdict.UNKNOWN


def test_a_chain_that_is_silent_about_a_changed_file_does_not_save_it(world: World) -> None:
    """The path and the kept copy say no without the chain; what they left open is skipped."""
    data = edit(world.issue(), lambda d: d.update(name="Another"))
    report = world.ask(data, world.read(silent=frozenset(range(99))), policy=POLICY)
    found = {"signature": "unknown", "network": "unknown", "contract": "unknown", "path": "failed"}
    assert tell(report) == expect(**found, **skip(8, 14))
    assert report.verdict is Verdict.FAILED


def test_a_network_without_a_freshness_rule_may_be_old(world: World) -> None:
    reader = world.read(network=build_network(world.chain, freshness_seconds=None))
    late = world.now + timedelta(days=400)
    assert tell(world.ask(world.issue().data, reader, policy=POLICY, now=late)) == GENUINE


@pytest.mark.parametrize(
    ("proof", "spoil", "rule"),
    [
        (0, lambda value: value[:-1], "receipt"),
        (0, lambda value: value + "1", "receipt"),
        (0, lambda value: "z", "receipt"),
        (1, lambda value: value[:-1], "signature"),
        (1, lambda value: "u" + value[1:], "signature"),
    ],
)
def test_a_proof_value_in_another_form(
    world: World, proof: int, spoil: Callable[[str], str], rule: str
) -> None:
    issued = world.issue()
    issued.document["proof"][proof]["proofValue"] = spoil(
        issued.document["proof"][proof]["proofValue"]
    )
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(format="failed", **skip(2, 16))
    assert report.find("format").facts["rule"] == rule
    assert report.find("format").facts["member"] == f"proof[{proof}].proofValue"


def test_a_network_whose_authority_is_not_recorded(world: World) -> None:
    reader = world.read(network=build_network(world.chain, authority=None))
    report = world.ask(world.issue().data, reader, policy=POLICY)
    assert tell(report) == expect(accreditation="unknown")
    assert report.verdict is Verdict.UNKNOWN


def test_a_network_whose_code_is_not_recorded(world: World) -> None:
    reader = world.read(network=build_network(world.chain, code_hash=None))
    report = world.ask(world.issue().data, reader, policy=POLICY)
    assert tell(report) == expect(contract="unknown")
    assert report.verdict is Verdict.UNKNOWN


def test_a_network_without_a_register(world: World) -> None:
    bare = build_network(world.chain, contract=None, code_hash=None)
    report = world.ask(world.issue().data, world.read(network=bare), policy=POLICY)
    unknown = {check.id: "unknown" for check in CHECKS if 7 <= check.step <= 13}
    assert tell(report) == expect(**unknown)


def test_a_method_that_spells_no_key_while_the_document_is_not_at_hand(world: World) -> None:
    """The register knows the key; whether the method means it only the document could say."""
    issued = world.issue()
    issued.document["proof"][0]["verificationMethod"] = f"{world.own.did}#key-1"
    world.documents.copies.clear()
    report = world.ask(issued.data, policy=POLICY)
    assert tell(report) == expect(signature="unknown", anchoring_key="unknown")
    assert report.verdict is Verdict.UNKNOWN
    assert report.find("signature").required


def test_a_bit_that_no_log_explains(world: World) -> None:
    """It stands: storage is the truth, the log only tells when and why."""
    issued = world.issue()
    reader = world.read(answers={"read_status": StatusWord(revoked=MASK, suspended=MASK)})
    report = world.ask(issued.data, reader, policy=POLICY)
    assert tell(report) == expect(revocation="failed", suspension="failed")
    assert report.find("revocation").facts["withdrawn_at"] is None
    assert "no such change" in str(report.find("revocation").facts["time_unknown_because"])


def test_a_configuration_that_cannot_say_which_network(world: World) -> None:
    class Lost:
        def find_readers(self, chain_id: int) -> tuple:
            raise ChainUnreachableError("fake", "no answer")

    surroundings = Surroundings(Lost(), world.documents, POLICY, lambda: world.now)
    report = verify(Question(world.issue().data), surroundings)
    unknown = {check.id: "unknown" for check in CHECKS if 6 <= check.step <= 13}
    assert tell(report) == expect(**unknown)
    assert report.block is None


def test_evidence_can_be_judged_again_later(world: World) -> None:
    """The checks ask nobody: the same evidence gives the same outcomes, as often as one likes."""
    reading = read_submission(world.issue().data)
    bare = Evidence(reading, POLICY, world.now, None, None)
    reader = world.read()
    evidence = gather_evidence(bare, Sources(Directory((reader,)), world.documents))
    asked = len(reader.asked)
    first = run_checks(evidence)
    world.set_status(StatusChange.REVOKE)
    assert run_checks(evidence) == first
    assert len(reader.asked) == asked
