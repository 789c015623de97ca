"""QuorumNode over endpoints in memory; each answers from a table."""

import pytest

from protocol.errors import ChainDisagreementError, ChainUnreachableError
from protocol.nodes.node import Node, NodeError
from protocol.nodes.quorum_node import REST_SECONDS, QuorumNode

SILENT = ChainUnreachableError("campus", "no answer in time")
UNKNOWN_METHOD = NodeError(-32601, "method not found")


class Endpoint(Node):
    """Answers ``method`` or ``method argument`` from a table; an exception is raised."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    @property
    def network_name(self):
        return "campus"

    def request(self, method, params):
        self.asked.append((method, *params))
        answer = self.answers.get(f"{method}_{params[0]}" if params else method)
        answer = self.answers.get(method, UNKNOWN_METHOD) if answer is None else answer
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def block(number, mark="a", **more):
    return {"number": hex(number), "hash": "0x" + mark * 64, "timestamp": "0x1", **more}


def quorum(*endpoints, clock=None):
    return QuorumNode("campus", endpoints, clock or Clock())


def test_equal_answers_are_the_answer():
    node = quorum(Endpoint(eth_chainId="0xaa36a7"), Endpoint(eth_chainId="0xAA36A7"))
    assert node.request("eth_chainId", []) == "0xaa36a7"
    assert (node.endpoint_count, node.fewest_answers) == (2, 2)


def test_different_answers_are_a_disagreement_that_names_the_question():
    node = quorum(Endpoint(eth_call="0x01"), Endpoint(eth_call="0x02"))
    with pytest.raises(ChainDisagreementError) as caught:
        node.request("eth_call", [{}, "0x5"])
    assert (caught.value.network, caught.value.question) == ("campus", "eth_call")


def test_one_answer_is_enough_and_counted():
    node = quorum(Endpoint(eth_chainId=SILENT), Endpoint(eth_chainId="0x1"))
    assert node.request("eth_chainId", []) == "0x1"
    assert node.fewest_answers == 1


def test_no_answer_at_all_is_silence():
    node = quorum(Endpoint(eth_chainId=SILENT), Endpoint(eth_chainId=SILENT))
    with pytest.raises(ChainUnreachableError):
        node.request("eth_chainId", [])


def test_a_silent_endpoint_rests_and_is_asked_again():
    clock = Clock()
    silent = Endpoint(eth_chainId=SILENT)
    node = quorum(silent, Endpoint(eth_chainId="0x1"), clock=clock)
    for _ in range(3):
        node.request("eth_chainId", [])
    assert len(silent.asked) == 1
    clock.seconds = REST_SECONDS + 1
    node.request("eth_chainId", [])
    assert len(silent.asked) == 2


def test_endpoints_that_all_rest_are_asked_all_the_same():
    flapping = Endpoint(eth_chainId=SILENT)
    node = quorum(flapping)
    with pytest.raises(ChainUnreachableError):
        node.request("eth_chainId", [])
    flapping.answers["eth_chainId"] = "0x1"
    assert node.request("eth_chainId", []) == "0x1"


@pytest.mark.parametrize("tag", ["latest", "finalized"])
def test_the_newest_block_is_the_oldest_that_all_report(tag):
    ahead = Endpoint(**{f"eth_getBlockByNumber_{tag}": block(9, "b")})
    behind = Endpoint(**{f"eth_getBlockByNumber_{tag}": block(7)})
    for endpoint in (ahead, behind):
        endpoint.answers["eth_getBlockByNumber_0x7"] = block(7)
    assert quorum(ahead, behind).request("eth_getBlockByNumber", [tag, False])["number"] == "0x7"


def test_a_fork_at_the_common_block_is_a_disagreement():
    """CH-06: the endpoint that is ahead has another block at that number."""
    ahead = Endpoint(
        eth_getBlockByNumber_latest=block(9, "b"), eth_getBlockByNumber_0x7=block(7, "c")
    )
    behind = Endpoint(eth_getBlockByNumber_latest=block(7), eth_getBlockByNumber_0x7=block(7))
    with pytest.raises(ChainDisagreementError):
        quorum(ahead, behind).request("eth_getBlockByNumber", ["latest", False])


def test_state_at_the_newest_block_is_asked_at_one_block():
    endpoints = [
        Endpoint(
            eth_getBlockByNumber_latest=block(number),
            eth_getBlockByNumber_0x7=block(7),
            eth_getTransactionCount="0x3",
        )
        for number in (9, 7)
    ]
    assert quorum(*endpoints).request("eth_getTransactionCount", ["0xab", "latest"]) == "0x3"
    for endpoint in endpoints:
        assert endpoint.asked[-1] == ("eth_getTransactionCount", "0xab", "0x7")


def test_a_lagging_endpoint_does_not_turn_a_transaction_into_none():
    """CH-11: "no such transaction" of one endpoint is no answer against the other's."""
    found = {"hash": "0x1", "blockHash": "0x2", "blockNumber": "0x3"}
    node = quorum(
        Endpoint(eth_getTransactionByHash=lambda: None), Endpoint(eth_getTransactionByHash=found)
    )
    with pytest.raises(ChainDisagreementError):
        node.request("eth_getTransactionByHash", ["0x1"])


