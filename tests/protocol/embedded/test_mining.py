"""Blocks: their times, what they take and what they refuse."""

from datetime import timedelta

import pytest
import rlp

from protocol.nodes.node import NodeError
from tests.protocol.embedded.chains import (
    ALICE,
    BOB,
    CHAIN_ID,
    GENESIS,
    GWEI,
    INIT_CODE,
    NOBODY,
    POOR,
    Time,
    open_chain,
    send,
    sign,
    sign_legacy,
)

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def read_time(node) -> int:
    return int(node.request("eth_getBlockByNumber", ["latest", False])["timestamp"], 16)


def read_height(node) -> int:
    return int(node.request("eth_blockNumber", []), 16)


def test_a_block_carries_the_wall_clocks_second(node, times) -> None:
    times.now = GENESIS + timedelta(hours=5, milliseconds=900)
    send(node, sign(ALICE, 0))
    assert read_time(node) == int((GENESIS + timedelta(hours=5)).timestamp())
    assert times.slept == []


def test_a_second_block_in_one_second_waits_so_that_none_is_in_the_future(node, times) -> None:
    times.now += timedelta(milliseconds=250)
    for nonce in range(3):
        send(node, sign(ALICE, nonce))
        assert read_time(node) <= times.now.timestamp()
    assert times.slept == [0.75, 1.0]


def test_a_clock_set_back_by_hours_is_an_error_and_not_a_wait_of_hours(node, times) -> None:
    send(node, sign(ALICE, 0))
    times.now -= timedelta(hours=3)
    with pytest.raises(NodeError, match=r"the clock shows 2026-11-24T06:00:10.* set the clock"):
        node.request("eth_sendRawTransaction", [sign(ALICE, 1)])
    assert times.slept == []
    assert read_height(node) == 1


def test_a_clock_set_back_by_seconds_is_waited_for(node, times) -> None:
    send(node, sign(ALICE, 0))
    times.now -= timedelta(seconds=20)
    send(node, sign(ALICE, 1))
    assert times.slept == [21.0]


def test_a_clock_that_stands_still_ends_the_wait(path) -> None:
    times = Time()
    times.sleep = times.slept.append
    with open_chain(path, times) as node:
        send(node, sign(ALICE, 0))
        with pytest.raises(NodeError, match="the clock stands still"):
            node.request("eth_sendRawTransaction", [sign(ALICE, 1)])
    assert 0 < len(times.slept) <= 600


def test_transactions_sent_together_share_a_block_and_a_second(node, times) -> None:
    raws = [bytes.fromhex(sign(account, n)[2:]) for n in range(2) for account in (ALICE, BOB)]
    hashes = node.send_together(raws)
    receipts = [node.request("eth_getTransactionReceipt", ["0x" + h.hex()]) for h in hashes]
    assert [receipt["blockNumber"] for receipt in receipts] == ["0x1"] * 4
    assert [receipt["transactionIndex"] for receipt in receipts] == ["0x0", "0x1", "0x2", "0x3"]
    assert [receipt["gasUsed"] for receipt in receipts] == [hex(21_000)] * 4
    assert receipts[3]["cumulativeGasUsed"] == hex(84_000)
    assert times.slept == []


def test_of_transactions_sent_together_none_is_mined_if_one_is_refused(node) -> None:
    raws = [bytes.fromhex(raw[2:]) for raw in (sign(ALICE, 0), sign(ALICE, 2))]
    with pytest.raises(NodeError, match="nonce too high"):
        node.send_together(raws)
    assert read_height(node) == 0
    assert node.request("eth_getTransactionCount", [ALICE.address, "latest"]) == "0x0"


def test_a_reverted_transaction_is_mined_and_pays(node) -> None:
    raw = sign(ALICE, 0, to=None, value=0, gas=200_000, data=bytes.fromhex("5f5ffd"))
    receipt = send(node, raw)
    assert receipt["status"] == "0x0"
    assert receipt["logs"] == []
    assert node.request("eth_getTransactionCount", [ALICE.address, "latest"]) == "0x1"


