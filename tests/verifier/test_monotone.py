"""The verdict is monotone: taking an answer away never makes a yes, nor a no (ATTACKS 7.2).

Every question that a verification asks is left unanswered in turn, for good credentials and for
each kind of bad one.
"""

import json
from collections.abc import Callable

import pytest

from protocol.errors import ChainDisagreementError, ChainUnreachableError, StateUnavailableError
from protocol.events import StatusChange
from protocol.primitives import BlockNumber
from tests.verifier.world import Issued, World
from verifier.policy import Demand, Policy
from verifier.report import Report, Verdict

POLICY = Policy("strict", accreditation=Demand.REQUIRED)
ACHIEVEMENT = "https://issuer.example/ach/1"
ERRORS = (
    ChainUnreachableError("fake", "no answer"),
    ChainDisagreementError("fake", "eth_call"),
    StateUnavailableError("fake", BlockNumber(1)),
)
NEEDED_BY = {
    "read_code_hash": {"contract"},
    "read_final": {"finality"},
    "read_status": {"revocation", "suspension"},
    "read_authority": {"accreditation"},
    "read_accreditation": {"accreditation"},
}
"""Which checks need the answer to a question that is asked once."""


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


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_missing_answer_never_makes_a_yes_or_a_no(
    scene: Callable[[World], Issued], error: Exception
) -> None:
    world = World()
    issued = scene(world)
    reader = world.read()
    full = world.ask(issued.data, reader, policy=POLICY)
    assert len(reader.asked) > 5
    for number, question in enumerate(reader.asked):
        silent = world.read(silent=frozenset([number]), error=error)
        less = world.ask(issued.data, silent, policy=POLICY)
        compare(full, less, f"without answer {number}, {question}")


@pytest.mark.parametrize("question", NEEDED_BY)
def test_a_missing_answer_is_unknown_for_exactly_the_checks_that_needed_it(question: str) -> None:
    world = World()
    issued = genuine(world)
    silent = world.read(silent=frozenset([question]))
    report = world.ask(issued.data, silent, policy=POLICY)
    unknown = {outcome.id for outcome in report.checks if outcome.verdict is Verdict.UNKNOWN}
    assert unknown - {"evidence"} == NEEDED_BY[question]
    assert report.verdict is Verdict.UNKNOWN


def test_every_question_of_a_genuine_credential_is_needed_by_some_check() -> None:
    """A verification that lost an answer is never simply passed."""
    world = World()
    issued = genuine(world)
    reader = world.read()
    world.ask(issued.data, reader, policy=POLICY)
    for number in range(len(reader.asked)):
        silent = world.read(silent=frozenset([number]))
        report = world.ask(issued.data, silent, policy=POLICY)
        if report.verdict is Verdict.PASSED:
            assert reader.asked[number] in ("read_names", "read_issuer_id"), number


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_missing_copy_of_a_document_never_makes_a_no(scene: Callable[[World], Issued]) -> None:
    world = World()
    issued = scene(world)
    full = world.ask(issued.data, policy=POLICY)
    world.documents.copies.clear()
    less = world.ask(issued.data, policy=POLICY)
    compare(full, less, "without documents")
