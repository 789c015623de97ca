"""Multikeys, with keys that others made."""

import json
from pathlib import Path

import base58
import pytest
from eth_account import Account

from protocol.errors import MultikeyError
from protocol.primitives import render_address
from protocol.proofs.multikey import (
    Ed25519Key,
    Secp256k1Key,
    build_secp256k1,
    find_key_address,
    parse_multikey,
    render_ed25519,
    render_secp256k1,
    split_secp256k1,
)

PAIR = json.loads(
    (Path(__file__).parents[1] / "vectors" / "vc_di_eddsa" / "keyPair.json").read_text()
)
ACCOUNT = Account.from_key("0x" + "4c" * 32)
POINT = ACCOUNT._key_obj.public_key


def test_the_key_of_the_standards_vectors_is_read_and_written_again() -> None:
    key = parse_multikey(PAIR["publicKeyMultibase"])
    assert isinstance(key, Ed25519Key)
    assert render_ed25519(key.raw) == PAIR["publicKeyMultibase"]


def test_an_account_is_found_from_its_key() -> None:
    text = render_secp256k1(POINT.to_compressed_bytes())
    assert text.startswith("zQ3s")
    key = parse_multikey(text)
    assert isinstance(key, Secp256k1Key)
    assert render_address(find_key_address(key)) == ACCOUNT.address
    assert b"".join(split_secp256k1(key)) == POINT.to_bytes()
    assert build_secp256k1(*split_secp256k1(key)) == key


def encode(data: bytes) -> str:
    return "z" + base58.b58encode(data).decode("ascii")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (encode(b"\xed\x01" + bytes(31)), "32 bytes"),
        (encode(b"\xed\x01" + bytes(33)), "32 bytes"),
        (encode(b"\xe7\x01" + bytes(32)), "33 bytes"),
        (encode(b"\xe7\x01" + b"\x02" + b"\xff" * 32), "no point"),
        (encode(b"\xe7\x01" + b"\x05" + bytes(32)), "no point"),
        (encode(b"\x80\x24" + bytes(33)), "neither"),
        (encode(b""), "neither"),
        ("u7QE", "letter z"),
        ("z" + "2" * 64, "more than 64"),
    ],
)
def test_other_keys_are_refused(text: str, reason: str) -> None:
    with pytest.raises(MultikeyError, match=reason):
        parse_multikey(text)


def test_coordinates_off_the_curve_are_refused() -> None:
    with pytest.raises(MultikeyError, match="no point"):
        build_secp256k1(bytes(32), b"\x01" * 32)
