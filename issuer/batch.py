"""Merkle trees of batches: the only module that uses merkletools, and only to build."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from blockcerts_merkletools import MerkleTools

from issuer.errors import BatchSizeError, DuplicateLeafError, PathMismatchError
from protocol.primitives import DIGEST_BYTES, Leaf, Root, parse_hex
from protocol.proofs.merkle import Side, Step, fold_path

LEAF_LIMIT: Final = 1_000_000
"""Most leaves of one tree: some 350 MB in merkletools (measured)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A root and, for each leaf in the order given, the path that leads to it."""

    root: Root
    paths: tuple[tuple[Step, ...], ...]


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
    tree = MerkleTools(hash_type="sha256")
    tree.add_leaf([leaf.hex() for leaf in frozen])
    tree.make_tree()
    root = Root(parse_hex(tree.get_merkle_root(), DIGEST_BYTES))
    paths = tuple(_read_path(tree.get_proof(index)) for index in range(len(frozen)))
    for index, (leaf, path) in enumerate(zip(frozen, paths, strict=True)):
        if fold_path(leaf, path) != root:
            raise PathMismatchError(index)
    return Batch(root, paths)


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


def _read_path(proof: list[dict[str, str]]) -> tuple[Step, ...]:
    return tuple(
        Step(Side(side), parse_hex(digits, DIGEST_BYTES))
        for entry in proof
        for side, digits in entry.items()
    )
