"""Questions and answers: state at any block, calls, logs, fees."""

import pytest

from protocol.nodes.node import NodeError
from protocol.primitives import hash_keccak
from tests.protocol.embedded.chains import (
    ALICE,
    BOB,
    CHAIN_ID,
    CUSTOM_ERROR,
    ETHER,
    GWEI,
    INIT_CODE,
    NOBODY,
    POOR,
    RUNTIME,
    TOPIC,
    build_init_code,
    count_up,
    deploy,
    open_chain,
    read_words,
    send,
    sign,
)

UNKNOWN_HASH = "0x" + "77" * 32


@pytest.fixture
def contract(node) -> str:
    """The small contract, called in blocks 2, 3 and 4."""
    where = deploy(node)
    for nonce in (1, 2, 3):
        count_up(node, where, nonce)
    return where


def refuse(node, method: str, *params: object) -> NodeError:
    with pytest.raises(NodeError) as refusal:
        node.request(method, list(params))
    return refusal.value


def test_a_method_that_is_not_known_is_said_so(node) -> None:
    for method in ("eth_sendTransaction", "evm_mine", "debug_traceCall", "", "eth_call "):
        assert refuse(node, method).code == -32601


def test_the_chain_says_who_it_is(node) -> None:
    assert node.network_name == "embedded"
    assert node.request("eth_chainId", []) == hex(CHAIN_ID)
    assert node.request("net_version", []) == str(CHAIN_ID)
    assert node.request("eth_accounts", []) == []
    assert node.request("eth_syncing", []) is False
    assert "Rootseal" in node.request("web3_clientVersion", [])


@pytest.mark.parametrize("tag", ["latest", "pending", "safe", "finalized"])
def test_the_newest_block_is_final(node, contract, tag) -> None:
    assert node.request("eth_getBlockByNumber", [tag, False])["number"] == "0x4"


def test_a_block_is_the_same_by_number_and_by_hash(node, contract) -> None:
    for number in range(5):
        block = node.request("eth_getBlockByNumber", [hex(number), False])
        assert node.request("eth_getBlockByHash", [block["hash"], False]) == block
    assert node.request("eth_getBlockByNumber", ["earliest", False])["number"] == "0x0"


def test_a_block_names_its_parent(node, contract) -> None:
    blocks = [node.request("eth_getBlockByNumber", [hex(at), False]) for at in range(5)]
    assert [each["parentHash"] for each in blocks[1:]] == [each["hash"] for each in blocks[:-1]]


def test_a_block_shows_its_transactions_whole_if_asked(node, contract) -> None:
    block = node.request("eth_getBlockByNumber", ["0x2", True])
    (shown,) = block["transactions"]
    assert node.request("eth_getTransactionByHash", [shown["hash"]]) == shown


def test_what_is_not_there_is_null(node) -> None:
    assert node.request("eth_getBlockByNumber", ["0x1", False]) is None
    assert node.request("eth_getBlockByHash", [UNKNOWN_HASH, False]) is None
    assert node.request("eth_getTransactionByHash", [UNKNOWN_HASH]) is None
    assert node.request("eth_getTransactionReceipt", [UNKNOWN_HASH]) is None
    assert node.request("eth_getBlockReceipts", ["0x1"]) is None


def test_a_transaction_shows_what_was_signed(node) -> None:
    raw = sign(ALICE, 0, value=7, data=b"\1\2", gas=30_000)
    shown = node.request("eth_getTransactionByHash", [send(node, raw)["transactionHash"]])
    assert shown["from"] == ALICE.address.lower()
    assert (shown["to"], shown["input"]) == (NOBODY, "0x0102")
    assert (shown["value"], shown["nonce"], shown["gas"]) == ("0x7", "0x0", hex(30_000))
    assert shown["hash"] == "0x" + hash_keccak(bytes.fromhex(raw[2:])).hex()


