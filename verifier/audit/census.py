"""One audit: which chains are walked from the pinned block's heads, compared, and counted.

Registry and affairs come first, for they say which keys there are; then the keys' and status
chains, together. Entries are handed on newest first within each of the two and never kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from protocol.chain import Block, IssuerRecord, KeyRecord, RegistryHead
from protocol.errors import ChainError
from protocol.primitives import Address, BlockNumber, IssuerId, Root
from protocol.registry.events import Anchored, Event
from verifier.audit.anchors import AnchorEntry, Anchors
from verifier.audit.chains import ChainHead, ChainKind, ChainName, find_chain
from verifier.audit.findings import Finding, Kind
from verifier.audit.snapshot import Inquiry, Snapshot, check_unchanged
from verifier.audit.snapshots import Snapshots
from verifier.audit.state import State
from verifier.audit.status_bits import StatusBits
from verifier.audit.storage import Storage
from verifier.audit.walk import ChainCount, Visit, Walk

ANCHORS_AT_ONCE: Final = 200
"""Roots whose records are read together; so many entries are held in memory."""
EVERYTHING: Final = frozenset(ChainKind)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which chains are walked."""

    kinds: frozenset[ChainKind] = EVERYTHING
    issuers: frozenset[IssuerId] | None = None
    """None for all."""
    key: Address | None = None
    """Only this key's chain."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a chain and the block in which it stands."""

    event: Event
    block: Block


@dataclass(frozen=True, slots=True)
class Result:
    """What an audit came to."""

    snapshot: Snapshot
    counts: tuple[ChainCount, ...]
    findings: tuple[Finding, ...]
    unlisted: int
    """How many findings were counted only."""
    proven: int
    """How many slots of storage were proven against the block's state root."""
    refusal: str | None
    """Why storage was not proven; None where it was."""
    remarks: tuple[str, ...] = ()
    """What was not looked at."""


