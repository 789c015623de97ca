"""From drafts to finished credentials: both proofs are added to the bytes that were hashed."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from protocol.primitives import ChainId, Digest, Leaf, Root, TransactionHash
from protocol.proofs.data_integrity import (
    build_eddsa_options,
    build_merkle_proof,
    hash_options,
    render_signature,
)
from protocol.proofs.merkle import Step
from protocol.proofs.receipt import Receipt, render_receipt


@dataclass(frozen=True, slots=True)
class ProofJob:
    """What is the same in the proofs of a whole batch."""

    created: str
    anchor_method: str
    signing_method: str
    chain_id: ChainId
    transaction: TransactionHash
    root: Root


def render_created(moment: datetime) -> str:
    """Return a proof's ``created``: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def hash_batch_options(moment: datetime, signing_method: str) -> Digest:
    """Return the first half of what is signed, the same for every credential of a batch."""
    return hash_options(build_eddsa_options(signing_method, render_created(moment)))


def render_credential(
    job: ProofJob, draft: bytes, leaf: Leaf, signature: bytes, path: tuple[Step, ...]
) -> bytes:
    """Return the file of one credential: its draft, then ``proof`` as [merkle, eddsa].

    The draft is a JSON object in one line. It is not read again: what is written is what was
    hashed, to the byte.
    """
    receipt = Receipt(leaf, job.root, path, job.chain_id, job.transaction)
    merkle = build_merkle_proof(job.anchor_method, job.created, render_receipt(receipt))
    eddsa = {
        **build_eddsa_options(job.signing_method, job.created),
        "proofValue": render_signature(signature),
    }
    proofs = json.dumps([merkle, eddsa], ensure_ascii=False, separators=(",", ":"))
    return draft.removesuffix(b"}") + b',"proof":' + proofs.encode() + b"}\n"
