"""NodeSender and check_network: refusals in memory, the rest on the embedded chain."""

from dataclasses import replace

import pytest
from eth_account import Account

from protocol.chain import FinalityRule
from protocol.errors import (
    ChainUnreachableError,
    NonceTakenError,
    StateUnavailableError,
    TransactionRefusedError,
    UnexpectedCodeError,
    WrongChainError,
    WrongGenesisError,
)
from protocol.nodes.networks import BUILT_IN
from protocol.nodes.node import NodeError
from protocol.nodes.node_sender import NodeSender, check_network
from protocol.nodes.sender import Fees, TransactionRequest
from protocol.primitives import Address, ChainId, Digest, hash_keccak, render_hex
from tests.protocol.test_quorum import Endpoint
from tests.registry_story import find_address, sign

LOCAL = BUILT_IN["local"]
GWEI = 10**9
ACCOUNT = Account.from_key(b"\x01" * 32)
RAW = sign(
    ACCOUNT,
    TransactionRequest(
        ChainId(31_337), 4, Address(b"\x09" * 20), b"\x05" * 32, 60_000, Fees(2 * GWEI, 1), 7
    ),
)
HASH = render_hex(hash_keccak(RAW))


def send(**answers):
    return NodeSender(LOCAL, Endpoint(**answers)).send(RAW)


def refuse(words, **more):
    unknown = {"eth_getTransactionByHash": lambda: None}
    return {"eth_sendRawTransaction": NodeError(-32000, words), **unknown, **more}


def test_the_hash_is_computed_here():
    assert send(eth_sendRawTransaction=HASH) == hash_keccak(RAW)


def test_another_hash_in_the_answer_is_refused():
    with pytest.raises(ChainUnreachableError, match="another transaction's hash"):
        send(eth_sendRawTransaction="0x" + "0" * 64)


@pytest.mark.parametrize(
    "words",
    ["already known", "Known transaction: 0x12", "transaction already imported"],
)
def test_bytes_that_the_node_has_already_are_sent(words):
    assert send(**refuse(words)) == hash_keccak(RAW)


def test_a_low_nonce_is_fine_when_these_very_bytes_used_it():
    mined = {"hash": HASH}
    assert send(**refuse("nonce too low", eth_getTransactionByHash=mined)) == hash_keccak(RAW)


@pytest.mark.parametrize(
    "words", ["nonce too low: next 5", "Nonce too low", "replacement transaction underpriced"]
)
def test_a_nonce_of_another_transaction_is_named(words):
    with pytest.raises(NonceTakenError) as caught:
        send(**refuse(words))
    assert caught.value.nonce == 4


def test_an_empty_account_is_told_with_balance_and_need():
    """KO-16: 60,000 gas at 2 gwei and 7 wei."""
    poor = refuse("insufficient funds for gas * price + value", eth_getBalance=hex(10**13))
    with pytest.raises(TransactionRefusedError) as caught:
        send(**poor)
    assert ACCOUNT.address in caught.value.reason
    assert "holds 0.000010 ETH" in caught.value.reason
    assert "may cost up to 0.000120 ETH" in caught.value.reason


def test_any_other_refusal_is_passed_on():
    with pytest.raises(TransactionRefusedError, match="intrinsic gas too low"):
        send(**refuse("intrinsic gas too low"))


def test_silence_after_sending_stays_silence():
    with pytest.raises(ChainUnreachableError):
        send(eth_sendRawTransaction=ChainUnreachableError("local", "no answer in time"))


def history(*base, tips=(GWEI,)):
    return {"baseFeePerGas": [hex(fee) for fee in base], "reward": [[hex(tip)] for tip in tips]}


def fees(cap, **answers):
    return NodeSender(LOCAL, Endpoint(**answers)).suggest_fees(cap)


def test_fees_leave_room_for_rising_base_fees():
    suggested = fees(100 * GWEI, eth_feeHistory=history(9 * GWEI, 10 * GWEI, tips=(1, GWEI, GWEI)))
    assert suggested == Fees(max_fee_wei=21 * GWEI, priority_fee_wei=GWEI)


def test_fees_never_exceed_the_cap():
    suggested = fees(11 * GWEI, eth_feeHistory=history(10 * GWEI))
    assert suggested == Fees(max_fee_wei=11 * GWEI, priority_fee_wei=GWEI)


def test_a_base_fee_above_the_cap_is_refused_with_both():
    with pytest.raises(TransactionRefusedError, match=r"10\.000 gwei and the cap is 5\.000 gwei"):
        fees(5 * GWEI, eth_feeHistory=history(10 * GWEI))


def test_absurd_tips_are_not_followed():
    suggested = fees(10**18, eth_feeHistory=history(GWEI, tips=(10**15,)))
    assert suggested.priority_fee_wei == 3 * GWEI


