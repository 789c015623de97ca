"""A service remembers anchors that are final, and nothing that could ever mislead it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from protocol.chain import Standing
from protocol.errors import ChainDisagreementError, ChainUnreachableError
from protocol.registry.events import StatusChange
from protocol.registry.final_transactions import (
    CAPACITY,
    EVENT_LIMIT,
    INPUT_LIMIT_BYTES,
    FinalReader,
    FinalTransactions,
)
from tests.verifier.fake_chain import FakeChain, FakeReader
from tests.verifier.world import World
from verifier.report import Report, Verdict

TRANSACTION = "read_transaction"


class Service:
    """A verifier that remembers, beside one that does not."""

    def __init__(self, world: World, witness: FakeReader | None = None, **memory: int) -> None:
        self.world = world
        self.known = FinalTransactions(witness, **memory)
        self.asked: list[str] = []

    def ask(self, data: bytes, **dials: object) -> Report:
        reader = self.world.read(**dials)
        report = self.world.ask(data, FinalReader(reader, self.known))
        self.asked = reader.asked
        return report


def test_an_anchor_is_asked_for_once_and_all_else_every_time() -> None:
    world = World()
    service, issued = Service(world), world.issue()
    first = service.ask(issued.data)
    assert (first.verdict, TRANSACTION in service.asked) == (Verdict.PASSED, True)
    plain = world.read()
    world.ask(issued.data, plain)
    assert service.ask(issued.data) == first == world.ask(issued.data)
    assert TRANSACTION not in service.asked
    assert set(service.asked) == set(plain.asked) - {TRANSACTION}
    assert service.asked.count("read_block") == plain.asked.count("read_block")


def test_two_credentials_of_one_batch_share_what_is_known_of_it() -> None:
    world = World()
    service, issued = Service(world), world.issue()
    service.ask(issued.data)
    service.ask(world.issue(lambda document: document.update(name="Another")).data)
    assert len(service.known) == 2
    service.ask(issued.data)
    assert TRANSACTION not in service.asked


Change = Callable[[World, object], object]
CHANGES: dict[str, Change] = {
    "revoked": lambda world, issued: world.set_status(StatusChange.REVOKE),
    "suspended": lambda world, issued: world.set_status(StatusChange.SUSPEND),
    "whole batch revoked": lambda world, issued: world.chain.revoke_batch(
        world.own.issuer_id, issued.root, 7
    ),
    "key compromised": lambda world, issued: world.chain.change_key(
        world.own.anchors[0].address, compromised_at=world.chain.blocks[1].time
    ),
    "key of another": lambda world, issued: world.chain.change_key(
        world.own.anchors[0].address, issuer_id=world.other.issuer_id
    ),
    "institution suspended": lambda world, issued: world.chain.change_issuer(
        world.own.issuer_id, standing=Standing.SUSPENDED
    ),
    "institution renamed": lambda world, issued: world.chain.rename(
        world.own.issuer_id, world.own.did, "Another Name"
    ),
    "accredited": lambda world, issued: world.chain.accredit(
        world.own.issuer_id, issued.document["credentialSubject"]["achievement"]["id"]
    ),
    "endorsed": lambda world, issued: world.chain.endorse(
        world.own.anchors[1].address, issued.root
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_shows_at_once_though_the_anchor_is_remembered(change) -> None:
    world = World()
    service, issued = Service(world), world.issue()
    before = service.ask(issued.data)
    change(world, issued)
    after = service.ask(issued.data)
    assert TRANSACTION not in service.asked
    assert after == world.ask(issued.data)
    assert after.checks != before.checks


def test_a_reinstated_credential_passes_again_at_once() -> None:
    world = World()
    service, issued = Service(world), world.issue()
    service.ask(issued.data)
    for change, verdict in (
        (StatusChange.SUSPEND, Verdict.FAILED),
        (StatusChange.REINSTATE, Verdict.PASSED),
    ):
        world.set_status(change)
        assert service.ask(issued.data).verdict is verdict
        assert TRANSACTION not in service.asked


# A chain that is no more what it was.


def test_a_local_chain_that_was_made_anew_is_asked_anew() -> None:
    world = World()
    service, issued = Service(world), world.issue()
    old = world.chain
    service.ask(issued.data)
    world.chain = FakeChain(fork=b"new")
    world.chain.wait(days=1)
    while len(world.chain.blocks) < len(old.blocks):
        world.chain.wait(minutes=1)
    report = service.ask(issued.data)
    assert TRANSACTION in service.asked
    assert report == world.ask(issued.data)
    assert report.verdict is Verdict.FAILED


def test_a_chain_with_the_same_first_block_and_another_story_is_asked_anew() -> None:
    """Only the blocks after the first were made anew, as `evm_revert` does."""
    world = World()
    service, issued = Service(world), world.issue()
    old = world.chain
    service.ask(issued.data)
    world.chain = FakeChain(fork=b"reverted")
    world.chain.blocks[0] = old.blocks[0]
    while len(world.chain.blocks) < len(old.blocks):
        world.chain.wait(minutes=1)
    report = service.ask(issued.data)
    assert TRANSACTION in service.asked
    assert report == world.ask(issued.data)
    assert len(service.known) == 0


def test_a_transaction_that_moved_to_another_block_is_asked_for_again() -> None:
    world = World()
    service, issued = Service(world), world.issue()
    service.ask(issued.data)
    found = world.chain.transactions[issued.transaction]
    later = world.chain.blocks[-1]
    world.chain.blocks[found.block] = replace(world.chain.blocks[found.block], hash=b"\x99" * 32)
    moved = replace(found, block=later.number, block_hash=later.hash)
    world.chain.transactions[issued.transaction] = moved
    assert service.ask(issued.data) == world.ask(issued.data)
    assert service.known.find(world.chain.blocks[0].hash, issued.transaction) == moved


def test_a_chain_that_is_rewritten_while_it_is_read_is_noticed() -> None:
    """The anchor's block is the newest: that it was just seen does not spare the last look."""
    world = World()
    service, issued = Service(world), world.issue()
    world.chain.blocks = world.chain.blocks[
        : world.chain.transactions[issued.transaction].block + 1
    ]
    now = {"now": world.now}
    reader = world.read()
    world.ask(issued.data, FinalReader(reader, service.known), **now)
    blocks = iter([world.chain.blocks[-1], replace(world.chain.blocks[-1], hash=b"\x77" * 32)])
    rewritten = world.read(answers={"read_block": lambda _number: next(blocks)})
    report = world.ask(issued.data, FinalReader(rewritten, service.known), **now)
    assert report.find("anchor").facts["cause"] == "reorganised"