RECEIPT = {
    "transactionHash": "0x1",
    "blockHash": "0x2",
    "blockNumber": "0x3",
    "status": "0x1",
    "logs": [{"address": "0xAB", "topics": ["0x5"], "data": "0x", "logIndex": "0x0"}],
}


def test_members_that_differ_by_client_are_no_disagreement():
    other = RECEIPT | {
        "effectiveGasPrice": "0x9",
        "logs": [RECEIPT["logs"][0] | {"blockTimestamp": "0x1", "address": "0xab"}],
    }
    node = quorum(
        Endpoint(eth_getTransactionReceipt=RECEIPT), Endpoint(eth_getTransactionReceipt=other)
    )
    assert node.request("eth_getTransactionReceipt", ["0x1"]) == RECEIPT


@pytest.mark.parametrize(
    "lie",
    [
        {"status": "0x0"},
        {"blockHash": "0x9"},
        {"blockNumber": "0x9"},
        {"logs": []},
        {"logs": [RECEIPT["logs"][0] | {"topics": ["0x6"]}]},
        {"logs": [RECEIPT["logs"][0] | {"address": "0xcd"}]},
        {"logs": [RECEIPT["logs"][0] | {"data": "0x01"}]},
    ],
)
def test_one_lie_about_a_receipt_is_a_disagreement(lie):
    node = quorum(
        Endpoint(eth_getTransactionReceipt=RECEIPT),
        Endpoint(eth_getTransactionReceipt=RECEIPT | lie),
    )
    with pytest.raises(ChainDisagreementError):
        node.request("eth_getTransactionReceipt", ["0x1"])


def test_a_log_that_one_endpoint_hides_is_a_disagreement():
    node = quorum(Endpoint(eth_getLogs=RECEIPT["logs"]), Endpoint(eth_getLogs=[]))
    with pytest.raises(ChainDisagreementError):
        node.request("eth_getLogs", [{}])


def test_logs_are_compared_without_what_clients_add():
    other = [RECEIPT["logs"][0] | {"blockTimestamp": "0x1"}]
    node = quorum(Endpoint(eth_getLogs=RECEIPT["logs"]), Endpoint(eth_getLogs=other))
    assert node.request("eth_getLogs", [{}]) == RECEIPT["logs"]


def test_an_endpoint_without_the_state_is_passed_over():
    pruned = Endpoint(eth_call=NodeError(-32000, "missing trie node 12ab"))
    node = quorum(pruned, Endpoint(eth_call="0x01"))
    assert node.request("eth_call", [{}, "0x5"]) == "0x01"
    assert node.fewest_answers == 1


def test_a_revert_against_a_result_is_a_disagreement():
    reverts = Endpoint(eth_call=NodeError(3, "execution reverted", "0x1234"))
    with pytest.raises(ChainDisagreementError):
        quorum(reverts, Endpoint(eth_call="0x01")).request("eth_call", [{}, "0x5"])


def test_the_same_revert_by_all_is_their_word():
    reverts = [Endpoint(eth_call=NodeError(3, "execution reverted", "0x1234")) for _ in range(2)]
    with pytest.raises(NodeError) as caught:
        quorum(*reverts).request("eth_call", [{}, "0x5"])
    assert caught.value.data == "0x1234"


def test_a_transaction_goes_to_every_endpoint():
    endpoints = [Endpoint(eth_sendRawTransaction="0x1"), Endpoint(eth_sendRawTransaction=SILENT)]
    assert quorum(*endpoints).request("eth_sendRawTransaction", ["0x02"]) == "0x1"
    assert all(endpoint.asked for endpoint in endpoints)


def test_one_acceptance_outweighs_another_s_refusal():
    known = Endpoint(eth_sendRawTransaction=NodeError(-32000, "already known"))
    node = quorum(known, Endpoint(eth_sendRawTransaction="0x1"))
    assert node.request("eth_sendRawTransaction", ["0x02"]) == "0x1"


def test_a_refusal_by_all_is_their_word():
    low = Endpoint(eth_sendRawTransaction=NodeError(-32000, "nonce too low"))
    with pytest.raises(NodeError, match="nonce too low"):
        quorum(low, Endpoint(eth_sendRawTransaction=SILENT)).request("eth_sendRawTransaction", [""])


def test_estimates_are_taken_from_the_first_that_answers():
    node = quorum(Endpoint(eth_estimateGas=SILENT), Endpoint(eth_estimateGas="0x5208"))
    assert node.request("eth_estimateGas", [{}]) == "0x5208"