def test_empty_blocks_still_leave_a_tip():
    assert fees(10**18, eth_feeHistory=history(GWEI, tips=(0,))).priority_fee_wei == 1


def test_a_node_without_fee_history_is_asked_for_its_newest_block():
    suggested = fees(10**18, eth_getBlockByNumber={"baseFeePerGas": hex(GWEI)})
    assert suggested == Fees(max_fee_wei=2 * GWEI + 1, priority_fee_wei=1)


@pytest.mark.parametrize("answer", [{}, {"baseFeePerGas": []}, {"baseFeePerGas": [None]}, "0x1"])
def test_fees_are_never_made_up(answer):
    """KO-05: an unusable answer is an error, not a price of 0."""
    with pytest.raises(ChainUnreachableError):
        fees(10**18, eth_feeHistory=answer)


@pytest.mark.parametrize("answer", [lambda: None, "", "0x", "12", "0xzz", 5, "0x" + "f" * 65])
def test_nonce_and_balance_are_never_made_up(answer):
    sender = NodeSender(LOCAL, Endpoint(eth_getTransactionCount=answer, eth_getBalance=answer))
    with pytest.raises(ChainUnreachableError):
        sender.read_nonce(find_address(ACCOUNT))
    with pytest.raises(ChainUnreachableError):
        sender.read_balance(find_address(ACCOUNT))


def test_a_node_that_holds_no_account_sends_nothing_for_us():
    sender = NodeSender(LOCAL, Endpoint(eth_sendTransaction=NodeError(-32000, "unknown account")))
    with pytest.raises(TransactionRefusedError, match="unknown account"):
        sender.send_unlocked(Address(b"\x01" * 20), Address(b"\x02" * 20), 1)


def test_the_right_network_is_let_through(story):
    check_network(story.network, story.node)


def test_another_chain_id_is_refused(story):
    """KO-15."""
    with pytest.raises(WrongChainError) as caught:
        check_network(replace(story.network, chain_id=ChainId(1)), story.node)
    assert (caught.value.expected, caught.value.actual) == (1, story.network.chain_id)


def test_another_chain_with_the_same_id_is_refused(story):
    """CH-06."""
    with pytest.raises(WrongGenesisError):
        check_network(replace(story.network, genesis=Digest(b"\x01" * 32)), story.node)


@pytest.mark.parametrize(
    "change", [{"code_hash": Digest(b"\x01" * 32)}, {"contract": Address(b"\x01" * 20)}]
)
def test_other_code_or_none_is_refused(story, change):
    """SC-15."""
    with pytest.raises(UnexpectedCodeError):
        check_network(replace(story.network, **change), story.node)


def test_no_code_is_refused_also_without_a_known_hash(story):
    bare = replace(story.network, code_hash=None, contract=Address(b"\x01" * 20))
    with pytest.raises(UnexpectedCodeError):
        check_network(bare, story.node)


def test_a_network_without_registry_is_checked_as_far_as_it_goes(story):
    check_network(replace(story.network, contract=None, code_hash=None), story.node)


def test_an_estimate_has_a_margin_and_a_revert_its_name(story):
    anchor = find_address(story.keys.anchor)
    stranger = find_address(Account.create())
    assert story.sender.estimate_gas(anchor, story.network.contract, b"\x61" * 32) > 55_000
    with pytest.raises(TransactionRefusedError, match=r"UnknownKey\(key 0x"):
        story.sender.estimate_gas(stranger, story.network.contract, b"\x61" * 32)


def test_the_same_bytes_twice_are_one_transaction(story):
    """KO-07."""
    raw = story.sign(story.keys.anchor, story.network.contract, b"\x62" * 32)
    before = story.sender.read_nonce(find_address(story.keys.anchor))
    assert story.sender.send(raw) == story.sender.send(raw)
    assert story.sender.read_nonce(find_address(story.keys.anchor)) == before + 1


def test_the_nonce_of_a_block_is_that_of_its_past(story):
    before = story.reader.read_latest()
    nonce = story.sender.read_nonce(find_address(story.keys.anchor))
    story.send(story.keys.anchor, story.network.contract, b"\x63" * 32)
    assert story.sender.read_nonce(find_address(story.keys.anchor), before) == nonce


def test_a_nonce_at_a_block_that_is_not_there_is_no_number(story):
    nowhere = replace(story.reader.read_latest(), number=10**6)
    with pytest.raises(StateUnavailableError):
        story.sender.read_nonce(find_address(story.keys.anchor), nowhere)


def test_local_is_final_by_one_confirmation():
    assert LOCAL.finality is FinalityRule.ONE_CONFIRMATION
