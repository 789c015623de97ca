"""From a final anchor to a folder: receipts written, then everything read again and verified."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from issuer.batch import Tree
from issuer.batches.anchoring import build_table_tree
from issuer.batches.checking import CheckJob, check_range, list_check_pieces
from issuer.batches.description import Account, list_rows, render_description, render_index
from issuer.batches.desk import Desk, OutputCheck
from issuer.batches.drafting import Drafting, redraft_batch
from issuer.batches.manifest import render_manifest
from issuer.batches.output import (
    BATCH_FILE,
    EVIDENCE_FILE,
    MANIFEST_FILE,
    Layout,
    OutputFolder,
    Written,
    name_file,
    name_shard,
)
from issuer.batches.plan import Plan
from issuer.batches.ranges import RANGE_SIZE, split_ranges
from issuer.batches.receipts_writer import ProofJob, hash_batch_options, render_created
from issuer.batches.work_area import WorkArea
from issuer.batches.workers import Crew
from issuer.batches.writing import WriteJob, WritePiece, WrittenRange, write_range
from issuer.errors import JournalConflictError, OutputError
from issuer.inputs.source import Source
from issuer.journal import entries
from issuer.journal.entry_table import EntryTable
from issuer.journal.records import Anchoring, BatchRecord, Step

VERIFIED_IN_FULL: Final = 1_000
"""Up to so many credentials the whole verification runs on all, beyond on so many at random."""
CHECK_CHUNK: Final = 100


@dataclass(frozen=True, slots=True)
class Parcel:
    """A final batch that is to be handed over."""

    desk: Desk
    crew: Crew
    source: Source
    batch: BatchRecord
    plan: Plan
    anchoring: Anchoring
    table: EntryTable
    area: WorkArea
    folder: Path
    layout: Layout


def hand_over(parcel: Parcel, check_output: OutputCheck, *, verify_all: bool) -> None:
    """Write every file and check what was written; writing the same again changes nothing.

    Raises:
        OutputError: a credential does not check out; all faults are listed.
        JournalConflictError: drafts and journal say different things.
        OSError: the disk is full or failing; what is there is whole.
    """
    journal, attempt = parcel.desk.channel.journal, parcel.plan.attempt
    if not parcel.area.has_drafts(attempt, len(parcel.table)):
        drafting = Drafting(parcel.desk, parcel.crew, parcel.source, parcel.plan)
        redraft_batch(drafting, parcel.table, parcel.area)
    written = _write_all(parcel)
    journal.record_step(parcel.batch, attempt, Step.WRITTEN)
    _check_all(parcel)
    _verify(parcel, written, check_output, verify_all=verify_all)
    journal.record_step(parcel.batch, attempt, Step.OUTPUT_CHECKED)
    parcel.area.delete()
    journal.record_step(parcel.batch, attempt, Step.DONE)


def is_complete(folder: Path, table: EntryTable, layout: Layout) -> bool:
    """Tell whether every file of a batch is there; nothing is read."""
    names = [OutputFolder(folder).batch_folder / BATCH_FILE]
    if layout.has_shards:
        names += [folder / name_shard(each) for each in split_ranges(len(table))]
    if not all(path.is_file() for path in names):
        return False
    positions = range(len(table)) if layout.has_files else ()
    return all((folder / name_file(table.find_credential(at))).is_file() for at in positions)


def _write_all(parcel: Parcel) -> list[WrittenRange]:
    """Write credentials first and ``batch.json`` last: where it is, all is."""
    tree = build_table_tree(parcel.table)
    if tree.root != parcel.anchoring.root:
        raise JournalConflictError("The journal's leaves do not lead to the root that is anchored.")
    output = OutputFolder(parcel.folder)
    output.open(parcel.layout)
    written = [*_write_ranges(parcel, tree)]
    account = Account(
        desk=parcel.desk,
        source=parcel.source,
        plan=parcel.plan,
        anchoring=parcel.anchoring,
        table=parcel.table,
        layout=parcel.layout,
    )
    if parcel.layout.has_shards:
        output.write_index(render_index(parcel.table, written))
    evidence = entries.read_evidence(parcel.desk.channel.journal, parcel.batch, parcel.plan)
    output.write_batch_file(MANIFEST_FILE, render_manifest(list_rows(account)))
    output.write_batch_file(EVIDENCE_FILE, (evidence.encode(), b"\n"))
    output.write_batch_file(BATCH_FILE, render_description(account))
    output.close()
    return written


def _write_ranges(parcel: Parcel, tree: Tree) -> Iterator[WrittenRange]:
    count, progress = len(parcel.table), parcel.desk.channel.progress
    job = WriteJob(
        proofs=_build_proof_job(parcel),
        area=parcel.area,
        attempt=parcel.plan.attempt,
        folder=OutputFolder(parcel.folder),
        layout=parcel.layout,
    )
    pieces = (
        WritePiece(
            chosen=each,
            table=parcel.table.take(each.start, each.stop),
            root=tree.ranges[each.number],
            path=tree.paths[each.number],
        )
        for each in split_ranges(count)
    )
    for result in parcel.crew.map(write_range, job, pieces, count):
        progress.report("Writing receipts", result.chosen.stop, count)
        yield result


def _build_proof_job(parcel: Parcel) -> ProofJob:
    plan = parcel.plan
    return ProofJob(
        created=render_created(plan.moment),
        anchor_method=plan.terms.anchor_method,
        signing_method=plan.terms.signing_method,
        chain_id=parcel.desk.channel.chain.network.chain_id,
        transaction=parcel.anchoring.transaction,
        root=parcel.anchoring.root,
    )


def _check_all(parcel: Parcel) -> None:
    """Recompute leaf, path and signature of every credential from its bytes (MK-17)."""
    plan, channel, table = parcel.plan, parcel.desk.channel, parcel.table
    job = CheckJob(
        root=parcel.anchoring.root,
        transaction=parcel.anchoring.transaction,
        chain_id=channel.chain.network.chain_id,
        options_hash=hash_batch_options(plan.moment, plan.terms.signing_method),
        signing_method=plan.terms.signing_method,
        folder=OutputFolder(parcel.folder),
        layout=parcel.layout,
    )
    faults: list[str] = []
    for result in parcel.crew.map(check_range, job, list_check_pieces(table), len(table)):
        channel.progress.report("Reading files again", result.chosen.stop, len(table))
        faults += result.faults
        parcel.crew.note(result.tally)
    if faults:
        raise OutputError(faults)


def _verify(
    parcel: Parcel, written: list[WrittenRange], check_output: OutputCheck, *, verify_all: bool
) -> None:
    """Run the whole verification, as an employer would."""
    positions: list[int] | range = range(len(parcel.table))
    if len(positions) > VERIFIED_IN_FULL and not verify_all:
        positions = sorted(secrets.SystemRandom().sample(positions, VERIFIED_IN_FULL))
    faults: list[str] = []
    for at in range(0, len(positions), CHECK_CHUNK):
        chosen = positions[at : at + CHECK_CHUNK]
        faults.extend(check_output([_locate(parcel, written, each) for each in chosen]))
        parcel.desk.channel.progress.report("Verifying", at + len(chosen), len(positions))
    if faults:
        raise OutputError(faults)


def _locate(parcel: Parcel, written: list[WrittenRange], position: int) -> Written:
    if parcel.layout.has_files:
        return Written(parcel.folder / name_file(parcel.table.find_credential(position)))
    each, place = written[position // RANGE_SIZE], position % RANGE_SIZE
    return Written(
        path=parcel.folder / name_shard(each.chosen),
        line=place + 1,
        offset=sum(each.sizes[:place]),
        size_bytes=each.sizes[place],
    )
