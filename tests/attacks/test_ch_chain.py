"""CH: forged, reverted, pending, lagging, rewritten. The chain answers, and the answer misleads."""

from dataclasses import replace
from datetime import timedelta

import pytest

from protocol.errors import ChainDisagreementError, TransactionPendingError
from protocol.primitives import Address, ChainId, Digest, TransactionHash
from protocol.registry.events import Anchored
from tests.verifier.fake_chain import (
    CODE_HASH,
    CONTRACT,
    OTHER_CONTRACT,
    FakeChain,
    build_network,
)
from tests.verifier.world import World, list_failed, list_unknown
from verifier.policy import Demand, Policy
from verifier.report import Verdict

POLICY = Policy("quiet", accreditation=Demand.OFF, evidence=Demand.OFF)
FORGED_KEY = Address(b"\xee" * 20)


@pytest.fixture
def world() -> World:
    return World()


def test_ch_01_the_root_of_a_forgery_sent_by_a_stranger_fails(world: World) -> None:
    """The forger is registered himself and names the other; even the signature's form is right."""
    forged = world.issue(signer=world.other, anchorer=world.other)
    report = world.ask(forged.data, policy=POLICY)
    assert "anchoring_key" in list_failed(report)
    assert report.verdict is Verdict.FAILED


def test_ch_01_naming_the_genuine_key_in_the_proof_does_not_help(world: World) -> None:
    """The proof names the genuine institution's method, the transaction is the stranger's."""
    forged = world.issue(anchorer=world.other)
    forged.document["proof"][0]["verificationMethod"] = world.own.anchor_method
    report = world.ask(forged.data, policy=POLICY)
    assert list_failed(report) == ["anchoring_key"]
    assert report.find("anchoring_key").facts["key_of"]["registered_name"] == "Northgate College"


def test_ch_01_an_unregistered_sender_leaves_no_entry(world: World) -> None:
    """Somebody sends the root to the contract, which refuses it: only calldata matches."""
    forged = world.issue(succeeded=False)
    report = world.ask(forged.data, policy=POLICY)
    assert list_failed(report) == ["anchor"]


def test_ch_02_a_look_alike_event_of_another_contract_is_no_entry(world: World) -> None:
    forged = world.issue(contract=OTHER_CONTRACT)
    report = world.ask(forged.data, policy=POLICY)
    assert list_failed(report) == ["anchor"]
    assert report.verdict is Verdict.FAILED


def test_ch_02_the_look_alike_is_refused_even_if_the_reader_hands_it_on(world: World) -> None:
    """The address of each event is compared again, and storage has no such root."""
    forged = world.issue(contract=OTHER_CONTRACT)
    sent = world.chain.transactions[forged.transaction]
    template = world.issue(lambda d: d.update(name="Another"))
    event = world.chain.transactions[template.transaction].events[0]
    assert isinstance(event, Anchored)
    place = replace(event.position, contract=OTHER_CONTRACT, transaction=sent.hash)
    alike = replace(event, root=forged.root, position=place)
    reader = world.read(answers={"read_transaction": replace(sent, events=(alike,))})
    assert list_failed(world.ask(forged.data, reader, policy=POLICY)) == ["anchor"]
    claimed = replace(alike, position=replace(place, contract=CONTRACT))
    reader = world.read(answers={"read_transaction": replace(sent, events=(claimed,))})
    assert list_failed(world.ask(forged.data, reader, policy=POLICY)) == ["anchor"]


def test_ch_03_a_reverted_transaction_is_no_entry(world: World) -> None:
    """Calldata and sender are right, only the status is another, with and without an event."""
    issued = world.issue()
    sent = world.chain.transactions[issued.transaction]
    reader = world.read(answers={"read_transaction": replace(sent, succeeded=False)})
    assert list_failed(world.ask(issued.data, reader, policy=POLICY)) == ["anchor"]
    reader = world.read(answers={"read_transaction": replace(sent, events=())})
    assert list_failed(world.ask(issued.data, reader, policy=POLICY)) == ["anchor"]


def test_ch_04_a_pending_entry_is_unknown(world: World) -> None:
    issued = world.issue()
    error = TransactionPendingError("fake", TransactionHash(issued.transaction))
    reader = world.read(silent=frozenset(["read_transaction"]), error=error)
    report = world.ask(issued.data, reader, policy=POLICY)
    assert report.find("anchor").verdict is Verdict.UNKNOWN
    assert report.find("anchor").facts.get("cause") == "pending"
    assert not list_failed(report)


