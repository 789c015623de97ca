"""What a node says about an anchor on the day, kept with the batch: nodes forget.

``evidence.json`` holds the raw signed transaction, its receipt, the block's header and, where the
node gives them, account and storage proofs of the registry at that block, as the node answered
(Ethereum execution API). Nothing in it is believed by this program; it serves whoever has to show
later, without an archive node, that the anchor stood in that block.
"""

import json
from collections.abc import Sequence
from typing import Final

from issuer.journal.records import Anchoring
from issuer.sending.channel import Channel, ask_patiently, require_registry
from protocol.nodes.node import NodeError
from protocol.primitives import Address, Digest, IssuerId, Root, render_address, render_hex
from protocol.registry.layout import locate_anchor, locate_issuer, locate_key

EVIDENCE_VERSION: Final = 1


def capture_evidence(
    channel: Channel, anchoring: Anchoring, key: Address, issuer_id: IssuerId, raw: bytes
) -> str:
    """Return the evidence for an anchor as JSON text; what a node does not give is null."""
    block = hex(anchoring.block)
    registry = render_address(require_registry(channel.chain))
    slots = [render_hex(slot) for slot in find_slots(anchoring.root, key, issuer_id)]
    evidence = {
        "version": EVIDENCE_VERSION,
        "chain_id": channel.chain.network.chain_id,
        "contract": registry,
        "transaction": {"hash": render_hex(anchoring.transaction), "raw": render_hex(raw)},
        "receipt": _ask(channel, "eth_getTransactionReceipt", [render_hex(anchoring.transaction)]),
        "header": _ask(channel, "eth_getBlockByNumber", [block, False]),
        "proof": _ask(channel, "eth_getProof", [registry, slots, block]),
    }
    return json.dumps(evidence, ensure_ascii=False)


def find_slots(root: Root, key: Address, issuer_id: IssuerId) -> tuple[Digest, ...]:
    """Return the registry's storage slots that speak about an anchor: its own, key, issuer."""
    slots = (locate_anchor(issuer_id, root), locate_key(key), *locate_issuer(issuer_id))
    return tuple(slot.position for slot in slots)


def _ask(channel: Channel, method: str, params: Sequence[object]) -> object:
    try:
        return ask_patiently(channel, lambda: channel.node.request(method, params))
    except NodeError:
        return None
