"""What can be asked of a chain, and the facts it answers with. No web3 here.

Every read of the contract names the block it is made at, so that one report speaks of one block.
A question that cannot be answered raises a ``ChainError``; "there is none" is ``None``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag, StrEnum
from typing import Protocol

from protocol.primitives import (
    Address,
    BlockNumber,
    ChainId,
    Digest,
    IssuerId,
    KeyIndex,
    Root,
    TransactionHash,
)
from protocol.registry.events import Event


class FinalityRule(StrEnum):
    """When a block of a network counts as final."""

    LATEST = "latest"
    """At once (the embedded chain never reorganises)."""
    ONE_CONFIRMATION = "one-confirmation"
    """One block on top, or the newest block of a node that mines on demand."""
    FINALIZED = "finalized"
    """At or below the node's ``finalized`` block."""


@dataclass(frozen=True, slots=True)
class Network:
    """A configured network: what this home trusts. Endpoints carry keys and are not part of it."""

    name: str
    chain_id: ChainId
    genesis: Digest | None
    """Hash of block 0 where it is recorded."""
    contract: Address | None
    """The trusted registry; None before ``deploy``."""
    code_hash: Digest | None
    """Keccak-256 of the registry's runtime code."""
    authority: Address | None
    """The qualification authority trusted on this network."""
    authority_name: str
    finality: FinalityRule
    freshness_seconds: int | None
    """How old the newest block may be; None where blocks come on demand."""
    explorer: str | None
    """Address template with ``{transaction}``; None where there is none."""
    record: str
    """Which deployment record this comes from, for the report."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the chain."""

    number: BlockNumber
    hash: Digest
    time: datetime
    """Aware, UTC."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A mined transaction with its receipt."""

    hash: TransactionHash
    sender: Address
    to: Address | None
    input: bytes
    nonce: int
    succeeded: bool
    block: BlockNumber
    block_hash: Digest
    events: tuple[Event, ...]
    """Events of the *trusted contract's address* only, in log order; other logs are left out."""


class Role(IntFlag):
    """What a key may do."""

    ANCHOR = 1
    STATUS = 2


class Standing(IntEnum):
    """An issuer's standing with the authority."""

    ACTIVE = 1
    SUSPENDED = 2
    CLOSED = 3


@dataclass(frozen=True, slots=True)
class AnchorRecord:
    """The registry's record of a root. Times are aware UTC."""

    issuer_id: IssuerId
    root: Root
    key_index: KeyIndex
    time: datetime
    block: BlockNumber
    seq: int
    revoked_at: datetime | None
    reason: int
    leaves: int
    endorsed_by: KeyIndex | None


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """The registry's record of a key: live in [not_before, not_after)."""

    address: Address
    issuer_id: IssuerId
    roles: Role
    index: KeyIndex
    not_before: datetime
    not_after: datetime | None
    compromised_at: datetime | None
    seq: int
    """How many roots it has anchored."""
    last_block: BlockNumber
    """Block of its last anchor, 0 for none."""


@dataclass(frozen=True, slots=True)
class IssuerRecord:
    """The registry's record of an institution."""

    issuer_id: IssuerId
    affairs_seq: int
    affairs_block: BlockNumber
    status_seq: int
    status_block: BlockNumber
    standing: Standing
    reason: int
    valid_until: datetime | None
    key_count: int
    admin: Address
    next_admin: Address | None
    identifier_hash: Digest
    document_digest: Digest


@dataclass(frozen=True, slots=True)
class IssuerNames:
    """The institution's identifier (its DID) and name as the authority registered them."""

    identifier: str
    name: str


@dataclass(frozen=True, slots=True)
class AccreditationRecord:
    """The registry's latest grant for one achievement: in force in [valid_from, valid_until)."""

    valid_from: datetime
    valid_until: datetime | None
    withdrawn_at: datetime | None
    reason: int


@dataclass(frozen=True, slots=True)
class StatusWord:
    """256 status entries: bit 255-(index mod 256) of each number."""

    revoked: int
    suspended: int


@dataclass(frozen=True, slots=True)
class RegistryHead:
    """Head of the registry chain and the number of issuers."""

    seq: int
    last_block: BlockNumber
    issuer_count: int


class ChainReader(Protocol):
    """Asks one network. Every method may raise ``ChainError``; none answers for the chain."""

    @property
    def network(self) -> Network:
        """The configured network that is asked."""
        ...

    def read_chain_id(self) -> ChainId:
        """Return the chain id that the endpoint serves."""
        ...

    def read_genesis(self) -> Digest:
        """Return the hash of block 0."""
        ...

    def read_latest(self) -> Block:
        """Return the newest block."""
        ...

    def read_final(self) -> Block:
        """Return the newest block that is final by the network's rule."""
        ...

    def read_block(self, number: BlockNumber) -> Block:
        """Return a block by its number.

        Raises:
            ChainError: also where there is no such block.
        """
        ...

    def read_code_hash(self, address: Address, at: Block) -> Digest | None:
        """Return Keccak-256 of the code at an address, None where there is none."""
        ...

    def read_transaction(self, transaction: TransactionHash) -> Transaction | None:
        """Return a mined transaction with receipt, None where the node knows none.

        The hash is recomputed and the sender recovered from the signed fields: a node cannot make
        them up.

        Raises:
            TransactionPendingError: it is known and waits for a block.
        """
        ...

    def read_anchor(self, issuer_id: IssuerId, root: Root, at: Block) -> AnchorRecord | None:
        """Return the record of a root under an issuer."""
        ...

    def read_key(self, address: Address, at: Block) -> KeyRecord | None:
        """Return the record of a key."""
        ...

    def read_issuer_id(self, identifier_hash: Digest, at: Block) -> IssuerId | None:
        """Return the issuer number bound to Keccak-256 of an identifier."""
        ...

    def read_issuer(self, issuer_id: IssuerId, at: Block) -> IssuerRecord | None:
        """Return an institution's record."""
        ...

    def read_names(self, issuer_id: IssuerId, at: Block) -> IssuerNames:
        """Return an institution's registered identifier and name."""
        ...

    def read_status(self, issuer_id: IssuerId, word: int, at: Block) -> StatusWord:
        """Return one word of both bitmaps."""
        ...

    def read_accreditation(
        self, issuer_id: IssuerId, achievement: Digest, at: Block
    ) -> AccreditationRecord | None:
        """Return the latest grant for Keccak-256 of an achievement's id."""
        ...

    def read_registry(self, at: Block) -> RegistryHead:
        """Return the registry chain's head."""
        ...

    def read_authority(self, at: Block) -> Address:
        """Return the contract's authority."""
        ...

    def read_officer(self, officer: Address, at: Block) -> int:
        """Return an officer's roles: 1 registrar, 2 accreditor."""
        ...

    def read_events(self, block: BlockNumber) -> tuple[Event, ...]:
        """Return every event of the trusted contract in one block, in log order."""
        ...


class ChainDirectory(Protocol):
    """The configured networks."""

    def find_readers(self, chain_id: ChainId) -> tuple[ChainReader, ...]:
        """Return a reader for each configured network with this chain id (usually none or one)."""
        ...
