"""MK: attacks on tree and path. Each takes a good batch and spoils one thing."""

from hashlib import sha256

import pytest
from blockcerts_merkletools import MerkleTools

from issuer.batch import build_batch
from issuer.errors import DuplicateLeafError
from protocol.errors import ReceiptError
from protocol.primitives import ChainId, Leaf, TransactionHash
from protocol.proofs.merkle import Side, Step, fold_path
from protocol.proofs.receipt import Receipt, parse_receipt, render_receipt
from tests.attacks.receipt_bytes import LEAF, PATH, SIBLINGS, build_pairs, render, step


def leaves(count: int) -> list[Leaf]:
    return [Leaf(sha256(b"leaf %d" % index).digest()) for index in range(count)]


def refuse_path(path: object, reason: str) -> None:
    with pytest.raises(ReceiptError, match=reason):
        parse_receipt(render(build_pairs(path=path)))


@pytest.mark.parametrize("size", [0, 2, 62, 63, 65, 66, 128])
def test_mk_03_a_sibling_of_another_length_is_refused(size: int) -> None:
    refuse_path([step(0, "d" * size)], "expected 64 lower-case hexadecimal digits")


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_mk_03_a_sibling_of_another_length_is_never_folded(size: int) -> None:
    with pytest.raises(ValueError, match="a sibling has 32 bytes"):
        fold_path(leaves(1)[0], [Step(Side.LEFT, bytes(size))])


def test_mk_03_known_text_cannot_serve_as_a_preimage() -> None:
    """All is well-formed, only the last sibling has 8 bytes."""
    leaf = leaves(1)[0]
    text = leaf + b"N-Quads!"
    refuse_path([step(1, text[32:].hex())], "expected 64 lower-case")


@pytest.mark.parametrize("text", ["z" * 64, "g" + "d" * 63, "٠" * 64, "d" * 63 + "\n"])
def test_mk_04_a_sibling_that_is_not_hexadecimal_is_refused(text: str) -> None:
    refuse_path([step(0, text)], "expected 64 lower-case hexadecimal digits")


def test_mk_05_a_step_with_both_sides_or_none_is_refused() -> None:
    both = [*step(0, SIBLINGS[0]), *step(1, SIBLINGS[1])]
    refuse_path([both], "step is not an array of 2")
    refuse_path([[]], "step is not an array of 2")
    refuse_path([[step(0, SIBLINGS[0])[1]]], "step is not an array of 2")


@pytest.mark.parametrize("code", [2, -1, True, False, 0.0, None, "left"])
def test_mk_05_a_step_of_an_unknown_side_is_refused(code: object) -> None:
    refuse_path([step(code, SIBLINGS[0])], "neither left nor right")


def test_mk_06_an_empty_path_is_right_for_a_batch_of_one_only() -> None:
    one, many = build_batch(leaves(1)), build_batch(leaves(5))
    assert fold_path(leaves(1)[0], ()) == one.root
    assert many.root not in {fold_path(leaf, ()) for leaf in leaves(5)}


def test_mk_07_a_path_of_more_than_32_steps_is_refused() -> None:
    parse_receipt(render(build_pairs(path=[step(0, SIBLINGS[0])] * 32)))
    refuse_path([step(0, SIBLINGS[0])] * 33, "more than 32 steps")
    refuse_path([step(0, SIBLINGS[0])] * 1_000, "more than 4,096 characters")
    with pytest.raises(ValueError, match="at most 32 steps"):
        fold_path(leaves(1)[0], [Step(Side.LEFT, bytes(32))] * 1_000)


@pytest.mark.parametrize("count", [*range(1, 18), 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 257])
def test_mk_08_a_promoted_node_is_read_right_in_every_shape(count: int) -> None:
    given = leaves(count)
    built = build_batch(given)
    level = [bytes(leaf) for leaf in given]
    while len(level) > 1:
        joined = [sha256(a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = joined + level[len(level) - len(level) % 2 :]
    assert built.root == level[0]
    for leaf, path in zip(given, built.paths, strict=True):
        receipt = Receipt(leaf, built.root, path, ChainId(1), TransactionHash(bytes(32)))
        read = parse_receipt(render_receipt(receipt))
        assert fold_path(leaf, read.path) == built.root


def test_mk_09_two_equal_credentials_in_a_batch_are_refused() -> None:
    with pytest.raises(DuplicateLeafError):
        build_batch([*leaves(3), leaves(3)[0]])


@pytest.mark.parametrize(
    "text",
    [
        SIBLINGS[0].upper(),
        "D" + SIBLINGS[0][1:],
        "0x" + SIBLINGS[0],
        "0x" + SIBLINGS[0][2:],
        " " + SIBLINGS[0][1:],
        SIBLINGS[0] + " ",
        SIBLINGS[0][:32] + " " + SIBLINGS[0][32:],
    ],
)
@pytest.mark.parametrize("member", ["path", "root", "leaf"])
def test_mk_16_a_hash_has_one_spelling(member: str, text: str) -> None:
    code_and_text = step(0, text)
    changed = [code_and_text, PATH[1]] if member == "path" else code_and_text[1]
    with pytest.raises(ReceiptError, match="expected 64 lower-case hexadecimal digits"):
        parse_receipt(render(build_pairs(**{member: changed})))


def test_mk_01_merkletools_itself_takes_an_inner_node_for_a_leaf() -> None:
    """Why the walk is ours and the leaf always recomputed: the attack works on the library."""
    given = leaves(4)
    tree = MerkleTools(hash_type="sha256")
    inner = sha256(given[0] + given[1]).hexdigest()
    proof = [{"right": sha256(given[2] + given[3]).hexdigest()}]
    assert tree.validate_proof(proof, inner, build_batch(given).root.hex())
    assert LEAF not in inner
