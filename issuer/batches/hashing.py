"""From a plan to leaves: pure functions of a job and a position, so any executor can map them."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from issuer.batches.output import render_json
from issuer.inputs.source import Source
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.status_index import render_status
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import ProtocolError
from protocol.primitives import Leaf

PROOF_BYTES: Final = 8 << 10
"""Room for both proofs: the longest receipt takes 4 KiB."""


@dataclass(frozen=True, slots=True)
class DraftJob:
    """All that decides about the credentials of a plan."""

    source: Source
    seed: bytes
    moment: datetime
    status_base: str
    status_list: int
    indices: tuple[int, ...]
    """The status index of each position."""


@dataclass(frozen=True, slots=True)
class HashedDraft:
    """One unsigned credential with its leaf."""

    position: int
    credential: str
    status_index: int
    leaf: Leaf
    text: bytes
    """The credential as one line of JSON."""


@dataclass(frozen=True, slots=True)
class RefusedDraft:
    """One credential that may not be issued, and every reason found."""

    position: int
    reasons: tuple[str, ...]


def hash_draft(job: DraftJob, position: int) -> HashedDraft | RefusedDraft:
    """Draft the credential of a position, and let size, schema and guard judge it."""
    index = job.indices[position]
    document = job.source.draft(
        position,
        seed=job.seed,
        status=render_status(job.status_base, job.status_list, index),
        moment=job.moment,
    )
    reasons = _find_faults(document)
    if reasons:
        return RefusedDraft(position, reasons)
    try:
        leaf = hash_leaf(canonicalise(document).nquads)
    except ProtocolError as error:
        return RefusedDraft(position, (str(error),))
    return HashedDraft(position, str(document["id"]), index, leaf, render_line(document))


def render_line(document: dict[str, object]) -> bytes:
    """Return the document as one line of JSON, members in their order."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _find_faults(document: dict[str, object]) -> tuple[str, ...]:
    size = len(render_json(document)) + PROOF_BYTES
    if size > CREDENTIAL_LIMIT_BYTES:
        return (f"with its proofs it takes {size:,} bytes of {CREDENTIAL_LIMIT_BYTES:,}",)
    problems = find_schema_problems(document)
    return tuple(f"{member}: {reason}" for member, reason in problems)
