"""An audit under way: opened once, then one table is asked of it, then its conclusion."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from protocol.errors import ChainError
from protocol.primitives import BlockNumber, render_address
from protocol.registry.reader import RegistryReader
from verifier.audit.census import Census
from verifier.audit.findings import Kind
from verifier.audit.rows import Row, Table
from verifier.audit.snapshot import Inquiry, Snapshot, open_snapshot
from verifier.audit.state import State
from verifier.audit.statement import Conclusion, Witnesses
from verifier.audit.tables.names import Names


@dataclass(frozen=True, slots=True)
class Session:
    """A pinned block, and what is asked of it."""

    inquiry: Inquiry
    snapshot: Snapshot
    census: Census
    names: Names
    count_witnesses: Callable[[], Witnesses]

    @property
    def state(self) -> State:
        """Return what storage says at the pinned block."""
        return self.census.state

    def keep(self, table: Table) -> Table:
        """Return the table; where the chain cannot be asked, its rows end, the ledger says so."""
        return replace(table, rows=self._keep(table))

    def guard(self, answer: Callable[[], Row] | None) -> Callable[[], Row]:
        """Return an answer that is empty where the chain cannot be asked; the ledger says so."""

        def guarded() -> Row:
            try:
                return answer() if answer else {}
            except ChainError as error:
                self.inquiry.ledger.add_silence("The answer", error)
                return {}

        return guarded

    def conclude(self) -> Conclusion:
        """Say what it came to, once the rows are read."""
        result = self.census.finish()
        return Conclusion(self.inquiry.network, result, self.count_witnesses())

    def _keep(self, table: Table) -> Iterator[Row]:
        try:
            yield from table.rows
        except ChainError as error:
            self.inquiry.ledger.add_cut(error)


def open_session(
    inquiry: Inquiry, at: BlockNumber | None, count_witnesses: Callable[[], Witnesses]
) -> Session:
    """Pin a block and be ready to ask.

    Raises:
        ChainError: see `open_snapshot`.
    """
    snapshot = open_snapshot(inquiry, at)
    census = Census(inquiry, snapshot)
    _compare_authority(inquiry, census.state, snapshot, is_past=at is not None)
    return Session(inquiry, snapshot, census, Names(census.state), count_witnesses)


def _compare_authority(
    inquiry: Inquiry, state: State, snapshot: Snapshot, *, is_past: bool
) -> None:
    """Say where the registry's authority is not the trusted one.

    At a past block an earlier authority is right, if the trusted one has taken over since.
    """
    trusted, record = inquiry.network.authority, state.read_authority()
    if trusted is None or record is None or record.authority == trusted:
        return
    actual, block = record.authority, snapshot.block
    if is_past:
        try:
            reader = RegistryReader(inquiry.network, inquiry.node)
            block = reader.read_final()
            actual = reader.read_authority(block)
        except ChainError as error:
            inquiry.ledger.add_silence("Who is the authority now", error)
            return
    if actual != trusted:
        sentence = (
            f"The authority that this home trusts on {inquiry.network.name} is "
            f"{render_address(trusted)}; at block {block.number:,} the registry's is "
            f"{render_address(actual)}."
        )
        inquiry.ledger.add(Kind.DIFFERENCE, sentence, block=block.number)
