"""UnanimousNode: what is to be remembered must not come from fewer than all endpoints."""

import pytest

from protocol.errors import ChainDisagreementError, ChainUnreachableError
from protocol.nodes.node import NodeError
from protocol.nodes.quorum_node import REST_SECONDS
from protocol.nodes.unanimous_node import UnanimousNode
from tests.protocol.test_quorum import SILENT, Clock, Endpoint, block, quorum

PLACE = ["0x5", False]


def test_what_all_say_is_the_answer():
    node = UnanimousNode(quorum(Endpoint(eth_chainId="0x1"), Endpoint(eth_chainId="0x1")))
    assert (node.request("eth_chainId", []), node.network_name) == ("0x1", "campus")


def test_one_silent_endpoint_is_enough_for_no_answer():
    first, second = Endpoint(eth_chainId="0x1"), Endpoint(eth_chainId=SILENT)
    asked = quorum(first, second)
    with pytest.raises(ChainUnreachableError):
        UnanimousNode(asked).request("eth_chainId", [])
    assert asked.request("eth_chainId", []) == "0x1", "for one verdict one answer is enough"


def test_an_endpoint_that_cannot_say_is_enough_for_no_answer():
    unable = Endpoint(eth_getTransactionReceipt=NodeError(-32000, "no history"))
    asked = quorum(Endpoint(eth_getTransactionReceipt={"status": "0x1"}), unable)
    with pytest.raises(ChainUnreachableError):
        UnanimousNode(asked).request("eth_getTransactionReceipt", ["0x1"])


def test_a_disagreement_stays_one():
    asked = quorum(
        Endpoint(eth_getBlockByNumber=block(5, "a")), Endpoint(eth_getBlockByNumber=block(5, "b"))
    )
    with pytest.raises(ChainDisagreementError):
        UnanimousNode(asked).request("eth_getBlockByNumber", PLACE)


def test_whoever_is_silent_about_the_final_block_leaves_it_unsaid():
    answering = Endpoint(eth_getBlockByNumber=block(5))
    silent = Endpoint(eth_getBlockByNumber_finalized=SILENT, eth_getBlockByNumber=block(5))
    with pytest.raises(ChainUnreachableError):
        UnanimousNode(quorum(answering, silent)).request(
            "eth_getBlockByNumber", ["finalized", False]
        )


def test_while_an_endpoint_rests_nobody_is_asked():
    """A silent endpoint costs its time limit; it must not cost it twice."""
    clock = Clock()
    first, second = Endpoint(eth_chainId="0x1"), Endpoint(eth_chainId=SILENT)
    asked = quorum(first, second, clock=clock)
    asked.request("eth_chainId", [])
    before = len(first.asked), len(second.asked)
    with pytest.raises(ChainUnreachableError):
        UnanimousNode(asked).request("eth_chainId", [])
    assert (len(first.asked), len(second.asked)) == before
    clock.seconds += REST_SECONDS + 1
    second.answers["eth_chainId"] = "0x1"
    assert UnanimousNode(asked).request("eth_chainId", []) == "0x1"
