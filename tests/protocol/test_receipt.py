"""Receipts: Blockcerts' own bytes, one text for one content."""

import json
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

import protocol.proofs.receipt as module
from protocol.errors import ReceiptError
from protocol.primitives import ChainId, Leaf, Root, TransactionHash
from protocol.proofs.merkle import STEP_LIMIT, Side, Step, fold_path
from protocol.proofs.receipt import RECEIPT_LIMIT_CHARACTERS, Receipt, parse_receipt, render_receipt

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "blockcerts_receipts.json").read_text()
)
"""Proof values that Blockcerts' cert-issuer 3.13.1 wrote, with a batch of four on Sepolia's id."""

digests = st.binary(min_size=32, max_size=32)
receipts = st.builds(
    Receipt,
    leaf=digests.map(Leaf),
    root=digests.map(Root),
    path=st.lists(st.builds(Step, st.sampled_from(Side), digests), max_size=STEP_LIMIT).map(tuple),
    chain_id=st.integers(1, 2**53 - 1).map(ChainId),
    transaction=digests.map(TransactionHash),
)


@pytest.mark.parametrize("vector", VECTORS["receipts"], ids=lambda vector: vector["name"])
def test_what_blockcerts_issuer_writes_is_read_and_written_again(vector: dict[str, str]) -> None:
    receipt = parse_receipt(vector["proofValue"])
    assert render_receipt(receipt) == vector["proofValue"]
    assert receipt.root.hex() == vector["root"]
    assert receipt.leaf.hex() == vector["leaf"]
    assert receipt.transaction.hex() == vector["transaction"]
    assert receipt.chain_id == 11155111
    assert fold_path(receipt.leaf, receipt.path) == receipt.root


@given(receipts)
def test_what_is_written_is_read(receipt: Receipt) -> None:
    text = render_receipt(receipt)
    assert parse_receipt(text) == receipt
    assert len(text) <= RECEIPT_LIMIT_CHARACTERS


@given(receipts, st.integers(0), st.sampled_from("19AZaz"))
def test_any_changed_character_is_refused_or_changes_the_content(
    receipt: Receipt, place: int, character: str
) -> None:
    text = render_receipt(receipt)
    place = 1 + place % (len(text) - 1)
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        with suppress(ReceiptError):
            assert parse_receipt(changed) != receipt


def test_a_batch_of_one_has_an_empty_path() -> None:
    leaf = Leaf(sha256(b"one").digest())
    receipt = Receipt(leaf, Root(leaf), (), ChainId(31337), TransactionHash(bytes(32)))
    assert parse_receipt(render_receipt(receipt)) == receipt


@pytest.mark.parametrize("chain_id", [0, -1, 1 << 53])
def test_a_number_that_is_no_chain_id_is_refused(chain_id: int) -> None:
    leaf = Leaf(sha256(b"one").digest())
    receipt = Receipt(leaf, Root(leaf), (), ChainId(1), TransactionHash(bytes(32)))
    with pytest.raises(ReceiptError, match="network is not a chain id"):
        parse_receipt(render_receipt(replace(receipt, chain_id=ChainId(chain_id))))


def build_pairs(receipt: Receipt) -> list:
    """What a receipt says, for a CBOR library that knows nothing of it."""
    wrap = cbor2.dumps
    path = [[int(step.side is Side.RIGHT), wrap(step.sibling.hex())] for step in receipt.path]
    anchor = [[0, 1], [1, receipt.chain_id], [2, wrap("0x" + receipt.transaction.hex())]]
    return [[3, path], [0, wrap(receipt.root.hex())], [1, wrap(receipt.leaf.hex())], [2, [anchor]]]


@given(receipts)
def test_a_cbor_library_writes_the_same_bytes(receipt: Receipt) -> None:
    assert module.encode_receipt(receipt) == cbor2.dumps(build_pairs(receipt))


@pytest.mark.parametrize(
    "size", [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**64 - 1]
)
def test_numbers_have_their_shortest_form(size: int) -> None:
    assert module.encode_head(0, size) == cbor2.dumps(size)


@given(receipts, st.integers(0), st.binary(min_size=0, max_size=3))
def test_the_quick_reading_takes_nothing_that_the_long_one_refuses(
    receipt: Receipt, place: int, change: bytes
) -> None:
    """Bytes changed at random: what is read at once is what a CBOR library reads."""
    good = module.encode_receipt(receipt)
    place %= len(good)
    changed = good[:place] + change + good[place + len(change) :]
    quick = module._read_plain(changed)
    if quick is not None and module.encode_receipt(quick) == changed:
        assert cbor2.loads(changed) == build_pairs(quick)
