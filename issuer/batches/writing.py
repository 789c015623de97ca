"""Writing the credentials of a range: a pure function of a job and a piece, for any executor."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from issuer.batch import build_batch
from issuer.batches.output import Layout, OutputFolder, name_file
from issuer.batches.ranges import Range
from issuer.batches.receipts_writer import ProofJob, render_credential
from issuer.batches.work_area import WorkArea
from issuer.errors import JournalConflictError
from issuer.journal.records import Entry
from protocol.primitives import Leaf, Root
from protocol.proofs.merkle import Step


@dataclass(frozen=True, slots=True)
class WriteJob:
    """What is the same for all ranges of a batch."""

    proofs: ProofJob
    area: WorkArea
    attempt: int
    folder: OutputFolder
    layout: Layout


@dataclass(frozen=True, slots=True)
class WritePiece:
    """One range: what the journal knows of it, and where it stands in the tree."""

    chosen: Range
    entries: tuple[Entry, ...]
    root: Root
    """Root of the range."""
    path: tuple[Step, ...]
    """From there to the batch's root."""


@dataclass(frozen=True, slots=True)
class WrittenRange:
    """What a worker answers."""

    chosen: Range
    sizes: "array[int]"
    """Bytes of each credential with its line end, from which a shard's index is made."""


def write_range(job: WriteJob, piece: WritePiece) -> WrittenRange:
    """Render the credentials of a range and write them as files, as a shard, or both.

    Raises:
        JournalConflictError: drafts and journal say different things.
        PathMismatchError: a path does not lead to the range's root.
        OSError: the disk is full or failing; what is there is whole.
    """
    finished = [*render_range(job, piece)]
    if job.layout.has_files:
        names = (name_file(entry.credential) for entry in piece.entries)
        job.folder.write_credentials(zip(names, finished, strict=True))
    if job.layout.has_shards:
        job.folder.write_shard(piece.chosen, b"".join(finished))
    return WrittenRange(piece.chosen, array("I", map(len, finished)))


def render_range(job: WriteJob, piece: WritePiece) -> Iterator[bytes]:
    """Yield every credential of a range, finished, in the order of the input."""
    leaves = [Leaf(entry.leaf) for entry in piece.entries]
    tree = build_batch(leaves)
    drafts = job.area.read_drafts(job.attempt, piece.chosen)
    if tree.root != piece.root or len(drafts) != len(leaves):
        raise JournalConflictError("The journal's leaves are not those of the drafts.")
    for entry, draft, path in zip(piece.entries, drafts, tree.paths, strict=True):
        if entry.signature is None:
            raise JournalConflictError("An anchored credential has no signature in the journal.")
        whole = path + piece.path
        yield render_credential(job.proofs, draft, entry.leaf, entry.signature, whole)
