"""Drafting and hashing a whole batch, in worker processes, into its work area."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from issuer.batches.desk import Desk
from issuer.batches.hashing import DraftJob, DraftPiece, HashedRange, RefusedDraft, hash_range
from issuer.batches.plan import Plan, order_positions
from issuer.batches.ranges import split_ranges
from issuer.batches.work_area import WorkArea
from issuer.batches.workers import Crew
from issuer.errors import DuplicateLeafError, JournalConflictError, RefusedCredentialsError
from issuer.inputs.source import Source
from issuer.journal import entries, plans
from issuer.journal.entry_table import ID_BYTES, EntryTable, find_doubled
from issuer.journal.records import BatchRecord
from protocol.primitives import DIGEST_BYTES


@dataclass(frozen=True, slots=True)
class Drafting:
    """Who drafts what."""

    desk: Desk
    crew: Crew
    source: Source
    plan: Plan


def hash_batch(drafting: Drafting, batch: BatchRecord, area: WorkArea) -> None:
    """Draft and hash every credential of a plan, and commit the leaves.

    Raises:
        RefusedCredentialsError: listing every one that may not be issued; the plan is dropped.
    """
    journal, plan, source = drafting.desk.channel.journal, drafting.plan, drafting.source
    table = EntryTable()
    refused: list[RefusedDraft] = []
    area.open()
    for result in map_drafts(drafting, area):
        refused += result.refused
        table.ids += result.ids
        table.leaves += result.leaves
        table.indices.extend(result.indices)
    problems = [*_render_refusals(source, refused)] or [*_find_doubled(source, table)]
    if problems:
        area.delete()
        plans.drop_plan(journal, batch, plan, "credentials were refused")
        raise RefusedCredentialsError(problems)
    _refuse_equal_leaves(table)
    area.sync()
    entries.save_entries(journal, batch, plan, table)


def redraft_batch(drafting: Drafting, table: EntryTable, area: WorkArea) -> None:
    """Draft a batch again whose leaves are anchored; its work area was deleted.

    Raises:
        JournalConflictError: the drafts are no longer those that were anchored.
    """
    area.open()
    for result in map_drafts(drafting, area):
        start, stop = result.chosen.start, result.chosen.stop
        anchored = table.leaves[DIGEST_BYTES * start : DIGEST_BYTES * stop]
        if result.refused or result.leaves != anchored:
            area.delete()
            raise JournalConflictError(
                f"Row {_find_changed(drafting.source, result, table)} no longer gives the "
                "credential that was anchored. Use the version of Rootseal and the institution's "
                "profile with which the batch was issued."
            )
    area.sync()


def check_drafts(drafting: Drafting) -> dict[str, object]:
    """Draft every credential of a plan, keep nothing, and return the first.

    Raises:
        RefusedCredentialsError: listing every one that may not be issued.
    """
    refused: list[RefusedDraft] = []
    first: Any = None
    for result in map_drafts(drafting, None):
        refused += result.refused
        first = first or json.loads(result.first)
    if refused:
        raise RefusedCredentialsError([*_render_refusals(drafting.source, refused)])
    document: dict[str, object] = first
    return document


def map_drafts(drafting: Drafting, area: WorkArea | None) -> Iterator[HashedRange]:
    """Yield every range of a plan in the order of the input, telling how far it is."""
    source, desk = drafting.source, drafting.desk
    pieces = _cut_pieces(source, drafting.plan, desk.channel.journal.secret)
    job = build_job(drafting.plan, area)
    for result in drafting.crew.map(hash_range, job, pieces, source.count):
        desk.channel.progress.report("Drafting and hashing", result.chosen.stop, source.count)
        drafting.crew.note(result.tally)
        yield result


def build_job(plan: Plan, area: WorkArea | None) -> DraftJob:
    """Return all that decides about the credentials of a plan, whichever row they are of."""
    return DraftJob(
        seed=plan.seed,
        moment=plan.moment,
        status_base=plan.terms.status_base,
        status_list=plan.range.list,
        area=area,
        attempt=plan.attempt,
    )


def _cut_pieces(source: Source, plan: Plan, home_secret: bytes) -> Iterator[DraftPiece]:
    indices = order_positions(home_secret, plan.range)
    for chosen in split_ranges(source.count):
        start, stop = chosen.start, chosen.stop
        yield DraftPiece(chosen, source.take(start, stop), indices[start:stop])


def _render_refusals(source: Source, refused: list[RefusedDraft]) -> Iterator[str]:
    for draft in refused:
        for reason in draft.reasons:
            yield f"row {_name_row(source, draft.position)}: {reason}"


def _find_doubled(source: Source, table: EntryTable) -> Iterator[str]:
    """Yield a sentence if two credentials share an id: they would share a file."""
    doubled = find_doubled(table.ids, ID_BYTES)
    if doubled is not None:
        rows = " and ".join(_name_row(source, position) for position in doubled)
        yield f"rows {rows} have the same id {table.find_credential(doubled[0])}"


def _refuse_equal_leaves(table: EntryTable) -> None:
    """Two equal leaves have equal ids; nobody gets here but through a fault of ours (MK-09)."""
    doubled = find_doubled(table.leaves, DIGEST_BYTES)
    if doubled is not None:
        raise DuplicateLeafError(*doubled)


def _find_changed(source: Source, result: HashedRange, table: EntryTable) -> str:
    """Return the first row of a range whose leaf is no longer the anchored one."""
    if result.refused:
        return _name_row(source, result.refused[0].position)
    for place, position in enumerate(range(result.chosen.start, result.chosen.stop)):
        leaf = result.leaves[DIGEST_BYTES * place : DIGEST_BYTES * (place + 1)]
        if leaf != table.find_leaf(position):
            return _name_row(source, position)
    return _name_row(source, result.chosen.start)


def _name_row(source: Source, position: int) -> str:
    return source.manifest_row(position).get("row", str(position + 1))
