"""A node whose questions are counted, timed, and bounded for one verification as a whole."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from protocol.errors import ChainDisagreementError, ChainError, ChainUnreachableError
from protocol.nodes.node import Node, NodeError
from verifier.web.metrics import CallOutcome, Metrics

_DEADLINE: Final[ContextVar[float | None]] = ContextVar("rootseal_deadline", default=None)


@contextmanager
def limit_questions(seconds: float) -> Iterator[None]:
    """Let the questions asked inside take ``seconds`` together; later ones get no answer.

    Limits stand inside each other: whichever ends first counts.
    """
    outer, ours = _DEADLINE.get(), time.monotonic() + seconds
    token = _DEADLINE.set(ours if outer is None else min(outer, ours))
    try:
        yield
    finally:
        _DEADLINE.reset(token)


class WatchedNode:
    """Implements `protocol.nodes.node.Node` over another node."""

    def __init__(self, node: Node, metrics: Metrics) -> None:
        """Ask ``node``; count in ``metrics``."""
        self._node = node
        self._metrics = metrics

    @property
    def network_name(self) -> str:
        """Name of the network, for messages."""
        return self._node.network_name

    def request(self, method: str, params: Sequence[object]) -> object:
        """Return the ``result`` of one JSON-RPC call (`Node.request`)."""
        started = time.monotonic()
        deadline = _DEADLINE.get()
        if deadline is not None and started > deadline:
            self._count(method, CallOutcome.OUT_OF_TIME)
            reason = "this verification's time was used up"
            raise ChainUnreachableError(self.network_name, reason)
        outcome = CallOutcome.UNREACHABLE
        try:
            answer = self._node.request(method, params)
            outcome = CallOutcome.ANSWERED
        except ChainError as error:
            outcome = _classify(error)
            raise
        finally:
            seconds = time.monotonic() - started
            self._metrics.observe("rootseal_rpc_seconds", {"network": self.network_name}, seconds)
            self._count(method, outcome)
        return answer

    def _count(self, method: str, outcome: CallOutcome) -> None:
        network = self.network_name
        labels = {"network": network, "method": method, "outcome": str(outcome)}
        self._metrics.count("rootseal_rpc_requests_total", labels)
        if outcome is CallOutcome.DISAGREEMENT:
            self._metrics.count("rootseal_rpc_disagreement_total", {"network": network})


def _classify(error: ChainError) -> CallOutcome:
    match error:
        case NodeError():
            return CallOutcome.REFUSED
        case ChainDisagreementError():
            return CallOutcome.DISAGREEMENT
        case _:
            return CallOutcome.UNREACHABLE
