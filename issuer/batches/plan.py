"""Where a batch's status indices lie, so that none is ever given out twice.

Six rules (docs/contract.md, status indices) hold even when two desks share one key, a home is
cloned, restored from a backup or lost. The pure ones are here; the journal remembers, and
`issuer.anchor` asks the chain.

1. Account nonce and key sequence are read at one mined block, never from pending state.
2. The own list goes on only while the chain's sequence is the one of the own last batch; else a
   new list is opened, named after the next sequence; one that this journal opened before keeps its
   fill mark, and goes on in its sub-lists where it is full.
3. Ranges are powers of two from 16 to 256, then multiples of 256, aligned to their size (at most
   256). One that fits into a list lies in one; a longer one begins a list, always a new one, and
   goes on in the sub-lists that follow.
4. A planned nonce that went to another transaction means a new plan, never the same batch later.
5. A batch is released only if it was anchored under the planned sequence.
6. Within the range, rows get positions in the order of a keyed hash.
"""

import hmac
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from issuer.batch import LEAF_LIMIT
from issuer.batches.shuffling import Tag, order_by_tag
from issuer.errors import BatchSizeError, ListFullError, SequenceLimitError
from protocol.credentials.status_index import (
    LIST_ENTRIES,
    SEQ_BITS,
    SUB_LISTS,
    WORD_ENTRIES,
    name_list,
)
from protocol.primitives import Address, BlockNumber, KeyIndex

SMALLEST_RANGE: Final = 16
SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class KeyPosition:
    """What one mined block says about the anchoring account."""

    nonce: int
    key_index: KeyIndex
    seq: int
    """How many roots the key has anchored."""
    block: BlockNumber


@dataclass(frozen=True, slots=True)
class Ledger:
    """What this journal remembers about the lists of one key."""

    released_seq: int | None
    """Sequence of the last batch that this journal released; None for none."""
    released_list: int | None
    """The list that batch lies in."""
    fill_marks: Mapping[int, int]
    """For each list opened here, the first place that was never planned."""


@dataclass(frozen=True, slots=True)
class StatusRange:
    """A run of places from the begin of a status list; beyond its end they lie in sub-lists."""

    list: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What the profile says when a batch is planned; later changes do not touch the batch."""

    status_base: str
    anchor_method: str
    """DID URL of the anchoring key."""
    signing_method: str
    """DID URL of the Ed25519 key."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is decided before anything is hashed."""

    attempt: int
    """Counts from 1 within its batch; a dropped plan is followed by the next."""
    seed: bytes
    """32 random bytes from which ids and salts are drawn."""
    moment: datetime
    """When the credentials say they were issued; whole seconds, UTC."""
    key: Address
    nonce: int
    seq: int
    """Sequence under which the batch must be anchored to be released."""
    range: StatusRange
    terms: Terms


def measure_range(count: int) -> int:
    """Return how many places a batch of ``count`` credentials takes (rule 3).

    Raises:
        BatchSizeError: an empty batch, or more than one tree holds.
    """
    if not 0 < count <= LEAF_LIMIT:
        raise BatchSizeError(count, LEAF_LIMIT)
    if count > WORD_ENTRIES:
        return _align(count, WORD_ENTRIES)
    return max(SMALLEST_RANGE, 1 << (count - 1).bit_length())


def choose_range(position: KeyPosition, ledger: Ledger, count: int) -> StatusRange:
    """Return the range for a batch of ``count`` credentials (rules 2 and 3).

    Raises:
        BatchSizeError: as `measure_range`.
        SequenceLimitError: a list would have to be opened, and none can be named.
        ListFullError: neither the own list nor the one to be opened has room.
    """
    size = measure_range(count)
    for number, room in _list_candidates(position, ledger):
        start = _find_start(ledger.fill_marks.get(number, 0), size)
        if start + size <= room:
            return StatusRange(number, start, size)
    raise ListFullError(name_list(position.key_index, position.seq + 1))


def may_release(plan: Plan, anchored_seq: int) -> bool:
    """Tell whether a batch anchored under ``anchored_seq`` may be handed out (rule 5)."""
    return plan.seq == anchored_seq


def order_positions(home_secret: bytes, chosen: StatusRange) -> "array[int]":
    """Return every place of the range in the order in which rows take them (rule 6).

    Row 0 takes the first. The order depends on the home's secret, so that neither a place nor the
    unused ones say where in the roster a learner stood, or how long it was.
    """
    key = hmac.digest(home_secret, f"{chosen.list}:{chosen.start}".encode("ascii"), sha256)
    return order_by_tag(chosen.start, chosen.size, Tag(key).compute)


def _list_candidates(position: KeyPosition, ledger: Ledger) -> Iterator[tuple[int, int]]:
    """Yield lists that may be used, and how many places each may have: only a new one goes on."""
    if ledger.released_list is not None and ledger.released_seq == position.seq:
        yield ledger.released_list, LIST_ENTRIES
    seq = position.seq + 1
    if seq >> SEQ_BITS:
        raise SequenceLimitError(position.seq)
    yield name_list(position.key_index, seq), SUB_LISTS * LIST_ENTRIES


def _find_start(mark: int, size: int) -> int:
    """Return the first place from a fill mark on for a range that crosses no list's end in vain."""
    start = _align(mark, min(size, WORD_ENTRIES))
    crosses = start // LIST_ENTRIES != (start + size - 1) // LIST_ENTRIES
    return _align(mark, LIST_ENTRIES) if crosses else start


def _align(place: int, step: int) -> int:
    return -(-place // step) * step
