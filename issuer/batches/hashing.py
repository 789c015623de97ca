"""From a plan to leaves: a pure function of a job and a piece, so any executor can map it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from issuer.batches.lines import render_line
from issuer.batches.ranges import Range
from issuer.batches.stencils import Stencil, learn_stencil
from issuer.batches.tally import Tally, count_shapes
from issuer.batches.work_area import WorkArea
from issuer.inputs.draft import Draft, Form, Frame, arrange_credential
from issuer.inputs.source import FormedSource, Source
from issuer.journal.entry_table import pack_id
from protocol.credentials.canonical import Canonical, hash_leaf
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.status_index import find_entry, render_status
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import CanonicalisationDifferenceError, ProtocolError

PROOF_BYTES: Final = 8 << 10
"""Room for both proofs: the longest receipt takes 4 KiB."""
DRAFT_LIMIT_BYTES: Final = CREDENTIAL_LIMIT_BYTES - PROOF_BYTES


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
    indices: Sequence[int]
    """The status index of each."""

    def list_places(self) -> Iterator[tuple[int, int]]:
        """Yield positions with their status indices."""
        return zip(range(self.chosen.start, self.chosen.stop), self.indices, strict=True)


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
    indices: Sequence[int]
    refused: tuple[RefusedDraft, ...]
    """Where there is one, the others are as good as not drafted."""
    tally: Tally
    first: bytes
    """The first credential, for a preview."""


def hash_range(job: DraftJob, piece: DraftPiece) -> HashedRange:
    """Draft and hash the credentials of a range, and write the drafts into the work area.

    Raises:
        CanonicalisationDifferenceError: two ways of drafting or canonicalising disagree.
    """
    with count_shapes() as counted:
        results = _Results()
        if isinstance(piece.source, FormedSource):
            _hash_formed(_Formed(job, piece, piece.source, counted.canonicaliser), results)
        else:
            _hash_single(job, piece, counted.canonicaliser, results)
    if job.area is not None and not results.refused:
        job.area.save_drafts(job.attempt, piece.chosen, results.texts)
    return HashedRange(
        chosen=piece.chosen,
        ids=bytes(results.ids),
        leaves=bytes(results.leaves),
        indices=piece.indices,
        refused=tuple(results.refused),
        tally=counted.tally,
        first=results.texts[0] if results.texts else b"{}",
    )


class _Results:
    """What became of the credentials of a range so far."""

    def __init__(self) -> None:
        self.ids = bytearray()
        self.leaves = bytearray()
        self.texts: list[bytes] = []
        self.refused: list[RefusedDraft] = []

    def add(self, credential: str, canonical: Canonical, text: bytes) -> None:
        self.ids += pack_id(credential)
        self.leaves += hash_leaf(canonical.nquads)
        self.texts.append(text)

    def refuse(self, position: int, *reasons: str) -> None:
        self.refused.append(RefusedDraft(position, reasons))


def _hash_single(
    job: DraftJob, piece: DraftPiece, canonicaliser: Canonicaliser, results: _Results
) -> None:
    """Hash credentials each of which is taken as it is."""
    for position, index in piece.list_places():
        status = render_status(job.status_base, *find_entry(job.status_list, index))
        document = piece.source.draft(position, seed=job.seed, status=status, moment=job.moment)
        _hash_document(document, position, canonicaliser, results)


def _hash_document(
    document: dict[str, object], position: int, canonicaliser: Canonicaliser, results: _Results
) -> bool:
    """Check, canonicalise and hash a credential the long way; tell whether it may be issued."""
    text = render_line(document)
    reasons = _find_faults(document, text)
    if reasons:
        results.refuse(position, *reasons)
        return False
    try:
        canonical = canonicaliser.canonicalise(document)
    except CanonicalisationDifferenceError:
        raise
    except ProtocolError as error:
        results.refuse(position, str(error))
        return False
    results.add(str(document["id"]), canonical, text)
    return True


@dataclass(frozen=True, slots=True)
class _Formed:
    """A range of credentials that have forms."""

    job: DraftJob
    piece: DraftPiece
    source: FormedSource
    canonicaliser: Canonicaliser


def _hash_formed(work: _Formed, results: _Results) -> None:
    """Hash credentials by the stencils of their forms, and the first of each form the long way."""
    job, source, canonicaliser = work.job, work.source, work.canonicaliser
    frame = source.frame(job.moment)
    stencils: dict[Form, Stencil | None] = {}
    for position, index in work.piece.list_places():
        status = render_status(job.status_base, *find_entry(job.status_list, index))
        draft = source.derive(position, seed=job.seed, status=status, moment=job.moment)
        stencil = stencils.get(draft.form)
        if stencil is not None and _fill_in(stencil, frame, draft, canonicaliser, results):
            continue
        document = arrange_credential(frame, draft)
        is_good = _hash_document(document, position, canonicaliser, results)
        if is_good and draft.form not in stencils:
            stencils[draft.form] = learn_stencil(frame, draft, canonicaliser)


def _fill_in(
    stencil: Stencil, frame: Frame, draft: Draft, canonicaliser: Canonicaliser, results: _Results
) -> bool:
    """Hash a credential by a stencil; tell if it may not be, and has to go the long way."""
    text = stencil.write(draft.texts)
    if len(text) > DRAFT_LIMIT_BYTES or not stencil.rules.hold(draft.texts):
        return False

    def arrange() -> dict[str, object]:
        """Make the document by itself, and see that the stencil wrote the same."""
        document = arrange_credential(frame, draft)
        if render_line(document) != text or _find_faults(document, text):
            raise CanonicalisationDifferenceError(str(document["id"]))
        return document

    try:
        canonical = canonicaliser.fill(stencil.folded, draft.texts, arrange)
    except CanonicalisationDifferenceError:
        raise
    except ProtocolError:
        return False
    results.add(draft.texts[0], canonical, text)
    return True


def _find_faults(document: dict[str, object], text: bytes) -> tuple[str, ...]:
    if len(text) > DRAFT_LIMIT_BYTES:
        size = len(text) + PROOF_BYTES
        return (f"with its proofs it takes {size:,} bytes of {CREDENTIAL_LIMIT_BYTES:,}",)
    problems = find_schema_problems(document)
    return tuple(f"{member}: {reason}" for member, reason in problems)
