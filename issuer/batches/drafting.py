"""Drafting and hashing a whole batch, in worker processes, into its work area."""

import json
from collections.abc import Iterator

from issuer.batches.desk import Desk
from issuer.batches.hashing import DraftJob, HashedDraft, RefusedDraft, hash_draft
from issuer.batches.plan import Plan, order_positions
from issuer.batches.work_area import WorkArea
from issuer.batches.workers import map_items
from issuer.errors import JournalConflictError, RefusedCredentialsError
from issuer.inputs.source import Source
from issuer.journal import entries, plans
from issuer.journal.records import BatchRecord, Entry


def hash_batch(desk: Desk, source: Source, batch: BatchRecord, plan: Plan, area: WorkArea) -> None:
    """Draft and hash every credential of a plan, and commit the leaves.

    Raises:
        RefusedCredentialsError: listing every one that may not be issued; the plan is dropped.
    """
    found: list[Entry] = []
    refused: list[RefusedDraft] = []

    def keep_lines() -> Iterator[bytes]:
        for result in map_drafts(desk, source, plan):
            match result:
                case RefusedDraft():
                    refused.append(result)
                case HashedDraft():
                    found.append(build_entry(result))
                    yield result.text

    area.save_drafts(plan.attempt, keep_lines())
    problems = [*_render_refusals(source, refused), *_find_doubled(source, found)]
    if problems:
        area.delete()
        plans.drop_plan(desk.channel.journal, batch, plan, "credentials were refused")
        raise RefusedCredentialsError(problems)
    entries.save_entries(desk.channel.journal, batch, plan, found)


def redraft_batch(
    desk: Desk, source: Source, batch: BatchRecord, plan: Plan, area: WorkArea
) -> None:
    """Draft a batch again whose leaves are anchored; its work area was deleted.

    Raises:
        JournalConflictError: the drafts are no longer those that were anchored.
    """
    anchored = entries.read_entries(desk.channel.journal, batch, plan)

    def keep_lines() -> Iterator[bytes]:
        for entry, result in zip(anchored, map_drafts(desk, source, plan), strict=True):
            if not isinstance(result, HashedDraft) or result.leaf != entry.leaf:
                raise JournalConflictError(
                    f"Row {_name_row(source, entry.position)} no longer gives the credential that "
                    "was anchored. Use the version of Rootseal and the institution's profile with "
                    "which the batch was issued."
                )
            yield result.text

    area.save_drafts(plan.attempt, keep_lines())


def check_drafts(desk: Desk, source: Source, plan: Plan) -> dict[str, object]:
    """Draft every credential of a plan, keep nothing, and return the first.

    Raises:
        RefusedCredentialsError: listing every one that may not be issued.
    """
    refused: list[RefusedDraft] = []
    first: dict[str, object] = {}
    for result in map_drafts(desk, source, plan):
        match result:
            case RefusedDraft():
                refused.append(result)
            case HashedDraft():
                first = first or json.loads(result.text)
    if refused:
        raise RefusedCredentialsError([*_render_refusals(source, refused)])
    return first


def map_drafts(desk: Desk, source: Source, plan: Plan) -> Iterator[HashedDraft | RefusedDraft]:
    """Yield every draft of a plan in the order of the input, telling how far it is."""
    job = build_job(source, plan, desk.channel.journal.secret)
    results = map_items(hash_draft, job, range(source.count), desk.workers)
    for number, result in enumerate(results, start=1):
        desk.channel.progress.report("Drafting and hashing", number, source.count)
        yield result


def build_job(source: Source, plan: Plan, home_secret: bytes) -> DraftJob:
    """Return all that decides about the credentials of a plan."""
    return DraftJob(
        source=source,
        seed=plan.seed,
        moment=plan.moment,
        status_base=plan.terms.status_base,
        status_list=plan.range.list,
        indices=order_positions(home_secret, plan.range)[: source.count],
    )


def build_entry(draft: HashedDraft) -> Entry:
    """Return what the journal keeps of a draft."""
    return Entry(draft.position, draft.credential, draft.status_index, draft.leaf, None)


def _render_refusals(source: Source, refused: list[RefusedDraft]) -> Iterator[str]:
    for draft in refused:
        for reason in draft.reasons:
            yield f"row {_name_row(source, draft.position)}: {reason}"


def _find_doubled(source: Source, found: list[Entry]) -> Iterator[str]:
    """Yield a sentence for each id that two credentials share: they would share a file."""
    first_seen: dict[str, int] = {}
    for entry in found:
        first = first_seen.setdefault(entry.credential, entry.position)
        if first != entry.position:
            rows = f"{_name_row(source, first)} and {_name_row(source, entry.position)}"
            yield f"rows {rows} have the same id {entry.credential}"


def _name_row(source: Source, position: int) -> str:
    return source.manifest_row(position).get("row", str(position + 1))
