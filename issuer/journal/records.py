"""What the journal's rows say, as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from protocol.primitives import Address, BlockNumber, Digest, Leaf, Root, TransactionHash


class Step(StrEnum):
    """The steps of issuing, in order."""

    DRAFTED = "drafted"
    INPUT_CHECKED = "input checked"
    PLANNED = "planned"
    HASHED = "hashed"
    SIGNED = "signed"
    STORED = "transaction stored"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    WRITTEN = "receipts written"
    OUTPUT_CHECKED = "output checked"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch that this home began."""

    id: int
    inputs: Digest
    """Digest of input, issuer and network."""
    number: int
    """1, and one more for each issue of the same input that was made knowingly."""
    scope: str
    """Network and registry."""
    count: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One credential of a batch, without a word about its learner."""

    position: int
    """In the input, from 0."""
    credential: str
    status_index: int
    """The place in the plan's range: an index of its list or, beyond the end, of a sub-list."""
    leaf: Leaf
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Where a batch was anchored."""

    root: Root
    transaction: TransactionHash
    block: BlockNumber
    block_hash: Digest
    block_time: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class StatusPlace:
    """Where the status of a credential lies."""

    credential: str
    list: int
    index: int


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the chain is to do once, under one nonce of one account."""

    id: int
    """Given by the journal; 0 before."""
    scope: str
    """The chain."""
    account: Address
    nonce: int
    to: Address | None
    """None creates a contract."""
    value_wei: int
    gas: int
    data: bytes
    batch: int | None
    """The batch that it anchors or withdraws."""
    attempt: int | None


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """Signed bytes, kept before they are sent. All of one operation have the same nonce."""

    hash: TransactionHash
    raw: bytes
    fee_wei: int
    """Highest fee per gas that they allow."""
    priority_fee_wei: int


class Outcome(StrEnum):
    """What became of an operation."""

    MINED = "mined"
    REVERTED = "reverted"
    NONCE_TAKEN = "nonce taken by another transaction"
