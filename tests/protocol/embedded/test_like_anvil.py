"""The same transactions and questions to anvil and to the embedded chain: the same answers.

What differs for good reason is listed here; nothing else may.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eth_account import Account

from protocol.embedded import create_embedded
from protocol.nodes.node import NodeError
from protocol.registry.calldata import encode_deployment
from tests import nodes
from tests.protocol.embedded.chains import (
    CHAIN_ID,
    CUSTOM_ERROR,
    ETHER,
    GWEI,
    INIT_CODE,
    NOBODY,
    POOR,
    TOPIC,
    FastTime,
    find_address,
    open_chain,
    sign,
    sign_legacy,
    to_checksum,
)

pytestmark = pytest.mark.node

FUNDED = Account.from_key("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
"""The first account of every anvil."""
REGISTRY = encode_deployment(find_address(FUNDED))
UNKNOWN_HASH = "0x" + "77" * 32
NO_BLOCK = {"blockHash": UNKNOWN_HASH}
ONLY_ANVILS = {
    "eth_getTransactionReceipt": {"blobGasPrice", "blockTimestamp"},  # of blobs; not in the API
    "eth_getBlockReceipts": {"blobGasPrice", "blockTimestamp"},
    "eth_getBlockByNumber": {"totalDifficulty"},  # gone from the API since the Merge
    "eth_getBlockByHash": {"totalDifficulty"},
}
DIFFERENT_ON_PURPOSE = {
    "safe, finalized": "anvil is 32 and 64 blocks behind; here a block is final when it is mined",
    "pending": "anvil shows a block to come; here it is the newest",
    "eth_accounts": "the embedded chain holds no keys",
    "nonce too high": "anvil keeps it for later; here nothing waits",
    "only replay-protected": "anvil takes it; public nodes do not",
}


class Anvil:
    """Anvil as a `Node`, so that both are asked by the same lines."""

    network_name = "local"

    def __init__(self, running: nodes.RunningNode) -> None:
        self._running = running

    def request(self, method: str, params: list) -> object:
        try:
            return self._running.request(method, *params)
        except RuntimeError as error:
            (told,) = error.args
            raise NodeError(told["code"], told["message"], told.get("data")) from error


class Pair:
    """Both chains, with the same transactions mined on each."""

    def __init__(self, anvil: Anvil, embedded) -> None:
        self.anvil = anvil
        self.embedded = embedded
        self._nonce = 0
        self.hashes = [
            self.mine(value=1),
            self.mine(to=None, value=0, gas=300_000, data=INIT_CODE),
        ]
        self.contract = to_checksum(self.read_receipt(self.hashes[1])["contractAddress"])
        call = {"to": self.contract, "value": 0, "gas": 100_000}
        self.hashes += [self.mine(**call) for _ in range(2)]
        self.hashes.append(self.mine(**call, data=CUSTOM_ERROR))
        self.hashes.append(self.mine(value=0, data=b"\7" * 32, gas=22_280))
        self.hashes.append(self.mine(to=None, value=0, gas=10_000_000, data=REGISTRY))
        self.hashes.append(self._send(sign_legacy(FUNDED, self._nonce)))

    def mine(self, **changes: object) -> str:
        return self._send(sign(FUNDED, self._nonce, **changes))

    def read_receipt(self, transaction: str) -> dict:
        return self.embedded.request("eth_getTransactionReceipt", [transaction])

    def _send(self, raw: str) -> str:
        hashes = {n.request("eth_sendRawTransaction", [raw]) for n in (self.anvil, self.embedded)}
        (transaction,) = hashes
        while self.anvil.request("eth_getTransactionReceipt", [transaction]) is None:
            time.sleep(0.01)
        self._nonce += 1
        return transaction


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    assert (nodes.BIN / "anvil").exists(), "anvil is missing: npm ci brings it"
    path: Path = tmp_path_factory.mktemp("pair") / "chain.sqlite3"
    times = FastTime(time.time())
    balances = {find_address(FUNDED): 10_000 * ETHER}
    create_embedded(path, CHAIN_ID, balances, datetime.now(UTC))
    with (
        nodes.run_anvil("--hardfork", "prague", chain_id=CHAIN_ID) as running,
        open_chain(path, times) as embedded,
    ):
        yield Pair(Anvil(running), embedded)


def describe(value: object) -> object:
    """Return an answer's shape: members, types, and whether text is a quantity or so many bytes."""
    if isinstance(value, dict):
        return {name: describe(one) for name, one in value.items()}
    if isinstance(value, list):
        return ["list", *sorted({json.dumps(describe(one), sort_keys=True) for one in value})]
    if isinstance(value, str) and value.startswith("0x"):
        return len(value) if len(value) in (42, 66, 514) else "hexadecimal"
    return type(value).__name__


