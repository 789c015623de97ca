"""Public keys in Multikey form (Controlled Identifiers 1.0, 2.2.2): Ed25519 and secp256k1."""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol.errors import MultikeyError
from protocol.primitives import Address, hash_keccak
from protocol.proofs.multibase import parse_base58, render_base58

MULTIKEY_LIMIT_CHARACTERS: Final = 64
"""A secp256k1 key takes 49."""
ED25519_BYTES: Final = 32
SECP256K1_BYTES: Final = 33
"""A compressed point."""
_ED25519_PREFIX: Final = bytes([0xED, 0x01])
_SECP256K1_PREFIX: Final = bytes([0xE7, 0x01])
_PREFIX_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """A key that signs credentials.

    Raises:
        MultikeyError: not 32 bytes.
    """

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != ED25519_BYTES:
            reason = f"an Ed25519 key has {ED25519_BYTES} bytes, not {len(self.raw)}"
            raise MultikeyError(reason)


@dataclass(frozen=True, slots=True)
class Secp256k1Key:
    """A key that signs transactions: a compressed point of the curve.

    Raises:
        MultikeyError: not 33 bytes, or no point of the curve.
    """

    compressed: bytes

    def __post_init__(self) -> None:
        if len(self.compressed) != SECP256K1_BYTES:
            reason = f"a compressed secp256k1 key has {SECP256K1_BYTES} bytes"
            raise MultikeyError(reason)
        _load_point(self.compressed)


def parse_multikey(text: str) -> Ed25519Key | Secp256k1Key:
    """Return the key of a ``publicKeyMultibase``.

    Raises:
        MultikeyError: not base58btc, another kind of key, another length, or no point of the curve.
    """
    try:
        data = parse_base58(text, MULTIKEY_LIMIT_CHARACTERS)
    except ValueError as error:
        raise MultikeyError(str(error)) from error
    prefix, key = data[:_PREFIX_BYTES], data[_PREFIX_BYTES:]
    if prefix == _ED25519_PREFIX:
        return Ed25519Key(key)
    if prefix == _SECP256K1_PREFIX:
        return Secp256k1Key(key)
    reason = "it is neither an Ed25519 nor a secp256k1 key"
    raise MultikeyError(reason)


def render_ed25519(raw: bytes) -> str:
    """Return ``z6Mk…`` for the 32 bytes of an Ed25519 key."""
    return render_base58(_ED25519_PREFIX + Ed25519Key(raw).raw)


def render_secp256k1(compressed: bytes) -> str:
    """Return ``zQ3s…`` for the 33 bytes of a compressed secp256k1 point."""
    return render_base58(_SECP256K1_PREFIX + Secp256k1Key(compressed).compressed)


def build_secp256k1(x: bytes, y: bytes) -> Secp256k1Key:
    """Return the key with these coordinates, 32 bytes each.

    Raises:
        MultikeyError: no point of the curve.
    """
    point = _load_point(b"\x04" + x + y)
    return Secp256k1Key(point.public_bytes(Encoding.X962, PublicFormat.CompressedPoint))


def split_secp256k1(key: Secp256k1Key) -> tuple[bytes, bytes]:
    """Return the coordinates, 32 bytes each."""
    point = _load_point(key.compressed).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point[1:33], point[33:]


def find_key_address(key: Secp256k1Key) -> Address:
    """Return the Ethereum account of a key: the end of Keccak-256 over both coordinates."""
    x, y = split_secp256k1(key)
    return Address(hash_keccak(x + y)[12:])


def _load_point(encoded: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), encoded)
    except ValueError as error:
        reason = "it is no point of the curve secp256k1"
        raise MultikeyError(reason) from error