def test_a_new_contracts_code_and_address_are_told(node) -> None:
    raw = sign(ALICE, 0, to=None, value=0, gas=300_000, data=INIT_CODE)
    receipt = send(node, raw)
    assert receipt["to"] is None
    code = node.request("eth_getCode", [receipt["contractAddress"], "latest"])
    assert code == "0x" + RUNTIME.hex()
    assert node.request("eth_getCode", [receipt["contractAddress"], "0x0"]) == "0x"


def test_a_call_at_an_old_block_sees_that_blocks_state_number_and_time(node, contract) -> None:
    for number, count in ((1, 0), (2, 1), (4, 3)):
        answer = node.request("eth_call", [{"to": contract, "from": BOB.address}, hex(number)])
        block = node.request("eth_getBlockByNumber", [hex(number), False])
        assert read_words(answer) == [
            count + 1,
            number,
            int(block["timestamp"], 16),
            int(BOB.address, 16),
        ]


def test_a_block_is_named_by_its_hash_too(node, contract) -> None:
    block = node.request("eth_getBlockByNumber", ["0x2", False])
    by_hash = node.request("eth_call", [{"to": contract}, {"blockHash": block["hash"]}])
    assert by_hash == node.request("eth_call", [{"to": contract}, {"blockNumber": "0x2"}])
    assert refuse(node, "eth_call", {"to": contract}, {"blockHash": UNKNOWN_HASH}).code == -32001


def test_a_call_changes_nothing(node, contract) -> None:
    before = node.request("eth_getStorageAt", [contract, "0x0", "latest"])
    node.request("eth_call", [{"to": contract}, "latest"])
    node.request("eth_estimateGas", [{"to": contract}])
    assert node.request("eth_getStorageAt", [contract, "0x0", "latest"]) == before


def test_a_call_needs_no_funds_for_gas_but_for_its_value(node, contract) -> None:
    asked = {"to": contract, "from": POOR.address}
    assert read_words(node.request("eth_call", [asked, "latest"]))[0] == 4
    refusal = refuse(node, "eth_call", {**asked, "value": "0x1"}, "latest")
    assert (refusal.code, refusal.message) == (-32003, "Insufficient funds for gas * price + value")


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_custom_error_comes_back_as_revert_data(node, contract, method) -> None:
    refusal = refuse(node, method, {"to": contract, "data": "0x" + CUSTOM_ERROR.hex()}, "latest")
    assert refusal.code == 3
    assert refusal.message == "execution reverted"
    assert refusal.data == "0x" + CUSTOM_ERROR.hex()


def test_a_requires_text_is_told(node, contract) -> None:
    words = "20".rjust(64, "0") + "05".rjust(64, "0") + b"K\xc4\x81ore"[:5].hex().ljust(64, "0")
    refusal = refuse(node, "eth_call", {"to": contract, "input": "0x08c379a0" + words}, "latest")
    assert refusal.message == "execution reverted: Kāor"
    assert refusal.data == "0x08c379a0" + words


def test_a_call_that_breaks_the_machine_is_no_revert(node) -> None:
    for code, error in (("fe", "InvalidInstruction"), ("5b5f56", "OutOfGas")):
        refusal = refuse(node, "eth_call", {"data": "0x" + code, "gas": "0x186a0"}, "latest")
        assert (refusal.code, refusal.message) == (-32603, f"EVM error {error}")
        assert refusal.data is None


def test_data_under_both_names_must_agree(node) -> None:
    assert node.request("eth_call", [{"to": NOBODY, "data": "0x01", "input": "0x01"}]) == "0x"
    asked = {"to": NOBODY, "data": "0x01", "input": "0x02"}
    assert refuse(node, "eth_call", asked).code == -32602


def test_an_estimate_is_enough_and_one_less_is_not(node, contract) -> None:
    asked = {"from": ALICE.address, "to": contract}
    least = int(node.request("eth_estimateGas", [asked]), 16)
    assert refuse(node, "eth_call", {**asked, "gas": hex(least - 1)}).code == -32603
    assert send(node, sign(ALICE, 4, to=contract, value=0, gas=least))["status"] == "0x1"