def test_legacy_and_access_list_transactions_are_mined_too(node) -> None:
    assert send(node, sign_legacy(ALICE, 0))["type"] == "0x0"
    listed = [{"address": NOBODY, "storageKeys": ["0x" + "01".rjust(64, "0")]}]
    dressed = {"type": 1, "accessList": listed, "gasPrice": 2 * GWEI, "gas": 30_000}
    bare = {"maxFeePerGas": None, "maxPriorityFeePerGas": None}
    receipt = send(node, sign(ALICE, 1, **dressed, **bare))
    assert receipt["type"] == "0x1"
    shown = node.request("eth_getTransactionByHash", [receipt["transactionHash"]])
    assert shown["accessList"] == listed


REFUSED = {
    "nonce too low": sign(ALICE, 0, value=2),
    "nonce too high": sign(ALICE, 2),
    "Insufficient funds for gas * price + value": sign(POOR, 0),
    "max fee per gas less than block base fee": sign(
        ALICE, 1, maxFeePerGas=1, maxPriorityFeePerGas=1
    ),
    "max priority fee per gas higher than max fee per gas": sign(
        ALICE, 1, maxPriorityFeePerGas=4 * GWEI
    ),
    "intrinsic gas too low": sign(ALICE, 1, gas=20_999),
    "intrinsic gas too high -- tx.gas_limit > env.block.gas_limit": sign(ALICE, 1, gas=30_000_001),
    "invalid chain id for signer": sign(ALICE, 1, chainId=CHAIN_ID + 1),
    "max initcode size exceeded": sign(
        ALICE, 1, to=None, value=0, gas=10_000_000, data=bytes(49_153)
    ),
    "only replay-protected": sign_legacy(ALICE, 1, chainId=None),
    "Failed to decode transaction": "0x02ff",
    "Empty transaction data": "0x",
    "expected bytes in hexadecimal": "rubbish",
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_transaction_that_no_block_can_take_is_refused_in_a_nodes_words(node, words) -> None:
    send(node, sign(ALICE, 0))
    with pytest.raises(NodeError) as refusal:
        node.request("eth_sendRawTransaction", [REFUSED[words]])
    assert refusal.value.message.startswith(words)
    assert read_height(node) == 1


def test_what_would_be_refused_after_the_wait_is_refused_before(node, times) -> None:
    send(node, sign(ALICE, 0))
    with pytest.raises(NodeError, match="nonce too low"):
        node.request("eth_sendRawTransaction", [sign(ALICE, 0)])
    assert times.slept == []


def test_data_pays_the_floor_of_eip_7623(node) -> None:
    root = b"\7" * 32
    with pytest.raises(NodeError, match="intrinsic gas too low"):
        node.request("eth_sendRawTransaction", [sign(ALICE, 0, gas=22_279, data=root)])
    assert send(node, sign(ALICE, 0, gas=22_280, data=root))["gasUsed"] == hex(22_280)


def test_the_words_of_initcode_count_in_the_gas_limit(node) -> None:
    raw = sign(ALICE, 0, to=None, value=0, gas=53_000, data=INIT_CODE)
    with pytest.raises(NodeError, match="intrinsic gas too low"):
        node.request("eth_sendRawTransaction", [raw])


def test_a_signature_with_a_high_half_is_refused(node) -> None:
    """All is well-formed, only s is its mirror image: another hash for the same transaction."""
    fields = rlp.decode(bytes.fromhex(sign(ALICE, 0)[4:]))
    fields[-3] = b"" if fields[-3] else b"\1"
    fields[-1] = (CURVE_ORDER - int.from_bytes(fields[-1], "big")).to_bytes(32, "big")
    with pytest.raises(NodeError, match="Invalid signature"):
        node.request("eth_sendRawTransaction", ["0x02" + rlp.encode(fields).hex()])


def test_bytes_left_over_are_refused(node) -> None:
    with pytest.raises(NodeError, match="Failed to decode"):
        node.request("eth_sendRawTransaction", [sign(ALICE, 0) + "00"])


def test_blob_and_delegation_transactions_are_not_supported(node) -> None:
    delegation = ALICE.sign_authorization({"chainId": CHAIN_ID, "address": NOBODY, "nonce": 1})
    raw = sign(ALICE, 0, type=4, gas=100_000, authorizationList=[delegation])
    with pytest.raises(NodeError, match="transaction type not supported"):
        node.request("eth_sendRawTransaction", [raw])


def test_every_blocks_gas_limit_stays_the_same(node) -> None:
    for nonce in range(3):
        send(node, sign(ALICE, nonce))
    block = node.request("eth_getBlockByNumber", ["latest", False])
    assert block["gasLimit"] == hex(30_000_000)
