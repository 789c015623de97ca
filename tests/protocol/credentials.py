"""A full credential of ours to spoil, and how to switch rules of the guard off."""

import copy
import json
from pathlib import Path

import pytest

from protocol.credentials import canonical, guard, statement_guard
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.proofs.data_integrity import build_eddsa_options, build_merkle_proof

VECTORS = Path(__file__).parent.parent / "vectors"
METHOD = "did:web:issuer.example#key"
CREATED = "2026-01-01T00:00:00Z"
STATUS = "https://issuer.example/status/7/revocation"
ADDITIONS = {
    "issuer": {
        "id": "did:web:issuer.example",
        "type": ["Profile"],
        "name": "Example University",
        "url": "https://issuer.example",
    },
    "awardedDate": "2025-12-24T10:00:00+13:00",
    "validUntil": "2030-01-01T00:00:00Z",
    "inLanguage": "en",
    "evidence": [
        {"type": ["Evidence"], "name": "Reflection", "genre": "reflection"},
        {
            "id": "https://learner.example/video",
            "type": ["Evidence"],
            "name": "Video",
            "digestMultibase": "uEiDahMjpTgc6_JUO6chFwbvkb7hsFy-lF9cnMTODkVmAxw",
        },
    ],
    "credentialStatus": {
        "id": f"{STATUS}#5",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "5",
        "statusListCredential": STATUS,
    },
}
ACHIEVEMENT = {
    "creator": {"id": "did:web:issuer.example", "type": ["Profile"]},
    "creditsAvailable": 2.5,
    "tag": ["welding", "steel"],
    "alignment": [
        {
            "type": ["Alignment"],
            "targetName": "Level 4",
            "targetUrl": "https://framework.example/4",
            "targetType": "ext:Level",
        }
    ],
    "resultDescription": [
        {
            "id": "https://issuer.example/rd/1",
            "type": ["ResultDescription"],
            "name": "Outcome",
            "resultType": "Status",
            "allowedValue": ["fail", "pass", "excellent"],
        }
    ],
}
IDENTIFIERS = [
    {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": "sha256$9d4e1e23bd5b727046a9e3b4b7db57bd8d6ee684",
        "identityType": "emailAddress",
        "salt": "c2FsdCBzYWx0IHNhbHQ",
    },
    {"type": "IdentityObject", "hashed": False, "identityHash": "Wiremu", "identityType": "name"},
]
NO_LIMITS = 10**9


def load_vector(name: str) -> dict:
    return json.loads((VECTORS / name).read_bytes())


def load_base() -> dict:
    return load_vector("credentials/base_ok.json")


def build_unsigned() -> dict:
    """Return a credential with every kind of member that ours have."""
    document = load_base() | copy.deepcopy(ADDITIONS)
    document["credentialSubject"]["achievement"] |= copy.deepcopy(ACHIEVEMENT)
    document["credentialSubject"]["identifier"] = copy.deepcopy(IDENTIFIERS)
    return document


def build_signed() -> dict:
    proofs = [
        build_merkle_proof(METHOD, CREATED, "zMerkle"),
        {**build_eddsa_options(METHOD, CREATED), "proofValue": "zSignature"},
    ]
    return build_unsigned() | {"proof": proofs}


def leaf_of(document: dict) -> bytes:
    return hash_leaf(canonicalise(document).nquads)


def disable(monkeypatch: pytest.MonkeyPatch, *rules: object) -> None:
    """Take these rules, and no others, out of the guard."""
    for module, name in (
        (guard, "DOCUMENT_RULES"),
        (guard, "PLACE_RULES"),
        (statement_guard, "EXPANDED_RULES"),
        (statement_guard, "STATEMENT_RULES"),
        (statement_guard, "CREDENTIAL_RULES"),
    ):
        kept = tuple(rule for rule in getattr(module, name) if rule not in rules)
        monkeypatch.setattr(module, name, kept)
    for module, name in ((statement_guard, "refuse_dropped"), (canonical, "refuse_endless")):
        if getattr(module, name) in rules:
            monkeypatch.setattr(module, name, lambda *_: None)
