"""The signature's parts against the vectors of W3C vc-di-eddsa (tests/vectors/README.md)."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from protocol.primitives import Digest, Leaf
from protocol.proofs.data_integrity import (
    build_eddsa_options,
    build_merkle_proof,
    hash_options,
    parse_signature,
    render_signature,
    signing_input,
    verify_ed25519,
)
from protocol.proofs.multikey import Ed25519Key, parse_multikey

FOLDER = Path(__file__).parents[1] / "vectors" / "vc_di_eddsa"


def read(name: str) -> str:
    return (FOLDER / f"{name}DataInt.txt").read_text().strip()


CONFIGURATION = json.loads((FOLDER / "proofConfigDataInt.json").read_text())
KEY = parse_multikey(json.loads((FOLDER / "keyPair.json").read_text())["publicKeyMultibase"])
METHOD = "did:web:issuer.example.org#z6Mk"


def test_our_options_hash_to_the_standards_vector() -> None:
    """The vector has another second context, which changes none of these members."""
    options = build_eddsa_options(CONFIGURATION["verificationMethod"], CONFIGURATION["created"])
    assert options == {key: CONFIGURATION[key] for key in CONFIGURATION if key != "@context"}
    assert hash_options(options).hex() == read("proofHash")


def test_what_is_signed_is_the_standards_input() -> None:
    digests = (bytes.fromhex(read(name)) for name in ("proofHash", "docHash"))
    options, leaf = digests
    assert signing_input(Digest(options), Leaf(leaf)).hex() == read("combinedHash")


def test_the_standards_signature_is_read_and_holds() -> None:
    assert isinstance(KEY, Ed25519Key)
    signature = parse_signature(read("sigBTC58"))
    assert signature.hex() == read("sigHex")
    assert render_signature(signature) == read("sigBTC58")
    assert verify_ed25519(KEY.raw, signature, bytes.fromhex(read("combinedHash")))


@pytest.mark.parametrize("spoiled", ["key", "signature", "message"])
def test_a_changed_bit_is_noticed(spoiled: str) -> None:
    assert isinstance(KEY, Ed25519Key)
    parts = {
        "key": KEY.raw,
        "signature": parse_signature(read("sigBTC58")),
        "message": bytes.fromhex(read("combinedHash")),
    }
    parts[spoiled] = bytes([parts[spoiled][0] ^ 1]) + parts[spoiled][1:]
    assert not verify_ed25519(parts["key"], parts["signature"], parts["message"])


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_signature_has_64_bytes(size: int) -> None:
    with pytest.raises(ValueError, match=r"64 bytes|more than 96"):
        parse_signature(render_signature(b"\1" * size))


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        verify_ed25519(bytes(31), bytes(64), b"")


def test_the_merkle_proof_has_exactly_these_members() -> None:
    assert build_merkle_proof(METHOD, "2026-11-24T09:00:00Z", "z1") == {
        "type": "DataIntegrityProof",
        "cryptosuite": "merkle-proof-2019",
        "created": "2026-11-24T09:00:00Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "proofValue": "z1",
    }


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("created", "2026-11-24T09:00:01Z"),
        ("verificationMethod", METHOD + "x"),
        ("proofPurpose", "authentication"),
        ("cryptosuite", "eddsa-jcs-2022"),
    ],
)
def test_every_option_is_covered(member: str, value: str) -> None:
    options = build_eddsa_options(METHOD, "2026-11-24T09:00:00Z")
    assert hash_options(options | {member: value}) != hash_options(options)


def test_the_hash_is_of_the_canonical_text() -> None:
    text = (FOLDER / "proofCanonDataInt.txt").read_bytes()
    assert sha256(text).hexdigest() == read("proofHash")