def drop(value: object, names: set[str]) -> object:
    if isinstance(value, list):
        return [drop(one, names) for one in value]
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if name not in names}
    return value


def ask(node, method: str, params: list) -> object:
    """Return the answer, or the error's code and revert data."""
    try:
        return drop(node.request(method, params), ONLY_ANVILS.get(method, set()))
    except NodeError as error:
        return {"error": error.code, "data": error.data}


def list_questions(pair: Pair) -> Iterator[tuple[str, list]]:
    yield from ask_about_blocks(pair)
    yield from ask_about_accounts(pair)
    yield from ask_about_calls(pair)
    yield from ask_about_logs(pair)
    yield from ask_in_vain()


def ask_about_blocks(pair: Pair) -> Iterator[tuple[str, list]]:
    yield from ((name, []) for name in ("eth_chainId", "eth_blockNumber", "net_version"))
    yield from ((name, []) for name in ("web3_clientVersion", "eth_gasPrice", "eth_syncing"))
    yield "eth_maxPriorityFeePerGas", []
    yield "eth_feeHistory", ["0x3", "latest", [25, 75]]
    yield "eth_feeHistory", ["0x300", "latest"]
    for tag in ("latest", "earliest", "0x1", "0x999"):
        yield "eth_getBlockByNumber", [tag, False]
    for number in range(9):
        yield "eth_getBlockByNumber", [hex(number), True]
        yield "eth_getBlockReceipts", [hex(number)]
    yield "eth_getBlockByHash", [UNKNOWN_HASH, False]
    for transaction in (*pair.hashes, UNKNOWN_HASH):
        yield "eth_getTransactionByHash", [transaction]
        yield "eth_getTransactionReceipt", [transaction]


def ask_about_accounts(pair: Pair) -> Iterator[tuple[str, list]]:
    for tag in ("latest", "0x2", "0x999"):
        yield "eth_getBalance", [FUNDED.address, tag]
        yield "eth_getTransactionCount", [FUNDED.address, tag]
        yield "eth_getCode", [pair.contract, tag]
        yield "eth_getStorageAt", [pair.contract, "0x0", tag]
        yield "eth_getProof", [pair.contract, ["0x" + "00" * 32, "0x" + "11" * 32], tag]
        yield "eth_getProof", [NOBODY, ["0x" + "00" * 32], tag]


def ask_about_calls(pair: Pair) -> Iterator[tuple[str, list]]:
    call = {"to": pair.contract, "from": FUNDED.address}
    fails = {**call, "data": "0x" + CUSTOM_ERROR.hex()}
    for tag in ("latest", "0x2", "0x999", NO_BLOCK):
        yield "eth_call", [call, tag]
    yield "eth_call", [fails, "latest"]
    yield "eth_call", [{**call, "from": POOR.address, "value": "0x1"}, "latest"]
    yield "eth_call", [{**call, "gas": "0x5300"}, "latest"]
    yield "eth_call", [{**call, "gas": "0x10"}, "latest"]
    yield "eth_estimateGas", [call]
    yield "eth_estimateGas", [fails]
    yield "eth_estimateGas", [{"from": FUNDED.address, "data": "0x" + INIT_CODE.hex()}]


def ask_about_logs(pair: Pair) -> Iterator[tuple[str, list]]:
    whole = {"fromBlock": "0x0", "toBlock": "latest", "address": pair.contract}
    yield "eth_getLogs", [whole]
    yield "eth_getLogs", [{**whole, "topics": [TOPIC]}]
    yield "eth_getLogs", [{**whole, "topics": [UNKNOWN_HASH]}]
    yield "eth_getLogs", [{"fromBlock": "0x4", "toBlock": "0x2"}]
    yield "eth_getLogs", [NO_BLOCK]
    yield "eth_getLogs", [{**NO_BLOCK, "fromBlock": "0x0"}]
    yield "eth_getLogs", [{"fromBlock": "0x999"}]


def ask_in_vain() -> Iterator[tuple[str, list]]:
    yield "eth_noSuchMethod", []
    yield "eth_getBalance", ["0x12", "latest"]
    yield "eth_getBlockByNumber", ["newest", False]
    yield "eth_sendRawTransaction", ["0x02ff"]
    yield "eth_sendRawTransaction", ["0x"]


