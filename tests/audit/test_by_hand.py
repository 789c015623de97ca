"""The recipe "By hand" of docs/contract.md, followed to the letter with nothing of ours."""

import json
import urllib.request

import pytest
from eth_hash.auto import keccak

pytestmark = pytest.mark.node
ANCHORED = "0x14861c7754f23576569ef45e70181ba3fa70860790d2407315ad5aec3cae7021"
NAMED = "0x1a8da04e9233f3a6a31e3c1fa7b5354e8941f33d6c444f958b9f5e686674a8d8"
AUTHORITY = "0x347ee80c0cf2b1b568347964b42c9feb33a043218a383c3fc3081c4984317e89"
OFFICER = "0x889f27a8346f40ffc0d656f328c849da174dd5d3db0a70ede1ee7799fe14efcd"
SUCCESSOR = "0x2d3e417e693f61f0bb7cbd66547ac661b917290a0e7ea729777aa0322b02de34"
REGISTRY = (NAMED, AUTHORITY, OFFICER, SUCCESSOR)


@pytest.fixture
def ask(history):
    def run(method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        call = urllib.request.Request(
            history.process.endpoint, body.encode(), {"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(call, timeout=10) as answer:
            return json.load(answer)["result"]

    return run


def pad(number):
    return number.to_bytes(32, "big")


def walk(ask, contract, seq, block, is_own):
    """Entries from seq down to 1, each where the one above says."""
    entries = []
    while seq:
        found = ask("eth_getBlockByNumber", hex(block), False)["hash"]
        logs = ask("eth_getLogs", {"address": contract, "blockHash": found})
        (log,) = [each for each in logs if is_own(each) and int(each["data"][2:66], 16) == seq]
        entries.append(log)
        seq, block = seq - 1, int(log["data"][66:130], 16)
    assert block == 0
    return entries


def test_the_registry_chain(ask, history):
    contract = "0x" + history.story.network.contract.hex()
    newest = ask("eth_blockNumber")
    head = int(ask("eth_getStorageAt", contract, "0x7", newest), 16)
    seq, block = head & (2**40 - 1), head >> 40 & (2**40 - 1)
    count = head >> 80 & (2**32 - 1)
    entries = walk(ask, contract, seq, block, lambda log: log["topics"][0] in REGISTRY)
    numbers = {int(log["topics"][1], 16) for log in entries if log["topics"][0] == NAMED}
    assert numbers == set(range(1, count + 1))
    assert entries[-1]["topics"][0] == AUTHORITY


def test_the_chain_of_a_key_and_its_anchors_records(ask, history):
    contract = "0x" + history.story.network.contract.hex()
    newest = ask("eth_blockNumber")
    key = bytes.fromhex(history.desks[2].keys[0].address[2:])
    slot = keccak(key.rjust(32, b"\0") + pad(1))
    word = int(ask("eth_getStorageAt", contract, "0x" + slot.hex(), newest), 16)
    issuer, seq, block = word & (2**32 - 1), word >> 176 & (2**40 - 1), word >> 216
    topic = "0x" + key.rjust(32, b"\0").hex()
    entries = walk(ask, contract, seq, block, lambda log: log["topics"][:2] == [ANCHORED, topic])
    assert issuer == 3
    assert len(entries) == seq > 0
    for log in entries:
        root = bytes.fromhex(log["topics"][3][2:])
        record = keccak(root + keccak(pad(issuer) + pad(0)))
        stored = int(ask("eth_getStorageAt", contract, "0x" + record.hex(), newest), 16)
        assert stored >> 64 & (2**40 - 1) == int(log["blockNumber"], 16)
        assert stored >> 104 & (2**40 - 1) == int(log["data"][2:66], 16)
