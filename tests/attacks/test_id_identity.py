"""ID: who speaks. Names in a file prove nothing; the register and the block's time do."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from protocol.chain import Role, Standing
from tests.verifier.world import World, encode, list_failed, list_unknown
from verifier.policy import Demand, Policy
from verifier.report import Report, Verdict

POLICY = Policy("quiet", accreditation=Demand.OFF, evidence=Demand.OFF)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return World()


def find_time(world: World, transaction: bytes) -> datetime:
    return world.chain.blocks[world.chain.transactions[transaction].block].time


def test_id_01_a_name_in_the_file_proves_nothing(world: World) -> None:
    """Own DID, own keys, and the name of a registered university: nobody registered that DID."""
    forged = world.issue(
        lambda document: document["issuer"].update(
            id="did:web:example-university.example", name="Example University"
        ),
        signer=world.other,
        anchorer=world.other,
    )
    report = world.ask(forged.data, policy=POLICY)
    assert report.verdict is Verdict.FAILED
    assert {"anchoring_key", "issuer"} <= set(list_failed(report))
    assert report.find("issuer").verdict is Verdict.FAILED


def test_id_01_the_registered_name_is_shown_whatever_the_file_says(world: World) -> None:
    issued = world.issue(lambda document: document["issuer"].update(name="University of Oxford"))
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    assert report.find("issuer").facts["registered_name"] == "Example University"
    assert report.find("issuer").facts["domain"] == "issuer.example"


@pytest.mark.parametrize(
    "alike",
    [
        "did:web:issuer.example.",
        "did:web:Issuer.example",
        "did:web:issuer.example:path",
        "did:web:www.issuer.example",
        "did:web:xn--issuer-9za.example",
    ],
)
def test_id_02_a_look_alike_identifier_is_another(world: World, alike: str) -> None:
    issued = world.issue(lambda document: document["issuer"].update(id=alike))
    report = world.ask(issued.data, policy=POLICY)
    assert "issuer" in list_failed(report)
    assert report.verdict is Verdict.FAILED


@pytest.mark.parametrize("proof", [0, 1])
def test_id_03_issuer_and_both_methods_are_one(world: World, proof: int) -> None:
    """Only the DID before the # of one method is another's."""
    issued = world.issue()
    method = issued.document["proof"][proof]["verificationMethod"]
    other = method.replace(world.own.did, world.other.did)
    issued.document["proof"][proof]["verificationMethod"] = other
    report = world.ask(issued.data, policy=POLICY)
    assert list_failed(report) == [("anchoring_key", "signature")[proof]]
    world.documents.copies.clear()
    report = world.ask(issued.data, policy=POLICY)
    assert list_failed(report) == [("anchoring_key", "signature")[proof]]


def test_id_03_the_method_must_be_the_key_that_anchored(world: World) -> None:
    """The proof names the institution's second key, the first one anchored."""
    issued = world.issue()
    second = f"{world.own.did}#{world.own.anchors[1].fragment}"
    issued.document["proof"][0]["verificationMethod"] = second
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["anchoring_key", "issuer"]
    world.documents.copies.clear()
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["anchoring_key"]


def test_id_03_a_key_that_the_own_document_does_not_list_fails(world: World) -> None:
    issued = world.issue()
    document = json.loads(world.own.build_document())
    document["verificationMethod"].pop(1)
    digest = world.documents.add(json.dumps(document).encode())
    world.chain.change_issuer(world.own.issuer_id, document_digest=digest)
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["anchoring_key"]


def test_id_03_a_key_with_another_role_does_not_anchor(world: World) -> None:
    issued = world.issue()
    world.chain.change_key(world.own.anchors[0].address, roles=Role.STATUS)
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["anchoring_key"]


def test_id_03_a_registered_document_that_contradicts_the_register_fails(world: World) -> None:
    """The document has another account's key under the method that the proof names."""
    issued = world.issue()
    document = json.loads(world.own.build_document())
    methods = document["verificationMethod"]
    methods[1]["publicKeyJwk"] = methods[2]["publicKeyJwk"]
    digest = world.documents.add(json.dumps(document).encode())
    world.chain.change_issuer(world.own.issuer_id, document_digest=digest)
    report = world.ask(issued.data, policy=POLICY)
    assert list_failed(report) == ["anchoring_key", "issuer"]
    assert "contradiction" in report.find("issuer").facts


