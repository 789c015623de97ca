"""The W3C's vectors for eddsa-rdfc-2022, byte for byte, from the document to the signed document.

Their contexts are not ours, and the guard refuses any other. So the canonical form is taken behind
the guard; all else is the code that signs credentials.
"""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from issuer.keys.keystore import Ed25519Signer
from protocol.credentials import canonical
from protocol.credentials.canonical import hash_leaf
from protocol.credentials.contexts import load_context
from protocol.proofs.data_integrity import (
    build_eddsa_options,
    hash_options,
    parse_signature,
    render_signature,
    signing_input,
    verify_ed25519,
)
from protocol.proofs.multibase import parse_base58
from protocol.proofs.multikey import parse_multikey

FOLDER = Path(__file__).parents[1] / "vectors" / "vc_di_eddsa"
FOLDERS = [FOLDER, FOLDER / "employ"]
PRIVATE_PREFIX = bytes.fromhex("8026")
CONTEXTS = {
    "https://www.w3.org/ns/credentials/examples/v2": "credentials-examples-v2.jsonld",
    "https://w3id.org/citizenship/v4rc1": "citizenship-v4rc1.jsonld",
}
KEY_PAIR = json.loads((FOLDER / "keyPair.json").read_bytes())


def read(folder: Path, name: str) -> str:
    return (folder / f"{name}DataInt.txt").read_text().strip()


def load_any_context(url: str) -> dict:
    if url in CONTEXTS:
        return json.loads((FOLDER / "contexts" / CONTEXTS[url]).read_bytes())
    return dict(load_context(url))


def open_signer(method: str) -> Ed25519Signer:
    secret = parse_base58(KEY_PAIR["privateKeyMultibase"], 100)
    assert secret.startswith(PRIVATE_PREFIX)
    key = Ed25519PrivateKey.from_private_bytes(secret.removeprefix(PRIVATE_PREFIX))
    return Ed25519Signer(key, method)


@pytest.fixture(params=FOLDERS, ids=["alumni", "employ"])
def folder(request) -> Path:
    return request.param


@pytest.fixture
def configuration(folder: Path) -> dict:
    return json.loads((folder / "proofConfigDataInt.json").read_bytes())


def test_the_document_has_the_standards_canonical_form(folder, monkeypatch) -> None:
    monkeypatch.setattr(canonical, "load_context", load_any_context)
    document = json.loads((folder / "unsigned.json").read_bytes())
    form = canonical._label(canonical._to_rdf(canonical._expand(document)))
    expected = (folder / "canonDocDataInt.txt").read_bytes()
    assert form == expected
    assert hash_leaf(form).hex() == read(folder, "docHash")


def test_the_options_have_the_standards_hash(folder, configuration) -> None:
    options = build_eddsa_options(configuration["verificationMethod"], configuration["created"])
    assert options == {key: configuration[key] for key in configuration if key != "@context"}
    assert hash_options(options).hex() == read(folder, "proofHash")
    canonical_form = (folder / "proofCanonDataInt.txt").read_bytes()
    assert sha256(canonical_form).hexdigest() == read(folder, "proofHash")


def test_signing_gives_the_standards_signed_document(folder, configuration) -> None:
    options = build_eddsa_options(configuration["verificationMethod"], configuration["created"])
    leaf = hash_leaf((folder / "canonDocDataInt.txt").read_bytes())
    signed = signing_input(hash_options(options), leaf)
    assert signed.hex() == read(folder, "combinedHash")
    signature = open_signer(configuration["verificationMethod"]).sign(signed)
    assert signature.hex() == read(folder, "sigHex")
    assert render_signature(signature) == read(folder, "sigBTC58")
    document = json.loads((folder / "unsigned.json").read_bytes())
    proof = options | {"proofValue": render_signature(signature)}
    assert document | {"proof": proof} == json.loads((folder / "signedDataInt.json").read_bytes())


def test_the_standards_signature_holds_under_its_key(folder) -> None:
    key = parse_multikey(KEY_PAIR["publicKeyMultibase"])
    signed = bytes.fromhex(read(folder, "combinedHash"))
    assert verify_ed25519(key.raw, parse_signature(read(folder, "sigBTC58")), signed)
