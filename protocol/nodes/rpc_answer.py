"""The bytes of a JSON-RPC answer, read strictly."""

import json
import re
from typing import Final

from protocol.nodes.node import NodeError

DEPTH_LIMIT: Final = 64
"""Answers nest about 5 deep. web3 brings py_ecc, which lifts Python's recursion limit so far that
deep JSON kills the process instead of raising an error, so depth is counted first."""
_STRUCTURE: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_OPENING: Final = (b"[", b"{")
_CLOSING: Final = (b"]", b"}")
MESSAGE_LIMIT: Final = 300
"""An endpoint's own words are shown up to here."""


def parse_rpc_answer(body: bytes, question: bytes) -> object:
    """Return the ``result`` that answers a question.

    Raises:
        NodeError: the node answered with an error.
        ValueError: the bytes are no answer to this question; the words are safe to show.
    """
    answer = _parse_object(body)
    error = answer.get("error")
    if isinstance(error, dict):
        raise _build_error(error)
    if answer.get("id") != json.loads(question)["id"]:
        message = "the endpoint answers another question"
        raise ValueError(message)
    if error is not None or "result" not in answer:
        message = "the endpoint's answer has no result"
        raise ValueError(message)
    return answer["result"]


def parse_rpc_batch(body: bytes, count: int) -> list[object | NodeError]:
    """Return results and refusals of a batch in the order of its ids, 0 to ``count - 1``.

    Raises:
        ValueError: the bytes are no answers to just these questions; the words are safe to show.
    """
    answers = _parse_json(body)
    if not isinstance(answers, list) or not all(isinstance(each, dict) for each in answers):
        message = "the endpoint answers no batch"
        raise ValueError(message)
    by_id = {each.get("id"): each for each in answers if type(each.get("id")) is int}
    if len(answers) != count or by_id.keys() != set(range(count)):
        message = "the endpoint answers other questions than those of the batch"
        raise ValueError(message)
    return [_read_result(by_id[number]) for number in range(count)]


def _read_result(answer: dict[str, object]) -> object | NodeError:
    error = answer.get("error")
    if isinstance(error, dict):
        return _build_error(error)
    if error is not None or "result" not in answer:
        message = "an answer of the batch has no result"
        raise ValueError(message)
    return answer["result"]


def _parse_json(body: bytes) -> object:
    if _is_too_deep(body):
        message = "the endpoint's answer is nested too deeply"
        raise ValueError(message)
    try:
        return json.loads(body)
    except ValueError:
        message = "the endpoint's answer is not JSON"
        raise ValueError(message) from None


def _parse_object(body: bytes) -> dict[str, object]:
    answer = _parse_json(body)
    if not isinstance(answer, dict):
        message = "the endpoint's answer is no JSON object"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for every unusable answer)
    return answer


def _is_too_deep(body: bytes) -> bool:
    """Tell whether brackets nest beyond the limit, without building anything."""
    depth = 0
    for token in _STRUCTURE.finditer(body):
        sign = token[0]
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth > DEPTH_LIMIT:
            return True
    return False


def _build_error(error: dict[str, object]) -> NodeError:
    code, words = error.get("code"), error.get("message")
    shown = words if isinstance(words, str) and words else "no reason given"
    return NodeError(
        code if type(code) is int else 0,
        "".join(each if each.isprintable() else " " for each in shown[:MESSAGE_LIMIT]),
        _find_revert_data(error),
    )


def _find_revert_data(error: dict[str, object]) -> str | None:
    """Return revert data: ``data`` itself, or where hardhat and others nest it."""
    data = error.get("data")
    while isinstance(data, dict):
        data = data.get("data", data.get("result"))
    return data if isinstance(data, str) and data.startswith("0x") else None
