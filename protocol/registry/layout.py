"""Where the registry keeps what: the storage slots of docs/contract.md, which a test freezes.

A view answers what its node likes; a slot can be proven against a block's state root
(`protocol.nodes.state_proofs`). So whoever audits reads slots, and these functions name them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.primitives import (
    DIGEST_BYTES,
    Address,
    Digest,
    IssuerId,
    Root,
    hash_keccak,
    render_address,
    render_hex,
)

TEXT_LIMIT_BYTES: Final = 1024
"""The contract takes no longer identifier or name."""
_ANCHORS, _KEYS, _ISSUERS, _REVOKED, _SUSPENDED, _ACCREDITATIONS, _BINDINGS = range(7)
_REGISTRY, _AUTHORITY, _NEXT_AUTHORITY, _OFFICERS, _NAMES = range(7, 12)


@dataclass(frozen=True, slots=True)
class Slot:
    """One word of the registry's storage."""

    position: Digest
    name: str
    """What is kept there, in words for a message."""


def locate_anchor(issuer_id: IssuerId, root: Root) -> Slot:
    """Return where a root's record stands."""
    position = hash_keccak(root + _find_entry(_ANCHORS, issuer_id))
    return Slot(position, f"the record of root {render_hex(root)} of institution {issuer_id}")


def locate_key(address: Address) -> Slot:
    """Return where a key's record stands."""
    padded = bytes(DIGEST_BYTES - len(address)) + address
    position = hash_keccak(padded + _widen(_KEYS))
    return Slot(position, f"the record of key {render_address(address)}")


def locate_issuer(issuer_id: IssuerId) -> tuple[Slot, ...]:
    """Return the slots of an institution: word, admin, proposed admin, identifier, document."""
    first = int.from_bytes(_find_entry(_ISSUERS, issuer_id), "big")
    parts = ("word", "admin", "proposed admin", "identifier's hash", "document's digest")
    return tuple(
        Slot(_move(first, place), f"the {part} of institution {issuer_id}")
        for place, part in enumerate(parts)
    )


def locate_status(issuer_id: IssuerId, word: int) -> tuple[Slot, Slot]:
    """Return where 256 revocation bits stand, and the suspension bits beside them."""
    revoked, suspended = (
        Slot(
            hash_keccak(_widen(word) + _find_entry(mapping, issuer_id)),
            f"word {word} of the {kind} bits of institution {issuer_id}",
        )
        for mapping, kind in ((_REVOKED, "revoked"), (_SUSPENDED, "suspended"))
    )
    return revoked, suspended


def locate_accreditation(issuer_id: IssuerId, achievement: Digest) -> Slot:
    """Return where the latest grant for an achievement (Keccak-256 of its id) stands."""
    position = hash_keccak(achievement + _find_entry(_ACCREDITATIONS, issuer_id))
    name = f"the accreditation of institution {issuer_id} for {render_hex(achievement)}"
    return Slot(position, name)


def locate_binding(identifier_hash: Digest) -> Slot:
    """Return where the institution that holds an identifier (Keccak-256) stands."""
    position = hash_keccak(identifier_hash + _widen(_BINDINGS))
    return Slot(position, f"the institution bound to the identifier {render_hex(identifier_hash)}")


def locate_officer(officer: Address) -> Slot:
    """Return where an officer's roles stand."""
    padded = bytes(DIGEST_BYTES - len(officer)) + officer
    return Slot(
        hash_keccak(padded + _widen(_OFFICERS)), f"the roles of officer {render_address(officer)}"
    )


def locate_names(issuer_id: IssuerId) -> tuple[Slot, Slot]:
    """Return where an institution's identifier and name begin."""
    first = int.from_bytes(_find_entry(_NAMES, issuer_id), "big")
    return (
        Slot(_move(first, 0), f"the identifier of institution {issuer_id}"),
        Slot(_move(first, 1), f"the name of institution {issuer_id}"),
    )


def locate_rest(text: Slot, value: int) -> Iterator[Slot]:
    """Yield where the bytes of a text stand that is longer than its slot holds.

    Raises:
        ValueError: longer than the contract takes.
    """
    size = value >> 1
    if size > TEXT_LIMIT_BYTES:
        message = f"{text.name} would have {size} bytes"
        raise ValueError(message)
    first = int.from_bytes(hash_keccak(text.position), "big")
    for place in range((size + DIGEST_BYTES - 1) // DIGEST_BYTES):
        yield Slot(_move(first, place), f"{text.name} (part {place + 1})")


REGISTRY: Final = Slot(Digest(_REGISTRY.to_bytes(DIGEST_BYTES, "big")), "the registry's head")
AUTHORITY: Final = Slot(Digest(_AUTHORITY.to_bytes(DIGEST_BYTES, "big")), "the authority")
NEXT_AUTHORITY: Final = Slot(
    Digest(_NEXT_AUTHORITY.to_bytes(DIGEST_BYTES, "big")), "the proposed authority"
)


def _find_entry(mapping: int, issuer_id: IssuerId) -> Digest:
    return hash_keccak(_widen(issuer_id) + _widen(mapping))


def _move(first: int, places: int) -> Digest:
    return Digest(((first + places) % (1 << 256)).to_bytes(DIGEST_BYTES, "big"))


def _widen(number: int) -> bytes:
    return number.to_bytes(DIGEST_BYTES, "big")
