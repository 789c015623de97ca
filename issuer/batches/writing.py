"""Writing the credentials of a range: a pure function of a job and a piece, for any executor."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from issuer.batch import build_batch, pick_path
from issuer.batches.output import Layout, OutputFolder, name_file
from issuer.batches.ranges import Range
from issuer.batches.receipts_writer import ProofJob, ReceiptsWriter
from issuer.batches.work_area import WorkArea
from issuer.errors import JournalConflictError
from issuer.journal.entry_table import EntryTable
from protocol.primitives import Root
from protocol.proofs.merkle import Step
from protocol.proofs.receipt import encode_step


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
    table: EntryTable
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
        names = map(name_file, map(piece.table.find_credential, range(len(finished))))
        job.folder.write_credentials(zip(names, finished, strict=True))
    if job.layout.has_shards:
        job.folder.write_shard(piece.chosen, b"".join(finished))
    return WrittenRange(piece.chosen, array("I", map(len, finished)))


def render_range(job: WriteJob, piece: WritePiece) -> Iterator[bytes]:
    """Yield every credential of a range, finished, in the order of the input."""
    table = piece.table
    leaves = [*map(table.find_leaf, range(len(table)))]
    tree = build_batch(leaves)
    drafts = job.area.read_drafts(job.attempt, piece.chosen)
    if tree.root != piece.root or len(drafts) != len(leaves):
        raise JournalConflictError("The journal's leaves are not those of the drafts.")
    if not table.is_signed:
        raise JournalConflictError("An anchored credential has no signature in the journal.")
    writer = ReceiptsWriter(job.proofs)
    # Paths share their steps, the more the nearer the root: each is encoded once.
    levels = [[*map(encode_step, level)] for level in tree.levels]
    above = [*map(encode_step, piece.path)]
    for place, (leaf, draft) in enumerate(zip(leaves, drafts, strict=True)):
        steps = pick_path(levels, place) + above
        yield writer.write(draft, leaf, table.find_signature(place), steps)
