"""Where a network's name becomes a node that is asked, and the configured networks a directory."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import click

from protocol.chain import ChainReader, Network
from protocol.errors import ChainError
from protocol.nodes.connect import open_node, read_identity
from protocol.nodes.networks import (
    EMBEDDED,
    complete_network,
    find_networks,
    list_networks,
    load_network,
)
from protocol.nodes.node import Node
from protocol.nodes.node_sender import NodeSender
from protocol.nodes.sender import TransactionSender
from protocol.primitives import ChainId
from protocol.registry.reader import RegistryReader
from scripts.config import Settings

EMBEDDED_FILE: Final = "embedded/chain.sqlite3"


@dataclass(frozen=True, slots=True)
class Connection:
    """One network, ready to be asked and sent to."""

    network: Network
    node: Node
    reader: ChainReader
    sender: TransactionSender


@dataclass(frozen=True, slots=True)
class ConfiguredChains:
    """The networks of a home (`protocol.chain.ChainDirectory`), or the one that was named."""

    settings: Settings
    only: str | None

    def find_readers(self, chain_id: ChainId) -> tuple[ChainReader, ...]:
        """Return the reader for a chain id, or none.

        Raises:
            click.UsageError: several networks have it, and only ``--network`` can tell.
        """
        found = list(self._connect_all(chain_id))
        networks = find_networks(chain_id, [connection.network for connection in found])
        if len(networks) > 1:
            names = " or ".join(network.name for network in networks)
            message = (
                f"Several networks have the chain id {chain_id}: name one with --network {names}."
            )
            raise click.UsageError(message)
        return tuple(each.reader for each in found if each.network in networks)

    def _connect_all(self, chain_id: ChainId) -> Iterator[Connection]:
        for name in [self.only] if self.only else list_networks(self.settings.home):
            if name == EMBEDDED and not has_embedded(self.settings):
                continue
            if name != EMBEDDED:
                known = load_network(name, self.settings.home, self.settings.endpoints)
                if known.network.chain_id != chain_id or not (known.endpoints or self.only):
                    continue
            connection = connect(self.settings, name)
            if connection.network.chain_id == chain_id:
                yield connection


def has_embedded(settings: Settings) -> bool:
    """Tell whether this home has an embedded chain."""
    return (settings.home / EMBEDDED_FILE).is_file()


def read_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def connect(settings: Settings, name: str) -> Connection:
    """Open a network by its name; a silent node is found out when it is asked.

    Raises:
        ConfigurationError: no such network, or its configuration cannot be used.
    """
    if name == EMBEDDED and has_embedded(settings):
        node = _open_embedded(settings)
        network = load_network(name, settings.home, {}, read_identity(node)).network
    else:
        configured = load_network(name, settings.home, settings.endpoints)
        node = open_node(configured)
        network = _complete(configured.network, node, settings)
    return _build(network, node)


def reach(settings: Settings, name: str) -> Connection:
    """Open a network for a command that sends: its node says first which chain it serves.

    Raises:
        ConfigurationError: as `connect`.
        ChainError: a node that must be asked for its chain does not answer.
    """
    found = connect(settings, name)
    if found.network.genesis is not None:
        return found
    identity = read_identity(found.node)
    return _build(complete_network(found.network, identity, settings.home), found.node)


def _build(network: Network, node: Node) -> Connection:
    return Connection(network, node, RegistryReader(network, node), NodeSender(network, node))


def _complete(network: Network, node: Node, settings: Settings) -> Network:
    """Add what the node says of its chain; one that is silent stays as configured."""
    if network.genesis is not None:
        return network
    try:
        return complete_network(network, read_identity(node), settings.home)
    except ChainError:
        return network


def _open_embedded(settings: Settings) -> Node:
    # The EVM takes a second to import, so only those who ask it pay.
    from protocol.embedded import open_embedded

    return open_embedded(settings.home / EMBEDDED_FILE, read_clock, time.sleep)
