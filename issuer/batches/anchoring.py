"""From a plan to a final anchor, one journal row a step; a plan that fails is followed by another.

Whatever a killed run left is found in the journal, and the chain is asked before anything is sent.
"""

from dataclasses import dataclass, replace
from datetime import UTC
from typing import Final

from issuer.batch import Tree, build_tree
from issuer.batches.desk import Desk
from issuer.batches.drafting import Drafting, hash_batch
from issuer.batches.evidence_capture import capture_evidence
from issuer.batches.plan import SEED_BYTES, Plan, Terms, choose_range, may_release
from issuer.batches.preflight import is_decoy, read_position
from issuer.batches.ranges import split_ranges
from issuer.batches.receipts_writer import hash_batch_options
from issuer.batches.signing import sign_table
from issuer.batches.withdrawal import withdraw_batch
from issuer.batches.work_area import WorkArea
from issuer.batches.workers import Crew
from issuer.errors import JournalConflictError
from issuer.inputs.source import Source
from issuer.journal import entries, outbox, plans
from issuer.journal.entry_table import EntryTable
from issuer.journal.records import Anchoring, BatchRecord, Operation, Step
from issuer.sending.channel import Carrier, ask_patiently, require_registry
from issuer.sending.delivery import conclude, settle, wait_final
from issuer.sending.operations import Call, check_succeeded, prepare_operation
from protocol.chain import Transaction
from protocol.errors import TransactionRefusedError
from protocol.primitives import Root, render_address, render_hex
from protocol.registry.events import Anchored

ATTEMPT_LIMIT: Final = 8
"""Plans of one run; more in a row mean that something else uses the key all the time."""


@dataclass(frozen=True, slots=True)
class Work:
    """One batch under way, with its anchoring account held."""

    desk: Desk
    crew: Crew
    carrier: Carrier
    source: Source
    batch: BatchRecord
    area: WorkArea


def anchor_batch(work: Work) -> Plan:
    """Bring a batch to a final anchor and return the plan under which it was anchored.

    Raises:
        InputError: credentials that may not be issued; nothing was sent.
        ChainError: the chain is silent, refuses or takes too long; run it again.
        JournalConflictError: the account is used by something else all the time.
    """
    journal = work.desk.channel.journal
    for _ in range(ATTEMPT_LIMIT):
        plan = plans.find_plan(journal, work.batch) or _make_plan(work)
        if _advance(work, plan):
            return plan
    raise JournalConflictError(
        f"The account {render_address(work.carrier.signer.address)} is used by something else all "
        "the time. It may send nothing but anchors: end the other use, then run this again."
    )


def _make_plan(work: Work) -> Plan:
    journal = work.desk.channel.journal
    drawn = draw_plan(work.desk, work.carrier, work.source, work.batch.scope)
    plan = replace(drawn, attempt=plans.count_plans(journal, work.batch) + 1)
    plans.save_plan(journal, work.batch, plan)
    return plan


def draw_plan(desk: Desk, carrier: Carrier, source: Source, scope: str) -> Plan:
    """Decide nonce, sequence, status range, seed and moment (rules 1 to 3); nothing is kept."""
    moment = desk.clock().astimezone(UTC).replace(microsecond=0)
    source.check_moment(moment)
    position = read_position(carrier)
    ledger = plans.read_ledger(desk.channel.journal, scope, carrier.signer.address)
    if position.seq != (ledger.released_seq or 0):
        desk.channel.progress.notice(
            f"The key has anchored {position.seq:,} batches; the last is not this home's. Another "
            "desk uses the key, or this home was restored from a backup. A new status list begins."
        )
    return Plan(
        attempt=0,
        seed=desk.draw_bytes(SEED_BYTES),
        moment=moment,
        key=carrier.signer.address,
        nonce=position.nonce,
        seq=position.seq + 1,
        range=choose_range(position, ledger, source.count),
        terms=_read_terms(desk),
    )


def _read_terms(desk: Desk) -> Terms:
    institution = desk.institution
    return Terms(
        institution.status_base, institution.anchor_method, desk.signers.credentials.method
    )


def _advance(work: Work, plan: Plan) -> bool:
    """Bring a plan to a final anchor; False if it was dropped and another must follow."""
    journal = work.desk.channel.journal
    steps = journal.find_steps(work.batch, plan.attempt)
    if Step.FINAL in steps:
        return True
    if Step.STORED not in steps:
        if not _check_current(work, plan):
            return False
        if Step.HASHED not in steps or not work.area.has_drafts(plan.attempt, work.batch.count):
            drafting = Drafting(work.desk, work.crew, work.source, plan)
            hash_batch(drafting, work.batch, work.area)
        table = entries.read_entries(journal, work.batch, plan)
        _sign_batch(work, plan, table)
        if not _store_transaction(work, plan, build_table_tree(table).root):
            return False
    return _carry(work, plan)


def _check_current(work: Work, plan: Plan) -> bool:
    """Drop a plan that the chain or the institution has left behind (rule 4)."""
    position = read_position(work.carrier)
    terms = _read_terms(work.desk)
    if plan.key != work.carrier.signer.address or plan.terms != terms:
        return _drop(work, plan, "the institution's keys or status address changed")
    if (position.nonce, position.seq + 1) != (plan.nonce, plan.seq):
        return _drop(work, plan, "the key or its account was used by something else")
    return True


