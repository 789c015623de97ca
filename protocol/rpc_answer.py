"""The bytes of a JSON-RPC answer, read strictly."""

import json
from typing import Final

from protocol.node import NodeError

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
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        message = "the endpoint's answer is not JSON"
        raise ValueError(message) from None
    if not isinstance(answer, dict):
        message = "the endpoint's answer is no JSON object"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for every unusable answer)
    return answer


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
