"""What an institution publishes, member for member as four unrelated verifiers need it."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from issuer.affairs.institution import Duty, HeldKey, Institution, Stage
from issuer.affairs.onboarding import create_key
from issuer.affairs.profile import hash_document, publish, render_did_document, render_profile
from issuer.keys.keystore import WORTHLESS, KeyRing
from protocol.primitives import Address, ChainId, render_address
from protocol.proofs.did_document import find_address, parse_did_document
from protocol.proofs.multikey import Ed25519Key, parse_multikey

DID = "did:web:issuer.example.org"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys", "x", WORTHLESS)


@pytest.fixture
def institution(ring: KeyRing) -> Institution:
    return Institution(
        did=DID,
        name="Te Pūkenga",
        domain="issuer.example.org",
        network="sepolia",
        chain_id=ChainId(11155111),
        issuer_id=None,
        time_zone=ZoneInfo("UTC"),
        status_base="https://issuer.example.org/status/issuer.example.org",
        admin=Address(bytes(20)),
        keys=tuple(create_key(ring, duty, Stage.CURRENT, NOW) for duty in Duty),
        demo=False,
    )


def add(ring: KeyRing, institution: Institution, duty: Duty) -> tuple[Institution, HeldKey]:
    old = institution.find_current(duty)
    institution = institution.replace_key(replace(old, stage=Stage.RETIRED, ended=LATER))
    new = create_key(ring, duty, Stage.CURRENT, LATER)
    return institution.replace_key(new), new


def test_the_did_document_has_exactly_these_members(institution: Institution) -> None:
    document = json.loads(render_did_document(institution))
    signing, anchor = document["verificationMethod"]
    assert document == {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": DID,
        "alsoKnownAs": [f"did:pkh:eip155:11155111:{render_address(institution.anchor)}"],
        "verificationMethod": [signing, anchor],
        "assertionMethod": [institution.signing_method, institution.anchor_method],
        "service": [
            {
                "id": f"{DID}#issuer-profile",
                "type": "IssuerProfile",
                "serviceEndpoint": "https://issuer.example.org/profile.json",
            }
        ],
    }
    for method, identifier in (
        (signing, institution.signing_method),
        (anchor, institution.anchor_method),
    ):
        assert {**method, "publicKeyJwk": None} == {
            "id": identifier,
            "type": "JsonWebKey",
            "controller": DID,
            "publicKeyJwk": None,
        }
    assert signing["publicKeyJwk"].keys() == {"kty", "crv", "x"}
    assert anchor["publicKeyJwk"].keys() == {"kty", "crv", "x", "y"}
    assert (anchor["publicKeyJwk"]["kty"], anchor["publicKeyJwk"]["crv"]) == ("EC", "secp256k1")


def test_fragment_and_jwk_name_one_key(institution: Institution) -> None:
    (signing, _) = json.loads(render_did_document(institution))["verificationMethod"]
    raw = base64.urlsafe_b64decode(signing["publicKeyJwk"]["x"] + "=")
    assert parse_multikey(signing["id"].partition("#")[2]) == Ed25519Key(raw)


def test_the_document_is_read_by_our_own_verifier(institution: Institution) -> None:
    document = parse_did_document(render_did_document(institution))
    signing, anchor = document.methods
    assert document.digest == hash_document(institution)
    assert (document.id, signing.id) == (DID, institution.signing_method)
    assert find_address(anchor) == institution.anchor
    assert find_address(signing) is None


def test_ed25519_stays_first_when_keys_are_many(ring: KeyRing, institution: Institution) -> None:
    for duty in Duty:
        institution, _ = add(ring, institution, duty)
    methods = json.loads(render_did_document(institution))["verificationMethod"]
    assert [method["publicKeyJwk"]["crv"] for method in methods] == [
        "Ed25519",
        "Ed25519",
        "secp256k1",
        "secp256k1",
    ]
    assert [methods[0]["id"], methods[2]["id"]] == [
        institution.signing_method,
        institution.anchor_method,
    ]


def test_only_the_living_accounts_are_also_known_as(
    ring: KeyRing, institution: Institution
) -> None:
    institution, new = add(ring, institution, Duty.ANCHOR)
    assert json.loads(render_did_document(institution))["alsoKnownAs"] == [
        f"did:pkh:eip155:11155111:{render_address(new.address)}"
    ]


def test_the_profile_has_exactly_these_members(ring: KeyRing, institution: Institution) -> None:
    first = institution.anchor
    institution, _ = add(ring, institution, Duty.ANCHOR)
    assert json.loads(render_profile(institution)) == {
        "@context": ["https://w3id.org/openbadges/v2", "https://w3id.org/blockcerts/v3.2"],
        "type": ["Profile"],
        "id": "https://issuer.example.org/profile.json",
        "name": "Te Pūkenga",
        "publicKey": [
            {
                "id": f"ecdsa-koblitz-pubkey:{render_address(first)}",
                "created": "2026-11-24T09:00:00Z",
                "expires": "2027-01-01T00:00:00Z",
            },
            {
                "id": f"ecdsa-koblitz-pubkey:{render_address(institution.anchor)}",
                "created": "2027-01-01T00:00:00Z",
            },
        ],
    }


def test_what_was_published_stays_under_its_digest(
    tmp_path: Path, ring: KeyRing, institution: Institution
) -> None:
    before = publish(tmp_path, institution)
    institution, _ = add(ring, institution, Duty.SIGNING)
    after = publish(tmp_path, institution)
    names = {path.name for path in (tmp_path / "issuers").iterdir()}
    assert names == {f"{before.digest.hex()}.json", f"{after.digest.hex()}.json"}
    assert before.digest != after.digest
    assert {path.name for path in tmp_path.iterdir()} == {"keys", "issuers", "web", "registrations"}
