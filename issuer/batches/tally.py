"""How each credential was canonicalised: by its learned shape, or by JSON-LD proper."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from protocol.credentials.shapes.canonicaliser import Canonicaliser

SHAPES: Final = 64
"""Shapes that one worker remembers: a roster makes a few, a folder of drafts some dozens."""
SIGHTS: Final = 4
"""Credentials that must have a shape for it to be learned: that asks JSON-LD as often again."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one stage, or of a part of it."""

    by_shape: int = 0
    rechecked: int = 0
    """Of these, how many JSON-LD proper was asked about too."""
    fallen_back: Mapping[str, int] = field(default_factory=dict)
    """By JSON-LD proper alone, for each reason."""

    @property
    def count(self) -> int:
        """How many credentials."""
        return self.by_shape + sum(self.fallen_back.values())

    def plus(self, other: "Tally") -> "Tally":
        """Return both together."""
        reasons = Counter(self.fallen_back)
        reasons.update(other.fallen_back)
        return Tally(
            self.by_shape + other.by_shape, self.rechecked + other.rechecked, dict(reasons)
        )


class Counted:
    """A canonicaliser at work on one range, and afterwards what it did there."""

    def __init__(self, canonicaliser: Canonicaliser) -> None:
        """Take what canonicalises."""
        self.canonicaliser: Final = canonicaliser
        self.tally = Tally()


@contextmanager
def count_shapes() -> Iterator[Counted]:
    """Lend this thread's canonicaliser; on leaving, its tally is complete."""
    canonicaliser = find_canonicaliser()
    before = _read(canonicaliser)
    counted = Counted(canonicaliser)
    yield counted
    after = _read(canonicaliser)
    reasons = Counter(after.fallen_back)
    reasons.subtract(before.fallen_back)
    counted.tally = Tally(
        by_shape=after.by_shape - before.by_shape,
        rechecked=after.rechecked - before.rechecked,
        fallen_back={reason: count for reason, count in reasons.items() if count},
    )


class _Own(threading.local):
    """What each thread has for itself: an executor may well run ranges in several of a process."""

    def __init__(self) -> None:
        self.canonicaliser = Canonicaliser(capacity=SHAPES, learn_at_sight=SIGHTS)


_OWN: Final = _Own()


def find_canonicaliser() -> Canonicaliser:
    """Return this thread's canonicaliser: what it learned in one range serves the next."""
    return _OWN.canonicaliser


def _read(canonicaliser: Canonicaliser) -> Tally:
    counts = canonicaliser.counts
    reasons = {reason.value: count for reason, count in counts.slow.items()}
    return Tally(counts.fast, counts.rechecked, reasons)
