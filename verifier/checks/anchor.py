"""Steps 8 and 9: is the batch root recorded, for good?"""

from protocol.chain import AnchorRecord, Block, Network, Transaction
from protocol.primitives import render_address, render_hex
from protocol.registry.events import Anchored
from verifier.checks.finding import Finding, build_failed, build_passed, build_unknown
from verifier.evidence import AnchorEvidence, Cause, Evidence, Unknown
from verifier.report import Fact, render_time


def check_anchor(evidence: Evidence) -> Finding:
    """8: the transaction succeeded, the trusted contract recorded this root in it, storage agrees.

    Not required: that the transaction was sent to the contract directly; a relayed one counts as
    well, and ``blockcerts_readable`` says whether other software will find the root in it.
    """
    seen, transaction = evidence.anchor, evidence.anchor.transaction
    facts = _list_facts(evidence)
    if isinstance(transaction, Unknown):
        return build_unknown(transaction, facts)
    if transaction is None:
        return _judge_without_transaction(seen, facts)
    if not transaction.succeeded:
        return build_failed(
            "There is no such entry: the transaction was refused. Ask the institution.", facts
        )
    if seen.event is None:
        reason = "There is no such entry in the register we trust. Ask the institution."
        return build_failed(reason, facts)
    for answer in (seen.block, seen.record):
        if isinstance(answer, Unknown):
            return build_unknown(answer, facts)
    return _compare(evidence, transaction, seen.event, facts)


def check_finality(evidence: Evidence) -> Finding:
    """9: the anchor's block is final by the network's rule; not yet final is unknown."""
    block, final = evidence.anchor.block, evidence.anchor.final
    network = evidence.network.network
    facts: dict[str, Fact] = {}
    if isinstance(network, Network):
        facts["rule"] = str(network.finality)
    for answer in (block, final):
        if isinstance(answer, Unknown):
            return build_unknown(answer, facts)
    if isinstance(block, Unknown) or isinstance(final, Unknown):
        return build_unknown(Unknown(Cause.NOT_ASKED, "This was not asked."), facts)
    facts |= {
        "block": block.number,
        "block_time": render_time(block.time),
        "final_block": final.number,
    }
    if block.number <= final.number:
        return build_passed("The entry is final.", facts)
    reason = f"Still settling since {render_time(block.time)}. That is normal. Check again later."
    return build_unknown(Unknown(Cause.PENDING, reason), facts)


def _judge_without_transaction(seen: AnchorEvidence, facts: dict[str, Fact]) -> Finding:
    """Ask storage too: a source that has thrown old transactions away still has the register."""
    if isinstance(seen.record, AnchorRecord):
        reason = "The register has the root, but our source does not know the transaction."
        return build_unknown(Unknown(Cause.NO_STATE, reason), facts)
    if isinstance(seen.record, Unknown) and seen.record.cause is not Cause.NOT_ASKED:
        return build_unknown(seen.record, facts)
    return build_failed("There is no such entry. Ask the institution.", facts)


def _compare(
    evidence: Evidence, transaction: Transaction, event: Anchored, facts: dict[str, Fact]
) -> Finding:
    record, block, pinned = evidence.anchor.record, evidence.anchor.block, evidence.network.pinned
    if isinstance(block, Block) and block.hash != transaction.block_hash:
        reason = "Our source places the entry in a block that it does not keep to."
        return build_unknown(Unknown(Cause.REORGANISED, reason), facts)
    if isinstance(pinned, Block) and transaction.block > pinned.number:
        return build_failed("It was recorded only after the moment asked about.", facts)
    if not isinstance(record, AnchorRecord) or not _agrees(record, event, transaction):
        reason = "The register's log and its storage do not agree about the entry."
        return build_failed(f"{reason} Do not rely on it.", facts)
    return build_passed(
        f"The batch root was recorded on {render_time(record.time)}.",
        facts | {"recorded_at": render_time(record.time), "credentials_claimed": record.leaves},
    )


def _agrees(record: AnchorRecord, event: Anchored, transaction: Transaction) -> bool:
    return (record.issuer_id, record.root, record.seq, record.block) == (
        event.issuer_id,
        event.root,
        event.seq,
        transaction.block,
    )


def _list_facts(evidence: Evidence) -> dict[str, Fact]:
    opened, seen = evidence.opened, evidence.anchor
    named = render_hex(opened.receipt.transaction)
    facts: dict[str, Fact] = {"transaction": named, "root": render_hex(opened.root)}
    network = evidence.network.network
    if isinstance(network, Network) and network.explorer is not None:
        facts["explorer"] = network.explorer.replace("{transaction}", named)
    if isinstance(seen.transaction, Transaction):
        facts |= _describe_transaction(seen.transaction)
    if isinstance(seen.block, Block):
        facts["block_time"] = render_time(seen.block.time)
    if seen.event is not None:
        facts |= {
            "issuer_id": seen.event.issuer_id,
            "key": render_address(seen.event.key),
            "sequence": seen.event.seq,
        }
        if isinstance(seen.transaction, Transaction):
            facts["blockcerts_readable"] = (
                seen.transaction.input == opened.root and seen.transaction.sender == seen.event.key
            )
    return facts


def _describe_transaction(transaction: Transaction) -> dict[str, Fact]:
    return {
        "succeeded": transaction.succeeded,
        "block": transaction.block,
        "block_hash": render_hex(transaction.block_hash),
        "sender": render_address(transaction.sender),
        "recipient": None if transaction.to is None else render_address(transaction.to),
    }
