"""MK-09 to MK-14: trees are built from a frozen list and every path is walked before use."""

import pytest

from issuer import batch
from issuer.batch import build_batch, build_tree
from issuer.errors import (
    BatchSizeError,
    DuplicateLeafError,
    PathMismatchError,
    RootMismatchError,
)
from protocol.primitives import Leaf
from protocol.proofs.merkle import fold_path


def leaves(count: int) -> list[Leaf]:
    return [Leaf(index.to_bytes(32, "big")) for index in range(1, count + 1)]


@pytest.mark.parametrize("count", [*range(1, 18), 31, 32, 33, 63, 64, 65, 255, 256, 257])
def test_every_path_leads_to_the_root(count: int) -> None:
    built = build_batch(leaves(count))
    assert [
        fold_path(leaf, path) for leaf, path in zip(leaves(count), built.paths, strict=True)
    ] == [built.root] * count


def test_a_batch_of_one_is_its_own_root() -> None:
    built = build_batch(leaves(1))
    assert (built.root, built.paths) == (leaves(1)[0], ((),))


def test_an_odd_node_is_promoted_not_doubled() -> None:
    assert [len(path) for path in build_batch(leaves(5)).paths] == [3, 3, 3, 3, 1]


def test_equal_credentials_are_refused() -> None:
    with pytest.raises(DuplicateLeafError) as caught:
        build_batch([*leaves(5), leaves(5)[2]])
    assert (caught.value.first, caught.value.second) == (2, 5)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(BatchSizeError):
        build_batch([])


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_leaf_of_another_length_is_refused_and_leaves_no_trace(size: int) -> None:
    good = leaves(4)
    with pytest.raises(ValueError, match="32"):
        build_batch([*good, Leaf(bytes(size))])
    assert build_batch(good) == build_batch(good)


def test_leaves_changed_after_the_call_change_nothing() -> None:
    given = leaves(6)
    built = build_batch(given)
    given[0] = Leaf(bytes(32))
    assert built == build_batch(leaves(6))


@pytest.mark.parametrize("height", range(4))
@pytest.mark.parametrize("place", range(2))
def test_a_wrong_node_is_noticed_before_anything_is_signed(
    monkeypatch: pytest.MonkeyPatch, height: int, place: int
) -> None:
    """The tree library has another node in one place: the paths over it lead elsewhere."""

    class Faulty(batch.MerkleTools):  # type: ignore[misc]  # untyped library
        def make_tree(self) -> None:
            super().make_tree()
            level = self.levels[len(self.levels) - 1 - height]
            level[place % len(level)] = bytes(32)

    monkeypatch.setattr(batch, "MerkleTools", Faulty)
    with pytest.raises(PathMismatchError):
        build_batch(leaves(8))


def test_paths_share_their_steps() -> None:
    built = build_batch(leaves(16))
    assert built.paths[0][1] is built.paths[1][1]


def test_every_path_is_the_one_that_the_tree_library_gives() -> None:
    for count in range(1, 70):
        tree = batch.MerkleTools(hash_type="sha256")
        tree.add_leaf([leaf.hex() for leaf in leaves(count)])
        tree.make_tree()
        given = [
            tuple((side, sibling) for step in tree.get_proof(at) for side, sibling in step.items())
            for at in range(count)
        ]
        ours = [
            tuple((step.side.value, step.sibling.hex()) for step in path)
            for path in build_batch(leaves(count)).paths
        ]
        assert ours == given


@pytest.mark.parametrize("size", [1, 2, 4, 8, 64])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 9, 15, 16, 17, 63, 64, 65, 129, 200])
def test_ranges_give_the_root_and_the_paths_of_one_tree(count: int, size: int) -> None:
    whole = build_batch(leaves(count))
    ranges = [leaves(count)[at : at + size] for at in range(0, count, size)]
    tree = build_tree(ranges)
    paths = [
        path + above
        for part, above in zip(ranges, tree.paths, strict=True)
        for path in build_batch(part).paths
    ]
    assert (tree.root, tuple(paths)) == (whole.root, whole.paths)
    assert tree.ranges == tuple(build_batch(part).root for part in ranges)


def test_a_wrong_root_is_noticed_before_it_is_anchored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree library takes a leaf for another."""

    class Faulty(batch.MerkleTools):  # type: ignore[misc]  # untyped library
        def add_leaf(self, values: list[str], do_hash: bool = False) -> None:
            super().add_leaf([*values[:-1], values[0]], do_hash)

    monkeypatch.setattr(batch, "MerkleTools", Faulty)
    with pytest.raises(RootMismatchError):
        build_tree([leaves(4)])