# Whoever would have something false remembered.


def ask_with(witness: FakeReader | None, world: World, data: bytes, **dials: object) -> Service:
    service = Service(world, witness)
    service.ask(data, **dials)
    return service


def test_what_is_not_final_is_not_remembered() -> None:
    world = World()
    issued = world.issue()
    early = world.chain.transactions[issued.transaction].block - 1
    service = ask_with(None, world, issued.data, final=early)
    assert len(service.known) == 0
    service.ask(issued.data)
    assert len(service.known) == 1


@pytest.mark.parametrize(
    "error",
    [
        ChainUnreachableError("fake", "not every endpoint answers"),
        ChainDisagreementError("fake", "eth_getTransactionReceipt"),
    ],
    ids=["silent", "at odds"],
)
@pytest.mark.parametrize(
    "question", ["read_final", "read_block", "read_genesis", "read_transaction"]
)
def test_what_not_every_endpoint_says_is_not_remembered(question, error) -> None:
    world = World()
    issued = world.issue()
    witness = world.read(silent=frozenset({question}), error=error)
    service = ask_with(witness, world, issued.data)
    assert len(service.known) == 0


def test_a_liar_heard_alone_is_not_remembered() -> None:
    """It answered while the others were silent; together they say otherwise."""
    world = World()
    issued = world.issue()
    genuine = world.chain.transactions[issued.transaction]
    event = replace(genuine.events[0], key=world.own.anchors[1].address)
    lie = replace(genuine, events=(event,))
    service = ask_with(world.read(), world, issued.data, answers={TRANSACTION: lie})
    assert len(service.known) == 0
    assert service.ask(issued.data) == world.ask(issued.data)
    assert len(service.known) == 1


