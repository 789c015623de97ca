"""How this home reaches a chain, and an account of it that one process holds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from issuer.journal.store import Journal
from issuer.keys.signer import TransactionSigner
from issuer.progress import Progress
from protocol.chain import ChainReader
from protocol.errors import ChainDisagreementError, ChainUnreachableError, ConfigurationError
from protocol.nodes.node import Node
from protocol.nodes.sender import TransactionSender
from protocol.primitives import Address

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, and for what."""

    poll_seconds: float = 2.0
    resend_seconds: float = 15.0
    """After this the same bytes are sent again: a node may have dropped them."""
    raise_fee_seconds: float = 180.0
    settle_seconds: float = 3_600.0
    silence_seconds: float = 120.0
    """How long a chain that does not answer is asked again."""
    lock_seconds: float = 3_600.0
    """How long another process of this home may hold the account."""
    sleep: Callable[[float], None] = time.sleep
    now_seconds: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Channel:
    """How this home reaches one chain; the same for every account."""

    home: Path
    chain: ChainReader
    node: Node
    sender: TransactionSender
    journal: Journal
    progress: Progress
    patience: Patience
    fee_cap_wei: int
    """The most that is paid for a unit of gas."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """An account that this process holds; `issuer.sending.operations.open_carrier` makes one."""

    channel: Channel
    signer: TransactionSigner


def find_chain_scope(chain: ChainReader) -> str:
    """Return the name under which the journal keeps what belongs to one chain."""
    genesis = chain.network.genesis or chain.read_genesis()
    return f"{chain.network.chain_id}-{genesis.hex()}"


def find_registry_scope(chain: ChainReader) -> str:
    """Return the name under which the journal keeps what belongs to one registry."""
    return f"{find_chain_scope(chain)}-{require_registry(chain).hex()}"


def require_registry(chain: ChainReader) -> Address:
    """Return the address of the network's registry.

    Raises:
        ConfigurationError: none is recorded.
    """
    if chain.network.contract is None:
        raise ConfigurationError(
            f"network {chain.network.name}",
            "no registry is recorded for it",
            "Run `rootseal deploy` or put its deployment record into the home.",
        )
    return chain.network.contract


def ask_patiently(channel: Channel, question: Callable[[], Answer]) -> Answer:
    """Ask again while the chain is silent or its endpoints disagree, within the patience.

    Raises:
        ChainUnreachableError: silent all the time.
        ChainDisagreementError: they went on disagreeing.
    """
    patience = channel.patience
    started = patience.now_seconds()
    while True:
        try:
            return question()
        except (ChainUnreachableError, ChainDisagreementError):
            if patience.now_seconds() - started >= patience.silence_seconds:
                raise
        patience.sleep(patience.poll_seconds)