class Census:
    """Walks and compares; `go` yields what is found, `finish` says how it ended."""

    def __init__(self, inquiry: Inquiry, snapshot: Snapshot) -> None:
        """Audit at one snapshot."""
        self._inquiry = inquiry
        self._snapshot = snapshot
        self._storage = Storage(inquiry, snapshot)
        self.state: Final = State(self._storage, inquiry.ledger)
        self._walks: list[Walk] = []
        self._snapshots = Snapshots(self.state, inquiry.ledger)
        self._bits = StatusBits(self.state, inquiry.ledger)
        self.keys: Final[dict[Address, KeyRecord]] = {}
        """Keys by address, as far as the walk has found them."""
        self._anchors = Anchors(self.state, inquiry.ledger, self.keys)

    def go(self, scope: Scope) -> Iterator[Entry | AnchorEntry]:
        """Yield the entries of a scope. What cannot be asked ends it, and the ledger says so."""
        try:
            yield from self._go(scope)
        except ChainError as error:
            self._inquiry.ledger.add_cut(error)

    def list_revoked(self, issuer_id: IssuerId) -> tuple[Root, ...]:
        """Return the roots that an institution revoked whole, as far as its chain was walked."""
        revoked = self._bits.revoked_batches
        return tuple(sorted(each.root for each in revoked if each.issuer_id == issuer_id))

    def finish(self) -> Result:
        """Say what it came to."""
        ledger = self._inquiry.ledger
        check_unchanged(self._inquiry, self._snapshot)
        return Result(
            snapshot=self._snapshot,
            counts=tuple(count for walk in self._walks for count in walk.counts),
            findings=ledger.findings,
            unlisted=sum(ledger.counts.values()) - len(ledger.findings),
            proven=self._storage.proven,
            refusal=self._storage.refusal,
            remarks=ledger.remarks,
        )

    def _go(self, scope: Scope) -> Iterator[Entry | AnchorEntry]:
        heads = self._list_heads(scope)
        first = [head for head in heads if _comes_first(head)]
        for visit in self._walk(first, "Registry and affairs"):
            for event in reversed(visit.events):
                self._snapshots.see(event)
                if find_chain(event).kind in scope.kinds:
                    yield Entry(event, visit.block)
        second = [head for head in heads if not _comes_first(head)]
        if ChainKind.KEY in scope.kinds:
            wanted = [scope.key] if scope.key else self._snapshots.keys
            second += self._list_keys(wanted)
        yield from self._walk_second(second)
        self._compare()

    def _walk_second(self, heads: list[ChainHead]) -> Iterator[Entry | AnchorEntry]:
        waiting: list[tuple[Anchored, Block]] = []
        for visit in self._walk(heads, "Anchors and statuses"):
            for event in reversed(visit.events):
                if isinstance(event, Anchored):
                    waiting.append((event, visit.block))
                else:
                    self._bits.see(event, visit.block.time)
                    yield Entry(event, visit.block)
            if len(waiting) >= ANCHORS_AT_ONCE:
                yield from self._anchors.compare_some(waiting)
                waiting = []
        yield from self._anchors.compare_some(waiting)

    def _walk(self, heads: list[ChainHead], stage: str) -> Iterator[Visit]:
        if heads:
            walk = Walk(self._inquiry, self._snapshot, heads)
            self._walks.append(walk)
            yield from walk.go(stage)

    def _list_heads(self, scope: Scope) -> list[ChainHead]:
        """Return the heads of registry, affairs and status chains that are to be walked."""
        heads = []
        registry = self.state.read_registry()
        if registry is None:
            return []
        if ChainKind.REGISTRY in scope.kinds:
            name = ChainName(ChainKind.REGISTRY)
            heads.append(ChainHead(name, registry.seq, registry.last_block))
        if not scope.kinds - {ChainKind.REGISTRY}:
            return heads
        for number, record in self._read_issuers(registry, scope.issuers):
            if record is None:
                sentence = f"Storage counts institution {number} and has no record of it."
                self._inquiry.ledger.add(Kind.DIFFERENCE, sentence)
            else:
                heads += _list_own_heads(record, scope)
        return heads

    def _read_issuers(
        self, head: RegistryHead, chosen: frozenset[IssuerId] | None
    ) -> Iterable[tuple[IssuerId, IssuerRecord | None]]:
        if chosen is None:
            return self.state.read_all_issuers(head)
        for number in sorted(each for each in chosen if each > head.issuer_count):
            sentence = (
                f"Institution {number} has a record; storage counts only {head.issuer_count:,} "
                "institutions."
            )
            self._inquiry.ledger.add(Kind.DIFFERENCE, sentence)
        return self.state.read_issuers(sorted(chosen)).items()

    def _list_keys(self, addresses: Iterable[Address]) -> list[ChainHead]:
        heads = []
        for address, record in self.state.read_keys(addresses).items():
            if record is not None:
                self.keys[address] = record
                name = ChainName(ChainKind.KEY, address)
                heads.append(ChainHead(name, record.seq, record.last_block))
        return heads

    def _compare(self) -> None:
        """Compare what was added up with storage."""
        complete = frozenset(
            count.name for walk in self._walks for count in walk.counts if count.is_complete
        )
        self._snapshots.compare_all(complete)
        self._bits.compare_all(complete)
        revoked, endorsed = self._bits.revoked_batches, self._bits.endorsed_batches
        self._anchors.compare_batches(revoked, endorsed, complete)


def read_census(inquiry: Inquiry, snapshot: Snapshot, scope: Scope) -> Result:
    """Walk a scope for its findings alone."""
    census = Census(inquiry, snapshot)
    for _ in census.go(scope):
        pass
    return census.finish()


def _comes_first(head: ChainHead) -> bool:
    return head.name.kind in (ChainKind.REGISTRY, ChainKind.AFFAIRS)


def _list_own_heads(record: IssuerRecord, scope: Scope) -> Iterator[ChainHead]:
    """Yield an institution's heads; keys are found in its affairs."""
    number = record.issuer_id
    if scope.kinds & {ChainKind.AFFAIRS, ChainKind.KEY}:
        name = ChainName(ChainKind.AFFAIRS, number)
        yield ChainHead(name, record.affairs_seq, BlockNumber(record.affairs_block))
    if ChainKind.STATUS in scope.kinds:
        name = ChainName(ChainKind.STATUS, number)
        yield ChainHead(name, record.status_seq, BlockNumber(record.status_block))
