"""A batch cut into ranges: what one worker drafts, writes and checks at a time.

A range has a power of two of credentials, so that its leaves are a whole part of the tree: its own
root stands in the batch's tree where it is, and the same bytes come out however many work on it.
"""

from dataclasses import dataclass
from typing import Final

RANGE_SIZE: Final = 512
"""Credentials of a range, and of a shard: some 3 MB, and little enough to be shared out evenly."""


@dataclass(frozen=True, slots=True)
class Range:
    """Positions from ``start`` to before ``stop``."""

    start: int
    stop: int

    @property
    def count(self) -> int:
        """How many positions."""
        return self.stop - self.start

    @property
    def number(self) -> int:
        """Its place among the ranges of the batch, from 0."""
        return self.start // RANGE_SIZE


def split_ranges(count: int) -> tuple[Range, ...]:
    """Return the ranges of a batch; only the last may be shorter."""
    starts = range(0, count, RANGE_SIZE)
    return tuple(Range(start, min(start + RANGE_SIZE, count)) for start in starts)
