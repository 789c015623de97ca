"""The registry's events as frozen values, in the order of its interface (docs/contract.md).

Every event is one entry of exactly one chain: ``seq`` counts from 1 and ``previous_block`` names
the block of the entry before it (0 for the first), so that a withheld event leaves a gap.
"""

from dataclasses import dataclass
from enum import IntEnum

from protocol.primitives import (
    Address,
    BlockNumber,
    Digest,
    IssuerId,
    KeyIndex,
    Root,
    TransactionHash,
)


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a log stands on the chain."""

    block: BlockNumber
    block_hash: Digest
    transaction: TransactionHash
    log_index: int
    contract: Address


@dataclass(frozen=True, slots=True)
class Entry:
    """What every event carries."""

    position: LogPosition
    seq: int
    previous_block: BlockNumber


class StatusChange(IntEnum):
    """What a StatusChanged event did."""

    REVOKE = 0
    SUSPEND = 1
    REINSTATE = 2


@dataclass(frozen=True, slots=True)
class Anchored(Entry):
    """Key chain: a root was anchored. ``leaves`` is the issuer's claim, 0 when not said."""

    key: Address
    issuer_id: IssuerId
    root: Root
    leaves: int


@dataclass(frozen=True, slots=True)
class StatusChanged(Entry):
    """Status chain: the bits of one word changed; ``bits`` are those that changed."""

    issuer_id: IssuerId
    word: int
    by: Address
    change: StatusChange
    reason: int
    bits: int


@dataclass(frozen=True, slots=True)
class BatchRevoked(Entry):
    """Status chain: a whole batch was revoked."""

    issuer_id: IssuerId
    root: Root
    by: Address
    reason: int


@dataclass(frozen=True, slots=True)
class BatchEndorsed(Entry):
    """Status chain: another key of the issuer vouches for a root."""

    issuer_id: IssuerId
    root: Root
    by: Address
    key_index: KeyIndex


@dataclass(frozen=True, slots=True)
class IssuerChanged(Entry):
    """Affairs chain: a full snapshot of an issuer. Times are Unix seconds, 0 means none."""

    issuer_id: IssuerId
    by: Address
    state: int
    reason: int
    valid_until: int
    admin: Address
    next_admin: Address
    identifier_hash: Digest
    document_digest: Digest


@dataclass(frozen=True, slots=True)
class KeyChanged(Entry):
    """Affairs chain: a full snapshot of a key. Times are Unix seconds, 0 means none."""

    issuer_id: IssuerId
    key: Address
    by: Address
    index: KeyIndex
    roles: int
    not_before: int
    not_after: int
    compromised_at: int


@dataclass(frozen=True, slots=True)
class AccreditationChanged(Entry):
    """Affairs chain: a full snapshot of an accreditation. Times are Unix seconds, 0 means none."""

    issuer_id: IssuerId
    achievement: Digest
    by: Address
    valid_from: int
    valid_until: int
    withdrawn_at: int
    reason: int


@dataclass(frozen=True, slots=True)
class IssuerNamed(Entry):
    """Registry chain: an issuer number was bound to an identifier and a name."""

    issuer_id: IssuerId
    identifier_hash: Digest
    by: Address
    identifier: str
    name: str


@dataclass(frozen=True, slots=True)
class AuthorityChanged(Entry):
    """Registry chain: the authority, or who may take over and from when (Unix seconds)."""

    authority: Address
    next_authority: Address
    by: Address
    acceptable_from: int


@dataclass(frozen=True, slots=True)
class OfficerChanged(Entry):
    """Registry chain: an officer's roles."""

    officer: Address
    by: Address
    roles: int


@dataclass(frozen=True, slots=True)
class SuccessorNamed(Entry):
    """Registry chain: the contract that follows this one."""

    successor: Address
    by: Address


Event = (
    Anchored
    | StatusChanged
    | BatchRevoked
    | BatchEndorsed
    | IssuerChanged
    | KeyChanged
    | AccreditationChanged
    | IssuerNamed
    | AuthorityChanged
    | OfficerChanged
    | SuccessorNamed
)
