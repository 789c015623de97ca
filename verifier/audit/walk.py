"""Down the linked events, one block at a time, newest first, all chains together.

Every chain stands at the block of its newest entry that is not yet seen. The highest of these
blocks is next, so a block is read once, whatever the number of chains with an entry in it. An entry
that is not where the one above it points has been withheld: its chain ends there, as a gap.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from protocol.chain import Block
from protocol.errors import ChainError
from protocol.primitives import BlockNumber
from protocol.registry.events import Event
from verifier.audit.blocks import BlockEvents, read_blocks
from verifier.audit.chains import ChainHead, ChainName, find_chain
from verifier.audit.findings import Kind, Ledger, continue_with
from verifier.audit.snapshot import Inquiry, Snapshot

AHEAD: Final = 50
"""Blocks that are read in one exchange beyond the one needed: other chains stand there."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A block and those of its events that are entries of the chains walked, in log order."""

    block: Block
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class ChainCount:
    """How much of a chain was seen."""

    name: ChainName
    expected: int
    """The head's number at the pinned block."""
    seen: int
    is_linked: bool
    """Whether every entry pointed to where the next one below was."""

    @property
    def is_complete(self) -> bool:
        """Tell whether every entry from 1 to the head was seen, and linked."""
        return self.seen == self.expected and self.is_linked


