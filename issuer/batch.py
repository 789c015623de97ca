"""Merkle trees of batches: the only module that uses merkletools, and only to build.

A tree is built range by range: merkletools makes the tree of each range, and one more over their
roots. A range is a power of two of leaves, so the root and every path are those of one tree over
all (a test compares), while merkletools, which keeps a tree as hexadecimal text, never holds more
than one range.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from blockcerts_merkletools import MerkleTools

from issuer.errors import (
    BatchSizeError,
    DuplicateLeafError,
    PathMismatchError,
    RootMismatchError,
)
from protocol.primitives import DIGEST_BYTES, Leaf, Root, parse_hex
from protocol.proofs.merkle import Side, Step, fold_path

LEAF_LIMIT: Final = 1_000_000
"""Most leaves of one tree: some 350 MB in merkletools (measured)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A root and, for each leaf in the order given, the path that leads to it."""

    root: Root
    paths: tuple[tuple[Step, ...], ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of a batch above its ranges."""

    root: Root
    ranges: tuple[Root, ...]
    """The root of each range."""
    paths: tuple[tuple[Step, ...], ...]
    """For each range the path from its root to the tree's."""


def build_batch(leaves: Sequence[Leaf]) -> Batch:
    """Build the tree over ``leaves`` in their order, and walk every path before it is used.

    Raises:
        BatchSizeError: no leaf, or more than `LEAF_LIMIT`.
        DuplicateLeafError: two equal leaves; one revocation would hit both.
        ValueError: a leaf is not 32 bytes.
        PathMismatchError: a path does not lead to the root.
    """
    frozen = tuple(leaves)
    _check_leaves(frozen)
    tree, root = _make_tree(frozen)
    steps: dict[tuple[str, str], Step] = {}
    paths = tuple(_read_path(tree.get_proof(index), steps) for index in range(len(frozen)))
    for index, (leaf, path) in enumerate(zip(frozen, paths, strict=True)):
        if fold_path(leaf, path) != root:
            raise PathMismatchError(index)
    return Batch(root, paths)


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
        pairs = zip(level[0::2], level[1::2], strict=False)
        level = [sha256(left + right).digest() for left, right in pairs] + [
            *level[len(level) & ~1 :]
        ]
    if root != level[0]:
        raise RootMismatchError(root, Root(level[0]))
    return root


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


def _read_path(proof: list[dict[str, str]], steps: dict[tuple[str, str], Step]) -> tuple[Step, ...]:
    """Return a path; a node that stands in many paths is read once."""
    path = []
    for entry in proof:
        (item,) = entry.items()
        step = steps.get(item)
        if step is None:
            step = steps[item] = Step(Side(item[0]), parse_hex(item[1], DIGEST_BYTES))
        path.append(step)
    return tuple(path)
