"""Good and bad credentials, each in a world of its own, and what silence may make of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from protocol.chain import Standing
from protocol.errors import (
    ChainDisagreementError,
    ChainError,
    ChainUnreachableError,
    StateUnavailableError,
)
from protocol.primitives import BlockNumber
from protocol.registry.events import StatusChange
from tests.verifier.fake_chain import FakeReader
from tests.verifier.world import MASK, WORD, Directory, Issued, World, encode
from verifier.checks import run_checks
from verifier.evidence import Evidence
from verifier.gather import Sources, gather_evidence
from verifier.policy import Demand, Policy
from verifier.reading import read_submission
from verifier.report import Report, Verdict

POLICY = Policy("strict", accreditation=Demand.REQUIRED)
ACHIEVEMENT = "https://issuer.example/ach/1"
ERRORS = (
    ChainUnreachableError("fake", "no answer"),
    ChainDisagreementError("fake", "eth_call"),
    StateUnavailableError("fake", BlockNumber(1)),
)


def genuine(world: World) -> Issued:
    world.chain.accredit(world.own.issuer_id, ACHIEVEMENT)
    return world.issue()


def revoked(world: World) -> Issued:
    issued = genuine(world)
    world.set_status(StatusChange.REVOKE, 1)
    return issued


def suspended(world: World) -> Issued:
    issued = genuine(world)
    world.set_status(StatusChange.SUSPEND, 16)
    return issued


def batch_revoked(world: World) -> Issued:
    issued = genuine(world)
    world.chain.revoke_batch(world.own.issuer_id, issued.root, 1)
    return issued


def stranger(world: World) -> Issued:
    return world.issue(signer=world.other, anchorer=world.other)


def tampered(world: World) -> Issued:
    issued = genuine(world)
    document = json.loads(issued.data)
    document["name"] = "Something else"
    return Issued(document, issued.leaf, issued.root, issued.transaction)


def compromised(world: World) -> Issued:
    issued = genuine(world)
    address = world.own.anchors[0].address
    world.chain.change_key(address, compromised_at=world.chain.blocks[1].time)
    return issued


def endorsed(world: World) -> Issued:
    issued = compromised(world)
    world.chain.endorse(world.own.anchors[1].address, issued.root)
    return issued


def unanchored(world: World) -> Issued:
    return world.issue(succeeded=False)


def name_moved(world: World) -> Issued:
    issued = genuine(world)
    world.chain.rebind(world.own.did, world.other.issuer_id)
    return issued


def unregistered(world: World) -> Issued:
    return world.issue(
        lambda document: document["issuer"].update(id="did:web:nobody.example"),
        signer=world.other,
        anchorer=world.other,
    )


SCENES = (
    *(genuine, revoked, suspended, batch_revoked, stranger, tampered, compromised, endorsed),
    *(unanchored, name_moved, unregistered),
)


def compare(full: Report, less: Report, place: str) -> None:
    for before, after in zip(full.checks, less.checks, strict=True):
        if after.verdict is Verdict.PASSED:
            # A skipped check may run again once its cause is no longer known to have failed.
            assert before.verdict in (Verdict.PASSED, Verdict.SKIPPED), f"{place}: {after.id}"
        if after.verdict is Verdict.FAILED:
            assert before.verdict in (Verdict.FAILED, Verdict.SKIPPED), f"{place}: {after.id}"
    if less.verdict is Verdict.PASSED:
        assert full.verdict is Verdict.PASSED, place
    if less.verdict is Verdict.FAILED:
        assert full.verdict is Verdict.FAILED, place


def name_moved_and_reused(world: World) -> Issued:
    """The first institution closed; the new holder of its name withdrew the same entry."""
    issued = genuine(world)
    world.chain.change_issuer(world.own.issuer_id, standing=Standing.CLOSED)
    world.chain.rebind(world.own.did, world.other.issuer_id)
    for change in (StatusChange.REVOKE, StatusChange.SUSPEND):
        world.chain.set_status(world.other.issuer_id, WORD, MASK, change)
    return issued


def name_moved_and_keys_renamed(world: World) -> Issued:
    """The new holder of the name registered other keys under the same method names."""
    issued = name_moved_and_reused(world)
    document = world.own.build_document()
    own, other = (encode(each.public).encode() for each in (world.own, world.other))
    assert own in document
    digest = world.documents.add(document.replace(own, other))
    world.chain.change_issuer(world.other.issuer_id, document_digest=digest)
    return issued


def shared_transaction(world: World) -> Issued:
    """Somebody else recorded the same root in the same transaction, first, and withdrew it."""
    issued = genuine(world)
    sent = world.chain.transactions[issued.transaction]
    copied = world.chain.anchor(world.other.anchors[0].address, issued.root)
    (own,) = sent.events
    (others,) = world.chain.transactions[copied].events
    place = replace(others.position, transaction=sent.hash)
    events = (replace(others, position=place), own)
    world.chain.transactions[issued.transaction] = replace(sent, events=events)
    world.chain.revoke_batch(world.other.issuer_id, issued.root, 1)
    return issued


TRAPS = (name_moved_and_reused, name_moved_and_keys_renamed, shared_transaction)
EVERY_SCENE = (*SCENES, *TRAPS)


class Scene:
    """A world after its scene, and the file in it, read once: only the chain's answers differ."""

    def __init__(self, build: Callable[[World], Issued]) -> None:
        self.world = World()
        self.data = build(self.world).data
        self.bare = Evidence(read_submission(self.data), POLICY, self.world.now, None, None)
        reader = self.world.read()
        self.full = self.ask(reader)
        self.questions = tuple(reader.asked)

    def ask(self, reader: FakeReader) -> Report:
        sources = Sources(Directory((reader,)), self.world.documents)
        outcomes = run_checks(gather_evidence(self.bare, sources))
        return Report(None, outcomes, None, POLICY.name, self.bare.checked_at)

    def silence(self, silent: frozenset[int | str], error: ChainError = ERRORS[0]) -> Report:
        return self.ask(self.world.read(silent=silent, error=error))


build_scene = cache(Scene)
