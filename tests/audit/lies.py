"""Endpoints that lie: in one process, or as an HTTP proxy in front of a real node."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy

from protocol.nodes.batches import request_each
from protocol.nodes.node import NodeError
from tests.endpoints import serve_answers

Lie = Callable[[str, list, object], object]
"""Method, parameters and the honest result; returns what is told, or a NodeError."""


class LyingNode:
    """Passes questions on, remembers honest answers, and spoils what it is told to spoil."""

    def __init__(self, honest, lie: Lie, memory: dict | None = None) -> None:
        self.honest = honest
        self.lie = lie
        self.memory = {} if memory is None else memory

    @property
    def network_name(self):
        return self.honest.network_name

    def request(self, method, params):
        (reply,) = self.request_many([(method, params)])
        if isinstance(reply, NodeError):
            raise reply
        return reply

    def request_many(self, questions):
        unknown = [each for each in questions if key(each) not in self.memory]
        for question, reply in zip(unknown, request_each(self.honest, unknown), strict=True):
            self.memory[key(question)] = reply
        return [
            self.lie(method, list(params), deepcopy(self.memory[key((method, params))]))
            for method, params in questions
        ]


def key(question) -> str:
    method, params = question
    return json.dumps([method, list(params)])


@contextmanager
def run_proxy(endpoint: str, lie: Lie) -> Iterator[str]:
    """Serve an endpoint that lies about what the real one answers; yield its address."""

    def answer(asked):
        several = isinstance(asked, list)
        questions = asked if several else [asked]
        told = forward(endpoint, questions)
        for question, reply in zip(questions, told, strict=True):
            if "result" in reply:
                spoil(lie, question, reply)
        return told if several else told[0]

    with serve_answers(answer) as address:
        yield address


def spoil(lie: Lie, question, reply) -> None:
    spoilt = lie(question["method"], question["params"], reply["result"])
    if isinstance(spoilt, NodeError):
        del reply["result"]
        reply["error"] = {"code": spoilt.code, "message": spoilt.message}
    else:
        reply["result"] = spoilt


def forward(endpoint: str, questions: list) -> list:
    call = urllib.request.Request(
        endpoint, json.dumps(questions).encode(), {"Content-Type": "application/json"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(call, timeout=20) as answer:
        by_id = {each["id"]: each for each in json.load(answer)}
    return [by_id[question["id"]] for question in questions]


def tell_truth(_method, _params, result):
    return result


def hide_log(transaction: str, log_index: str) -> Lie:
    """Withhold one log."""

    def lie(method, _params, result):
        if method != "eth_getLogs":
            return result
        return [
            log
            for log in result
            if (log["transactionHash"], log["logIndex"]) != (transaction, log_index)
        ]

    return lie


def alter_log(transaction: str, log_index: str, change: Callable[[dict], None]) -> Lie:
    """Change something in one log."""

    def lie(method, _params, result):
        if method == "eth_getLogs":
            for log in result:
                if (log["transactionHash"], log["logIndex"]) == (transaction, log_index):
                    change(log)
        return result

    return lie


def alter_slot(position: bytes, change: Callable[[int], int]) -> Lie:
    """Tell another word of storage, asked plainly."""

    def lie(method, params, result):
        if method == "eth_getStorageAt" and params[1] == "0x" + position.hex():
            return "0x" + change(int(result, 16)).to_bytes(32, "big").hex()
        return result

    return lie


def tell_all(*lies: Lie) -> Lie:
    """Tell several lies at once."""

    def lie(method, params, result):
        for each in lies:
            result = each(method, params, result)
        return result

    return lie
