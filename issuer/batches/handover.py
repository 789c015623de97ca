"""From a final anchor to a folder: receipts written, then every file read again and verified."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from issuer.batch import Batch, build_batch
from issuer.batches.desk import Desk, OutputCheck
from issuer.batches.drafting import redraft_batch
from issuer.batches.manifest import render_manifest
from issuer.batches.output import (
    BATCH_FILE,
    EVIDENCE_FILE,
    MANIFEST_FILE,
    OutputFolder,
    name_file,
    render_json,
)
from issuer.batches.plan import Plan
from issuer.batches.receipts_writer import (
    FileCheck,
    ProofJob,
    WrittenFile,
    check_file,
    hash_batch_options,
    render_created,
    render_credential,
)
from issuer.batches.work_area import WorkArea
from issuer.batches.workers import map_items
from issuer.errors import JournalConflictError, OutputError
from issuer.inputs.source import Source
from issuer.journal import entries
from issuer.journal.records import Anchoring, BatchRecord, Entry, Step
from issuer.sending.channel import require_registry
from protocol.primitives import render_address, render_hex

BATCH_VERSION: Final = 1
VERIFIED_IN_FULL: Final = 1_000
"""Up to so many files the whole verification runs on all, beyond on so many at random."""
CHECK_CHUNK: Final = 100


@dataclass(frozen=True, slots=True)
class Parcel:
    """A final batch that is to be handed over."""

    desk: Desk
    source: Source
    batch: BatchRecord
    plan: Plan
    anchoring: Anchoring
    entries: tuple[Entry, ...]
    area: WorkArea
    folder: Path


def hand_over(parcel: Parcel, check_output: OutputCheck, *, verify_all: bool) -> None:
    """Write every file and check what was written; writing the same again changes nothing.

    Raises:
        OutputError: a file does not check out; all faults are listed.
        JournalConflictError: drafts and journal say different things.
        OSError: the disk is full or failing; what is there is whole.
    """
    journal, attempt = parcel.desk.channel.journal, parcel.plan.attempt
    if not parcel.area.has_drafts(attempt):
        redraft_batch(parcel.desk, parcel.source, parcel.batch, parcel.plan, parcel.area)
    _write_files(parcel)
    journal.record_step(parcel.batch, attempt, Step.WRITTEN)
    _check_leaves(parcel)
    _verify_files(parcel, check_output, verify_all=verify_all)
    journal.record_step(parcel.batch, attempt, Step.OUTPUT_CHECKED)
    parcel.area.delete()
    journal.record_step(parcel.batch, attempt, Step.DONE)


def is_complete(folder: Path, found: Sequence[Entry]) -> bool:
    """Tell whether every file of a batch is there; nothing is read."""
    batch = OutputFolder(folder).batch_folder
    return (batch / BATCH_FILE).is_file() and all(
        (folder / name_file(entry.credential)).is_file() for entry in found
    )


def _write_files(parcel: Parcel) -> None:
    """Write credentials first and ``batch.json`` last: where it is, all is."""
    tree = build_batch([entry.leaf for entry in parcel.entries])
    if tree.root != parcel.anchoring.root:
        raise JournalConflictError("The journal's leaves do not lead to the root that is anchored.")
    output = OutputFolder(parcel.folder)
    output.open()
    for number, (name, data) in enumerate(_render_files(parcel, tree), start=1):
        output.write_credential(name, data)
        parcel.desk.channel.progress.report("Writing receipts", number, len(parcel.entries))
    journal = parcel.desk.channel.journal
    evidence = entries.read_evidence(journal, parcel.batch, parcel.plan)
    output.write_batch_file(MANIFEST_FILE, render_manifest(_list_rows(parcel)))
    output.write_batch_file(EVIDENCE_FILE, evidence.encode() + b"\n")
    output.write_batch_file(BATCH_FILE, render_json(_describe_batch(parcel)))
    output.close()


def _render_files(parcel: Parcel, tree: Batch) -> Iterator[tuple[str, bytes]]:
    plan, anchoring = parcel.plan, parcel.anchoring
    job = ProofJob(
        created=render_created(plan.moment),
        anchor_method=plan.terms.anchor_method,
        signing_method=plan.terms.signing_method,
        chain_id=parcel.desk.channel.chain.network.chain_id,
        transaction=anchoring.transaction,
        root=anchoring.root,
    )
    drafts = parcel.area.read_drafts(plan.attempt)
    for entry, draft, path in zip(parcel.entries, drafts, tree.paths, strict=True):
        if entry.signature is None:
            raise JournalConflictError("An anchored credential has no signature in the journal.")
        data = render_credential(job, draft, entry.leaf, entry.signature, path)
        yield name_file(entry.credential), data


def _list_rows(parcel: Parcel) -> Iterator[dict[str, str]]:
    for entry in parcel.entries:
        yield {
            **parcel.source.manifest_row(entry.position),
            "credential_id": entry.credential,
            "file": name_file(entry.credential),
            "status_list": str(parcel.plan.range.list),
            "status_index": str(entry.status_index),
        }


def _describe_batch(parcel: Parcel) -> dict[str, object]:
    chosen, anchoring = parcel.plan.range, parcel.anchoring
    network = parcel.desk.channel.chain.network
    return {
        "version": BATCH_VERSION,
        "issuer": parcel.desk.institution.did,
        "root": render_hex(anchoring.root),
        "count": len(parcel.entries),
        "leaves": [render_hex(entry.leaf) for entry in parcel.entries],
        "status_list": chosen.list,
        "status_start": chosen.start,
        "status_size": chosen.size,
        "network": network.name,
        "chain_id": network.chain_id,
        "contract": render_address(require_registry(parcel.desk.channel.chain)),
        "key": render_address(parcel.plan.key),
        "seq": anchoring.seq,
        "transaction": render_hex(anchoring.transaction),
        "block": anchoring.block,
        "block_hash": render_hex(anchoring.block_hash),
        "block_time": render_created(anchoring.block_time),
    }


def _check_leaves(parcel: Parcel) -> None:
    """Recompute leaf, path and signature of every file from its bytes (MK-17)."""
    plan, channel = parcel.plan, parcel.desk.channel
    check = FileCheck(
        root=parcel.anchoring.root,
        transaction=parcel.anchoring.transaction,
        chain_id=channel.chain.network.chain_id,
        options_hash=hash_batch_options(plan.moment, plan.terms.signing_method),
        signing_method=plan.terms.signing_method,
    )
    files = [
        WrittenFile(parcel.folder / name_file(entry.credential), entry.leaf)
        for entry in parcel.entries
    ]
    faults: list[str] = []
    for number, fault in enumerate(
        map_items(check_file, check, files, parcel.desk.workers), start=1
    ):
        channel.progress.report("Reading files again", number, len(files))
        if fault is not None:
            faults.append(fault)
    if faults:
        raise OutputError(faults)


def _verify_files(parcel: Parcel, check_output: OutputCheck, *, verify_all: bool) -> None:
    """Run the whole verification, as an employer would."""
    paths = [parcel.folder / name_file(entry.credential) for entry in parcel.entries]
    if len(paths) > VERIFIED_IN_FULL and not verify_all:
        paths = secrets.SystemRandom().sample(paths, VERIFIED_IN_FULL)
    faults: list[str] = []
    for at in range(0, len(paths), CHECK_CHUNK):
        chunk = paths[at : at + CHECK_CHUNK]
        faults.extend(check_output(chunk))
        parcel.desk.channel.progress.report("Verifying", at + len(chunk), len(paths))
    if faults:
        raise OutputError(faults)
