"""The two proof objects of a credential, and what ``eddsa-rdfc-2022`` signs.

Both are Data Integrity proofs over the document without ``proof`` (facts: one canonical form serves
both): the second half of what the signature covers is the leaf itself, the first is the hash of the
proof's own members under the document's contexts. The Merkle proof's members are covered by
nothing; never show them as signed.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol.credentials.canonical import (
    Canonical,
    Canonicalise,
    canonicalise_proof_options,
)
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.primitives import Digest, Leaf
from protocol.proofs.multibase import parse_base58, render_base58

PROOF_TYPE: Final = "DataIntegrityProof"
MERKLE_SUITE: Final = "merkle-proof-2019"
EDDSA_SUITE: Final = "eddsa-rdfc-2022"
PURPOSE: Final = "assertionMethod"
SIGNATURE_BYTES: Final = 64
SIGNATURE_LIMIT_CHARACTERS: Final = 96
"""64 bytes take at most 89."""
_REMEMBERED_KEYS: Final = 256
"""Institutions' public keys; few sign most credentials."""


def build_merkle_proof(method: str, created: str, value: str) -> dict[str, object]:
    """Return the Merkle proof: method of the anchoring key, time of creation, receipt."""
    return _build_options(MERKLE_SUITE, method, created) | {"proofValue": value}


def build_eddsa_options(method: str, created: str) -> dict[str, object]:
    """Return the signature's members without ``proofValue``; one object serves a whole batch."""
    return _build_options(EDDSA_SUITE, method, created)


def canonicalise_options(options: Mapping[str, object]) -> Canonical:
    """Return the canonical form of proof options that name a credential's contexts.

    Raises:
        GuardError: a member that canonicalisation refuses.
    """
    return Canonical(canonicalise_proof_options(options))


def hash_credential_options(
    options: Mapping[str, object], canonicalise: Canonicalise = canonicalise_options
) -> Digest:
    """Return SHA-256 of the canonical proof options of a credential.

    ``canonicalise`` guards too; one that knows shapes answers sooner, and alike.

    Raises:
        GuardError: a member that canonicalisation refuses.
    """
    configuration = {"@context": list(CREDENTIAL_CONTEXTS), **options}
    return Digest(sha256(canonicalise(configuration).nquads).digest())


def hash_options(
    options: Mapping[str, object], contexts: Sequence[str] = CREDENTIAL_CONTEXTS
) -> Digest:
    """Return SHA-256 of the canonical proof options, read under the document's contexts.

    Raises:
        GuardError: a member that canonicalisation refuses.
    """
    configuration = {"@context": list(contexts), **options}
    return Digest(sha256(canonicalise_proof_options(configuration, contexts)).digest())


def signing_input(options_hash: Digest, leaf: Leaf) -> bytes:
    """Return the 64 bytes that are signed (vc-di-eddsa 3.2.4)."""
    return options_hash + leaf


def render_signature(raw: bytes) -> str:
    """Return the ``proofValue`` of a signature of 64 bytes."""
    return render_base58(raw)


def parse_signature(text: str) -> bytes:
    """Return the 64 bytes of a ``proofValue``.

    Raises:
        ValueError: not base58btc, or another length.
    """
    raw = parse_base58(text, SIGNATURE_LIMIT_CHARACTERS)
    if len(raw) != SIGNATURE_BYTES:
        message = f"a signature has {SIGNATURE_BYTES} bytes, not {len(raw)}"
        raise ValueError(message)
    return raw


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature is the key's over the message (RFC 8032, by OpenSSL).

    Raises:
        ValueError: the key is not 32 bytes.
    """
    try:
        _load_key(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=_REMEMBERED_KEYS)
def _load_key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _build_options(suite: str, method: str, created: str) -> dict[str, object]:
    return {
        "type": PROOF_TYPE,
        "cryptosuite": suite,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
    }
