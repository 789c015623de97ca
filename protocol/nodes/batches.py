"""Many questions in one exchange, where the node can (JSON-RPC batches); one by one where not.

A question that is refused costs only its own answer. Silence ends all of them.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar, runtime_checkable

from protocol.errors import ChainDisagreementError, ChainError, ChainUnreachableError
from protocol.nodes.answers import Answer
from protocol.nodes.node import Node, NodeError

Item = TypeVar("Item")
Question = tuple[str, Sequence[object]]
"""Method and parameters; a block is named by number or hash, never by a tag."""
Reply = object | NodeError | ChainDisagreementError
"""A result as parsed JSON, or why there is none."""


@runtime_checkable
class BatchNode(Protocol):
    """A node that takes many questions at once."""

    def request_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Return a reply to each question, in their order.

        Raises:
            ChainUnreachableError: no usable answer.
        """
        ...


def request_each(node: Node, questions: Sequence[Question]) -> list[Reply]:
    """Return a reply to each question, asked together where the node can.

    Raises:
        ChainUnreachableError: no usable answer.
    """
    if isinstance(node, BatchNode):
        return node.request_many(questions) if questions else []
    replies: list[Reply] = []
    for method, params in questions:
        try:
            replies.append(node.request(method, params))
        except (NodeError, ChainDisagreementError) as error:
            replies.append(error)
    return replies


def ask_each(node: Node, questions: Sequence[Question]) -> list[Answer | ChainError]:
    """Ask a node many questions; a refusal or disagreement stands in its answer's place.

    Raises:
        ChainUnreachableError: no usable answer.
    """
    replies = request_each(node, questions)
    if len(replies) != len(questions):
        reason = f"{len(replies)} answers came to {len(questions)} questions"
        raise ChainUnreachableError(node.network_name, reason)
    return [
        reply if isinstance(reply, ChainError) else Answer(node.network_name, method, reply)
        for (method, _), reply in zip(questions, replies, strict=True)
    ]


def cut(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    """Return the items in pieces of at most ``size``: endpoints limit what they take at once."""
    return [items[at : at + size] for at in range(0, len(items), size)]
