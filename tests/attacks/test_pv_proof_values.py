"""PV-01 to PV-07 and PV-09: a proof value has one text, or it is refused.

Each attack is a good receipt with one thing spoiled.
"""

import base64
import time

import cbor2
import pytest

from protocol.errors import ReceiptError
from protocol.proofs.receipt import RECEIPT_LIMIT_CHARACTERS, parse_receipt
from tests.attacks.receipt_bytes import (
    LEAF,
    PATH,
    ROOT,
    SIBLINGS,
    TRANSACTION,
    build_anchor,
    build_pairs,
    render,
    render_bytes,
    wrap,
)

GOOD = cbor2.dumps(build_pairs())


def refuse(text: str, reason: str) -> None:
    with pytest.raises(ReceiptError, match=reason):
        parse_receipt(text)


def test_the_unspoiled_receipt_is_read() -> None:
    receipt = parse_receipt(render_bytes(GOOD))
    assert (receipt.root.hex(), receipt.leaf.hex()) == (ROOT, LEAF)
    assert [step.sibling.hex() for step in receipt.path] == list(SIBLINGS)
    assert "0x" + receipt.transaction.hex() == TRANSACTION


def swap_pairs(first: int, second: int) -> bytes:
    pairs = build_pairs()
    pairs[first], pairs[second] = pairs[second], pairs[first]
    return cbor2.dumps(pairs)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(GOOD + b"\0", "another encoding", id="bytes-left-over"),
        pytest.param(b"\0" + GOOD, "not an array", id="leading-zero"),
        pytest.param(b"\x9f" + GOOD[1:] + b"\xff", "indefinite", id="indefinite-array"),
        pytest.param(
            GOOD.replace(b"\x1a\x00\xaa\x36\xa7", b"\x1b\0\0\0\0\x00\xaa\x36\xa7"),
            "another encoding",
            id="long-integer",
        ),
        pytest.param(
            GOOD.replace(b"\x58\x42\x78\x40", b"\x59\x00\x42\x78\x40"),
            "another encoding",
            id="long-length",
        ),
        pytest.param(swap_pairs(1, 2), "in this order", id="other-order"),
        pytest.param(swap_pairs(0, 3), "in this order", id="order-of-the-table"),
        pytest.param(
            cbor2.dumps(build_pairs(root=bytes.fromhex(ROOT))), "plain CBOR|text", id="bare-bytes"
        ),
        pytest.param(
            cbor2.dumps(build_pairs(root=cbor2.dumps(bytes.fromhex(ROOT)))),
            "not hexadecimal text",
            id="bytes-inside",
        ),
        pytest.param(cbor2.dumps(build_pairs(root=ROOT)), "not hexadecimal text", id="bare-text"),
        pytest.param(cbor2.dumps(dict(build_pairs())), "not an array", id="map"),
        pytest.param(
            cbor2.dumps(build_pairs(root=wrap(ROOT) + b"\0")), "another encoding", id="inner-rest"
        ),
    ],
)
def test_pv_01_the_same_content_in_another_encoding_is_refused(data: bytes, reason: str) -> None:
    assert data != GOOD
    refuse(render_bytes(data), reason)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("f" + GOOD.hex(), id="hexadecimal"),
        pytest.param(
            "u" + base64.urlsafe_b64encode(GOOD).decode("ascii").rstrip("="), id="base64url"
        ),
        pytest.param(render_bytes(GOOD) + "\n", id="line-end"),
        pytest.param(" " + render_bytes(GOOD), id="blank"),
    ],
)
def test_pv_01_another_multibase_is_refused(text: str) -> None:
    refuse(text, "letter z")


def test_pv_02_a_member_given_twice_is_refused() -> None:
    twice = build_pairs()
    twice.insert(1, [0, wrap("1" * 64)])
    refuse(render(twice), "array of 4")
    instead = build_pairs()
    instead[2] = [0, wrap("1" * 64)]
    refuse(render(instead), "in this order")


def test_pv_02_an_unknown_member_is_refused() -> None:
    refuse(render([*build_pairs(), [9, 1]]), "array of 4")


TAGGED = {
    "regular-expression": "d8236628612b292b24",
    "mail": "d82460",
    "cycle": "d81c81d81d00",
    "date": "c11a514b67b0",
    "bignum": "c249010000000000000000",
    "decimal": "c48221196ab3",
    "set": "d9010280",
    "self-described": "d9d9f7" + GOOD.hex(),
    "unknown": "d9ffff00",
}


