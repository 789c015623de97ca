"""Key chains beside storage: every entry equals its root's record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocol.chain import AnchorRecord, Block, KeyRecord
from protocol.primitives import Address
from protocol.registry.events import Anchored
from verifier.audit.chains import ChainKind, ChainName
from verifier.audit.comparison import add_difference, compare
from verifier.audit.findings import Ledger
from verifier.audit.state import Anchor, State


@dataclass(frozen=True, slots=True)
class AnchorEntry:
    """A root's entry, its block, and its record where that could be read."""

    event: Anchored
    block: Block
    record: AnchorRecord | None


class Anchors:
    """Compares roots' entries with their records."""

    def __init__(self, state: State, ledger: Ledger, keys: Mapping[Address, KeyRecord]) -> None:
        """Know the keys by their records."""
        self._state = state
        self._ledger = ledger
        self._keys = keys
        self._withdrawn: dict[Anchor, Anchored] = {}
        self._endorsed: dict[Anchor, Anchored] = {}

    def compare_some(self, events: Sequence[tuple[Anchored, Block]]) -> list[AnchorEntry]:
        """Compare entries, and return them with their records."""
        records = self._state.read_anchors(
            Anchor(event.issuer_id, event.root) for event, _ in events
        )
        return [self._compare(event, block, records) for event, block in events]

    def compare_batches(
        self,
        revoked: frozenset[Anchor],
        endorsed: frozenset[Anchor],
        complete: frozenset[ChainName],
    ) -> None:
        """Name records of a revocation or endorsement of which the status chain knows nothing."""
        for found, told, what in (
            (self._withdrawn, revoked, "revoked"),
            (self._endorsed, endorsed, "endorsed"),
        ):
            for anchor, event in found.items():
                name = ChainName(ChainKind.STATUS, anchor.issuer_id)
                if name in complete and anchor not in told:
                    clause = f"is about a root that storage calls {what}; no entry of the {name} is"
                    add_difference(self._ledger, event, clause)

    def _compare(
        self, event: Anchored, block: Block, records: Mapping[Anchor, AnchorRecord | None]
    ) -> AnchorEntry:
        anchor, key = Anchor(event.issuer_id, event.root), self._keys[event.key]
        record = records.get(anchor)
        if record is None:
            if anchor in records:
                add_difference(self._ledger, event, "is about a root that storage does not know")
            return AnchorEntry(event, block, None)
        pairs = {
            "the institution": (event.issuer_id, key.issuer_id),
            "the key's number": (key.index, record.key_index),
            "the number": (event.seq, record.seq),
            "the block": (event.position.block, record.block),
            "the block's time": (block.time, record.time),
            "the count of leaves": (event.leaves, record.leaves),
        }
        compare(self._ledger, event, pairs)
        if record.revoked_at is not None:
            self._withdrawn[anchor] = event
        if record.endorsed_by is not None:
            self._endorsed[anchor] = event
        return AnchorEntry(event, block, record)