def test_ch_04_an_entry_that_is_not_final_is_unknown_until_it_is(world: World) -> None:
    issued = world.issue()
    height = world.chain.transactions[issued.transaction].block
    for final, verdict in ((height - 1, Verdict.UNKNOWN), (height, Verdict.PASSED)):
        report = world.ask(issued.data, world.read(final=final), policy=POLICY)
        assert report.find("finality").verdict is verdict
        assert report.verdict is verdict


def test_ch_05_a_chain_rewritten_while_it_was_read_is_unknown(world: World) -> None:
    """The pinned block has another hash at the end than at the beginning."""
    issued = world.issue()
    fork = FakeChain(fork=b"other")
    tip = world.chain.blocks[-1].number

    def rewrite(number: int) -> object:
        block = world.chain.blocks[number]
        return replace(block, hash=fork.blocks[0].hash) if number == tip else block

    report = world.ask(issued.data, world.read(answers={"read_block": rewrite}), policy=POLICY)
    assert report.find("network").facts.get("cause") == "reorganised"
    assert report.verdict is Verdict.UNKNOWN
    assert not list_failed(report)
    assert report.block is None


def test_ch_05_a_transaction_in_a_block_that_is_not_kept_is_unknown(world: World) -> None:
    issued = world.issue()
    sent = world.chain.transactions[issued.transaction]
    elsewhere = replace(sent, block_hash=Digest(b"\3" * 32))
    reader = world.read(answers={"read_transaction": elsewhere})
    report = world.ask(issued.data, reader, policy=POLICY)
    assert list_unknown(report) == ["anchor"]
    assert report.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("lie", ["chain id", "genesis"])
def test_ch_06_another_chain_under_this_name_is_unknown(world: World, lie: str) -> None:
    """Even what that chain denies is no answer: it is not the chain that was asked."""
    issued = world.issue()
    answers = {
        "chain id": {"read_chain_id": ChainId(1)},
        "genesis": {"read_genesis": Digest(b"\4" * 32)},
    }[lie] | {"read_transaction": None, "read_anchor": None, "read_code_hash": None}
    report = world.ask(issued.data, world.read(answers=answers), policy=POLICY)
    assert report.find("network").facts.get("cause") == "other_chain"
    assert report.verdict is Verdict.UNKNOWN
    assert not list_failed(report)
    assert report.block is None


def test_ch_07_the_receipt_chooses_among_configured_networks_only(world: World) -> None:
    """The genuine chain is there, but the policy trusts another contract on it."""
    issued = world.issue()
    trusting = build_network(world.chain, contract=OTHER_CONTRACT, code_hash=CODE_HASH)
    reader = world.read(network=trusting, answers={"read_code_hash": CODE_HASH})
    report = world.ask(issued.data, reader, policy=POLICY)
    assert list_failed(report) == ["anchor"]


def test_ch_09_endpoints_that_disagree_are_unknown_and_said_so(world: World) -> None:
    issued = world.issue()
    error = ChainDisagreementError("fake", "eth_getTransactionReceipt")
    reader = world.read(silent=frozenset(["read_transaction"]), error=error)
    report = world.ask(issued.data, reader, policy=POLICY)
    assert report.find("anchor").facts.get("cause") == "disagreement"
    assert "disagree" in report.find("anchor").reason
    assert report.verdict is Verdict.UNKNOWN


def test_ch_11_a_node_that_is_behind_denies_nothing(world: World) -> None:
    """The node stopped before the batch was anchored: it knows no such transaction."""
    issued = world.issue()
    reader = world.read(answers={"read_transaction": None, "read_anchor": None})
    late = world.chain.now + timedelta(hours=2)
    report = world.ask(issued.data, reader, policy=POLICY, now=late)
    assert report.find("network").facts.get("cause") == "behind"
    assert report.verdict is Verdict.UNKNOWN
    assert not list_failed(report)


def test_ch_11_freshness_holds_to_the_second(world: World) -> None:
    issued = world.issue()
    limit = world.chain.now + timedelta(hours=1)
    for now, verdict in (
        (limit, Verdict.PASSED),
        (limit + timedelta(seconds=1), Verdict.UNKNOWN),
    ):
        report = world.ask(issued.data, policy=POLICY, now=now)
        assert report.find("network").verdict is verdict


def test_ch_11_a_node_that_is_up_to_date_may_deny(world: World) -> None:
    issued = world.issue()
    reader = world.read(answers={"read_transaction": None, "read_anchor": None})
    assert list_failed(world.ask(issued.data, reader, policy=POLICY)) == ["anchor"]


