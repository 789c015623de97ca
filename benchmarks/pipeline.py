"""The stages of issuing from a source to written credentials, each timed, without a chain.

They are the very functions that `rootseal issue` maps. What a chain adds does not grow with the
batch; what the journal adds is measured by issuing whole batches (`benchmarks.issue --whole`).
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.cohort import MOMENT, SEED, load_cohort
from benchmarks.probe import Probe, probe_worker, read_peak_mib
from issuer.batch import Tree
from issuer.batches.anchoring import build_table_tree
from issuer.batches.checking import CheckJob, check_range, list_check_pieces
from issuer.batches.hashing import DraftJob, DraftPiece, hash_range, rehearse
from issuer.batches.output import Layout, OutputFolder
from issuer.batches.ranges import split_ranges
from issuer.batches.receipts_writer import ProofJob, hash_batch_options, render_created
from issuer.batches.signing import sign_table
from issuer.batches.tally import Tally
from issuer.batches.work_area import WorkArea
from issuer.batches.workers import Crew, prepare_workers
from issuer.batches.writing import WriteJob, WritePiece, write_range
from issuer.inputs.source import Source
from issuer.inputs.spool import open_spool
from issuer.journal.entry_table import EntryTable
from protocol.primitives import TransactionHash
from tests.issuer.scene import ANCHOR_METHOD, CHAIN_ID, SIGNING_KEY, SIGNING_METHOD, STATUS_BASE

TRANSACTION = TransactionHash(bytes(range(32)))
APART = ("read the roster", "start of workers", "output check")
"""`rootseal issue` starts its workers while it reads the roster and asks the chain."""
PROBES = 16
"""Enough small pieces that every worker takes one."""


@dataclass
class Run:
    """What one batch took."""

    count: int
    workers: int
    layout: str
    stages: dict[str, float] = field(default_factory=dict)
    """Wall seconds."""
    cpu_s: float = 0.0
    """Of all processes, from drafting to written, the workers' start included."""
    memory_mib: dict[str, float] = field(default_factory=dict)
    """Largest of this process, and of any worker."""
    root: str = ""
    fell_back: int = 0
    written_bytes: int = 0

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.stages[stage] = time.perf_counter() - started

    @property
    def wall_s(self) -> float:
        """From drafting to written."""
        return sum(seconds for stage, seconds in self.stages.items() if stage not in APART)


@dataclass(frozen=True)
class Batch:
    """A batch on its way."""

    run: Run
    crew: Crew
    source: Source
    area: WorkArea
    output: OutputFolder
    layout: Layout


def issue(count: int, workers: int, layout: Layout, folder: Path, *, check: bool = True) -> Run:
    """Bring a cohort from drafts to written credentials, and read them again."""
    run = Run(count, workers, layout)
    with Crew(workers) as crew, open_spool(folder) as spool:
        with run.time("read the roster"):
            source = load_cohort(count, folder, spool)
        own_cpu_s = time.process_time()
        batch = Batch(
            run=run,
            crew=crew,
            source=source,
            area=WorkArea(folder / "area"),
            output=OutputFolder(folder / "out"),
            layout=layout,
        )
        with run.time("start of workers"):
            start_workers(batch)
        with run.time("draft, canonicalise, hash"):
            table, tally = hash_all(batch)
        with run.time("sign"):
            sign_all(batch, table)
        with run.time("tree"):
            tree = build_table_tree(table)
        with run.time("receipts, write, sync"):
            run.written_bytes = write_all(batch, table, tree)
        own_cpu_s = time.process_time() - own_cpu_s
        run.cpu_s = own_cpu_s + measure_crew(batch, lambda probe: probe.cpu_s, sum)
        if check:
            with run.time("output check"):
                tally = tally.plus(check_all(batch, table, tree))
        run.memory_mib = {
            "this process": read_peak_mib(),
            "largest worker": measure_crew(batch, lambda probe: probe.memory_mib, max),
        }
    run.root, run.fell_back = tree.root.hex(), sum(tally.fallen_back.values())
    return run


def start_workers(batch: Batch) -> None:
    if batch.run.workers > 1:
        prepare_workers()
        batch.crew.start(batch.run.count, partial(rehearse, batch.source.take(0, 1)))
        measure_crew(batch, lambda probe: probe.cpu_s, sum)


def hash_all(batch: Batch) -> tuple[EntryTable, Tally]:
    batch.area.open()
    job = DraftJob(SEED, MOMENT, STATUS_BASE, 1, batch.area, 1)
    pieces = (
        DraftPiece(
            chosen=each,
            source=batch.source.take(each.start, each.stop),
            indices=range(each.start, each.stop),
        )
        for each in split_ranges(batch.source.count)
    )
    table, tally = EntryTable(), Tally()
    for result in batch.crew.map(hash_range, job, pieces, batch.source.count):
        if result.refused:
            raise SystemExit(f"refused: {result.refused[0]}")
        table.ids += result.ids
        table.leaves += result.leaves
        table.indices.extend(result.indices)
        tally = tally.plus(result.tally)
    return table, tally


def sign_all(batch: Batch, table: EntryTable) -> None:
    options_hash = hash_batch_options(MOMENT, SIGNING_METHOD)
    for _, signatures in sign_table(SIGNING_KEY.sign, options_hash, table, batch.run.workers):
        table.signatures += signatures


def write_all(batch: Batch, table: EntryTable, tree: Tree) -> int:
    batch.output.open(batch.layout)
    proofs = ProofJob(
        created=render_created(MOMENT),
        anchor_method=ANCHOR_METHOD,
        signing_method=SIGNING_METHOD,
        chain_id=CHAIN_ID,
        transaction=TRANSACTION,
        root=tree.root,
    )
    job = WriteJob(proofs, batch.area, 1, batch.output, batch.layout)
    pieces = (
        WritePiece(
            chosen=each,
            table=table.take(each.start, each.stop),
            root=tree.ranges[each.number],
            path=tree.paths[each.number],
        )
        for each in split_ranges(len(table))
    )
    results = batch.crew.map(write_range, job, pieces, len(table))
    written = sum(sum(result.sizes) for result in results)
    batch.output.close()
    return written


def check_all(batch: Batch, table: EntryTable, tree: Tree) -> Tally:
    job = CheckJob(
        root=tree.root,
        transaction=TRANSACTION,
        chain_id=CHAIN_ID,
        options_hash=hash_batch_options(MOMENT, SIGNING_METHOD),
        signing_method=SIGNING_METHOD,
        folder=batch.output,
        layout=batch.layout,
    )
    tally = Tally()
    for result in batch.crew.map(check_range, job, list_check_pieces(table), len(table)):
        if result.faults:
            raise SystemExit(f"the output is wrong: {result.faults[0]}")
        tally = tally.plus(result.tally)
    return tally


def measure_crew(
    batch: Batch, read: Callable[[Probe], float], join: Callable[[list[float]], float]
) -> float:
    """Ask every worker; without workers there is nothing beside this process."""
    probes = {
        probe.pid: probe
        for probe in batch.crew.map(probe_worker, None, range(PROBES), batch.source.count)
        if probe.pid != os.getpid()
    }
    return join([read(probe) for probe in probes.values()] or [0.0])


def main() -> None:
    """Issue in a fresh process and say on standard output what it took, as JSON."""
    count, workers, layout, folder, check = sys.argv[1:]
    run = issue(int(count), int(workers), Layout(layout), Path(folder), check=check == "check")
    print(json.dumps({**vars(run), "wall_s": run.wall_s}))
