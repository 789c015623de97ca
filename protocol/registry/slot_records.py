"""The registry's records from the words of its storage; what was never written is None.

Fields are packed low bits first, in the order in which the views answer them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from protocol.chain import (
    AccreditationRecord,
    AnchorRecord,
    IssuerRecord,
    KeyRecord,
    RegistryHead,
)
from protocol.nodes.answers import find_time
from protocol.primitives import (
    ADDRESS_BYTES,
    DIGEST_BYTES,
    Address,
    BlockNumber,
    IssuerId,
    Root,
)
from protocol.registry import records

_ANCHOR: Final = (16, 8, 40, 40, 40, 40, 32, 16)
_KEY: Final = (32, 8, 16, 40, 40, 40, 40, 40)
_ISSUER: Final = (40, 40, 40, 40, 8, 8, 40, 16)
_ACCREDITATION: Final = (40, 40, 40, 8)
_REGISTRY: Final = (40, 40, 32)
_LONG: Final = 1
"""Lowest bit of a text's slot: the text stands elsewhere, the rest is its length."""


@dataclass(frozen=True, slots=True)
class AuthorityRecord:
    """Who is the authority, and who may take over from when."""

    authority: Address
    next_authority: Address | None
    acceptable_from: datetime | None


def decode_anchor(issuer_id: IssuerId, root: Root, word: int) -> AnchorRecord | None:
    """Return a root's record."""
    return records.build_anchor(issuer_id, root, split_word(word, _ANCHOR))


def decode_key(address: Address, word: int) -> KeyRecord | None:
    """Return a key's record."""
    return records.build_key(address, split_word(word, _KEY))


def decode_issuer(issuer_id: IssuerId, words: Sequence[int]) -> IssuerRecord | None:
    """Return an institution's record from its five slots.

    Raises:
        ValueError: a standing that is not known here.
    """
    word, admin, next_admin, identifier_hash, digest = words
    addresses = (_take_address(admin), _take_address(next_admin))
    hashes = (_widen(identifier_hash), _widen(digest))
    return records.build_issuer(issuer_id, (*split_word(word, _ISSUER), *addresses, *hashes))


def decode_accreditation(word: int) -> AccreditationRecord | None:
    """Return the latest grant."""
    return records.build_accreditation(split_word(word, _ACCREDITATION))


def decode_registry(word: int) -> RegistryHead:
    """Return the registry chain's head."""
    seq, block, count = split_word(word, _REGISTRY)
    return RegistryHead(seq, BlockNumber(block), count)


def decode_authority(current: int, proposed: int) -> AuthorityRecord:
    """Return authority and proposal from their two slots."""
    following = _take_address(proposed)
    (seconds,) = split_word(proposed >> (8 * ADDRESS_BYTES), (40,))
    return AuthorityRecord(
        _take_address(current), following if any(following) else None, find_time(seconds)
    )


def is_long_text(word: int) -> bool:
    """Tell whether a text does not fit into its slot."""
    return bool(word & _LONG)


def decode_text(word: int, rest: Sequence[int]) -> bytes:
    """Return a text's bytes from its slot and, for a long one, the slots of `locate_rest`."""
    if is_long_text(word):
        return b"".join(map(_widen, rest))[: word >> 1]
    return _widen(word)[: (word & 0xFF) >> 1]


def split_word(word: int, widths: Sequence[int]) -> tuple[int, ...]:
    """Return packed fields, low bits first."""
    fields = []
    for width in widths:
        fields.append(word & ((1 << width) - 1))
        word >>= width
    return tuple(fields)


def _take_address(word: int) -> Address:
    return Address(_widen(word)[DIGEST_BYTES - ADDRESS_BYTES :])


def _widen(word: int) -> bytes:
    return word.to_bytes(DIGEST_BYTES, "big")
