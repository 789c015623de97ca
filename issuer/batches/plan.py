"""Where a batch's status indices lie, so that none is ever given out twice.

Six rules (docs/contract.md, status indices) hold even when two desks share one key, a home is
cloned, restored from a backup or lost. The pure ones are here; the journal remembers, and
`issuer.anchor` asks the chain.

1. Account nonce and key sequence are read at one mined block, never from pending state.
2. The own list goes on only while the chain's sequence is the one of the own last batch; else a
   new list is opened, named after the next sequence; one that this journal opened before keeps its
   fill mark.
3. Ranges are powers of two from 16 to 256, then multiples of 256, aligned to their size (at most
   256).
4. A planned nonce that went to another transaction means a new plan, never the same batch later.
5. A batch is released only if it was anchored under the planned sequence.
6. Within the range, rows get positions in the order of a keyed hash.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from issuer.errors import BatchSizeError, ListFullError
from protocol.primitives import Address, BlockNumber, KeyIndex

LIST_ENTRIES: Final = 131_072
"""Entries of one list: the least that Bitstring Status List allows, 512 words of the registry."""
SMALLEST_RANGE: Final = 16
WORD_ENTRIES: Final = 256
"""Entries in one storage word of the registry."""
SEQ_BITS: Final = 32
"""A list's number is its key's index above the planned sequence."""
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
    """For each list opened here, the first index that was never planned."""


@dataclass(frozen=True, slots=True)
class StatusRange:
    """A run of indices in one status list."""

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
    """Return how many indices a batch of ``count`` credentials takes (rule 3).

    Raises:
        BatchSizeError: an empty batch, or more than one list holds.
    """
    if not 0 < count <= LIST_ENTRIES:
        raise BatchSizeError(count, LIST_ENTRIES)
    if count > WORD_ENTRIES:
        return -(-count // WORD_ENTRIES) * WORD_ENTRIES
    return max(SMALLEST_RANGE, 1 << (count - 1).bit_length())


def name_list(key_index: KeyIndex, seq: int) -> int:
    """Return the number of the list that a batch planned for ``seq`` opens."""
    return (key_index << SEQ_BITS) | seq


def choose_range(position: KeyPosition, ledger: Ledger, count: int) -> StatusRange:
    """Return the range for a batch of ``count`` credentials (rules 2 and 3).

    Raises:
        BatchSizeError: as `measure_range`.
        ListFullError: neither the own list nor the one to be opened has room.
    """
    size = measure_range(count)
    for number in _list_candidates(position, ledger):
        start = _align(ledger.fill_marks.get(number, 0), min(size, WORD_ENTRIES))
        if start + size <= LIST_ENTRIES:
            return StatusRange(number, start, size)
    raise ListFullError(name_list(position.key_index, position.seq + 1))


def may_release(plan: Plan, anchored_seq: int) -> bool:
    """Tell whether a batch anchored under ``anchored_seq`` may be handed out (rule 5)."""
    return plan.seq == anchored_seq


def order_positions(home_secret: bytes, chosen: StatusRange) -> tuple[int, ...]:
    """Return every index of the range in the order in which rows take them (rule 6).

    Row 0 takes the first. The order depends on the home's secret, so that neither an index nor the
    unused ones say where in the roster a learner stood, or how long it was.
    """
    key = hmac.digest(home_secret, f"{chosen.list}:{chosen.start}".encode("ascii"), sha256)
    return tuple(
        sorted(
            range(chosen.start, chosen.start + chosen.size),
            key=lambda index: hmac.digest(key, str(index).encode("ascii"), sha256),
        )
    )


def _list_candidates(position: KeyPosition, ledger: Ledger) -> tuple[int, ...]:
    fresh = name_list(position.key_index, position.seq + 1)
    if ledger.released_list is not None and ledger.released_seq == position.seq:
        return (ledger.released_list, fresh)
    return (fresh,)


def _align(index: int, step: int) -> int:
    return -(-index // step) * step
