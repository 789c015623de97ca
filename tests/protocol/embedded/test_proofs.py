"""eth_getProof, checked with `trie` against the header's state root alone."""

import pytest
import rlp
from eth.vm.forks.prague.blocks import PragueBlockHeader
from trie import HexaryTrie
from trie.exceptions import BadTrieProof

from protocol.primitives import hash_keccak
from tests.protocol.embedded.chains import ALICE, NOBODY, count_up, deploy, send, sign

OUTER = {
    "parentHash": "parent_hash",
    "sha3Uncles": "uncles_hash",
    "miner": "coinbase",
    "stateRoot": "state_root",
    "transactionsRoot": "transaction_root",
    "receiptsRoot": "receipt_root",
    "extraData": "extra_data",
    "mixHash": "mix_hash",
    "nonce": "nonce",
    "withdrawalsRoot": "withdrawals_root",
    "parentBeaconBlockRoot": "parent_beacon_block_root",
    "requestsHash": "requests_hash",
}
NUMBERS = {
    "logsBloom": "bloom",
    "difficulty": "difficulty",
    "number": "block_number",
    "gasLimit": "gas_limit",
    "gasUsed": "gas_used",
    "timestamp": "timestamp",
    "baseFeePerGas": "base_fee_per_gas",
    "blobGasUsed": "blob_gas_used",
    "excessBlobGas": "excess_blob_gas",
}


def parse(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def prove(root: str, key: bytes, proof: list[str]) -> bytes:
    nodes = [rlp.decode(parse(node)) for node in proof]
    return HexaryTrie.get_from_proof(parse(root), hash_keccak(key), nodes)


def read_state_root(node, number: str) -> str:
    return node.request("eth_getBlockByNumber", [number, False])["stateRoot"]


def test_a_header_hashes_to_its_blocks_hash(node) -> None:
    send(node, sign(ALICE, 0))
    for number in ("0x0", "0x1"):
        block = node.request("eth_getBlockByNumber", [number, False])
        fields = {name: parse(block[shown]) for shown, name in OUTER.items()}
        fields |= {name: int(block[shown], 16) for shown, name in NUMBERS.items()}
        assert "0x" + hash_keccak(rlp.encode(PragueBlockHeader(**fields))).hex() == block["hash"]


def test_an_account_is_proven_against_the_state_root(node) -> None:
    send(node, sign(ALICE, 0))
    answer = node.request("eth_getProof", [ALICE.address, [], "latest"])
    root = read_state_root(node, "latest")
    nonce, balance, storage, code = rlp.decode(
        prove(root, parse(ALICE.address), answer["accountProof"])
    )
    assert int.from_bytes(nonce, "big") == int(answer["nonce"], 16) == 1
    assert int.from_bytes(balance, "big") == int(answer["balance"], 16)
    assert (storage, code) == (parse(answer["storageHash"]), parse(answer["codeHash"]))


def test_a_slot_is_proven_through_its_account_at_every_block(node) -> None:
    where = deploy(node)
    for nonce in (1, 2, 3):
        count_up(node, where, nonce)
    for number in (2, 3, 4):
        answer = node.request("eth_getProof", [where, ["0x0"], hex(number)])
        root = read_state_root(node, hex(number))
        account = rlp.decode(prove(root, parse(where), answer["accountProof"]))
        (slot,) = answer["storageProof"]
        value = rlp.decode(prove("0x" + account[2].hex(), parse(slot["key"]), slot["proof"]))
        assert int.from_bytes(value, "big") == int(slot["value"], 16) == number - 1


def test_an_empty_slot_and_an_absent_account_are_proven_too(node) -> None:
    where = deploy(node)
    count_up(node, where, 1)
    answer = node.request("eth_getProof", [where, ["0x" + "00" * 31 + "05"], "latest"])
    (slot,) = answer["storageProof"]
    assert slot["value"] == "0x0"
    assert prove(answer["storageHash"], parse(slot["key"]), slot["proof"]) == b""
    absent = node.request("eth_getProof", [NOBODY, ["0x0"], "latest"])
    root = read_state_root(node, "latest")
    assert prove(root, parse(NOBODY), absent["accountProof"]) == b""
    assert (absent["balance"], absent["nonce"]) == ("0x0", "0x0")
    (slot,) = absent["storageProof"]
    assert prove(absent["storageHash"], parse(slot["key"]), slot["proof"]) == b""


def test_a_proof_does_not_hold_against_another_blocks_root(node) -> None:
    send(node, sign(ALICE, 0))
    answer = node.request("eth_getProof", [ALICE.address, [], "0x1"])
    with pytest.raises(BadTrieProof):
        prove(read_state_root(node, "0x0"), parse(ALICE.address), answer["accountProof"])
