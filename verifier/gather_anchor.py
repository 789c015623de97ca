"""Ask for the anchor: transaction, event, the registry's record, the key and who holds it."""

from collections.abc import Callable
from dataclasses import replace

from protocol.chain import AnchorRecord, Block, ChainReader, IssuerRecord, Transaction
from protocol.identifiers import hash_identifier
from protocol.primitives import IssuerId
from protocol.registry.events import Anchored, BatchEndorsed, Event
from verifier.evidence import (
    AnchorEvidence,
    Cause,
    Endorsement,
    Evidence,
    Holder,
    Opened,
    Unknown,
)
from verifier.questions import ask, build_status_chain, walk_back


def gather_anchor(evidence: Evidence, reader: ChainReader, pinned: Block) -> AnchorEvidence:
    """Look for the recomputed root in the receipt's transaction and in the registry's storage."""
    opened = evidence.opened
    transaction = _ask_transaction(evidence, reader, pinned)
    seen = AnchorEvidence(transaction=transaction, final=ask(reader.read_final))
    named = hash_identifier(opened.credential.issuer)
    issuer_id = ask(lambda: reader.read_issuer_id(named, pinned))
    if isinstance(transaction, Transaction):
        height = transaction.block
        seen = replace(seen, block=ask(lambda: reader.read_block(height)))
        events = _find_events(opened, transaction, reader)
        return _gather_event(seen, events, issuer_id, reader, pinned)
    # Without the transaction only storage can tell whether the root was ever recorded.
    lost = transaction if isinstance(transaction, Unknown) else seen.key
    return replace(
        seen,
        block=lost if isinstance(lost, Unknown) else seen.block,
        record=_ask_record(issuer_id, opened, reader, pinned),
        key=lost,
        holder=lost if isinstance(lost, Unknown) else seen.holder,
    )


def ask_holder(
    issuer_id: IssuerId | Unknown | None, reader: ChainReader, pinned: Block
) -> Holder | Unknown | None:
    """Return who an issuer number is."""
    if issuer_id is None or isinstance(issuer_id, Unknown):
        return issuer_id
    names = ask(lambda: reader.read_names(issuer_id, pinned))
    if isinstance(names, Unknown):
        return names
    return Holder(issuer_id, names.identifier, names.name)


def _ask_transaction(
    evidence: Evidence, reader: ChainReader, pinned: Block
) -> Transaction | Unknown | None:
    """Leave open what was mined after the block that is read at; where that was asked for, tell."""
    named = evidence.opened.receipt.transaction
    transaction = ask(lambda: reader.read_transaction(named))
    early = isinstance(transaction, Transaction) and transaction.block > pinned.number
    if early and evidence.asked_at is None:
        reason = "Still settling: it was recorded while we were looking. Check again."
        return Unknown(Cause.PENDING, reason)
    return transaction


def _find_events(
    opened: Opened, transaction: Transaction, reader: ChainReader
) -> tuple[Anchored, ...]:
    """Return the trusted contract's events with this root."""
    return tuple(
        event
        for event in transaction.events
        if isinstance(event, Anchored)
        and event.root == opened.root
        and event.position.contract == reader.network.contract
    )


def _gather_event(
    seen: AnchorEvidence,
    events: tuple[Anchored, ...],
    issuer_id: IssuerId | Unknown | None,
    reader: ChainReader,
    pinned: Block,
) -> AnchorEvidence:
    """Take the named issuer's event first: anybody may record the same root beside it."""
    if not events:
        return seen
    event = next((event for event in events if event.issuer_id == issuer_id), events[0])
    seen = replace(seen, event=event)
    if isinstance(issuer_id, Unknown) and len(events) > 1:
        # Which of them is meant is not known, so nothing is asked about any.
        return replace(
            seen, record=issuer_id, key=issuer_id, holder=issuer_id, endorsement=issuer_id
        )
    return _gather_record(seen, event, reader, pinned)


def _ask_record(
    issuer_id: IssuerId | Unknown | None, opened: Opened, reader: ChainReader, pinned: Block
) -> AnchorRecord | Unknown | None:
    if issuer_id is None or isinstance(issuer_id, Unknown):
        return issuer_id
    return ask(lambda: reader.read_anchor(issuer_id, opened.root, pinned))


def _gather_record(
    seen: AnchorEvidence, event: Anchored, reader: ChainReader, pinned: Block
) -> AnchorEvidence:
    record = ask(lambda: reader.read_anchor(event.issuer_id, event.root, pinned))
    seen = replace(
        seen,
        record=record,
        key=ask(lambda: reader.read_key(event.key, pinned)),
        holder=ask_holder(event.issuer_id, reader, pinned),
        endorsement=None,
    )
    if not isinstance(record, AnchorRecord) or record.endorsed_by is None:
        return replace(seen, endorsement=record if isinstance(record, Unknown) else None)
    return replace(seen, endorsement=_gather_endorsement(record, reader, pinned))


def _gather_endorsement(
    record: AnchorRecord, reader: ChainReader, pinned: Block
) -> Endorsement | Unknown | None:
    issuer = ask(lambda: reader.read_issuer(record.issuer_id, pinned))
    if not isinstance(issuer, IssuerRecord):
        return issuer
    event = walk_back(reader, build_status_chain(issuer), _endorses(record))
    if not isinstance(event, BatchEndorsed):
        return event if isinstance(event, Unknown) else None
    block = ask(lambda: reader.read_block(event.position.block))
    if isinstance(block, Unknown):
        return block
    key = ask(lambda: reader.read_key(event.by, pinned))
    return key if isinstance(key, Unknown) else Endorsement(event, block.time, key)


def _endorses(record: AnchorRecord) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, BatchEndorsed) and event.root == record.root
