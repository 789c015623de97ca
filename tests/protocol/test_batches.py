"""Many questions at once: a wrong answer costs only itself, and no batches are no obstacle."""

import json
from contextlib import contextmanager

import pytest

from protocol.errors import ChainDisagreementError, ChainUnreachableError
from protocol.nodes.batches import ask_each, cut, request_each
from protocol.nodes.http_node import HttpNode
from protocol.nodes.node import NodeError
from protocol.nodes.quorum_node import QuorumNode
from tests.endpoints import serve_answers

QUESTIONS = [
    ("eth_chainId", []),
    ("eth_getBlockByNumber", ["0x1", False]),
    ("eth_call", [{}, "0x1"]),
]


@contextmanager
def serve(answer):
    """An endpoint whose body is ``answer(asked)``, and what it was asked."""
    bodies = []

    def remember(asked):
        bodies.append(asked)
        return answer(asked)

    with serve_answers(remember) as address:
        yield address, bodies


def reply(question):
    return {"jsonrpc": "2.0", "id": question["id"], "result": question["method"]}


def refuse(question):
    error = {"code": 3, "message": "execution reverted", "data": "0x12"}
    return {"jsonrpc": "2.0", "id": question["id"], "error": error}


def answer_each(asked):
    return [reply(each) for each in asked] if isinstance(asked, list) else reply(asked)


def test_a_batch_is_one_exchange_and_may_come_back_in_any_order():
    with serve(lambda asked: answer_each(asked)[::-1]) as (endpoint, bodies):
        replies = HttpNode("x", endpoint).request_many(QUESTIONS)
    assert replies == [method for method, _ in QUESTIONS]
    assert len(bodies) == 1


def test_a_refusal_stands_in_its_own_place():
    with serve(lambda asked: [*map(reply, asked[:2]), refuse(asked[2])]) as (endpoint, _):
        *answers, refused = HttpNode("x", endpoint).request_many(QUESTIONS)
    assert answers == [method for method, _ in QUESTIONS[:2]]
    assert isinstance(refused, NodeError)
    assert refused.data == "0x12"


BROKEN = {
    "no batch": lambda asked: {"jsonrpc": "2.0", "id": None, "error": {"code": -32600}},
    "one too few": lambda asked: answer_each(asked)[1:],
    "one too many": lambda asked: [*answer_each(asked), reply(asked[0])],
    "an answer twice": lambda asked: [reply(asked[0])] * len(asked),
    "other ids": lambda asked: [{**reply(each), "id": str(each["id"])} for each in asked],
    "no results": lambda asked: [{"id": each["id"]} for each in asked],
    "no JSON": lambda asked: b"<html>",
    "half": lambda asked: json.dumps(answer_each(asked)).encode()[:40],
    "too deep": lambda asked: b"[" * 100_000,
    "limited": lambda asked: [
        {"id": each["id"], "error": {"code": -32005, "message": "slow down"}} for each in asked
    ],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_endpoint_that_takes_no_batches_is_asked_one_by_one(broken):
    def answer(asked):
        return BROKEN[broken](asked) if isinstance(asked, list) else reply(asked)

    with serve(answer) as (endpoint, bodies):
        node = HttpNode("x", endpoint)
        for _ in range(2):
            assert node.request_many(QUESTIONS) == [method for method, _ in QUESTIONS]
    assert [isinstance(body, list) for body in bodies] == [True] + [False] * 6


def test_silence_ends_all_of_them():
    with pytest.raises(ChainUnreachableError):
        HttpNode("x", "http://127.0.0.1:9").request_many(QUESTIONS)


class Memory:
    """A node that answers from a table, one question at a time."""

    network_name = "x"

    def __init__(self, **answers):
        self.answers = answers

    def request(self, method, _params):
        answer = self.answers[method]
        if isinstance(answer, Exception):
            raise answer
        return answer


HONEST = {"eth_chainId": "0x1", "eth_getBlockByNumber": {"hash": "0xa"}, "eth_call": "0x12"}


def test_a_node_without_batches_is_asked_one_by_one():
    refusal = NodeError(3, "execution reverted", "0x")
    node = Memory(**HONEST | {"eth_call": refusal})
    assert request_each(node, QUESTIONS) == ["0x1", {"hash": "0xa"}, refusal]
    answers = ask_each(Memory(**HONEST), QUESTIONS)
    assert [answer.question for answer in answers] == [method for method, _ in QUESTIONS]


def test_endpoints_that_disagree_about_one_question_agree_about_the_others():
    node = QuorumNode("x", [Memory(**HONEST), Memory(**HONEST | {"eth_call": "0x13"})])
    first, second, third = request_each(node, QUESTIONS)
    assert (first, second) == ("0x1", {"hash": "0xa"})
    assert isinstance(third, ChainDisagreementError)
    assert node.fewest_answers == 2


def test_a_silent_endpoint_is_passed_over_and_counted():
    silent = Memory(**dict.fromkeys(HONEST, ChainUnreachableError("x", "silent")))
    node = QuorumNode("x", [silent, Memory(**HONEST)])
    assert request_each(node, QUESTIONS)[2] == "0x12"
    assert node.fewest_answers == 1
    with pytest.raises(ChainUnreachableError):
        request_each(QuorumNode("x", [silent, silent]), QUESTIONS)


def test_what_need_not_agree_is_taken_from_whoever_has_it():
    without = Memory(eth_getProof=NodeError(-32601, "Method not found"))
    node = QuorumNode("x", [without, Memory(eth_getProof={"proof": 1})])
    assert request_each(node, [("eth_getProof", [])]) == [{"proof": 1}]
    (refused,) = request_each(QuorumNode("x", [without, without]), [("eth_getProof", [])])
    assert isinstance(refused, NodeError)


def test_pieces_are_no_larger_than_said_and_lose_nothing():
    for count in range(8):
        pieces = cut(list(range(count)), 3)
        assert [each for piece in pieces for each in piece] == list(range(count))
        assert all(0 < len(piece) <= 3 for piece in pieces)
