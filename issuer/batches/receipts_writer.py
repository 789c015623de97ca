"""From drafts to finished credentials: both proofs are added to the bytes that were hashed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from protocol.primitives import ChainId, Digest, Leaf, Root, TransactionHash
from protocol.proofs.data_integrity import (
    build_eddsa_options,
    build_merkle_proof,
    hash_options,
    render_signature,
)
from protocol.proofs.merkle import Step
from protocol.proofs.multibase import render_base58
from protocol.proofs.receipt import encode_anchor, encode_root, encode_step, join_receipt

_GAP: Final = "{}"
"""Stands for a value that is written later: no DID URL has it."""


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


class ReceiptsWriter:
    """Writes both proofs behind drafts of one batch.

    A draft is a JSON object in one line. It is not read again: what is written is what was hashed,
    to the byte.
    """

    def __init__(self, job: ProofJob) -> None:
        """Prepare all that is the same in every proof."""
        merkle = build_merkle_proof(job.anchor_method, job.created, _GAP)
        eddsa = {**build_eddsa_options(job.signing_method, job.created), "proofValue": _GAP}
        proofs = json.dumps([merkle, eddsa], ensure_ascii=False, separators=(",", ":")).encode()
        pieces = proofs.replace(b"%", b"%%").split(_GAP.encode())
        if len(pieces) != len((merkle, eddsa)) + 1:
            message = f"a verification method has {_GAP} in it"
            raise ValueError(message)
        self._pattern: Final = b'%b,"proof":' + b"%b".join(pieces) + b"}\n"
        self._root: Final = encode_root(job.root)
        self._anchor: Final = encode_anchor(job.chain_id, job.transaction)

    def write(self, draft: bytes, leaf: Leaf, signature: bytes, steps: Sequence[bytes]) -> bytes:
        """Return the file of one credential: its draft, then ``proof`` as [merkle, eddsa].

        ``steps`` is the path, each step as `encode_step` gives it.
        """
        receipt = render_base58(join_receipt(steps, self._root, leaf, self._anchor))
        values = (receipt.encode(), render_signature(signature).encode())
        return self._pattern % (draft.removesuffix(b"}"), *values)


def render_credential(
    job: ProofJob, draft: bytes, leaf: Leaf, signature: bytes, path: Sequence[Step]
) -> bytes:
    """Return the file of one credential by itself."""
    return ReceiptsWriter(job).write(draft, leaf, signature, [*map(encode_step, path)])
