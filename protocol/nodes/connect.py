"""From a network's settings to a node that can be asked. Embedded chains are opened elsewhere."""

from protocol.errors import ConfigurationError
from protocol.nodes.answers import ask
from protocol.nodes.blocks import read_block
from protocol.nodes.http_node import CALL_SECONDS, HttpNode
from protocol.nodes.networks import ChainIdentity, NetworkSettings
from protocol.nodes.node import Node
from protocol.nodes.quorum_node import QuorumNode
from protocol.primitives import BlockNumber, ChainId


def open_node(settings: NetworkSettings, timeout_seconds: float = CALL_SECONDS) -> Node:
    """Return a node over all endpoints of a network; nothing is asked yet.

    Raises:
        ConfigurationError: no endpoint is configured.
    """
    name = settings.network.name
    if not settings.endpoints:
        variable = f"ROOTSEAL_RPC_{name.upper().replace('-', '_')}"
        remedy = f"Set {variable} or endpoints in networks/{name}.toml."
        raise ConfigurationError(f"network {name}", "no endpoint is configured", remedy)
    nodes = [HttpNode(name, endpoint, timeout_seconds) for endpoint in settings.endpoints]
    return nodes[0] if len(nodes) == 1 else QuorumNode(name, nodes)


def read_identity(node: Node) -> ChainIdentity:
    """Return which chain a node serves.

    Raises:
        ChainError: it does not say.
    """
    chain_id = ChainId(ask(node, "eth_chainId").parse_quantity())
    return ChainIdentity(chain_id, read_block(node, BlockNumber(0)).hash)