def test_an_estimate_leaves_room_for_what_calls_keep_back(node, contract) -> None:
    """A call keeps back a 64th of its gas, so what was used is not enough (EIP-150)."""
    forward = "5f5f5f5f5f73" + contract[2:] + "5af1" + "602157" + "5f5ffd" + "5b00"
    body = bytes.fromhex(forward.replace("602157", f"60{len(forward) // 2 - 2:02x}57"))
    raw = sign(ALICE, 4, to=None, value=0, gas=300_000, data=build_init_code(body))
    outer = send(node, raw)["contractAddress"]
    asked = {"from": ALICE.address, "to": outer}
    least = int(node.request("eth_estimateGas", [asked]), 16)
    assert refuse(node, "eth_call", {**asked, "gas": hex(least - 1)}).code in (3, -32603)
    node.request("eth_call", [{**asked, "gas": hex(least)}])


def test_an_estimate_covers_the_datas_floor(node) -> None:
    asked = {"from": ALICE.address, "to": NOBODY, "data": "0x" + "07" * 32}
    assert node.request("eth_estimateGas", [asked]) == hex(22_280)


def test_a_plain_transfer_is_estimated_exactly(node) -> None:
    asked = {"from": ALICE.address, "to": NOBODY, "value": "0x1"}
    assert node.request("eth_estimateGas", [asked]) == hex(21_000)


def test_balances_nonces_and_storage_are_kept_for_every_block(node, contract) -> None:
    nonces = [node.request("eth_getTransactionCount", [ALICE.address, hex(n)]) for n in range(5)]
    assert nonces == ["0x0", "0x1", "0x2", "0x3", "0x4"]
    slots = [node.request("eth_getStorageAt", [contract, "0x0", hex(n)]) for n in range(1, 5)]
    assert [int(slot, 16) for slot in slots] == [0, 1, 2, 3]
    assert {len(slot) for slot in slots} == {66}
    balances = [int(node.request("eth_getBalance", [ALICE.address, hex(n)]), 16) for n in range(5)]
    assert balances[0] == 1_000 * ETHER
    assert sorted(balances, reverse=True) == balances


def test_what_is_asked_at_a_block_to_come_is_an_error(node, contract) -> None:
    for method, *params in (
        ("eth_getBalance", ALICE.address),
        ("eth_getTransactionCount", ALICE.address),
        ("eth_getCode", contract),
        ("eth_getStorageAt", contract, "0x0"),
        ("eth_call", {"to": contract}),
        ("eth_getProof", contract, []),
    ):
        refusal = refuse(node, method, *params, "0x63")
        assert refusal.message == "BlockOutOfRangeError: block height is 4 but requested was 99"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getBalance", ["0x12", "latest"]),
        ("eth_getBalance", []),
        ("eth_getBalance", [NOBODY, "newest"]),
        ("eth_getBlockByNumber", [4, False]),
        ("eth_getBlockByNumber", ["0x0"]),
        ("eth_getBlockByNumber", ["0x", False]),
        ("eth_getBlockByHash", ["0x77", False]),
        ("eth_getTransactionByHash", [UNKNOWN_HASH + "77"]),
        ("eth_getProof", [NOBODY, "0x0", "latest"]),
        ("eth_getProof", [NOBODY, ["0x"], "latest"]),
        ("eth_call", ["0x"]),
        ("eth_call", [{"to": NOBODY, "value": 1}]),
        ("eth_getLogs", [{"topics": "0x11"}]),
        ("eth_getLogs", [{"address": "0x11"}]),
        ("eth_feeHistory", ["0x0", "latest"]),
        ("eth_feeHistory", ["0x1", "latest", [101]]),
        ("eth_sendRawTransaction", []),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(node, method, params) -> None:
    assert refuse(node, method, *params).code == -32602


def read_logs(node, **question: object) -> list[int]:
    return [int(log["blockNumber"], 16) for log in node.request("eth_getLogs", [question])]


