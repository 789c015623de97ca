"""Issuing a batch: draft, validate, plan, hash, sign, anchor, write, check (DESIGN 9).

Every step is a row in the journal. Killing the process anywhere and running the same command again
ends in the same files and exactly one anchor.
"""

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from functools import partial
from hashlib import sha256
from pathlib import Path

from issuer.batches.anchoring import Work, anchor_batch, draw_plan
from issuer.batches.desk import Desk, OutputCheck
from issuer.batches.drafting import Drafting, check_drafts
from issuer.batches.handover import Parcel, hand_over, is_complete
from issuer.batches.hashing import rehearse
from issuer.batches.output import Layout, check_unused, find_contents
from issuer.batches.plan import Plan
from issuer.batches.preflight import check_ready, estimate_price
from issuer.batches.tally import Tally
from issuer.batches.work_area import find_work_area
from issuer.batches.workers import Crew
from issuer.errors import JournalConflictError, UsedFolderError
from issuer.inputs.source import Source
from issuer.journal import entries, plans
from issuer.journal.records import Anchoring, BatchRecord, Step
from issuer.sending.channel import Carrier, Channel, find_registry_scope
from issuer.sending.operations import hold_carrier, prepare_carrier
from protocol.primitives import Digest


class IssueProgress(StrEnum):
    """What a command had to do."""

    FRESH = "issued"
    RESUMED = "resumed"
    REWRITTEN = "written again"
    DONE = "done already"


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """One issue, as the command line asks for it."""

    source: Source
    out: Path
    new_batch: bool = False
    """Issue the same input knowingly again."""
    verify_all: bool = False
    layout: Layout = Layout.FILES


@dataclass(frozen=True, slots=True)
class IssueResult:
    """A batch that is anchored, final, written and checked."""

    progress: IssueProgress
    folder: Path
    layout: Layout
    count: int
    network: str
    anchoring: Anchoring
    tally: Tally
    """How the credentials were canonicalised in this run, drafts and written ones alike."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What issuing would do; nothing was kept, signed or sent."""

    count: int
    fee_wei: int
    """The most that anchoring may cost."""
    first: dict[str, object]
    """The first credential, unsigned; until it is issued its id, salts and index are not final."""
    standing: IssueProgress
    """What the command would have to do."""


def hash_inputs(source: Source, did: str, scope: str) -> Digest:
    """Return the digest of input, issuer and network by which a batch is known."""
    text = "\n".join(["rootseal/batch", source.kind, source.digest.hex(), did, scope])
    return Digest(sha256(text.encode()).digest())


def issue_batch(desk: Desk, request: IssueRequest, check_output: OutputCheck) -> IssueResult:
    """Issue a batch, go on with one that was interrupted, or say that it is done.

    Raises:
        InputError: nothing was sent.
        ChainError: the chain is silent, refuses or takes too long; the same command goes on.
        OutputError: anchored, but a file does not check out.
        JournalError, LockedError, ListFullError, JournalConflictError: nothing more was sent.
        CanonicalisationDifferenceError: a bug here; nothing more was signed.
    """
    channel = desk.channel
    with Crew(desk.workers) as crew, hold_carrier(channel, desk.signers.anchor) as carrier:
        batch = _open_batch(desk, request)
        plan = _find_final_plan(channel, batch)
        standing = _name_standing(channel, request, batch, plan)
        if plan is None or standing is not IssueProgress.DONE:
            plan = plan or _anchor(desk, crew, carrier, request, batch)
            parcel = _pack(desk, crew, request, batch, plan)
            hand_over(parcel, check_output, verify_all=request.verify_all)
        return IssueResult(
            progress=standing,
            folder=request.out,
            layout=request.layout,
            count=batch.count,
            network=channel.chain.network.name,
            anchoring=_require_anchoring(channel, batch, plan),
            tally=crew.tally,
        )


def preview_batch(desk: Desk, request: IssueRequest) -> Preview:
    """Return what issuing would do and cost, without keeping, signing or sending anything.

    Every credential is drafted and checked as it would be.

    Raises:
        InputError: the input or the folder cannot be used.
        ChainError: the chain is silent or would refuse.
    """
    channel = desk.channel
    carrier = Carrier(channel, desk.signers.anchor)
    batch = _choose_batch(desk, request)
    plan = None if batch is None else _find_final_plan(channel, batch)
    standing = (
        IssueProgress.FRESH if batch is None else _name_standing(channel, request, batch, plan)
    )
    fee_wei = 0 if plan is not None else estimate_price(desk, carrier).fee_wei
    if plan is None:
        plan = draw_plan(desk, carrier, request.source, find_registry_scope(channel.chain))
    with Crew(desk.workers) as crew:
        first = check_drafts(Drafting(desk, crew, request.source, plan))
    return Preview(request.source.count, fee_wei, first, standing)


