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


def _parse_object(body: bytes) -> dict[str, object]:
    if _is_too_deep(body):
        message = "the endpoint's answer is nested too deeply"
        raise ValueError(message)
    try:
        answer = json.loads(body)
    except ValueError:
        message = "the endpoint's answer is not JSON"
        raise ValueError(message) from None
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
