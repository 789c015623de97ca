"""Anchoring transactions remembered by a service, once they are final (ADR 0022).

Only what cannot change any more is kept: a transaction with its receipt, in a final block, on which
every configured endpoint agrees. Even so it counts only while the chain still has that block, which
is asked each time. All that can change (status, whole batches revoked, standing, keys) is asked for
every credential, at the block that its report names.
"""

import threading
from collections import OrderedDict
from typing import Final

from protocol.chain import Block, ChainReader, Transaction
from protocol.errors import ChainError
from protocol.primitives import BlockNumber, Digest, TransactionHash
from protocol.registry.events import Anchored
from protocol.registry.remembering import RememberingReader

CAPACITY: Final = 1_024
"""Batches, of which the least used is forgotten first; an ordinary one takes some 2 kB."""
INPUT_LIMIT_BYTES: Final = 1_024
"""An anchor has 32, a relayed one some 400."""
EVENT_LIMIT: Final = 16
"""An anchor has one; with the limit above, no entry takes more than some 20 kB."""
_Place = tuple[Digest, TransactionHash]
"""First block of the chain, and the transaction."""


class FinalTransactions:
    """What one process remembers of one network and its register; threads may share it."""

    def __init__(self, witness: ChainReader | None = None, capacity: int = CAPACITY) -> None:
        """Hold at most ``capacity`` transactions.

        ``witness`` answers only what all endpoints say; None where there is but one.
        """
        self._witness: Final = witness
        self._capacity: Final = capacity
        self._lock: Final = threading.Lock()
        self._known: Final[OrderedDict[_Place, Transaction]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many transactions are remembered."""
        return len(self._known)

    def find(self, genesis: Digest, transaction: TransactionHash) -> Transaction | None:
        """Return a transaction that was final; whether its block still stands, the caller asks."""
        with self._lock:
            found = self._known.get((genesis, transaction))
            if found is not None:
                self._known.move_to_end((genesis, transaction))
            return found

    def drop(self, genesis: Digest, transaction: TransactionHash) -> None:
        """Forget a transaction."""
        with self._lock:
            self._known.pop((genesis, transaction), None)

    def consider(self, genesis: Digest, found: Transaction, reader: ChainReader) -> None:
        """Remember a transaction that ``reader`` found, if it is final and beyond doubt."""
        if not _is_anchor(found) or not self._is_beyond_doubt(genesis, found, reader):
            return
        with self._lock:
            self._known[genesis, found.hash] = found
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)

    def _is_beyond_doubt(self, genesis: Digest, found: Transaction, reader: ChainReader) -> bool:
        witness = self._witness or reader
        try:
            if found.block > witness.read_final().number:
                return False
            if witness.read_block(found.block).hash != found.block_hash:
                return False
            return self._witness is None or (
                witness.read_genesis() == genesis and witness.read_transaction(found.hash) == found
            )
        except ChainError:
            # Somebody is silent or says otherwise. The credential at hand has its answer; for the
            # next it is asked again.
            return False


class FinalReader(RememberingReader):
    """Asks another reader for one verification: each question about one block once.

    An anchor's transaction is taken from those remembered, if its block is still in the chain.
    """

    def __init__(self, inner: ChainReader, known: FinalTransactions) -> None:
        """Take who is asked, and what is remembered of that network."""
        super().__init__(inner)
        self._final: Final = known
        self._just_seen: Block | None = None

    def read_transaction(self, transaction: TransactionHash) -> Transaction | None:
        """Return a mined transaction with receipt, None where the node knows none."""
        genesis = self.read_genesis()
        known = self._final.find(genesis, transaction)
        if known is not None and self._stands(known):
            return known
        if known is not None:
            self._final.drop(genesis, transaction)
        found = super().read_transaction(transaction)
        if found is not None:
            self._final.consider(genesis, found, self._inner)
        return found

    def read_block(self, number: BlockNumber) -> Block:
        """Return a block by its number.

        The block by which a transaction was seen to stand is not asked for twice in a row; whoever
        asks once more wants to know whether it still does.
        """
        seen, self._just_seen = self._just_seen, None
        if seen is not None and seen.number == number:
            return seen
        return self._inner.read_block(number)

    def _stands(self, known: Transaction) -> bool:
        block = self._inner.read_block(known.block)
        if block.hash != known.block_hash:
            return False
        self._just_seen = block
        return True


def _is_anchor(found: Transaction) -> bool:
    """Tell whether it is of the kind that is asked for again, and of bounded size."""
    return (
        found.succeeded
        and len(found.input) <= INPUT_LIMIT_BYTES
        and len(found.events) <= EVENT_LIMIT
        and any(isinstance(event, Anchored) for event in found.events)
    )
