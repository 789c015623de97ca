"""A node that is asked again when it falls silent in the middle of a long walk.

Endpoints limit rates and restart. One that has answered before is given a few chances, each after a
longer pause; one that never answered is not waited for.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from protocol.errors import ChainUnreachableError
from protocol.nodes.batches import Question, Reply, request_each
from protocol.nodes.node import Node

PAUSES_SECONDS: Final = (1.0, 4.0, 10.0)
Answer = TypeVar("Answer")


class PatientNode(Node):
    """Passes questions on, and repeats those that only silence met. Nothing is sent through it."""

    def __init__(self, node: Node, sleep: Callable[[float], None]) -> None:
        """Ask ``node``, and wait by ``sleep``."""
        self._node = node
        self._sleep = sleep
        self._has_answered = False

    @property
    def network_name(self) -> str:
        """Name of the network, for messages."""
        return self._node.network_name

    def request(self, method: str, params: Sequence[object]) -> object:
        """Return the ``result`` of one JSON-RPC call (`Node.request`)."""
        return self._insist(lambda: self._node.request(method, params))

    def request_many(self, questions: Sequence[Question]) -> list[Reply]:
        """Return a reply to each question (`BatchNode.request_many`)."""
        return self._insist(lambda: request_each(self._node, questions))

    def _insist(self, question: Callable[[], Answer]) -> Answer:
        for pause_seconds in PAUSES_SECONDS if self._has_answered else ():
            try:
                return question()
            except ChainUnreachableError:
                self._sleep(pause_seconds)
        answer = question()
        self._has_answered = True
        return answer
