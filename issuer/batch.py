"""Merkle trees of batches: the only module that uses merkletools, and only to build.

A tree is built range by range: merkletools makes the tree of each range, and one more over their
roots. A range is a power of two of leaves, so the root and every path are those of one tree over
all (a test compares), while merkletools, which keeps a tree as hexadecimal text, never holds more
than one range.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import cycle, pairwise, zip_longest
from typing import Final, TypeVar

from blockcerts_merkletools import MerkleTools

from issuer.errors import (
    BatchSizeError,
    DuplicateLeafError,
    PathMismatchError,
    RootMismatchError,
)
from protocol.primitives import DIGEST_BYTES, Leaf, Root, parse_hex
from protocol.proofs.merkle import Side, Step

Node = TypeVar("Node")
LEAF_LIMIT: Final = 1_000_000
"""Most leaves of one tree: some 350 MB in merkletools (measured)."""
_SIDES: Final = (Side.LEFT, Side.RIGHT)
"""On which side nodes stand in their pairs."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A root, and what leads to it from each leaf in the order given."""

    root: Root
    levels: tuple[tuple[Step, ...], ...]
    """From the leaves up to below the root, each node as the sibling's step: paths share them."""

    @property
    def paths(self) -> tuple[tuple[Step, ...], ...]:
        """The path of each leaf."""
        count = len(self.levels[0]) if self.levels else 1
        return tuple(tuple(pick_path(self.levels, index)) for index in range(count))


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of a batch above its ranges."""

    root: Root
    ranges: tuple[Root, ...]
    """The root of each range."""
    paths: tuple[tuple[Step, ...], ...]
    """For each range the path from its root to the tree's."""


def build_batch(leaves: Sequence[Leaf]) -> Batch:
    """Build the tree over ``leaves`` in their order, and fold every level before any is used.

    Where siblings lead to the nodes above them, all the way up, every path leads to the root.

    Raises:
        BatchSizeError: no leaf, or more than `LEAF_LIMIT`.
        DuplicateLeafError: two equal leaves; one revocation would hit both.
        ValueError: a leaf is not 32 bytes.
        PathMismatchError: a path does not lead to the root.
    """
    frozen = tuple(leaves)
    _check_leaves(frozen)
    tree, root = _make_tree(frozen)
    levels = [[*map(bytes, level)] for level in reversed(tree.levels)]
    if levels[0] != [*frozen] or levels[-1] != [root]:
        raise PathMismatchError(0)
    for height, (level, above) in enumerate(pairwise(levels), start=1):
        wrong = _find_difference(_fold_level(level), above)
        if wrong is not None:
            raise PathMismatchError(wrong << height)
    return Batch(root, tuple(tuple(map(_make_step, level, cycle(_SIDES))) for level in levels[:-1]))


def pick_path(levels: Sequence[Sequence[Node]], index: int) -> list[Node]:
    """Return what stands for the siblings on the way from a leaf to the root.

    A node without sibling is promoted: its level adds nothing.
    """
    path = []
    for level in levels:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return path


def build_tree(ranges: Iterable[Sequence[Leaf]]) -> Tree:
    """Build the tree over the leaves of all ranges, each but the last as long as the first.

    The root of each range is computed twice, by merkletools and by us. Paths inside a range are
    built, and walked, by `build_batch`. That no leaf stands in two ranges is the caller's to see.

    Raises:
        BatchSizeError, ValueError: as `build_batch`.
        RootMismatchError: merkletools and we come to different roots.
    """
    roots = [_fold_range(leaves) for leaves in ranges]
    top = build_batch([Leaf(root) for root in roots])
    return Tree(top.root, tuple(roots), top.paths)


def _fold_range(leaves: Sequence[Leaf]) -> Root:
    _, root = _make_tree(leaves)
    level: Sequence[bytes] = leaves
    while len(level) > 1:
        level = _fold_level(level)
    if root != level[0]:
        raise RootMismatchError(root, Root(level[0]))
    return root


def _fold_level(level: Sequence[bytes]) -> list[bytes]:
    pairs = zip(level[0::2], level[1::2], strict=False)
    promoted = level[len(level) & ~1 :]
    return [sha256(left + right).digest() for left, right in pairs] + [*promoted]


def _find_difference(expected: Sequence[bytes], found: Sequence[bytes]) -> int | None:
    pairs = enumerate(zip_longest(expected, found))
    return next((place for place, (one, other) in pairs if one != other), None)


def _check_leaves(leaves: tuple[Leaf, ...]) -> None:
    if not 0 < len(leaves) <= LEAF_LIMIT:
        raise BatchSizeError(len(leaves), LEAF_LIMIT)
    first_seen: dict[Leaf, int] = {}
    for index, leaf in enumerate(leaves):
        if len(leaf) != DIGEST_BYTES:
            message = f"leaf {index} has {len(leaf)} bytes instead of {DIGEST_BYTES}"
            raise ValueError(message)
        if leaf in first_seen:
            raise DuplicateLeafError(first_seen[leaf], index)
        first_seen[leaf] = index


def _make_tree(leaves: Sequence[Leaf]) -> tuple[MerkleTools, Root]:
    tree = MerkleTools(hash_type="sha256")
    tree.add_leaf([leaf.hex() for leaf in leaves])
    tree.make_tree()
    return tree, Root(parse_hex(tree.get_merkle_root(), DIGEST_BYTES))


def _make_step(node: bytes, side: Side) -> Step:
    return Step(side, node)