def test_ch_13_an_entry_belongs_to_its_own_sequence(world: World) -> None:
    """Storage has the root under another sequence number than the event says."""
    issued = world.issue()
    block = world.chain.blocks[-1]
    record = world.read().read_anchor(world.own.issuer_id, issued.root, block)
    for spoiled in ({"seq": 9}, {"block": 1}, {"root": bytes(32)}):
        reader = world.read(answers={"read_anchor": replace(record, **spoiled)})
        assert list_failed(world.ask(issued.data, reader, policy=POLICY)) == ["anchor"]


def test_ch_14_times_come_from_the_block_not_the_proof(world: World) -> None:
    issued = world.issue()
    issued.document["proof"][0]["created"] = "1999-01-01T00:00:00Z"
    report = world.ask(issued.data, policy=POLICY)
    recorded = world.chain.blocks[world.chain.transactions[issued.transaction].block].time
    assert report.find("anchor").facts["recorded_at"] == recorded.isoformat().replace("+00:00", "Z")
    assert "1999" not in str(report)


def test_ch_15_a_relayed_entry_counts_and_is_told(world: World) -> None:
    """Another account sent it to another contract, which called the registry."""
    issued = world.issue(to=OTHER_CONTRACT, input=b"\1" * 68)
    report = world.ask(issued.data, policy=POLICY)
    assert report.verdict is Verdict.PASSED
    assert report.find("anchor").facts["blockcerts_readable"] is False
    direct = world.ask(world.issue(lambda d: d.update(name="Direct")).data, policy=POLICY)
    assert direct.find("anchor").facts["blockcerts_readable"] is True


def test_ch_17_a_register_whose_code_is_gone_denies_nothing(world: World) -> None:
    """Storage answers nothing, since there is no contract: that is not "not anchored"."""
    issued = world.issue()
    gone = {"read_code_hash": None, "read_anchor": None, "read_issuer_id": None}
    report = world.ask(issued.data, world.read(answers=gone), policy=POLICY)
    assert list_failed(report) == ["contract"]


def test_ch_20_a_pruned_history_is_unknown_where_storage_has_the_root(world: World) -> None:
    issued = world.issue()
    reader = world.read(answers={"read_transaction": None})
    report = world.ask(issued.data, reader, policy=POLICY)
    assert report.find("anchor").verdict is Verdict.UNKNOWN
    assert report.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_ch_24_what_is_recorded_after_the_pinned_block_is_not_denied(
    world: World, cut: int
) -> None:
    """The batch is mined while the report is made: the pinned block does not have it yet."""
    issued = world.issue()
    height = world.chain.transactions[issued.transaction].block
    reader = world.read(answers={"read_latest": world.chain.blocks[max(height - cut, 0)]})
    report = world.ask(issued.data, reader, policy=POLICY)
    assert report.find("anchor").facts.get("cause") == "pending"
    assert report.verdict is Verdict.UNKNOWN
    assert not list_failed(report)


def test_ch_24_all_state_is_read_at_one_block_that_the_report_names(world: World) -> None:
    issued = world.issue()
    asked = []
    reader = world.read()
    answer = reader._answer

    def record(name: str, arguments: tuple) -> object:
        asked.extend(block for block in arguments[1:] if hasattr(block, "hash"))
        return answer(name, arguments)

    reader._answer = record
    report = world.ask(issued.data, reader, policy=POLICY)
    assert asked
    assert report.block is not None
    assert {(block.number, block.hash) for block in asked} == {
        (report.block.number, report.block.hash)
    }


def test_ch_16_another_batchs_transaction_is_no_entry(world: World) -> None:
    """Genuine, final, by the issuer's own key: only the root that it recorded is another."""
    unsent = world.issue(succeeded=False)
    sent = world.issue(lambda document: document.update(name="Another"))
    other = world.chain.transactions[sent.transaction]
    reader = world.read(answers={"read_transaction": other})
    report = world.ask(unsent.data, reader, policy=POLICY)
    assert list_failed(report) == ["anchor"]


def test_ch_17_a_replaced_register_is_not_asked_for_anybodys_key(world: World) -> None:
    """Whoever replaced it might register a document of his own under the institution's name."""
    reader = world.read(answers={"read_code_hash": Digest(b"\1" * 32)})
    report = world.ask(world.issue().data, reader, policy=POLICY)
    assert report.find("signature").facts["compared_with_register"] is False
    assert "read_issuer" not in reader.asked