@pytest.mark.parametrize("data", TAGGED.values(), ids=TAGGED.keys())
def test_pv_03_a_tag_is_refused_wherever_it_stands(data: str) -> None:
    refuse(render_bytes(bytes.fromhex(data)), "not plain CBOR .*tag")
    refuse(render(build_pairs(root=bytes.fromhex(data))), "not plain CBOR .*tag")


def test_pv_03_deep_nesting_is_refused() -> None:
    refuse(render_bytes(b"\x81" * 9 + b"\x00"), "not plain CBOR .*depth")


def test_pv_03_indefinite_text_is_refused() -> None:
    refuse(render(build_pairs(root=b"\x7f\x78\x40" + ROOT.encode("ascii") + b"\xff")), "indefinite")


def test_pv_04_a_long_value_is_refused_before_it_is_decoded() -> None:
    started = time.perf_counter()
    refuse("z" + "2" * 300_000, "more than 4,096 characters")
    assert time.perf_counter() - started < 0.1
    refuse("z" + "2" * RECEIPT_LIMIT_CHARACTERS, "more than 4,096 characters")
    refuse("z" + "2" * (RECEIPT_LIMIT_CHARACTERS - 1), "plain CBOR|not an array")


@pytest.mark.parametrize("head", ["5b", "7b", "9b", "bb"])
@pytest.mark.parametrize("size", [1 << 32, 1 << 40, 1 << 60, (1 << 64) - 1])
def test_pv_05_a_declared_length_is_never_believed(head: str, size: int) -> None:
    data = bytes.fromhex(head) + size.to_bytes(8, "big") + bytes(40)
    refuse(render_bytes(data), "not plain CBOR")
    refuse(render(build_pairs(root=data)), "not plain CBOR")


@pytest.mark.parametrize("spoil", ["0", "O", "I", "l", " ", "é", "\0"])
def test_pv_06_a_character_outside_the_alphabet_is_refused(spoil: str) -> None:
    text = render_bytes(GOOD)
    refuse(text[:40] + spoil + text[41:], "letter z")


@pytest.mark.parametrize("prefix", ["", "Z", "m", "z z"])
def test_pv_06_another_prefix_is_refused(prefix: str) -> None:
    refuse(prefix + render_bytes(GOOD)[1:], "letter z")


@pytest.mark.parametrize("anchors", [[], [build_anchor(), build_anchor()]], ids=["none", "two"])
def test_pv_07_there_is_exactly_one_anchor(anchors: list[object]) -> None:
    refuse(render(build_pairs(anchors=anchors)), "anchors is not an array of 1")


@pytest.mark.parametrize("chain", [-1, 0, 2, True, 1.0, "1", None])
def test_pv_08_an_anchor_on_another_kind_of_chain_is_refused(chain: object) -> None:
    refuse(render(build_pairs(anchors=[build_anchor(chain=chain)])), "not on an Ethereum network")


def test_pv_08_a_mock_chain_is_refused() -> None:
    refuse(render(build_pairs(anchors=[[[0, -1]]])), "anchor is not an array of 3")
    issued = [[0, -1], [1, wrap("This has not been issued on a blockchain")]]
    refuse(render(build_pairs(anchors=[issued])), "anchor is not an array of 3")


@pytest.mark.parametrize(
    "transaction",
    [
        "c" * 64,
        "0x" + "c" * 63,
        "0x" + "c" * 65,
        "0x" + "c" * 62,
        "0x" + "C" * 64,
        "0X" + "c" * 64,
        "0x" + "c" * 64 + ":1",
        "eth:sepolia:0x" + "c" * 64,
        "0x" + "g" * 64,
        "0x" + "c" * 63 + " ",
        "",
        7,
    ],
)
def test_pv_09_a_transaction_id_has_exactly_one_form(transaction: object) -> None:
    refuse(
        render(build_pairs(anchors=[build_anchor(transaction=transaction)])),
        "expected|another encoding|not hexadecimal text",
    )


def test_a_path_that_is_no_array_is_refused() -> None:
    refuse(render(build_pairs(path=wrap(PATH))), "path is not an array")
