"""The registry's records from the values that its views answer; what was never written is None."""

from typing import Any, Final

from protocol.chain import (
    AccreditationRecord,
    AnchorRecord,
    IssuerRecord,
    KeyRecord,
    Role,
    Standing,
)
from protocol.nodes.answers import find_time
from protocol.primitives import Address, BlockNumber, Digest, IssuerId, KeyIndex, Root

Values = tuple[Any, ...]
"""What ``decode_result`` returns: numbers, and bytes for addresses and digests."""
_NOBODY: Final = bytes(20)


def build_anchor(issuer_id: IssuerId, root: Root, values: Values) -> AnchorRecord | None:
    """Return ``anchorOf``'s record."""
    key_index, reason, seconds, block, seq, revoked, leaves, endorsed_by = values
    time = find_time(seconds)
    if time is None:
        return None
    return AnchorRecord(
        issuer_id=issuer_id,
        root=root,
        key_index=KeyIndex(key_index),
        time=time,
        block=BlockNumber(block),
        seq=seq,
        revoked_at=find_time(revoked),
        reason=reason,
        leaves=leaves,
        endorsed_by=KeyIndex(endorsed_by) if endorsed_by else None,
    )


def build_key(address: Address, values: Values) -> KeyRecord | None:
    """Return ``keyOf``'s record."""
    issuer_id, roles, index, not_before, not_after, compromised, seq, last_block = values
    start = find_time(not_before)
    if start is None:
        return None
    return KeyRecord(
        address=address,
        issuer_id=IssuerId(issuer_id),
        roles=Role(roles),
        index=KeyIndex(index),
        not_before=start,
        not_after=find_time(not_after),
        compromised_at=find_time(compromised),
        seq=seq,
        last_block=BlockNumber(last_block),
    )


def build_issuer(issuer_id: IssuerId, values: Values) -> IssuerRecord | None:
    """Return ``issuerOf``'s record.

    Raises:
        ValueError: a standing that is not known here.
    """
    affairs_seq, affairs_block, status_seq, status_block, state, reason, until, keys = values[:8]
    admin, next_admin, identifier_hash, document_digest = values[8:]
    if state == 0:
        return None
    return IssuerRecord(
        issuer_id=issuer_id,
        affairs_seq=affairs_seq,
        affairs_block=BlockNumber(affairs_block),
        status_seq=status_seq,
        status_block=BlockNumber(status_block),
        standing=Standing(state),
        reason=reason,
        valid_until=find_time(until),
        key_count=keys,
        admin=admin,
        next_admin=None if next_admin == _NOBODY else next_admin,
        identifier_hash=Digest(identifier_hash),
        document_digest=Digest(document_digest),
    )


def build_accreditation(values: Values) -> AccreditationRecord | None:
    """Return ``accreditationOf``'s record."""
    valid_from, valid_until, withdrawn, reason = values
    start = find_time(valid_from)
    if start is None:
        return None
    return AccreditationRecord(start, find_time(valid_until), find_time(withdrawn), reason)