@pytest.mark.parametrize(
    "witness",
    [
        {"final": 3},
        {"answers": {"read_genesis": b"\x01" * 32}},
        {"answers": {"read_transaction": None}},
        {"answers": {"read_block": lambda number: FakeChain(fork=b"x").blocks[0]}},
    ],
    ids=["not final for all", "another chain", "unknown to another", "another block"],
)
def test_what_all_together_do_not_confirm_is_not_remembered(witness) -> None:
    world = World()
    issued = world.issue()
    assert len(ask_with(world.read(**witness), world, issued.data).known) == 0


def test_what_all_confirm_is_remembered() -> None:
    world = World()
    issued = world.issue()
    assert len(ask_with(world.read(), world, issued.data).known) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"succeeded": False},
        {"input": bytes(INPUT_LIMIT_BYTES + 1)},
        {"events": ()},
    ],
    ids=["failed", "long", "no anchor"],
)
def test_only_anchors_of_bounded_size_are_remembered(change) -> None:
    world = World()
    issued = world.issue()
    other = replace(world.chain.transactions[issued.transaction], **change)
    world.chain.transactions[issued.transaction] = other
    assert len(ask_with(None, world, issued.data).known) == 0


def test_a_transaction_with_many_events_is_not_remembered() -> None:
    world = World()
    issued = world.issue()
    found = world.chain.transactions[issued.transaction]
    many = replace(found, events=found.events * (EVENT_LIMIT + 1))
    world.chain.transactions[issued.transaction] = many
    assert len(ask_with(None, world, issued.data).known) == 0


def test_that_there_is_none_is_not_remembered() -> None:
    world = World()
    issued = world.issue()
    service = ask_with(None, world, issued.data, answers={TRANSACTION: None})
    assert len(service.known) == 0
    assert service.ask(issued.data).verdict is Verdict.PASSED


def test_a_silent_chain_is_unknown_though_the_anchor_is_remembered() -> None:
    world = World()
    service, issued = Service(world), world.issue()
    service.ask(issued.data)
    for question in ("read_block", "read_genesis", "read_status", "read_anchor", "read_latest"):
        report = service.ask(issued.data, silent=frozenset({question}))
        assert report.verdict is Verdict.UNKNOWN, question


# Bounds, and threads.


def test_no_more_is_remembered_than_allowed_and_the_least_used_goes_first() -> None:
    world = World()
    known = FinalTransactions(capacity=2)
    reader, genesis = world.read(), world.chain.blocks[0].hash
    found = [
        world.chain.transactions[
            world.issue(lambda each, n=n: each.update(name=f"{n}")).transaction
        ]
        for n in range(3)
    ]
    known.consider(genesis, found[0], reader)
    known.consider(genesis, found[1], reader)
    assert known.find(genesis, found[0].hash) == found[0]
    known.consider(genesis, found[2], reader)
    kept = [known.find(genesis, each.hash) is not None for each in found]
    assert (len(known), kept) == (2, [True, False, True])
    assert CAPACITY * (INPUT_LIMIT_BYTES + EVENT_LIMIT * 1_024) < 32 << 20


def test_of_another_chain_nothing_is_found() -> None:
    world = World()
    known, issued = FinalTransactions(), world.issue()
    found = world.chain.transactions[issued.transaction]
    known.consider(world.chain.blocks[0].hash, found, world.read())
    assert known.find(FakeChain(fork=b"x").blocks[0].hash, found.hash) is None


def test_threads_share_it() -> None:
    world = World()
    service = Service(world, capacity=3)
    files = [world.issue(lambda each, n=n: each.update(name=f"{n}")).data for n in range(6)]

    def ask(data: bytes) -> Report:
        reader = FinalReader(world.read(), service.known)
        return world.ask(data, reader, now=world.now + timedelta(seconds=1))

    with ThreadPoolExecutor(8) as pool:
        reports = list(pool.map(ask, files * 10))
    assert {report.verdict for report in reports} == {Verdict.PASSED}
    assert len(service.known) == 3
