"""Walk from a leaf to a root: SHA-256 over left and right, an odd node promoted, no tags.

A leaf's preimage is N-Quads of a guarded credential and never 64 raw bytes, so no inner node can
be taken for a leaf that *we* recomputed (docs/receipt.md, ADR 0002). A bare hash is never a leaf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, assert_never

from protocol.primitives import DIGEST_BYTES, Leaf, Root

STEP_LIMIT: Final = 32
"""Most steps of a path: a tree of four thousand million leaves."""


class Side(StrEnum):
    """On which side of the node the *sibling* stands."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Step:
    """One step towards the root: exactly one sibling of exactly 32 bytes.

    Raises:
        ValueError: another length.
    """

    side: Side
    sibling: bytes

    def __post_init__(self) -> None:
        if len(self.sibling) != DIGEST_BYTES:
            message = f"a sibling has {DIGEST_BYTES} bytes, not {len(self.sibling)}"
            raise ValueError(message)


def fold_path(leaf: Leaf, path: Sequence[Step]) -> Root:
    """Return the root that a path leads to from a leaf; without steps the leaf is the root.

    Raises:
        ValueError: the leaf is not 32 bytes, or the path has more than `STEP_LIMIT` steps.
    """
    if len(leaf) != DIGEST_BYTES:
        message = f"a leaf has {DIGEST_BYTES} bytes, not {len(leaf)}"
        raise ValueError(message)
    if len(path) > STEP_LIMIT:
        message = f"a path has at most {STEP_LIMIT} steps, not {len(path)}"
        raise ValueError(message)
    node: bytes = leaf
    for step in path:
        node = _join(node, step)
    return Root(node)


def fold_leaves(leaves: Sequence[Leaf]) -> Root:
    """Return the root of the tree over leaves in their order; an odd node is promoted.

    Raises:
        ValueError: no leaf.
    """
    if not leaves:
        message = "a tree has at least one leaf"
        raise ValueError(message)
    level: list[bytes] = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(left + right).digest() for left, right in pairs] + odd
    return Root(level[0])


def _join(node: bytes, step: Step) -> bytes:
    match step.side:
        case Side.LEFT:
            return sha256(step.sibling + node).digest()
        case Side.RIGHT:
            return sha256(node + step.sibling).digest()
        case _:
            assert_never(step.side)
