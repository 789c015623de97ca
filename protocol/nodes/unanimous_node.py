"""All endpoints of a network, none of which may be silent: for what is to be remembered.

`QuorumNode` passes a silent endpoint over, so that one answer is enough for one verdict. What later
verdicts rest on too must not come from a single endpoint just because another was out of reach.
"""

from collections.abc import Sequence
from typing import Final

from protocol.errors import ChainUnreachableError
from protocol.nodes.node import Node
from protocol.nodes.quorum_node import QuorumNode


class UnanimousNode(Node):
    """Answers only what every endpoint says."""

    def __init__(self, quorum: QuorumNode) -> None:
        """Ask the endpoints of ``quorum``."""
        self._quorum: Final = quorum

    @property
    def network_name(self) -> str:
        """Name of the network, for messages."""
        return self._quorum.network_name

    def request(self, method: str, params: Sequence[object]) -> object:
        """Return what all endpoints agree on (`Node.request`)."""
        if self._quorum.is_anyone_resting():
            # Not asked again before the time: it would cost its time limit.
            raise self._report_silence()
        asked = QuorumNode(self._quorum.network_name, self._quorum.nodes)
        answer = asked.request(method, params)
        if asked.fewest_answers < asked.endpoint_count:
            raise self._report_silence()
        return answer

    def _report_silence(self) -> ChainUnreachableError:
        return ChainUnreachableError(self.network_name, "not every endpoint answers")
