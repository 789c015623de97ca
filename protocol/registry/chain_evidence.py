"""What a chain can be made to say about an anchor today and may have forgotten tomorrow.

Nodes drop old bodies, receipts and states, and test networks end. What is captured at issue lets a
later verifier check the anchor against nothing but a block hash.
"""

from protocol.nodes.answers import Answer, ask
from protocol.nodes.node import Node, NodeError
from protocol.nodes.transactions import rebuild_transaction
from protocol.primitives import (
    Address,
    Digest,
    IssuerId,
    Root,
    TransactionHash,
    render_hex,
)
from protocol.registry.layout import locate_anchor


def find_anchor_slot(issuer_id: IssuerId, root: Root) -> Digest:
    """Return the storage slot of a root's record in the registry."""
    return locate_anchor(issuer_id, root).position


def gather_chain_evidence(
    node: Node, transaction: TransactionHash, contract: Address, slot: Digest
) -> dict[str, object]:
    """Return what a node says of a mined transaction and of one storage slot, ready for JSON.

    ``transaction`` and ``raw_transaction`` (rebuilt from signed fields), ``receipt`` and ``header``
    are always there; ``proof`` (``eth_getProof`` at the transaction's block) only where the node
    knows the method and still has the state.

    Raises:
        ChainError: the transaction is not mined, or the node does not answer.
    """
    sent = ask(node, "eth_getTransactionByHash", render_hex(transaction))
    content = rebuild_transaction(sent, transaction)
    receipt = ask(node, "eth_getTransactionReceipt", render_hex(transaction))
    block = receipt.find_member("blockNumber").parse_quantity()
    header = ask(node, "eth_getBlockByNumber", hex(block), False)  # without transactions
    _check_same_block(header, receipt)
    evidence: dict[str, object] = {
        "raw_transaction": render_hex(content.raw),
        "transaction": dict(sent.parse_members()),
        "receipt": dict(receipt.parse_members()),
        "header": dict(header.parse_members()),
    }
    try:
        proof = ask(node, "eth_getProof", render_hex(contract), [render_hex(slot)], hex(block))
        evidence["proof"] = dict(proof.parse_members())
    except NodeError:
        pass  # Many nodes keep no old state, some do not know the method; the rest is evidence too.
    return evidence


def _check_same_block(header: Answer, receipt: Answer) -> None:
    there = header.find_member("hash").parse_digest()
    if there != receipt.find_member("blockHash").parse_digest():
        raise header.refuse("the block was replaced meanwhile")