class Walk:
    """Several chains walked down together; counts what was seen of each."""

    def __init__(self, inquiry: Inquiry, snapshot: Snapshot, heads: Sequence[ChainHead]) -> None:
        """Take the heads at the snapshot; nothing is asked yet."""
        self._inquiry = inquiry
        self._snapshot = snapshot
        self._heads = {head.name: head for head in heads}
        self._places = {head.name: head for head in heads}
        self._read: dict[BlockNumber, BlockEvents | ChainError] = {}
        self._queue: list[tuple[int, str]] = []
        self._seen = 0
        self._torn: set[ChainName] = set()

    @property
    def counts(self) -> tuple[ChainCount, ...]:
        """Return for each chain how many entries it has and how many were seen."""
        return tuple(
            ChainCount(name, head.seq, head.seq - self._places[name].seq, name not in self._torn)
            for name, head in self._heads.items()
        )

    @property
    def _ledger(self) -> Ledger:
        return self._inquiry.ledger

    def go(self, stage: str) -> Iterator[Visit]:
        """Yield the blocks with entries, newest first.

        Raises:
            ChainUnreachableError: no usable answer.
        """
        total = sum(head.seq for head in self._heads.values())
        self._queue = [(-head.block, str(name)) for name, head in self._start().items()]
        by_text = {str(name): name for name in self._heads}
        heapq.heapify(self._queue)
        while self._queue:
            number = BlockNumber(-self._queue[0][0])
            names = []
            while self._queue and -self._queue[0][0] == number:
                names.append(by_text[heapq.heappop(self._queue)[1]])
            yield from self._visit(number, names)
            self._inquiry.progress(stage, min(self._seen, total - 1), total)
        self._inquiry.progress(stage, total, total)

    def _start(self) -> dict[ChainName, ChainHead]:
        """Return the chains that have entries; an empty one must have no last block."""
        for head in self._heads.values():
            if head.seq == 0 and head.block != 0:
                sentence = f"The {head.name} has no entries, yet names block {head.block:,}."
                self._ledger.add(Kind.DIFFERENCE, sentence, chain=str(head.name), block=head.block)
        return {
            name: head for name, head in self._heads.items() if head.seq and self._is_below(head)
        }

    def _is_below(self, head: ChainHead) -> bool:
        if 0 < head.block <= self._snapshot.block.number:
            return True
        sentence = f"The head of the {head.name} names block {head.block:,}, where nothing can be."
        self._ledger.add(
            Kind.DIFFERENCE, sentence, chain=str(head.name), entry=head.seq, block=head.block
        )
        return False

    def _visit(self, number: BlockNumber, names: Sequence[ChainName]) -> Iterator[Visit]:
        found = self._take(number)
        if isinstance(found, ChainError):
            for name in names:
                self._report_silence(name, number, found)
            return
        entries: dict[ChainName, dict[int, Event]] = {}
        for event in found.events:
            entries.setdefault(find_chain(event), {}).setdefault(event.seq, event)
        seen = [event for name in names for event in self._follow(name, entries.get(name, {}))]
        self._report_strangers(found, seen)
        if seen:
            seen.sort(key=lambda event: event.position.log_index)
            yield Visit(found.block, tuple(seen))

    def _take(self, number: BlockNumber) -> BlockEvents | ChainError:
        """Return a block's events, reading in the same exchange where other chains stand."""
        if number not in self._read:
            ahead = {BlockNumber(-place) for place, _ in heapq.nsmallest(AHEAD, self._queue)}
            wanted = [number, *sorted(ahead - self._read.keys() - {number}, reverse=True)]
            contract = self._snapshot.contract
            self._read |= read_blocks(self._inquiry.node, contract, wanted)
        return self._read.pop(number)

    def _follow(self, name: ChainName, entries: dict[int, Event]) -> Iterator[Event]:
        """Yield a chain's entries in one block, and move the chain to where the last one points."""
        place = self._places[name]
        number = place.block
        while place.seq and place.block == number:
            event = entries.get(place.seq)
            if event is None:
                self._report_gap(place)
                return
            yield event
            self._seen += 1
            place = replace(place, seq=place.seq - 1, block=event.previous_block)
            self._places[name] = place
            if not self._is_link(place, number):
                return
        if place.seq:
            heapq.heappush(self._queue, (-place.block, str(name)))

    def _is_link(self, place: ChainHead, number: BlockNumber) -> bool:
        """Tell whether an entry points to where the one before it can be."""
        if (place.block == 0) == (place.seq == 0) and place.block <= number:
            return True
        self._torn.add(place.name)
        above = place.seq + 1
        sentence = (
            f"Entry {above} of the {place.name} (block {number:,}) points to block "
            f"{place.block:,}, where entry {place.seq} cannot be."
            if place.seq
            else f"Entry 1 of the {place.name} (block {number:,}) points to block {place.block:,}, "
            "though none is before it."
        )
        self._ledger.add(
            Kind.DIFFERENCE, sentence, chain=str(place.name), entry=above, block=number
        )
        return False

    def _report_gap(self, place: ChainHead) -> None:
        below = f" Entries 1 to {place.seq - 1} lie behind it." if place.seq > 1 else ""
        sentence = (
            f"Entry {place.seq} of the {place.name} is missing from block {place.block:,}: it was "
            f"withheld, or is no longer kept.{below}"
        )
        self._ledger.add(
            Kind.GAP, sentence, chain=str(place.name), entry=place.seq, block=place.block
        )

    def _report_silence(self, name: ChainName, number: BlockNumber, error: ChainError) -> None:
        place = self._places[name]
        sentence = (
            f"Entries 1 to {place.seq} of the {name} could not be determined: "
            f"at block {number:,}, {continue_with(error)}"
        )
        self._ledger.add(
            Kind.UNDETERMINED, sentence, chain=str(name), entry=place.seq, block=number
        )

    def _report_strangers(self, found: BlockEvents, seen: Sequence[Event]) -> None:
        """Name events of the chains walked that are no entries of them."""
        known = {id(event) for event in seen}
        for event in found.events:
            name = find_chain(event)
            head = self._heads.get(name)
            if head is None or id(event) in known or event.seq <= self._places[name].seq:
                continue
            number = found.block.number
            sentence = (
                f"Block {number:,} has entry {event.seq} of the {name}, but at block "
                f"{self._snapshot.block.number:,} storage says that it has only {head.seq}: "
                "an old head."
                if event.seq > head.seq
                else f"Block {number:,} has an entry {event.seq} of the {name} that none points to."
            )
            self._ledger.add(
                Kind.DIFFERENCE, sentence, chain=str(name), entry=event.seq, block=number
            )
