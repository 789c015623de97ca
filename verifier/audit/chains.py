"""The event chains of the registry: whose each is, and where it ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.primitives import Address, BlockNumber, IssuerId, render_address
from protocol.registry.events import (
    AccreditationChanged,
    Anchored,
    AuthorityChanged,
    BatchEndorsed,
    BatchRevoked,
    Event,
    IssuerChanged,
    IssuerNamed,
    KeyChanged,
    OfficerChanged,
    StatusChanged,
    SuccessorNamed,
)


class ChainKind(StrEnum):
    """The four kinds of chain (docs/contract.md)."""

    REGISTRY = "registry"
    AFFAIRS = "affairs"
    STATUS = "status"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class ChainName:
    """Which chain: its kind, and the institution or key that it belongs to."""

    kind: ChainKind
    owner: IssuerId | Address | None = None

    def __str__(self) -> str:
        """Return its name in a sentence."""
        if isinstance(self.owner, bytes):
            return f"chain of key {render_address(self.owner)}"
        if self.owner is None:
            return "registry chain"
        return f"{self.kind} chain of institution {self.owner}"


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Where a chain ends at the pinned block: how many entries, and the block of the last."""

    name: ChainName
    seq: int
    block: BlockNumber


_KINDS: Final[Mapping[type[Event], ChainKind]] = {
    Anchored: ChainKind.KEY,
    StatusChanged: ChainKind.STATUS,
    BatchRevoked: ChainKind.STATUS,
    BatchEndorsed: ChainKind.STATUS,
    IssuerChanged: ChainKind.AFFAIRS,
    KeyChanged: ChainKind.AFFAIRS,
    AccreditationChanged: ChainKind.AFFAIRS,
    IssuerNamed: ChainKind.REGISTRY,
    AuthorityChanged: ChainKind.REGISTRY,
    OfficerChanged: ChainKind.REGISTRY,
    SuccessorNamed: ChainKind.REGISTRY,
}


def find_chain(event: Event) -> ChainName:
    """Return the chain of which an event says that it is an entry."""
    kind = _KINDS[type(event)]
    if isinstance(event, Anchored):
        return ChainName(kind, event.key)
    if kind is ChainKind.REGISTRY:
        return ChainName(kind)
    return ChainName(kind, getattr(event, "issuer_id", None))
