"""The walk from leaf to root, against merkletools' paths and a third implementation."""

from hashlib import sha256

import pytest

from issuer.batch import build_batch
from protocol.primitives import Leaf
from protocol.proofs.merkle import STEP_LIMIT, Side, Step, fold_leaves, fold_path


def leaves(count: int) -> list[Leaf]:
    return [Leaf(sha256(b"leaf %d" % index).digest()) for index in range(count)]


def split_root(nodes: list[bytes]) -> bytes:
    """The tree from the top: the left half is the largest power of two below the count."""
    if len(nodes) == 1:
        return nodes[0]
    half = 1 << (len(nodes) - 1).bit_length() - 1
    return sha256(split_root(nodes[:half]) + split_root(nodes[half:])).digest()


def split_path(nodes: list[bytes], index: int) -> tuple[Step, ...]:
    if len(nodes) == 1:
        return ()
    half = 1 << (len(nodes) - 1).bit_length() - 1
    if index < half:
        return (*split_path(nodes[:half], index), Step(Side.RIGHT, split_root(nodes[half:])))
    return (*split_path(nodes[half:], index - half), Step(Side.LEFT, split_root(nodes[:half])))


def test_trees_of_every_size_to_300_agree_with_a_second_construction() -> None:
    for count in range(1, 301):
        given = leaves(count)
        built = build_batch(given)
        assert built.root == fold_leaves(given) == split_root(list(given)), count
        for index in {0, 1, count // 2, count - 2, count - 1} & set(range(count)):
            assert built.paths[index] == split_path(list(given), index), (count, index)
        assert {fold_path(leaf, path) for leaf, path in zip(given, built.paths, strict=True)} == {
            built.root
        }, count


def test_every_path_of_some_sizes_agrees_step_by_step() -> None:
    for count in (2, 3, 5, 7, 31, 32, 33, 100):
        given = leaves(count)
        assert build_batch(given).paths == tuple(
            split_path(list(given), index) for index in range(count)
        ), count


def test_a_path_leads_nowhere_from_another_leaf() -> None:
    given = leaves(9)
    built = build_batch(given)
    assert built.root not in {fold_path(leaf, built.paths[4]) for leaf in given if leaf != given[4]}


def test_the_side_of_each_step_matters() -> None:
    built = build_batch(leaves(4))
    flipped = tuple(
        Step(Side.LEFT if step.side is Side.RIGHT else Side.RIGHT, step.sibling)
        for step in built.paths[0]
    )
    assert fold_path(leaves(4)[0], flipped) != built.root


def test_the_longest_path_is_walked_and_one_more_step_is_refused() -> None:
    path = (Step(Side.LEFT, bytes(32)),) * STEP_LIMIT
    fold_path(leaves(1)[0], path)
    with pytest.raises(ValueError, match="at most 32 steps"):
        fold_path(leaves(1)[0], (*path, path[0]))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_only_32_bytes_are_a_leaf_or_a_sibling(size: int) -> None:
    with pytest.raises(ValueError, match="a leaf has 32 bytes"):
        fold_path(Leaf(bytes(size)), ())
    with pytest.raises(ValueError, match="a sibling has 32 bytes"):
        Step(Side.LEFT, bytes(size))


def test_no_leaves_have_no_root() -> None:
    with pytest.raises(ValueError, match="at least one"):
        fold_leaves([])