def build_table_tree(table: EntryTable) -> Tree:
    """Build the tree over the leaves of a batch."""
    return build_tree(
        [table.find_leaf(position) for position in range(each.start, each.stop)]
        for each in split_ranges(len(table))
    )


def _sign_batch(work: Work, plan: Plan, table: EntryTable) -> None:
    if table.is_signed:
        return
    journal, channel = work.desk.channel.journal, work.desk.channel
    options_hash = hash_batch_options(plan.moment, plan.terms.signing_method)
    sign = work.desk.signers.credentials.sign
    signatures = bytearray()
    for chosen, signed in sign_table(sign, options_hash, table, work.desk.workers):
        signatures += signed
        channel.progress.report("Signing", chosen.stop, len(table))
    table.signatures = signatures
    entries.save_signatures(journal, work.batch, plan, table)


def _store_transaction(work: Work, plan: Plan, root: Root) -> bool:
    """Sign the anchor and commit its bytes; False if the plan was dropped."""
    channel = work.desk.channel
    if is_decoy(root):
        return _drop(work, plan, "the root starts like a function of the registry")
    if not _check_current(work, plan):
        return False
    registry = require_registry(channel.chain)
    operation, signed = prepare_operation(work.carrier, Call(registry, root), plan.nonce)
    outbox.save_anchor_operation(channel.journal, work.batch, plan, operation, signed)
    return True


def _carry(work: Work, plan: Plan) -> bool:
    """Send, see our own event, wait until it is final; False if the plan was dropped."""
    journal = work.desk.channel.journal
    operation = outbox.find_anchor_operation(journal, work.batch, plan)
    if operation is None:
        raise JournalConflictError("A stored transaction is missing from the journal.")
    while True:
        mined = _settle(work, plan, operation)
        if mined is None:
            return _drop(work, plan, "another transaction took the nonce")
        event = _require_event(work, plan, operation, mined)
        anchoring = _save_anchoring(work, plan, event, mined)
        if event.key != plan.key or not may_release(plan, event.seq):
            withdraw_batch(work.desk, work.carrier, event.issuer_id, anchoring.root)
            return _drop(work, plan, "it was anchored under another sequence, and revoked")
        if wait_final(work.carrier, mined):
            _finish(work, plan, event, anchoring)
            return True
        work.desk.channel.progress.notice("The block was reorganised away. Sending again.")


def _settle(work: Work, plan: Plan, operation: Operation) -> Transaction | None:
    channel = work.desk.channel

    def record_sent() -> None:
        channel.journal.record_step(work.batch, plan.attempt, Step.SENT)

    mined = settle(work.carrier, operation, record_sent)
    if mined is None:
        mined = _find_unknown_anchor(work, Root(operation.data))
    conclude(work.carrier, operation, mined)
    return mined


def _find_unknown_anchor(work: Work, root: Root) -> Transaction | None:
    """Find our root on the chain in a transaction that this journal does not know.

    So it is where the journal was restored from a backup made before a fee was raised (KO-19).
    """
    channel = work.desk.channel

    def ask() -> Transaction | None:
        latest = channel.chain.read_latest()
        key = channel.chain.read_key(work.carrier.signer.address, latest)
        record = key and channel.chain.read_anchor(key.issuer_id, root, latest)
        if not record:
            return None
        for event in channel.chain.read_events(record.block):
            if isinstance(event, Anchored) and event.root == root:
                return channel.chain.read_transaction(event.position.transaction)
        return None

    return ask_patiently(channel, ask)


def _require_event(work: Work, plan: Plan, operation: Operation, mined: Transaction) -> Anchored:
    """Return our own event of this root; status 1 alone is no success (CH-03, KO-11)."""
    if mined.succeeded:
        for event in mined.events:
            if isinstance(event, Anchored) and event.root == operation.data:
                return event
    _drop(work, plan, "its transaction anchored nothing")
    check_succeeded(mined)
    raise TransactionRefusedError(
        f"transaction {render_hex(mined.hash)} was mined and anchored nothing"
    )


def _save_anchoring(work: Work, plan: Plan, event: Anchored, mined: Transaction) -> Anchoring:
    channel = work.desk.channel
    block = ask_patiently(channel, lambda: channel.chain.read_block(mined.block))
    anchoring = Anchoring(
        root=event.root,
        transaction=mined.hash,
        block=mined.block,
        block_hash=mined.block_hash,
        block_time=block.time,
        seq=event.seq,
    )
    entries.save_anchoring(channel.journal, work.batch, plan, anchoring)
    return anchoring


def _finish(work: Work, plan: Plan, event: Anchored, anchoring: Anchoring) -> None:
    """Capture the evidence and commit that the batch is released."""
    channel = work.desk.channel
    operation = outbox.find_anchor_operation(channel.journal, work.batch, plan)
    signed = outbox.find_signed(channel.journal, operation) if operation else ()
    raw = next((item.raw for item in signed if item.hash == anchoring.transaction), b"")
    evidence = capture_evidence(channel, anchoring, event.key, event.issuer_id, raw)
    entries.save_final(channel.journal, work.batch, plan, evidence)


def _drop(work: Work, plan: Plan, reason: str) -> bool:
    plans.drop_plan(work.desk.channel.journal, work.batch, plan, reason)
    work.desk.channel.progress.notice(f"Planning again: {reason}.")
    return False
