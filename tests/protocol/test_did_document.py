"""DID documents: whose keys they list, read from exact bytes."""

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from eth_account import Account

from protocol.errors import DocumentError
from protocol.primitives import render_address
from protocol.proofs.did_document import DOCUMENT_LIMIT_BYTES, find_address, parse_did_document
from protocol.proofs.multikey import render_ed25519, render_secp256k1

DID = "did:web:issuer.example.org"
RAW = bytes(range(32))
ACCOUNT = Account.from_key("0x" + "4c" * 32)
POINT = ACCOUNT._key_obj.public_key


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def build() -> dict[str, Any]:
    x, y = POINT.to_bytes()[:32], POINT.to_bytes()[32:]
    return {
        "id": DID,
        "verificationMethod": [
            {
                "id": f"{DID}#a",
                "type": "JsonWebKey",
                "controller": DID,
                "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": encode(RAW)},
            },
            {
                "id": f"{DID}#b",
                "type": "JsonWebKey",
                "controller": DID,
                "publicKeyJwk": {
                    "kty": "EC",
                    "crv": "secp256k1",
                    "x": encode(x),
                    "y": encode(y),
                },
            },
        ],
        "assertionMethod": [f"{DID}#a", f"{DID}#b"],
    }


def render(document: object) -> bytes:
    return json.dumps(document).encode()


def list_ids(document: object) -> list[str]:
    return [method.id for method in parse_did_document(render(document)).methods]


def test_both_kinds_of_key_are_read() -> None:
    data = render(build())
    document = parse_did_document(data)
    first, second = document.methods
    assert (document.id, document.digest) == (DID, sha256(data).digest())
    assert (first.id, first.key.raw) == (f"{DID}#a", RAW)  # type: ignore[union-attr]  # Ed25519
    found = find_address(second)
    assert found is not None
    assert render_address(found) == ACCOUNT.address
    assert find_address(first) is None


def test_multikeys_and_relative_names_are_read() -> None:
    document = build()
    for method, text in zip(
        document["verificationMethod"],
        (render_ed25519(RAW), render_secp256k1(POINT.to_compressed_bytes())),
        strict=True,
    ):
        del method["publicKeyJwk"]
        method |= {"type": "Multikey", "publicKeyMultibase": text, "id": f"#{method['id'][-1]}"}
    document["assertionMethod"] = ["#a", f"{DID}#b"]
    assert (
        parse_did_document(render(document)).methods == parse_did_document(render(build())).methods
    )


def test_the_digest_is_of_the_exact_bytes() -> None:
    data = render(build())
    assert parse_did_document(data + b"\n").digest != parse_did_document(data).digest


def drop_assertion(document: dict[str, Any]) -> None:
    document["assertionMethod"].remove(f"{DID}#a")


def change_controller(document: dict[str, Any]) -> None:
    document["verificationMethod"][0]["controller"] = "did:web:other.example"


def change_owner(document: dict[str, Any]) -> None:
    document["verificationMethod"][0]["id"] = "did:web:other.example#a"
    document["assertionMethod"][0] = "did:web:other.example#a"


def change_curve(document: dict[str, Any]) -> None:
    document["verificationMethod"][0]["publicKeyJwk"]["crv"] = "P-256"


def change_type(document: dict[str, Any]) -> None:
    document["verificationMethod"][0]["type"] = "SomethingNew"


@pytest.mark.parametrize(
    "spoil", [drop_assertion, change_controller, change_owner, change_curve, change_type]
)
def test_a_key_that_does_not_speak_for_the_institution_is_left_out(
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    document = build()
    spoil(document)
    assert list_ids(document) == [f"{DID}#b"]


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("id", "issuer.example.org", "not a DID"),
        ("id", None, "not a DID"),
        ("verificationMethod", {}, "verificationMethod is not an array"),
        ("assertionMethod", "x", "assertionMethod is not an array"),
        ("verificationMethod", [{}], "has no id"),
        ("verificationMethod", ["x"], "has no id"),
        ("verificationMethod", [build()["verificationMethod"][0]] * 2, "twice"),
        ("verificationMethod", [build()["verificationMethod"][0]] * 201, "more than 200"),
    ],
)
def test_a_document_of_another_shape_is_refused(member: str, value: object, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        parse_did_document(render(build() | {member: value}))


@pytest.mark.parametrize("x", ["", "!", encode(bytes(31)), encode(bytes(33)), "é"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_key_that_cannot_be_read_is_refused_by_name(place: int, x: str) -> None:
    document = build()
    method = document["verificationMethod"][place]
    method["publicKeyJwk"]["x"] = x
    with pytest.raises(DocumentError, match=f"the key of {method['id']}"):
        parse_did_document(render(document))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"id": "did:web:a", "id": "did:web:b"}',
        b" " * (DOCUMENT_LIMIT_BYTES + 1),
        render(build() | {"x": "y" * DOCUMENT_LIMIT_BYTES}),
    ],
)
def test_bytes_that_are_not_strict_json_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        parse_did_document(data)


def test_a_document_without_methods_lists_none() -> None:
    assert list_ids({"id": DID}) == []
