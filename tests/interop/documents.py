"""One genuine file, and whatever else can be made of it: one thing spoiled at a time."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace

import cbor2

from protocol.credentials import canonical
from protocol.credentials.canonical import hash_leaf
from protocol.primitives import ChainId, Leaf, Root, TransactionHash, parse_prefixed_hex
from protocol.proofs.multibase import parse_base58, render_base58
from protocol.proofs.receipt import RECEIPT_LIMIT_CHARACTERS, Receipt, parse_receipt, render_receipt

Edit = Callable[[dict], object]
MERKLE, EDDSA = 0, 1
MOCK_CHAIN = [[0, -1], [1, "mocknet"]]
"""An anchor on no chain, as cert-issuer writes it in practice runs."""


def edit(text: str, change: Edit) -> str:
    """Return the file with one change made to it."""
    document = json.loads(text)
    change(document)
    return json.dumps(document, ensure_ascii=False, indent=2)


def edit_proofs(text: str, change: Callable[[list[dict]], list[dict]]) -> str:
    """Return the file with other proofs."""
    document = json.loads(text)
    document["proof"] = change(document["proof"])
    return json.dumps(document, ensure_ascii=False, indent=2)


def set_member(*path: str | int, to: object) -> Edit:
    def change(document: dict) -> None:
        target = document
        for step in path[:-1]:
            target = target[step]
        assert target.get(path[-1]) != to, "an edit that changes nothing shows nothing"
        target[path[-1]] = copy.deepcopy(to)

    return change


def drop_member(member: str) -> Edit:
    return lambda document: document.pop(member)


CLAIMS: dict[str, Edit] = {
    "the learner's name": set_member(
        "credentialSubject", "identifier", 0, "identityHash", to="Aroha Ngawaka"
    ),
    "the learner's e-mail address": set_member(
        "credentialSubject", "identifier", 1, "identityHash", to="sha256$" + "0" * 64
    ),
    "the achievement's name": set_member(
        "credentialSubject", "achievement", "name", to="Assessment of Learning"
    ),
    "the credits earned": set_member("credentialSubject", "creditsEarned", to=150),
    "the level reached": set_member(
        "credentialSubject",
        "result",
        0,
        "achievedLevel",
        to="urn:uuid:8a4f6f1e-51c8-4a0f-8a4a-0a7b7f6d2c04",
    ),
    "the criteria": set_member(
        "credentialSubject", "achievement", "criteria", "narrative", to="A signature."
    ),
    "the issuer's name": set_member("issuer", "name", to="University of Example"),
    "the date of the award": set_member("awardedDate", to="2020-01-01T00:00:00Z"),
    "the beginning": set_member("validFrom", to="2020-01-01T00:00:00Z"),
    "an end, added": set_member("validUntil", to="2099-01-01T00:00:00Z"),
    "a description, added": set_member("description", to="With distinction."),
    "the credential's id": set_member("id", to="urn:uuid:8a4f6f1e-51c8-4a0f-8a4a-0a7b7f6d2c99"),
    "the place in the status list": lambda document: _move_status(document["credentialStatus"]),
    "the status entry, removed": drop_member("credentialStatus"),
}
"""One signed claim each, by what is changed."""


def _move_status(entry: dict) -> None:
    number = str(int(entry["statusListIndex"]) + 1)
    entry["statusListIndex"] = number
    entry["id"] = entry["id"].partition("#")[0] + f"#{number}"


def take_proof(text: str, index: int) -> dict:
    return json.loads(text)["proof"][index]


def swap_proof(text: str, index: int, other: dict) -> str:
    """Put another proof in the place of one."""
    return edit_proofs(text, lambda found: [*found[:index], other, *found[index + 1 :]])


def set_in_proof(text: str, index: int, **changed: str) -> str:
    return swap_proof(text, index, take_proof(text, index) | changed)


def read_receipt(text: str) -> Receipt:
    return parse_receipt(take_proof(text, MERKLE)["proofValue"])


def anchor_alone(text: str, transaction: str) -> str:
    """Let a transaction whose data is the leaf itself anchor the file: a batch of one."""
    receipt = read_receipt(text)
    alone = replace(
        receipt,
        root=Root(receipt.leaf),
        path=(),
        transaction=TransactionHash(parse_prefixed_hex(transaction, 32)),
    )
    return set_in_proof(text, MERKLE, proofValue=render_receipt(alone))


def hash_with_signature(text: str) -> Leaf:
    """Hash the credential with its signature in it: what a proof in the second place covers.

    The guard refuses such a document, so this goes past it.
    """
    document = json.loads(text)
    signed = document | {"proof": [document["proof"][EDDSA]]}
    return hash_leaf(canonical._label(canonical._to_rdf(canonical._expand(signed))))


def anchor_second(text: str, leaf: Leaf, transaction: str, method: str) -> str:
    """Put a Merkle proof over credential and signature behind the signature."""
    hash_ = TransactionHash(parse_prefixed_hex(transaction, 32))
    receipt = replace(read_receipt(text), leaf=leaf, root=Root(leaf), path=(), transaction=hash_)
    theirs = {"verificationMethod": method, "proofValue": render_receipt(receipt)}
    return edit_proofs(text, lambda found: [found[EDDSA], found[MERKLE] | theirs])


def name_network(text: str, chain_id: int) -> str:
    receipt = replace(read_receipt(text), chain_id=ChainId(chain_id))
    return set_in_proof(text, MERKLE, proofValue=render_receipt(receipt))


def anchor_nowhere(text: str) -> str:
    """Let the receipt name a chain that does not exist."""
    value = take_proof(text, MERKLE)["proofValue"]
    pairs = cbor2.loads(parse_base58(value, RECEIPT_LIMIT_CHARACTERS))
    pairs[-1] = [pairs[-1][0], [MOCK_CHAIN]]
    return set_in_proof(text, MERKLE, proofValue=render_base58(cbor2.dumps(pairs)))
