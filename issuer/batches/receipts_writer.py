"""From drafts to files: both proofs are added, and what was written is read again."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from issuer.batches.output import render_json
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.strict_json import parse_object
from protocol.errors import ProtocolError
from protocol.primitives import ChainId, Digest, Leaf, Root, TransactionHash
from protocol.proofs.data_integrity import (
    build_eddsa_options,
    build_merkle_proof,
    hash_options,
    parse_signature,
    render_signature,
    signing_input,
    verify_ed25519,
)
from protocol.proofs.merkle import Step, fold_path
from protocol.proofs.multikey import Ed25519Key, parse_multikey
from protocol.proofs.receipt import Receipt, parse_receipt, render_receipt


@dataclass(frozen=True, slots=True)
class ProofJob:
    """What is the same in the proofs of a whole batch."""

    created: str
    anchor_method: str
    signing_method: str
    chain_id: ChainId
    transaction: TransactionHash
    root: Root


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file and the leaf that it must have."""

    path: Path
    leaf: Leaf


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What all files of a batch are compared with."""

    root: Root
    transaction: TransactionHash
    chain_id: ChainId
    options_hash: Digest
    signing_method: str


def render_created(moment: datetime) -> str:
    """Return a proof's ``created``: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hash_batch_options(moment: datetime, signing_method: str) -> Digest:
    """Return the first half of what is signed, the same for every credential of a batch."""
    return hash_options(build_eddsa_options(signing_method, render_created(moment)))


def render_credential(
    job: ProofJob, draft: bytes, leaf: Leaf, signature: bytes, path: tuple[Step, ...]
) -> bytes:
    """Return the file of one credential: its draft, then ``proof`` as [merkle, eddsa]."""
    receipt = Receipt(leaf, job.root, path, job.chain_id, job.transaction)
    merkle = build_merkle_proof(job.anchor_method, job.created, render_receipt(receipt))
    eddsa = {
        **build_eddsa_options(job.signing_method, job.created),
        "proofValue": render_signature(signature),
    }
    return render_json({**json.loads(draft), "proof": [merkle, eddsa]})


def check_file(check: FileCheck, written: WrittenFile) -> str | None:
    """Read a file again as a stranger would, and say what is wrong with it.

    Leaf, path and signature are recomputed from its bytes (ATTACKS MK-17).
    """
    try:
        fault = _find_fault(check, written)
    except (ProtocolError, ValueError, KeyError, TypeError, OSError) as error:
        fault = str(error) or type(error).__name__
    return None if fault is None else f"{written.path}: {fault}"


def _find_fault(check: FileCheck, written: WrittenFile) -> str | None:
    document = parse_object(written.path.read_bytes())
    merkle, eddsa = _take_proofs(document)
    leaf = hash_leaf(canonicalise(document).nquads)
    receipt = parse_receipt(merkle["proofValue"])
    message = signing_input(check.options_hash, leaf)
    findings = (
        (leaf == written.leaf == receipt.leaf, "its leaf is another one"),
        (fold_path(leaf, receipt.path) == receipt.root == check.root, "its path leads elsewhere"),
        (receipt.transaction == check.transaction, "its receipt names another transaction"),
        (receipt.chain_id == check.chain_id, "its receipt names another network"),
        (_is_signed(check, eddsa["proofValue"], message), "its signature does not hold"),
    )
    return next((fault for good, fault in findings if not good), None)


def _take_proofs(document: dict[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    proofs = document.pop("proof")
    if not isinstance(proofs, list):
        message = "its proof is not a list"
        raise TypeError(message)
    merkle, eddsa = proofs
    return merkle, eddsa


def _is_signed(check: FileCheck, value: str, message: bytes) -> bool:
    key = parse_multikey(check.signing_method.partition("#")[2])
    return isinstance(key, Ed25519Key) and verify_ed25519(key.raw, parse_signature(value), message)
