"""Mine blocks, one process at a time, never dated in the future.

A block is dated max(parent + 1, wall clock) in whole seconds. Where that is still to come, because
blocks came faster than one a second, mining waits for it outside the write lock and looks again.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from eth.abc import BlockHeaderAPI, SignedTransactionAPI

from protocol.embedded.rules import Chain, build_next_header
from protocol.embedded.store import Store
from protocol.embedded.transactions import check_transaction
from protocol.nodes.node import NodeError

INTERNAL_ERROR: Final = -32603
AHEAD_LIMIT_SECONDS: Final = 60
"""How far the chain may be ahead before waiting is no answer: the clock was set back."""
WAIT_LIMIT_SECONDS: Final = 600
"""How long to wait in all: other processes mine first, or the clock stands still."""


class Miner:
    """Puts transactions into blocks."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        """Take the chain, the aware clock of its blocks and what waits for a number of seconds."""
        self._store = store
        self._chain = chain
        self._clock = clock
        self._sleep = sleep

    def mine(self, transactions: Sequence[SignedTransactionAPI]) -> None:
        """Put transactions into one block, all or none, and commit it.

        Raises:
            NodeError: one of them cannot be taken, or the clock is far behind the newest block.
        """
        waited = 0.0
        while (ahead := self._try(transactions)) > 0:
            waited += ahead
            if waited > WAIT_LIMIT_SECONDS:
                raise NodeError(INTERNAL_ERROR, "the clock stands still, or too many others mine")
            self._sleep(ahead)

    def _try(self, transactions: Sequence[SignedTransactionAPI]) -> float:
        """Mine if it is time; else return how many seconds it is too early."""
        with self._store.write():
            head = self._chain.read_head()
            now = self._clock().timestamp()
            ahead = head.timestamp + 1 - now
            if ahead <= 0:
                _extend(self._chain, head, transactions, int(now))
                return 0.0
            _check_first(self._chain, head, transactions)
        if ahead > AHEAD_LIMIT_SECONDS:
            raise NodeError(INTERNAL_ERROR, _describe_clock(head.timestamp, now))
        return float(ahead)


def _check_first(
    chain: Chain, head: BlockHeaderAPI, transactions: Sequence[SignedTransactionAPI]
) -> None:
    """Refuse at once what would be refused after the wait."""
    header = build_next_header(head, head.timestamp + 1)
    for transaction in transactions[:1]:
        check_transaction(transaction, chain.build_state(header), header, chain.id)


def _extend(
    chain: Chain, head: BlockHeaderAPI, transactions: Sequence[SignedTransactionAPI], time: int
) -> None:
    """Write a block on top of the head."""
    empty = build_next_header(head, time)
    machine = chain.build_machine(empty)
    header, receipts = empty, []
    for transaction in transactions:
        check_transaction(transaction, machine.state, header, chain.id)
        receipt, _ = machine.apply_transaction(header, transaction)
        header = machine.add_receipt_to_header(header, receipt)
        receipts.append(receipt)
    filled = machine.set_block_transactions_and_withdrawals(
        machine.get_block(), header, tuple(transactions), tuple(receipts)
    )
    chain.database.persist_block(machine.mine_block(filled).block)


def _describe_clock(head: int, now: float) -> str:
    newest = datetime.fromtimestamp(head, UTC).isoformat()
    clock = datetime.fromtimestamp(int(now), UTC).isoformat()
    return f"the clock shows {clock}, before the newest block of {newest}; set the clock right"
