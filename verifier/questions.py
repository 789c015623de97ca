"""Put one question to the chain, so that one silent answer never discards others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from protocol.chain import Block, ChainReader, IssuerRecord
from protocol.errors import (
    ChainDisagreementError,
    ChainError,
    StateUnavailableError,
    TransactionPendingError,
    WrongChainError,
)
from protocol.primitives import BlockNumber, IssuerId
from protocol.registry.events import (
    AccreditationChanged,
    BatchEndorsed,
    BatchRevoked,
    Event,
    IssuerChanged,
    KeyChanged,
    StatusChanged,
)
from verifier.evidence import Cause, Unknown

Answer = TypeVar("Answer")
StatusEvent = StatusChanged | BatchRevoked | BatchEndorsed
AffairsEvent = IssuerChanged | KeyChanged | AccreditationChanged
ChainEntry = TypeVar("ChainEntry", StatusEvent, AffairsEvent)

WALK_LIMIT_BLOCKS: Final = 2_000
"""Blocks that are read back along one event chain: seconds on a near node. Beyond it, a verdict
stands without its date."""


def ask(question: Callable[[], Answer]) -> Answer | Unknown:
    """Return the answer; a chain that cannot be asked becomes an `Unknown`.

    This is the only place where a ``ChainError`` is caught (STYLE 15, 17).
    """
    try:
        return question()
    except ChainError as error:
        return explain(error)


def explain(error: ChainError) -> Unknown:
    """Return why there is no answer, in a sentence without endpoints' addresses."""
    match error:
        case ChainDisagreementError():
            return Unknown(
                Cause.DISAGREEMENT, "Could not be looked up: our sources of the record disagree."
            )
        case StateUnavailableError():
            return Unknown(
                Cause.NO_STATE, "Could not be looked up: our source does not keep that moment."
            )
        case TransactionPendingError():
            return Unknown(Cause.PENDING, "Still settling: the entry is sent, but in no block yet.")
        case WrongChainError():
            return Unknown(Cause.OTHER_CHAIN, "Our source serves another chain than it should.")
        case _:
            return Unknown(
                Cause.SILENT, "Could not be looked up: the public record did not answer."
            )


def find_block_at(reader: ChainReader, latest: Block, moment: datetime) -> Block | Unknown:
    """Return the last block at or before a moment, by halving (some 25 questions)."""
    if latest.time <= moment:
        return latest
    first = ask(lambda: reader.read_block(BlockNumber(0)))
    if isinstance(first, Unknown):
        return first
    if first.time > moment:
        return Unknown(Cause.NO_STATE, "The public record did not exist at that moment.")
    below, above = first, latest.number
    while above - below.number > 1:
        number = BlockNumber((below.number + above) // 2)
        middle = ask(lambda number=number: reader.read_block(number))  # type: ignore[misc]
        if isinstance(middle, Unknown):
            return middle
        if middle.time <= moment:
            below = middle
        else:
            above = number
    return below


@dataclass(frozen=True, slots=True)
class EventChain:
    """Which event chain is walked: its head, and which events are its entries."""

    seq: int
    block: BlockNumber
    issuer_id: IssuerId
    kinds: tuple[type[Event], ...]

    def owns(self, event: Event) -> bool:
        """Tell whether an event is an entry of this chain."""
        return isinstance(event, self.kinds) and getattr(event, "issuer_id", None) == self.issuer_id


def build_status_chain(record: IssuerRecord) -> EventChain:
    """Return the issuer's chain of status changes."""
    kinds = (StatusChanged, BatchRevoked, BatchEndorsed)
    return EventChain(record.status_seq, record.status_block, record.issuer_id, kinds)


def build_affairs_chain(record: IssuerRecord) -> EventChain:
    """Return the issuer's chain of affairs."""
    kinds = (IssuerChanged, KeyChanged, AccreditationChanged)
    return EventChain(record.affairs_seq, record.affairs_block, record.issuer_id, kinds)


def walk_back(
    reader: ChainReader, chain: EventChain, wanted: Callable[[Event], bool]
) -> Event | Unknown | None:
    """Return the newest wanted entry of an event chain, None if the whole chain has none.

    Each entry names the block of the one before it; a missing one is a gap, hence unknown.
    """
    seq, number = chain.seq, chain.block
    for _ in range(WALK_LIMIT_BLOCKS):
        if seq == 0:
            return None
        found = ask(lambda number=number: reader.read_events(number))  # type: ignore[misc]
        if isinstance(found, Unknown):
            return found
        entries = {event.seq: event for event in found if chain.owns(event)}
        if seq not in entries:
            return Unknown(Cause.DISAGREEMENT, f"Entry {seq} is missing from the register's log.")
        block = number
        while number == block and seq in entries:
            event = entries[seq]
            if wanted(event):
                return event
            seq, number = seq - 1, event.previous_block
    return Unknown(Cause.TOO_FAR, "It lies too far back in the register's log to be looked for.")
