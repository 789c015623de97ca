"""Values of fixed length and plain numbers, given names so that they cannot be mixed up.

Bytes inside; hexadecimal only in ``parse_…`` and ``render_…``.
"""

import re
from functools import lru_cache
from typing import Final, NewType

from eth_hash.auto import keccak

Digest = NewType("Digest", bytes)
"""32 bytes: a SHA-256 or Keccak-256 value."""
Leaf = NewType("Leaf", bytes)
"""32 bytes: SHA-256 of a credential's canonical form."""
Root = NewType("Root", bytes)
"""32 bytes: root of a batch's Merkle tree."""
TransactionHash = NewType("TransactionHash", bytes)
"""32 bytes: Keccak-256 of a signed transaction."""
Address = NewType("Address", bytes)
"""20 bytes: an account or contract."""
ChainId = NewType("ChainId", int)
"""EIP-155 chain id."""
BlockNumber = NewType("BlockNumber", int)
IssuerId = NewType("IssuerId", int)
"""Number of an institution in the registry; dense from 1."""
KeyIndex = NewType("KeyIndex", int)
"""Number of a key among its issuer's keys; dense from 1."""

DIGEST_BYTES: Final = 32
ADDRESS_BYTES: Final = 20
_LOWER_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*\Z")


def parse_hex(text: str, size_bytes: int) -> bytes:
    """Return exactly ``size_bytes`` bytes from lower-case hexadecimal without prefix.

    Raises:
        ValueError: another length, another alphabet, capitals, blanks or a prefix.
    """
    if len(text) != 2 * size_bytes or not _LOWER_HEX.match(text):
        message = f"expected {2 * size_bytes} lower-case hexadecimal digits"
        raise ValueError(message)
    return bytes.fromhex(text)


def parse_prefixed_hex(text: str, size_bytes: int) -> bytes:
    """Return exactly ``size_bytes`` bytes from ``0x`` and hexadecimal of either case.

    Raises:
        ValueError: no prefix, another length or another alphabet.
    """
    if not text.startswith("0x"):
        message = "expected hexadecimal with the prefix 0x"
        raise ValueError(message)
    return parse_hex(text[2:].lower(), size_bytes)


def render_hex(value: bytes) -> str:
    """Return ``0x`` and lower-case hexadecimal."""
    return "0x" + value.hex()


def hash_keccak(data: bytes) -> Digest:
    """Return Keccak-256 of ``data``."""
    return Digest(keccak(data))


def parse_address(text: str) -> Address:
    """Return an account address from ``0x`` and 40 digits.

    One in mixed case must carry a right EIP-55 checksum.

    Raises:
        ValueError: not an address, or its checksum is wrong.
    """
    address = Address(parse_prefixed_hex(text, ADDRESS_BYTES))
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and text != render_address(address):
        message = "the address's checksum (EIP-55) is wrong: a digit was mistyped"
        raise ValueError(message)
    return address


@lru_cache(maxsize=1_024)
def render_address(address: Address) -> str:
    """Return the address with its EIP-55 checksum."""
    digits = address.hex()
    marks = hash_keccak(digits.encode("ascii")).hex()
    return "0x" + "".join(
        digit.upper() if mark > "7" else digit  # EIP-55: high nibble
        for digit, mark in zip(digits, marks, strict=False)
    )