def test_every_answer_has_the_shape_of_anvils(pair) -> None:
    differences = {}
    asked = 0
    for method, params in list_questions(pair):
        theirs, ours = (ask(node, method, params) for node in (pair.anvil, pair.embedded))
        asked += 1
        if describe(theirs) != describe(ours):
            differences[f"{method} {params}"] = (describe(theirs), describe(ours))
    assert differences == {}
    assert asked > 80


def test_everything_that_does_not_depend_on_time_is_equal(pair) -> None:
    alike = ("status", "type", "gasUsed", "cumulativeGasUsed", "contractAddress", "logsBloom")
    for transaction in pair.hashes:
        both = [
            node.request("eth_getTransactionReceipt", [transaction])
            for node in (pair.anvil, pair.embedded)
        ]
        theirs, ours = ({name: receipt[name] for name in alike} for receipt in both)
        assert theirs == ours
        assert [log["topics"] for log in both[0]["logs"]] == [
            log["topics"] for log in both[1]["logs"]
        ]
    for method, *params in (
        ("eth_getTransactionCount", FUNDED.address, "latest"),
        ("eth_getCode", pair.contract, "latest"),
        ("eth_getStorageAt", pair.contract, "0x0", "0x3"),
        ("eth_getBalance", NOBODY, "latest"),
    ):
        assert pair.anvil.request(method, params) == pair.embedded.request(method, params)


def test_estimates_are_equal(pair) -> None:
    for asked in (
        {"from": FUNDED.address, "to": pair.contract},
        {"from": FUNDED.address, "to": NOBODY, "value": "0x1"},
        {"from": FUNDED.address, "data": "0x" + INIT_CODE.hex()},
        {"from": FUNDED.address, "data": "0x" + REGISTRY.hex()},
    ):
        theirs = pair.anvil.request("eth_estimateGas", [asked])
        assert theirs == pair.embedded.request("eth_estimateGas", [asked])


def refuse(node, raw: str) -> tuple[int, str]:
    with pytest.raises(NodeError) as refusal:
        node.request("eth_sendRawTransaction", [raw])
    return refusal.value.code, refusal.value.message


REFUSED = {
    "nonce too low": sign(FUNDED, 0, value=2),
    "mined already": sign(FUNDED, 0, value=1),
    "no funds": sign(POOR, 0),
    "no funds for the value": sign(FUNDED, 8, value=10**30),
    "below the base fee": sign(FUNDED, 8, maxFeePerGas=1, maxPriorityFeePerGas=1),
    "tip above the fee": sign(FUNDED, 8, maxPriorityFeePerGas=4 * GWEI),
    "too little gas": sign(FUNDED, 8, gas=20_999),
    "too much gas": sign(FUNDED, 8, gas=30_000_001),
    "another chain": sign(FUNDED, 8, chainId=CHAIN_ID + 1),
    "too long a code": sign(FUNDED, 8, to=None, value=0, gas=10_000_000, data=bytes(49_153)),
    "no transaction": "0x02ff",
    "nothing": "0x",
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_has_anvils_code_and_words(pair, case) -> None:
    raw = REFUSED[case]
    assert refuse(pair.anvil, raw) == refuse(pair.embedded, raw)


def test_a_requires_text_is_told_in_anvils_words(pair) -> None:
    words = "20".rjust(64, "0") + "03".rjust(64, "0") + b"abc".hex().ljust(64, "0")
    asked = {"to": pair.contract, "data": "0x08c379a0" + words}
    told = []
    for node in (pair.anvil, pair.embedded):
        with pytest.raises(NodeError) as refusal:
            node.request("eth_call", [asked, "latest"])
        told.append((refusal.value.code, refusal.value.message, refusal.value.data))
    assert told[0] == told[1]


def test_the_list_of_differences_on_purpose_is_true(pair) -> None:
    """Last, because anvil takes what the embedded chain refuses."""
    assert pair.anvil.request("eth_accounts", []) != pair.embedded.request("eth_accounts", []) == []
    for tag in ("safe", "finalized", "pending"):
        theirs, ours = (
            node.request("eth_getBlockByNumber", [tag, False])
            for node in (pair.anvil, pair.embedded)
        )
        assert set(theirs) - set(ours) == ONLY_ANVILS["eth_getBlockByNumber"]
        assert theirs["number"] != ours["number"] == pair.embedded.request("eth_blockNumber", [])
    gap, bare = sign(FUNDED, 20), sign_legacy(FUNDED, 8, chainId=None)
    assert refuse(pair.embedded, gap)[1] in DIFFERENT_ON_PURPOSE
    assert refuse(pair.embedded, bare)[1].startswith("only replay-protected")
    for raw in (gap, bare):
        pair.anvil.request("eth_sendRawTransaction", [raw])
