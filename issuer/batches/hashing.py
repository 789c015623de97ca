"""From a plan to leaves: a pure function of a job and a piece, so any executor can map it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from issuer.batches.lines import render_line
from issuer.batches.ranges import Range
from issuer.batches.stencils import Stencil, find_stencils, learn_stencil, make_mould
from issuer.batches.tally import SIGHTS, Tally, count_shapes, find_canonicaliser
from issuer.batches.work_area import WorkArea
from issuer.inputs.draft import PROBE, Draft, Form, Frame, arrange_credential
from issuer.inputs.source import FormedSource, Source
from issuer.journal.entry_table import pack_id
from protocol.credentials.canonical import hash_leaf
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.status_index import find_entry, render_status
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import CanonicalisationDifferenceError, ProtocolError

PROOF_BYTES: Final = 8 << 10
"""Room for both proofs: the longest receipt takes 4 KiB."""
COLUMN_SIZE: Final = 128
"""Credentials filled in at once: more gain nothing, and their canonical forms fill the caches."""
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
        results = _Results(piece.chosen)
        if isinstance(piece.source, FormedSource):
            work = _Formed(piece.source.frame(job.moment), counted.canonicaliser, results)
            _hash_formed(work, _sort_by_form(job, piece, piece.source))
        else:
            _hash_single(job, piece, counted.canonicaliser, results)
    if job.area is not None and not results.refused:
        job.area.save_drafts(job.attempt, piece.chosen, results.texts)
    return HashedRange(
        chosen=piece.chosen,
        ids=b"".join(map(pack_id, filter(None, results.credentials))),
        leaves=b"".join(results.leaves),
        indices=piece.indices,
        refused=tuple(sorted(results.refused, key=lambda each: each.position)),
        tally=counted.tally,
        first=results.texts[0] or b"{}",
    )


def rehearse(source: Source) -> None:
    """Learn the shape of a source's first credential, before there is a plan for it.

    It is used once, so that its first re-check is behind it too. Where that finds a difference, the
    shape is forgotten, and whoever learns it again re-checks its first use again.

    Raises:
        CanonicalisationDifferenceError: two ways of canonicalising disagree, as will be said again.
        GuardError, UnknownContextError: it may not be issued, as will be said in its time.
    """
    document = source.draft(0, seed=PROBE.seed, status=PROBE.status, moment=PROBE.moment)
    for _ in ("learned", "used"):
        find_canonicaliser().canonicalise(document, many=True)


class _Results:
    """What became of the credentials of a range so far."""

    def __init__(self, chosen: Range) -> None:
        self.credentials = [""] * chosen.count
        self.leaves = [b""] * chosen.count
        self.texts = [b""] * chosen.count
        self.refused: list[RefusedDraft] = []
        self._start = chosen.start

    def add(self, position: int, credential: str, text: bytes, nquads: bytes) -> None:
        place = position - self._start
        self.credentials[place] = credential
        self.leaves[place] = hash_leaf(nquads)
        self.texts[place] = text

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
    document: dict[str, object],
    position: int,
    canonicaliser: Canonicaliser,
    results: _Results,
    *,
    many: bool = False,
) -> bool:
    """Check, canonicalise and hash a credential the long way; tell whether it may be issued."""
    text = render_line(document)
    reasons = _find_faults(document, text)
    if reasons:
        results.refuse(position, *reasons)
        return False
    try:
        canonical = canonicaliser.canonicalise(document, many=many)
    except CanonicalisationDifferenceError:
        raise
    except ProtocolError as error:
        results.refuse(position, str(error))
        return False
    results.add(position, str(document["id"]), text, canonical.nquads)
    return True


@dataclass(frozen=True, slots=True)
class _Formed:
    """A range of credentials that have forms."""

    frame: Frame
    canonicaliser: Canonicaliser
    results: _Results


_Place = tuple[int, Draft]
"""A position and what is to stand there."""


def _hash_formed(work: _Formed, forms: Mapping[Form, Sequence[_Place]]) -> None:
    """Hash credentials form by form, by its stencil; one the long way where that is not known."""
    for form, drafts in forms.items():
        waiting = iter(drafts)
        stencil = _find_stencil(work, form, drafts, waiting)
        if stencil is not None:
            while chunk := [*islice(waiting, COLUMN_SIZE)]:
                _fill_in(work, stencil, chunk)
        for position, draft in waiting:
            _hash_arranged(work, position, draft)


def _sort_by_form(
    job: DraftJob, piece: DraftPiece, source: FormedSource
) -> dict[Form, list[_Place]]:
    forms: defaultdict[Form, list[_Place]] = defaultdict(list)
    for position, index in piece.list_places():
        status = render_status(job.status_base, *find_entry(job.status_list, index))
        draft = source.derive(position, seed=job.seed, status=status, moment=job.moment)
        forms[draft.form].append((position, draft))
    return forms


def _find_stencil(
    work: _Formed, form: Form, drafts: Sequence[_Place], waiting: Iterator[_Place]
) -> Stencil | None:
    """Return the stencil of a form, learned if need be from the first that may be issued.

    Those ``waiting`` up to that one are hashed the long way. Of few credentials nothing is learned
    at once: it would cost more than it saves.
    """
    mould = make_mould(work.frame, form, len(drafts[0][1].texts))
    if mould is None:
        return None
    known = find_stencils().get(mould.pieces)
    if known is not None:
        return known
    for position, draft in waiting:
        if _hash_arranged(work, position, draft, many=len(drafts) >= SIGHTS):
            return learn_stencil(mould, draft, work.canonicaliser)
    return None


def _hash_arranged(work: _Formed, position: int, draft: Draft, *, many: bool = False) -> bool:
    document = arrange_credential(work.frame, draft)
    return _hash_document(document, position, work.canonicaliser, work.results, many=many)


def _fill_in(work: _Formed, stencil: Stencil, drafts: Sequence[_Place]) -> None:
    """Hash credentials by their stencil, all at once; the long way those it cannot vouch for."""
    lines = stencil.write([draft.texts for _, draft in drafts])
    good = [
        (position, draft, line)
        for (position, draft), line in zip(drafts, lines, strict=True)
        if len(line) <= DRAFT_LIMIT_BYTES and stencil.rules.hold(draft.texts)
    ]
    texts = [draft.texts for _, draft, _ in good]
    try:
        forms = work.canonicaliser.fill(
            stencil.folded, texts, lambda row: _arrange_again(work.frame, *good[row][1:])
        )
    except CanonicalisationDifferenceError:
        find_stencils().clear()  # whoever goes on in this process learns anew
        raise
    left = dict(drafts)
    for (position, draft, line), nquads in zip(good, forms, strict=True):
        if nquads is not None:
            work.results.add(position, draft.texts[0], line, nquads)
            del left[position]
    for position, draft in left.items():
        _hash_arranged(work, position, draft)


def _arrange_again(frame: Frame, draft: Draft, line: bytes) -> dict[str, object]:
    """Make a document by itself, and see that its stencil wrote the same."""
    document = arrange_credential(frame, draft)
    if render_line(document) != line or _find_faults(document, line):
        raise CanonicalisationDifferenceError(str(document["id"]))
    return document


def _find_faults(document: dict[str, object], text: bytes) -> tuple[str, ...]:
    if len(text) > DRAFT_LIMIT_BYTES:
        size = len(text) + PROOF_BYTES
        return (f"with its proofs it takes {size:,} bytes of {CREDENTIAL_LIMIT_BYTES:,}",)
    problems = find_schema_problems(document)
    return tuple(f"{member}: {reason}" for member, reason in problems)
