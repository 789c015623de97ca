"""One Ethereum node, as a function from JSON-RPC question to answer.

Everything that talks to a chain stands on this, so an HTTP endpoint, several of them under a quorum
and the embedded chain are asked by the same code.
"""

from collections.abc import Sequence
from typing import Protocol

from protocol.errors import ChainError


class NodeError(ChainError):
    """A node answered with a JSON-RPC error: it was reached, and said no.

    ``data`` carries revert data (``0x…``) where the node gives it.
    """

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        """Keep the node's code, words and revert data."""
        self.code = code
        self.message = message
        self.data = data
        super().__init__(f"The node refuses: {message}")


class Node(Protocol):
    """Answers JSON-RPC questions (Ethereum execution API)."""

    @property
    def network_name(self) -> str:
        """Name of the network, for messages."""
        ...

    def request(self, method: str, params: Sequence[object]) -> object:
        """Return the ``result`` of one JSON-RPC call, as parsed JSON.

        Raises:
            ChainUnreachableError: no usable answer.
            ChainDisagreementError: several endpoints answered differently.
            NodeError: the node answered with an error.
        """
        ...
