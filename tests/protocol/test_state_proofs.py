"""Storage is proven against a block's hash, on two unrelated nodes; one spoilt thing a test."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from protocol.errors import ProofRefusedError
from protocol.nodes.answers import Answer
from protocol.nodes.http_node import HttpNode
from protocol.nodes.state_proofs import check_header, check_storage, hash_header
from protocol.primitives import Address, Digest, IssuerId, Root, render_hex
from protocol.registry import layout
from tests.nodes import run_anvil
from tests.registry_story import Keys, find_address, fund, tell

ROOT = Root(b"\x21" * 32)
NOWHERE = layout.locate_anchor(IssuerId(7), ROOT)


@pytest.fixture(scope="module")
def anvil_story():
    with run_anvil() as process:
        node = HttpNode("local", process.endpoint)
        keys = Keys()
        fund(node, "local", keys)
        told = tell(node, keys)
        told.register()
        yield told


@pytest.fixture(scope="module", params=["embedded", "anvil"])
def proven(request, story):
    """A registry with an anchor and a status change, and what its node proves at the end."""
    told = request.getfixturevalue("anvil_story") if request.param == "anvil" else story
    told.send(told.keys.anchor, told.network.contract, ROOT)
    told.call(told.keys.status, "revoke", [3], [1 << 255], 2)
    slots = (
        layout.REGISTRY,
        *layout.locate_issuer(IssuerId(1)),
        layout.locate_key(find_address(told.keys.anchor)),
        layout.locate_anchor(IssuerId(1), ROOT),
        *layout.locate_status(IssuerId(1), 3),
        NOWHERE,
    )
    latest = told.reader.read_latest().number
    block = told.node.request("eth_getBlockByNumber", [hex(latest), False])
    contract = render_hex(told.network.contract)
    positions = [render_hex(slot.position) for slot in slots]
    proof = told.node.request("eth_getProof", [contract, positions, hex(latest)])
    return told, slots, block, proof


def check(told, slots, block, proof):
    root = check_header(Answer("x", "eth_getBlockByNumber", block))
    positions = [slot.position for slot in slots]
    return check_storage(
        Answer("x", "eth_getProof", proof), root, told.network.contract, positions
    ).values


def test_what_is_proven_is_what_the_contract_stores(proven):
    told, slots, block, proof = proven
    values = check(told, slots, block, proof)
    contract = render_hex(told.network.contract)
    for slot in slots:
        where = [contract, render_hex(slot.position), block["number"]]
        told_plainly = told.node.request("eth_getStorageAt", where)
        assert values[slot.position] == int(told_plainly, 16), slot.name
    assert values[NOWHERE.position] == 0
    assert sum(value != 0 for value in values.values()) >= 8


def test_the_values_that_a_node_writes_beside_its_proof_are_not_looked_at(proven):
    told, slots, block, proof = proven
    spoilt = deepcopy(proof)
    for each in spoilt["storageProof"]:
        each["value"] = "0x7"
    spoilt["codeHash"] = spoilt["storageHash"] = "0x" + "11" * 32
    assert check(told, slots, block, spoilt) == check(told, slots, block, proof)


@pytest.mark.parametrize("member", ["accountProof", "storageProof"])
def test_every_byte_of_every_node_counts(proven, member):
    told, slots, block, proof = proven
    honest = check(told, slots, block, proof)
    count = len(proof["accountProof"]) if member == "accountProof" else len(slots)
    for number in range(count):
        for at in (0, 5, -1):
            spoilt = deepcopy(proof)
            nodes = spoilt[member]
            if member == "storageProof":
                nodes, place = nodes[number]["proof"], -1
            else:
                place = number
            data = bytearray.fromhex(nodes[place][2:])
            data[at] ^= 1
            nodes[place] = "0x" + data.hex()
            try:
                assert check(told, slots, block, spoilt) == honest  # another slot's copy served
            except ProofRefusedError:
                continue


def test_a_node_left_out_is_refused(proven):
    told, slots, block, proof = proven
    for member in ("accountProof", "storageProof"):
        spoilt = deepcopy(proof)
        spoilt[member] = []
        with pytest.raises(ProofRefusedError):
            check(told, slots, block, spoilt)


def test_another_contract_s_account_proves_nothing(proven):
    _, slots, block, proof = proven
    root = check_header(Answer("x", "eth_getBlockByNumber", block))
    answer = Answer("x", "eth_getProof", proof)
    with pytest.raises(ProofRefusedError):
        check_storage(answer, root, Address(b"\x99" * 20), [slots[0].position])


HEADER = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot"),
    *("logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData"),
    *("mixHash", "nonce", "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas"),
    *("parentBeaconBlockRoot", "requestsHash"),
)


@pytest.mark.parametrize("member", HEADER)
def test_every_member_of_a_header_is_in_its_hash(proven, member):
    *_, block, _ = proven
    assert render_hex(hash_header(Answer("x", "y", block))) == block["hash"]
    number, width = (
        int(block[member] + "0" * (block[member] == "0x"), 16) ^ 1,
        len(block[member]) - 2,
    )
    changed = hex(number) if 0 < width < 16 else f"0x{number:0{max(width, 2)}x}"
    with pytest.raises(ProofRefusedError, match="another hash"):
        check_header(Answer("x", "y", block | {member: changed}))


def test_the_slots_are_those_of_the_frozen_layout():
    frozen = Path(__file__).parent.parent / "contracts" / "storage_layout.json"
    slots = {each["label"]: int(each["slot"]) for each in json.loads(frozen.read_text())["storage"]}
    assert slots == {
        "_anchors": layout._ANCHORS,
        "_keys": layout._KEYS,
        "_issuers": layout._ISSUERS,
        "_revoked": layout._REVOKED,
        "_suspended": layout._SUSPENDED,
        "_accreditations": layout._ACCREDITATIONS,
        "_issuerIds": layout._BINDINGS,
        "_registry": layout._REGISTRY,
        "_authority": layout._AUTHORITY,
        "_nextAuthority": layout._NEXT_AUTHORITY,
        "_acceptableFrom": layout._NEXT_AUTHORITY,
        "_officers": layout._OFFICERS,
        "_names": layout._NAMES,
    }
    assert Digest(layout.REGISTRY.position) == (7).to_bytes(32, "big")
