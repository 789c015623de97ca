"""DID documents of institutions: which keys speak for them.

The exact bytes count: the registry holds their SHA-256, so a copy from anywhere is as good as the
institution's own web server. Only methods listed under ``assertionMethod`` and controlled by the
document's own DID are returned; methods of kinds that are not known here are left out. Dates on a
method are not read: a key's life is on the chain.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from protocol.credentials.strict_json import parse_object
from protocol.errors import DocumentError, MultikeyError, NotACredentialError
from protocol.primitives import Address, Digest
from protocol.proofs.multikey import (
    Ed25519Key,
    Secp256k1Key,
    build_secp256k1,
    find_key_address,
    parse_multikey,
)

DOCUMENT_LIMIT_BYTES: Final = 65_536
"""An institution's document has some 600 bytes a key."""
METHOD_LIMIT: Final = 200
"""Keys of many years; each costs a curve operation."""
_REMEMBERED_DOCUMENTS: Final = 64
"""Documents are public; read again and again, each key of theirs costs curve operations."""
_REMEMBERED_METHODS: Final = 1_024
_COORDINATE_BYTES: Final = 32
_KNOWN_PREFIXES: Final = ("z6Mk", "zQ3s")
"""Multikeys of Ed25519 and of secp256k1."""


@dataclass(frozen=True, slots=True)
class Method:
    """A verification method: its DID URL and its public key."""

    id: str
    key: Ed25519Key | Secp256k1Key


@dataclass(frozen=True, slots=True)
class DidDocument:
    """A document and the digest of the bytes it was read from."""

    id: str
    methods: tuple[Method, ...]
    digest: Digest


@lru_cache(maxsize=_REMEMBERED_DOCUMENTS)
def parse_did_document(data: bytes) -> DidDocument:
    """Return the document in these bytes.

    Raises:
        DocumentError: not strict JSON, no DID, a method doubled, or a key that cannot be read.
    """
    try:
        document = parse_object(data, DOCUMENT_LIMIT_BYTES)
    except NotACredentialError as error:
        raise DocumentError(error.reason) from error
    did = document.get("id")
    if not isinstance(did, str) or not did.startswith("did:"):
        reason = "its id is not a DID"
        raise DocumentError(reason)
    return DidDocument(did, _read_methods(document, did), Digest(sha256(data).digest()))


@lru_cache(maxsize=_REMEMBERED_METHODS)
def find_address(method: Method) -> Address | None:
    """Return the Ethereum account of a secp256k1 method; None for a key that has none."""
    return find_key_address(method.key) if isinstance(method.key, Secp256k1Key) else None


def _read_methods(document: Mapping[str, object], did: str) -> tuple[Method, ...]:
    entries = _read_array(document, "verificationMethod")
    if len(entries) > METHOD_LIMIT:
        reason = f"it lists more than {METHOD_LIMIT} methods"
        raise DocumentError(reason)
    asserting = {
        _resolve(entry, did)
        for entry in _read_array(document, "assertionMethod")
        if isinstance(entry, str)
    }
    methods: dict[str, Method] = {}
    for entry in entries:
        method = _read_method(entry, did)
        if method is None or method.id not in asserting:
            continue
        if method.id in methods:
            reason = f"it lists the method {method.id} twice"
            raise DocumentError(reason)
        methods[method.id] = method
    return tuple(methods.values())


def _read_array(document: Mapping[str, object], member: str) -> list[object]:
    value = document.get(member, [])
    if not isinstance(value, list):
        reason = f"its {member} is not an array"
        raise DocumentError(reason)
    return value


def _read_method(entry: object, did: str) -> Method | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        reason = "one of its methods has no id"
        raise DocumentError(reason)
    if entry.get("controller") != did:
        return None
    identifier = _resolve(entry["id"], did)
    if not identifier.startswith(f"{did}#"):
        return None
    try:
        key = _read_key(entry)
    except (MultikeyError, ValueError) as error:
        reason = f"the key of {identifier} cannot be read"
        raise DocumentError(reason) from error
    return None if key is None else Method(identifier, key)


def _read_key(entry: Mapping[str, object]) -> Ed25519Key | Secp256k1Key | None:
    match entry:
        case {"type": "JsonWebKey", "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": str(x)}}:
            return Ed25519Key(_decode(x))
        case {
            "type": "JsonWebKey",
            "publicKeyJwk": {"kty": "EC", "crv": "secp256k1", "x": str(x), "y": str(y)},
        }:
            return build_secp256k1(_decode_coordinate(x), _decode_coordinate(y))
        case {"type": "Multikey", "publicKeyMultibase": str(text)} if text.startswith(
            _KNOWN_PREFIXES
        ):
            return parse_multikey(text)
        case _:
            return None


def _decode_coordinate(text: str) -> bytes:
    data = _decode(text)
    if len(data) != _COORDINATE_BYTES:
        reason = f"a coordinate has {_COORDINATE_BYTES} bytes"
        raise MultikeyError(reason)
    return data


def _decode(text: str) -> bytes:
    padding = "=" * (-len(text) % 4)
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + padding, validate=True)


def _resolve(identifier: str, did: str) -> str:
    return did + identifier if identifier.startswith("#") else identifier
