"""What an institution publishes: its DID document, its Blockcerts profile, its registration.

The members are those that four unrelated verifiers need, and no more (docs/receipt.md): Ed25519
first, ``publicKeyJwk`` with the Multikey as fragment, never ``expires`` or ``revoked`` on a method,
because Blockcerts' verifier compares those with today. Retired keys stay listed; a compromised
signing key does not; windows of chain keys are in the profile and on the chain.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from issuer.affairs.institution import Duty, HeldKey, Institution, Stage
from issuer.files import sync_folder, write_whole
from protocol.primitives import Digest, render_address, render_hex
from protocol.proofs.multikey import Ed25519Key, Secp256k1Key, parse_multikey, split_secp256k1

DID_CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")
PROFILE_CONTEXTS: Final = ("https://w3id.org/openbadges/v2", "https://w3id.org/blockcerts/v3.2")
WEB_FOLDER: Final = "web"
DOCUMENTS_FOLDER: Final = "issuers"
REGISTRATIONS_FOLDER: Final = "registrations"


@dataclass(frozen=True, slots=True)
class Publication:
    """Where an institution's files lie."""

    did_document: Path
    profile: Path
    registration: Path
    """To be sent to the qualification authority."""
    digest: Digest
    """SHA-256 of the DID document."""


def render_did_document(institution: Institution) -> bytes:
    """Return the DID document; equal institutions give equal bytes."""
    keys = _list_published(institution)
    methods = [_render_method(institution.did, key) for key in keys]
    live = (Stage.COMING, Stage.CURRENT)
    anchors = [key for key in keys if key.duty is Duty.ANCHOR and key.stage in live]
    return _render(
        {
            "@context": list(DID_CONTEXTS),
            "id": institution.did,
            "alsoKnownAs": [
                f"did:pkh:eip155:{institution.chain_id}:{render_address(key.address)}"
                for key in anchors
            ],
            "verificationMethod": methods,
            "assertionMethod": [method["id"] for method in methods],
            "service": [
                {
                    "id": f"{institution.did}#issuer-profile",
                    "type": "IssuerProfile",
                    "serviceEndpoint": _name_profile(institution),
                }
            ],
        }
    )


def render_profile(institution: Institution) -> bytes:
    """Return the Blockcerts issuer profile; its key windows are compared with block times."""
    keys = [key for key in institution.keys if key.duty is Duty.ANCHOR]
    return _render(
        {
            "@context": list(PROFILE_CONTEXTS),
            "type": ["Profile"],
            "id": _name_profile(institution),
            "name": institution.name,
            "publicKey": [_render_profile_key(key) for key in keys],
        }
    )


def render_registration(institution: Institution, digest: Digest) -> bytes:
    """Return what the authority needs to register the institution."""
    return _render(
        {
            "identifier": institution.did,
            "name": institution.name,
            "admin": render_address(institution.admin),
            "document_digest": render_hex(digest),
            "chain_id": institution.chain_id,
        }
    )


def hash_document(institution: Institution) -> Digest:
    """Return SHA-256 of the DID document as it is rendered now."""
    return Digest(sha256(render_did_document(institution)).digest())


def publish(home: Path, institution: Institution) -> Publication:
    """Write all files of an institution; what an earlier document said stays under its digest."""
    document = render_did_document(institution)
    digest = Digest(sha256(document).digest())
    web = home / WEB_FOLDER / institution.domain
    chain = f"{institution.network}-{institution.chain_id}"
    publication = Publication(
        did_document=web / ".well-known" / "did.json",
        profile=web / "profile.json",
        registration=home / REGISTRATIONS_FOLDER / chain / institution.domain / "registration.json",
        digest=digest,
    )
    _write(home, home / DOCUMENTS_FOLDER / f"{digest.hex()}.json", document)
    _write(home, publication.did_document, document)
    _write(home, publication.profile, render_profile(institution))
    _write(home, publication.registration, render_registration(institution, digest))
    return publication


def _list_published(institution: Institution) -> list[HeldKey]:
    """Signing keys first (readers take the first method), each kind newest first.

    A status key signs no credential and is not published. A compromised chain key stays: the chain
    says from when on it does not count, and what it anchored before does.
    """
    return [*_find_signing(institution.keys), *_find_anchoring(institution.keys)]


def _find_signing(keys: Iterable[HeldKey]) -> list[HeldKey]:
    found = [key for key in keys if key.duty is Duty.SIGNING and key.stage is not Stage.COMPROMISED]
    return sorted(found, key=_age, reverse=True)


def _find_anchoring(keys: Iterable[HeldKey]) -> list[HeldKey]:
    return sorted((key for key in keys if key.duty is Duty.ANCHOR), key=_age, reverse=True)


def _age(key: HeldKey) -> tuple[datetime, str]:
    return key.created, key.multikey


def _render_method(did: str, key: HeldKey) -> dict[str, object]:
    return {
        "id": f"{did}#{key.multikey}",
        "type": "JsonWebKey",
        "controller": did,
        "publicKeyJwk": _render_jwk(parse_multikey(key.multikey)),
    }


def _render_jwk(key: Ed25519Key | Secp256k1Key) -> dict[str, object]:
    match key:
        case Ed25519Key(raw):
            return {"kty": "OKP", "crv": "Ed25519", "x": _encode(raw)}
        case Secp256k1Key():
            x, y = split_secp256k1(key)
            return {"kty": "EC", "crv": "secp256k1", "x": _encode(x), "y": _encode(y)}


def _render_profile_key(key: HeldKey) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": f"ecdsa-koblitz-pubkey:{render_address(key.address)}",
        "created": _render_time(key.created),
    }
    if key.ended is not None:
        name = "revoked" if key.stage is Stage.COMPROMISED else "expires"
        entry[name] = _render_time(key.ended)
    return entry


def _name_profile(institution: Institution) -> str:
    return f"https://{institution.domain}/profile.json"


def _render_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _render(content: dict[str, object]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _write(home: Path, path: Path, data: bytes) -> None:
    """Write a public file unless it is there already, byte for byte."""
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home, prefix=".unfinished-") as staging:
        write_whole(path, data, Path(staging))
    sync_folder(path.parent)
