"""MK-01, MK-02, MK-06 and MK-17 through the whole verifier: what a file says of its own hashes.

Each file is genuine but for one field of its receipt. No chain is configured, so that the check of
the path speaks alone.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from issuer.batch import Batch, build_batch
from protocol.chain import ChainReader
from protocol.credentials.credential import open_credential
from protocol.errors import NotACredentialError, ProtocolError
from protocol.primitives import ChainId, Leaf, Root, TransactionHash
from protocol.proofs.data_integrity import build_eddsa_options, build_merkle_proof, render_signature
from protocol.proofs.merkle import Side, Step
from protocol.proofs.receipt import Receipt, render_receipt
from tests.protocol.credentials import CREATED, METHOD, build_signed, build_unsigned, leaf_of
from verifier.documents import FolderDocuments
from verifier.policy import DEFAULT_POLICY
from verifier.report import Outcome, Report, Verdict
from verifier.verify import Question, Surroundings, verify

NOW = datetime(2026, 11, 24, tzinfo=UTC)
OTHERS = [Leaf(sha256(b"neighbour %d" % number).digest()) for number in range(3)]


class NoChains:
    def find_readers(self, chain_id: ChainId) -> tuple[ChainReader, ...]:
        return ()


def build_own(document: Mapping[str, object]) -> tuple[Leaf, Batch]:
    leaf = Leaf(leaf_of(dict(document)))
    return leaf, build_batch([leaf, *OTHERS])


def build_receipt(document: Mapping[str, object]) -> Receipt:
    leaf, batch = build_own(document)
    return Receipt(leaf, batch.root, batch.paths[0], ChainId(5), TransactionHash(bytes(32)))


def render_file(document: Mapping[str, object], receipt: Receipt) -> bytes:
    signature = {"proofValue": render_signature(b"\1" * 64)}
    proofs = [
        build_merkle_proof(METHOD, CREATED, render_receipt(receipt)),
        build_eddsa_options(METHOD, CREATED) | signature,
    ]
    return json.dumps({**document, "proof": proofs}).encode()


def ask(data: bytes) -> Report:
    surroundings = Surroundings(
        NoChains(), FolderDocuments(Path("absent")), DEFAULT_POLICY, lambda: NOW
    )
    return verify(Question(data), surroundings)


def find_path(document: Mapping[str, object], receipt: Receipt) -> Outcome:
    (outcome,) = (
        check for check in ask(render_file(document, receipt)).checks if check.id == "path"
    )
    return outcome


@pytest.fixture
def document() -> dict[str, object]:
    return build_unsigned()


def test_the_unspoiled_file_leads_to_its_root(document: dict[str, object]) -> None:
    assert find_path(document, build_receipt(document)).verdict is Verdict.PASSED


def test_mk_01_an_inner_node_is_never_a_leaf(document: dict[str, object]) -> None:
    """The receipt names the node above the leaf, and walks on from there to the true root."""
    good = build_receipt(document)
    inner = Leaf(sha256(good.leaf + good.path[0].sibling).digest())
    outcome = find_path(document, replace(good, leaf=inner, path=good.path[1:]))
    assert outcome.verdict is Verdict.FAILED


def test_mk_01_a_bare_hash_is_no_credential(document: dict[str, object]) -> None:
    leaf = build_receipt(document).leaf.hex()
    for text in (leaf, json.dumps(leaf), json.dumps({"targetHash": leaf})):
        with pytest.raises(NotACredentialError):
            ask(text.encode())


@pytest.mark.parametrize("spoiled", ["leaf", "root"])
def test_mk_02_a_hash_in_the_receipt_is_compared_and_not_believed(
    document: dict[str, object], spoiled: str
) -> None:
    digest = sha256(b"another").digest()
    other = {"leaf": Leaf(digest)} if spoiled == "leaf" else {"root": Root(digest)}
    outcome = find_path(document, replace(build_receipt(document), **other))  # type: ignore[arg-type]  # by name
    assert outcome.verdict is Verdict.FAILED
    assert outcome.facts[f"{spoiled}_stated"] == "0x" + digest.hex()
    assert outcome.facts[spoiled] != outcome.facts[f"{spoiled}_stated"]


def test_mk_02_a_genuine_receipt_does_not_fit_a_changed_credential(
    document: dict[str, object],
) -> None:
    receipt = build_receipt(document)
    assert find_path({**document, "name": "Another"}, receipt).verdict is Verdict.FAILED


def test_mk_06_an_empty_path_leads_to_the_root_of_a_batch_of_one_only(
    document: dict[str, object],
) -> None:
    good = build_receipt(document)
    alone = replace(good, path=(), root=Root(good.leaf))
    assert find_path(document, alone).verdict is Verdict.PASSED
    assert find_path(document, replace(good, path=())).verdict is Verdict.FAILED


def test_mk_17_the_receipt_of_a_neighbour_fails(document: dict[str, object]) -> None:
    leaf, batch = build_own(document)
    good = build_receipt(document)
    shifted = replace(good, leaf=OTHERS[0], path=batch.paths[1])
    assert leaf != OTHERS[0]
    assert find_path(document, shifted).verdict is Verdict.FAILED


def test_a_leafs_preimage_is_never_64_bytes_long() -> None:
    """ADR 0002: a node's preimage is 64 bytes; the least that the guard passes has far more.

    Each credential is also cut down to the members without which it is refused.
    """
    document = build_signed()
    smallest = len(open_credential(document).canonical.nquads)
    for member in list(document):
        rest = {key: value for key, value in document.items() if key != member}
        with suppress(ProtocolError):
            smallest = min(smallest, len(open_credential(rest).canonical.nquads))
    assert smallest > 640


def test_the_shape_of_a_tree_is_told_by_sides_only(document: dict[str, object]) -> None:
    good = build_receipt(document)
    first = good.path[0]
    turned = Step(Side.LEFT if first.side is Side.RIGHT else Side.RIGHT, first.sibling)
    spoiled = replace(good, path=(turned, *good.path[1:]))
    assert find_path(document, spoiled).verdict is Verdict.FAILED
