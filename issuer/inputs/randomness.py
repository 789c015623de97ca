"""The random parts of a credential, derived from a batch's secret seed (ADR 0010).

A run that was killed drafts the same bytes again from the journalled seed; without the seed nobody
can tell one value from random bits, nor one learner's from another's.
"""

import hmac
from hashlib import sha256
from typing import Final

SEED_BYTES: Final = 32
SALT_BYTES: Final = 16
"""128 bits: a salted hash of an e-mail address cannot be guessed (ATTACKS PR-11)."""
_ID_LABEL: Final = b"rootseal/credential-id"
_SALT_LABEL: Final = b"rootseal/salt/"


def derive_credential_id(seed: bytes, position: int) -> str:
    """Return a ``urn:uuid:`` of version 4: 122 bits that nobody can guess."""
    raw = bytearray(_derive(seed, _ID_LABEL, position)[:16])
    raw[6] = raw[6] & 0x0F | 0x40  # the version
    raw[8] = raw[8] & 0x3F | 0x80  # the variant of RFC 9562
    text = raw.hex()
    return f"urn:uuid:{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def derive_salt(seed: bytes, position: int, identity_type: str) -> str:
    """Return a salt of 128 bits in hexadecimal, another for each kind of identity."""
    return _derive(seed, _SALT_LABEL + identity_type.encode(), position)[:SALT_BYTES].hex()


def _derive(seed: bytes, label: bytes, position: int) -> bytes:
    if len(seed) != SEED_BYTES:
        message = f"a seed has {SEED_BYTES} bytes, not {len(seed)}"
        raise ValueError(message)
    return hmac.digest(seed, label + b"\x00" + position.to_bytes(8), sha256)