def _open_batch(desk: Desk, request: IssueRequest) -> BatchRecord:
    """Find or begin the batch of a request, and claim its folder."""
    journal = desk.channel.journal
    batch = _choose_batch(desk, request)
    if batch is None:
        scope = find_registry_scope(desk.channel.chain)
        inputs = hash_inputs(request.source, desk.institution.did, scope)
        number = len(journal.find_batches(inputs)) + 1
        return journal.open_batch(inputs, number, scope, request.source.count, request.out)
    if journal.find_folder_batch(request.out) != batch:
        journal.claim_folder(batch, request.out)
    return batch


def _choose_batch(desk: Desk, request: IssueRequest) -> BatchRecord | None:
    """Return the batch that a request goes on with; None if it begins one.

    Raises:
        UsedFolderError: the folder belongs to another batch, or to nobody knows what.
    """
    journal, out = desk.channel.journal, request.out
    scope = find_registry_scope(desk.channel.chain)
    inputs = hash_inputs(request.source, desk.institution.did, scope)
    owner = journal.find_folder_batch(out)
    if owner is not None and owner.inputs == inputs:
        if request.new_batch and owner.number == 1 and _find_final_plan(desk.channel, owner):
            raise UsedFolderError(out, "holds the first issue of this input")
        return owner
    if owner is not None and _is_under_way(desk.channel, owner):
        raise UsedFolderError(out, "belongs to another input, whose batch is not finished")
    if owner is not None and find_contents(out) is not None:
        raise UsedFolderError(out, "holds the batch of another input")
    check_unused(out)
    batches = journal.find_batches(inputs)
    return batches[-1] if batches and not request.new_batch else None


def _is_under_way(channel: Channel, batch: BatchRecord) -> bool:
    """Tell whether a batch may be on the chain and is not handed over yet."""
    plan = plans.find_plan(channel.journal, batch)
    steps = channel.journal.find_steps(batch, plan.attempt) if plan else frozenset()
    return Step.STORED in steps and Step.DONE not in steps


def _find_final_plan(channel: Channel, batch: BatchRecord) -> Plan | None:
    """Return the plan under which a batch was anchored and released."""
    plan = plans.find_plan(channel.journal, batch)
    if plan is None or Step.FINAL not in channel.journal.find_steps(batch, plan.attempt):
        return None
    return plan


def _name_standing(
    channel: Channel, request: IssueRequest, batch: BatchRecord, plan: Plan | None
) -> IssueProgress:
    if plan is None:
        steps = channel.journal.find_steps(batch, 0)
        return IssueProgress.RESUMED if Step.INPUT_CHECKED in steps else IssueProgress.FRESH
    if Step.DONE not in channel.journal.find_steps(batch, plan.attempt):
        return IssueProgress.RESUMED
    table = entries.read_entries(channel.journal, batch, plan)
    complete = is_complete(request.out, table, request.layout)
    return IssueProgress.DONE if complete else IssueProgress.REWRITTEN


def _anchor(
    desk: Desk, crew: Crew, carrier: Carrier, request: IssueRequest, batch: BatchRecord
) -> Plan:
    """Check input and chain once, then anchor; workers get ready meanwhile."""
    journal, source = desk.channel.journal, request.source
    crew.start(source.count, partial(rehearse, source.take(0, 1)))
    prepare_carrier(carrier)
    plan = plans.find_plan(journal, batch)
    if plan is None:
        source.check_moment(desk.clock().astimezone(UTC).replace(microsecond=0))
    if plan is None or Step.STORED not in journal.find_steps(batch, plan.attempt):
        check_ready(desk, carrier)
    journal.record_step(batch, 0, Step.INPUT_CHECKED)
    area = find_work_area(desk.channel.home, batch)
    return anchor_batch(Work(desk, crew, carrier, source, batch, area))


def _pack(desk: Desk, crew: Crew, request: IssueRequest, batch: BatchRecord, plan: Plan) -> Parcel:
    channel = desk.channel
    return Parcel(
        desk=desk,
        crew=crew,
        source=request.source,
        batch=batch,
        plan=plan,
        anchoring=_require_anchoring(channel, batch, plan),
        table=entries.read_entries(channel.journal, batch, plan),
        area=find_work_area(channel.home, batch),
        folder=request.out,
        layout=request.layout,
    )


def _require_anchoring(channel: Channel, batch: BatchRecord, plan: Plan) -> Anchoring:
    found = entries.find_anchoring(channel.journal, batch, plan)
    if found is None:
        raise JournalConflictError("A final batch has no anchor in the journal.")
    return found
