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
from protocol.primitives import (
    Address,
    IssuerId,
    hash_keccak,
    render_address,
    render_hex,
)

EVIDENCE_VERSION: Final = 1
_ANCHORS_SLOT: Final = 0
_KEYS_SLOT: Final = 1
_ISSUERS_SLOT: Final = 2
_ISSUER_WORDS: Final = 5


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


def find_slots(root: bytes, key: Address, issuer_id: IssuerId) -> tuple[bytes, ...]:
    """Return the registry's storage slots that speak about an anchor: its own, key, issuer."""
    anchors = hash_keccak(_pad(issuer_id) + _pad(_ANCHORS_SLOT))
    issuer = int.from_bytes(hash_keccak(_pad(issuer_id) + _pad(_ISSUERS_SLOT)))
    return (
        hash_keccak(root + anchors),
        hash_keccak(bytes(12) + key + _pad(_KEYS_SLOT)),
        *(_pad((issuer + offset) % (1 << 256)) for offset in range(_ISSUER_WORDS)),
    )


def _ask(channel: Channel, method: str, params: Sequence[object]) -> object:
    try:
        return ask_patiently(channel, lambda: channel.node.request(method, params))
    except NodeError:
        return None


def _pad(number: int) -> bytes:
    return number.to_bytes(32)