def test_logs_are_found_by_range_block_address_and_topic(node, contract) -> None:
    block = node.request("eth_getBlockByNumber", ["0x3", False])
    whole = {"fromBlock": "0x0", "toBlock": "latest"}
    other = "0x" + "12".rjust(64, "0")
    assert read_logs(node, **whole) == [2, 3, 4]
    assert read_logs(node, fromBlock="0x3", toBlock="0x3") == [3]
    assert read_logs(node, blockHash=block["hash"], address=contract) == [3]
    assert read_logs(node, **whole, address=[NOBODY, contract]) == [2, 3, 4]
    assert read_logs(node, **whole, address=NOBODY) == []
    assert read_logs(node, **whole, topics=[TOPIC]) == [2, 3, 4]
    assert read_logs(node, **whole, topics=[[other, TOPIC]]) == [2, 3, 4]
    assert read_logs(node, **whole, topics=[other]) == []
    assert read_logs(node, **whole, topics=[None]) == [2, 3, 4]
    assert read_logs(node, **whole, topics=[TOPIC, None]) == []
    assert read_logs(node, fromBlock="0x4", toBlock="0x2") == []
    assert read_logs(node, fromBlock="0x2", toBlock="0x99") == [2, 3, 4]
    assert read_logs(node) == [4]


def test_a_logs_question_about_no_block_is_an_error(node, contract) -> None:
    block = node.request("eth_getBlockByNumber", ["0x3", False])
    both = {"blockHash": block["hash"], "fromBlock": "0x0"}
    assert "cannot specify both" in refuse(node, "eth_getLogs", both).message
    assert refuse(node, "eth_getLogs", {"blockHash": UNKNOWN_HASH}).message == "unknown block"
    assert "requested was 99" in refuse(node, "eth_getLogs", {"fromBlock": "0x63"}).message


def test_logs_of_a_shared_block_are_numbered_through(node) -> None:
    where = deploy(node)
    raws = [sign(ALICE, nonce, to=where, value=0, gas=100_000) for nonce in (1, 2, 3)]
    node.send_together([bytes.fromhex(raw[2:]) for raw in raws])
    logs = node.request("eth_getLogs", [{"fromBlock": "latest"}])
    assert [(log["transactionIndex"], log["logIndex"]) for log in logs] == [
        ("0x0", "0x0"),
        ("0x1", "0x1"),
        ("0x2", "0x2"),
    ]
    receipts = node.request("eth_getBlockReceipts", ["latest"])
    assert [log for receipt in receipts for log in receipt["logs"]] == logs


def test_fees_are_suggested_from_the_next_blocks_base_fee(node, contract) -> None:
    history = node.request("eth_feeHistory", ["0x2", "latest", [0, 100]])
    newest = node.request("eth_getBlockByNumber", ["latest", False])
    assert history["oldestBlock"] == "0x3"
    assert history["baseFeePerGas"][1] == newest["baseFeePerGas"]
    assert history["reward"] == [[hex(GWEI), hex(GWEI)]] * 2
    next_fee = int(history["baseFeePerGas"][2], 16)
    assert next_fee < int(newest["baseFeePerGas"], 16)
    assert int(node.request("eth_gasPrice", []), 16) == next_fee + GWEI
    assert node.request("eth_maxPriorityFeePerGas", []) == hex(GWEI)
    everything = node.request("eth_feeHistory", [1000, "latest"])
    assert (everything["oldestBlock"], len(everything["gasUsedRatio"])) == ("0x0", 5)
    assert everything["reward"] == []


def test_another_open_node_sees_new_blocks_at_its_next_question(path, node) -> None:
    with open_chain(path) as reader:
        assert reader.request("eth_blockNumber", []) == "0x0"
        send(node, sign(ALICE, 0))
        assert reader.request("eth_blockNumber", []) == "0x1"
        assert reader.request("eth_getTransactionCount", [ALICE.address]) == "0x1"
