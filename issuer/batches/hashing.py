"""From a plan to leaves: a pure function of a job and a piece, so any executor can map it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from issuer.batches.ranges import Range
from issuer.batches.tally import Tally, count_shapes
from issuer.batches.work_area import WorkArea
from issuer.inputs.source import Source
from issuer.journal.entry_table import pack_id
from protocol.credentials.canonical import Canonical, hash_leaf
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.status_index import render_status
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import CanonicalisationDifferenceError, ProtocolError
from protocol.primitives import Leaf

Canonicalise = Callable[[Mapping[str, object]], Canonical]
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
PROOF_BYTES: Final = 8 << 10
"""Room for both proofs: the longest receipt takes 4 KiB."""


@dataclass(frozen=True, slots=True)
class DraftJob:
    """What decides about the credentials of a plan, whichever row they are of."""

    seed: bytes
    moment: datetime
    status_base: str
    status_list: int
    area: WorkArea | None
    """Where the drafts are to lie; None keeps none."""
    attempt: int


@dataclass(frozen=True, slots=True)
class DraftPiece:
    """The rows of one range."""

    chosen: Range
    source: Source
    """Of these positions alone."""
    indices: tuple[int, ...]
    """The status index of each."""


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


@dataclass(frozen=True, slots=True)
class HashedRange:
    """What a worker answers: no texts, only what the journal keeps."""

    chosen: Range
    ids: bytes
    leaves: bytes
    indices: tuple[int, ...]
    refused: tuple[RefusedDraft, ...]
    """Where there is one, the others are as good as not drafted."""
    tally: Tally
    first: bytes
    """The first credential, for a preview."""


def hash_range(job: DraftJob, piece: DraftPiece) -> HashedRange:
    """Draft and hash the credentials of a range, and write the drafts into the work area.

    Raises:
        CanonicalisationDifferenceError: two ways of canonicalising disagree.
    """
    with count_shapes() as counted:
        results = [*_hash_drafts(job, piece, counted.canonicalise)]
    refused = tuple(each for each in results if isinstance(each, RefusedDraft))
    found = [each for each in results if isinstance(each, HashedDraft)]
    if job.area is not None and not refused:
        job.area.save_drafts(job.attempt, piece.chosen, (each.text for each in found))
    return HashedRange(
        chosen=piece.chosen,
        ids=b"".join(pack_id(each.credential) for each in found),
        leaves=b"".join(each.leaf for each in found),
        indices=piece.indices,
        refused=refused,
        tally=counted.tally,
        first=found[0].text if found else b"{}",
    )


def _hash_drafts(
    job: DraftJob, piece: DraftPiece, canonicalise: Canonicalise
) -> Iterator[HashedDraft | RefusedDraft]:
    places = range(piece.chosen.start, piece.chosen.stop)
    for position, index in zip(places, piece.indices, strict=True):
        document = piece.source.draft(
            position,
            seed=job.seed,
            status=render_status(job.status_base, job.status_list, index),
            moment=job.moment,
        )
        text = render_line(document)
        reasons = _find_faults(document, text)
        found = RefusedDraft(position, reasons) if reasons else _hash(document, canonicalise)
        match found:
            case RefusedDraft():
                yield found
            case str():
                yield RefusedDraft(position, (found,))
            case leaf:
                yield HashedDraft(position, str(document["id"]), index, leaf, text)


def _hash(document: dict[str, object], canonicalise: Canonicalise) -> Leaf | str:
    """Return the leaf, or why the guard refuses the credential."""
    try:
        return hash_leaf(canonicalise(document).nquads)
    except CanonicalisationDifferenceError:
        raise
    except ProtocolError as error:
        return str(error)


def render_line(document: dict[str, object]) -> bytes:
    """Return the document as one line of JSON, members in their order."""
    return _ENCODER.encode(document).encode()


def _find_faults(document: dict[str, object], text: bytes) -> tuple[str, ...]:
    size = len(text) + PROOF_BYTES
    if size > CREDENTIAL_LIMIT_BYTES:
        return (f"with its proofs it takes {size:,} bytes of {CREDENTIAL_LIMIT_BYTES:,}",)
    problems = find_schema_problems(document)
    return tuple(f"{member}: {reason}" for member, reason in problems)