def test_id_03_a_registered_document_of_somebody_else_fails(world: World) -> None:
    issued = world.issue()
    digest = world.documents.add(world.other.build_document())
    world.chain.change_issuer(world.own.issuer_id, document_digest=digest)
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["issuer"]


def test_id_04_an_entry_after_the_compromise_fails_and_one_before_stands(world: World) -> None:
    """The file's own dates say nothing; the block's time against the declared one decides."""
    issued = world.issue()
    moment, key = find_time(world, issued.transaction), world.own.anchors[0].address
    for since, verdict in (
        (moment + SECOND, Verdict.PASSED),
        (moment, Verdict.FAILED),
        (moment - SECOND, Verdict.FAILED),
    ):
        world.chain.change_key(key, compromised_at=since)
        report = world.ask(issued.data, policy=POLICY)
        assert report.find("anchoring_key").verdict is verdict
        assert report.verdict is verdict


def ask_with_window(world: World, data: bytes, **window: object) -> Report:
    world.chain.change_key(world.own.anchors[0].address, **window)
    return world.ask(data, policy=POLICY)


def test_id_05_a_key_is_live_from_its_first_second(world: World) -> None:
    issued = world.issue()
    moment = find_time(world, issued.transaction)
    on_time = ask_with_window(world, issued.data, not_before=moment)
    assert on_time.verdict is Verdict.PASSED
    early = ask_with_window(world, issued.data, not_before=moment + SECOND)
    assert list_failed(early) == ["anchoring_key"]


def test_id_05_a_key_is_live_until_the_second_before_its_end(world: World) -> None:
    """A rotated key: what it anchored in its time stands, what it anchors at its end does not."""
    issued = world.issue()
    moment = find_time(world, issued.transaction)
    inside = ask_with_window(world, issued.data, not_after=moment + SECOND)
    assert inside.verdict is Verdict.PASSED
    ended = ask_with_window(world, issued.data, not_after=moment)
    assert list_failed(ended) == ["anchoring_key"]
    assert "retired" in ended.find("anchoring_key").reason


def test_id_05_another_keys_endorsement_saves_what_a_compromised_key_anchored(
    world: World,
) -> None:
    issued = world.issue()
    first, second = (anchor.address for anchor in world.own.anchors)
    world.chain.change_key(first, compromised_at=world.chain.blocks[1].time)
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["anchoring_key"]
    world.chain.endorse(second, issued.root)
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    assert "vouched" in report.find("anchoring_key").reason


@pytest.mark.parametrize("spoiled", ["itself", "compromised", "other issuer", "role"])
def test_id_05_a_worthless_endorsement_saves_nothing(world: World, spoiled: str) -> None:
    issued = world.issue()
    first, second = (anchor.address for anchor in world.own.anchors)
    world.chain.change_key(first, compromised_at=world.chain.blocks[1].time)
    world.chain.endorse(first if spoiled == "itself" else second, issued.root)
    changes = {
        "compromised": {"compromised_at": world.chain.now},
        "other issuer": {"issuer_id": world.other.issuer_id},
        "role": {"roles": Role.STATUS},
    }
    if spoiled in changes:
        world.chain.change_key(second, **changes[spoiled])
    assert list_failed(world.ask(issued.data, policy=POLICY)) == ["anchoring_key"]


def test_id_05_a_key_cannot_vouch_for_itself(world: World) -> None:
    issued = world.issue()
    moment = find_time(world, issued.transaction)
    world.chain.endorse(world.own.anchors[0].address, issued.root)
    ended = ask_with_window(world, issued.data, not_after=moment)
    assert list_failed(ended) == ["anchoring_key"]


def test_id_05_an_endorsement_stands_if_its_key_was_compromised_later(world: World) -> None:
    issued = world.issue()
    first, second = (anchor.address for anchor in world.own.anchors)
    world.chain.change_key(first, compromised_at=world.chain.blocks[1].time)
    world.chain.endorse(second, issued.root)
    world.chain.change_key(second, compromised_at=world.chain.now + SECOND)
    assert world.ask(issued.data, policy=POLICY).verdict is Verdict.PASSED


def test_id_06_a_copy_with_another_digest_counts_as_not_had(world: World) -> None:
    """Somebody put his own key into the institution's document; the register has another digest."""
    issued = world.issue()
    document = json.loads(world.own.build_document())
    document["verificationMethod"][0]["publicKeyJwk"]["x"] = encode(world.other.public)
    world.documents.copies.clear()
    world.documents.add(json.dumps(document).encode())
    report = world.ask(issued.data, policy=POLICY)
    assert list_unknown(report) == ["signature"]
    assert report.verdict is Verdict.PASSED


def test_id_09_a_registered_document_that_cannot_be_read_leaves_the_signature_unknown(
    world: World,
) -> None:
    issued = world.issue()
    digest = world.documents.add(b'{"id": "did:web:issuer.example", "id": "did:web:b.example"}')
    world.chain.change_issuer(world.own.issuer_id, document_digest=digest)
    report = world.ask(issued.data, policy=POLICY)
    assert list_unknown(report) == ["signature"]


def test_id_12_both_names_are_there_the_registered_one_in_the_facts(world: World) -> None:
    issued = world.issue(lambda document: document["issuer"].update(name="Ex. Uni"))
    report = world.ask(issued.data, policy=POLICY)
    assert report.credential is not None
    assert report.credential["issuer"]["name"] == "Ex. Uni"
    assert report.find("issuer").facts["registered_name"] == "Example University"


def test_id_13_a_name_that_moved_on_keeps_what_its_former_holder_recorded(world: World) -> None:
    """The institution closed and its identifier was given to another."""
    issued = world.issue()
    world.chain.change_issuer(world.own.issuer_id, standing=Standing.CLOSED)
    world.chain.rebind(world.own.did, world.other.issuer_id)
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    facts = report.find("issuer").facts
    assert facts["standing"] == "closed"
    assert facts["issuer_id"] == world.other.issuer_id
    assert facts["issuer_id_then"] == facts["anchored_for"] == world.own.issuer_id


def test_id_13_nobody_issues_in_a_name_that_is_not_his(world: World) -> None:
    """The second institution anchored with its own key, under the first one's DID."""
    forged = world.issue(anchorer=world.other)
    forged.document["proof"][0]["verificationMethod"] = (
        f"{world.own.did}#{world.other.anchors[0].fragment}"
    )
    assert list_failed(world.ask(forged.data, policy=POLICY)) == ["anchoring_key"]
    world.documents.copies.clear()
    assert list_failed(world.ask(forged.data, policy=POLICY)) == ["anchoring_key"]


def test_id_13_a_name_that_moved_on_is_told_by_its_present_holders_registered_name(
    world: World,
) -> None:
    """What the new holder recorded counts as its own, never as the former holder's."""
    issued = world.issue(anchorer=world.other)
    issued.document["proof"][0]["verificationMethod"] = (
        f"{world.own.did}#{world.other.anchors[0].fragment}"
    )
    world.chain.rebind(world.own.did, world.other.issuer_id)
    world.documents.copies.clear()
    report = world.ask(issued.data, policy=POLICY)
    assert report.find("issuer").facts["registered_name"] == "Northgate College"
    assert "Northgate College" in report.find("anchoring_key").reason


def test_id_13_a_renamed_institution_keeps_its_old_credentials(world: World) -> None:
    issued = world.issue()
    renamed = replace(world.own, did="did:web:new.example")
    digest = world.documents.add(renamed.build_document())
    world.chain.rename(world.own.issuer_id, renamed.did, "New University")
    world.chain.change_issuer(world.own.issuer_id, document_digest=digest)
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    assert report.find("issuer").facts["registered_name"] == "New University"


@pytest.mark.parametrize("standing", list(Standing))
def test_id_13_present_standing_is_a_fact_not_a_verdict(world: World, standing: Standing) -> None:
    issued = world.issue()
    world.chain.change_issuer(world.own.issuer_id, standing=standing, reason=7)
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    assert report.find("issuer").facts["standing"] == standing.name.lower()
