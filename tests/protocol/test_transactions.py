"""Transactions of every type, signed by an independent library and described as a node does."""

import pytest
import rlp
from eth_account import Account

from protocol.errors import ChainUnreachableError
from protocol.nodes.answers import Answer
from protocol.nodes.raw_transactions import parse_raw
from protocol.nodes.transactions import rebuild_transaction
from protocol.primitives import Address, TransactionHash, hash_keccak

ACCOUNT = Account.from_key(b"\x02" * 32)
OTHER = Account.from_key(b"\x03" * 32)
TO = "0x" + "99" * 20
SLOT = "0x" + "05" * 32
ACCESS = [{"address": TO, "storageKeys": [SLOT]}]
PLAIN = {"nonce": 4, "gas": 60_000, "to": bytes.fromhex(TO[2:]), "value": 5, "data": b"\x01\x02"}
FEES = {"chainId": 5, "maxFeePerGas": 9, "maxPriorityFeePerGas": 0}
AUTHORIZATION = OTHER.sign_authorization({"chainId": 0, "address": TO, "nonce": 1})
KINDS = {
    "before EIP-155": PLAIN | {"gasPrice": 10**10},
    "EIP-155": PLAIN | {"gasPrice": 10**10, "chainId": 11_155_111},
    "access list": PLAIN | {"type": 1, "chainId": 5, "gasPrice": 1, "accessList": ACCESS},
    "fees": PLAIN | FEES | {"type": 2, "accessList": ACCESS},
    "creation": PLAIN | FEES | {"type": 2, "to": b""},
    "delegation": PLAIN | FEES | {"type": 4, "authorizationList": [AUTHORIZATION]},
}


def describe(kind):
    """Return a transaction's hash and raw bytes, and its JSON as a node gives it."""
    fields = KINDS[kind]
    signed = ACCOUNT.sign_transaction(fields)
    shown = {
        name: hex(value) if isinstance(value, int) else value
        for name, value in (fields | {"v": signed.v, "r": signed.r, "s": signed.s}).items()
    }
    shown |= {
        "to": "0x" + fields["to"].hex() if fields["to"] else None,
        "input": "0x" + fields["data"].hex(),
        "accessList": fields.get("accessList", []),
    }
    if "authorizationList" in fields:
        shown["authorizationList"] = [
            {
                "chainId": "0x0",
                "address": TO,
                "nonce": "0x1",
                "yParity": hex(AUTHORIZATION.y_parity),
                "r": hex(AUTHORIZATION.r),
                "s": hex(AUTHORIZATION.s),
            }
        ]
    return TransactionHash(bytes(signed.hash)), bytes(signed.raw_transaction), shown


def rebuild(shown, wanted):
    return rebuild_transaction(Answer("campus", "eth_getTransactionByHash", shown), wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_hash_bytes_and_sender_are_recomputed_for_every_type(kind):
    wanted, raw, shown = describe(kind)
    content = rebuild(shown, wanted)
    assert content.raw == raw
    assert content.sender == Address(bytes.fromhex(ACCOUNT.address[2:]))
    assert (content.input, content.nonce) == (b"\x01\x02", 4)
    assert content.to == (bytes.fromhex(TO[2:]) if KINDS[kind]["to"] else None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("member", ["nonce", "gas", "value", "r", "s"])
def test_one_number_changed_is_another_transaction(kind, member):
    wanted, _, shown = describe(kind)
    shown[member] = hex(int(shown[member], 16) ^ 1)
    with pytest.raises(ChainUnreachableError, match="not the transaction that was asked for"):
        rebuild(shown, wanted)


@pytest.mark.parametrize("v", ["0x0", "0x1a", "0x22", None])
def test_a_signature_of_no_known_form_is_refused(v):
    wanted, _, shown = describe("before EIP-155")
    with pytest.raises(ChainUnreachableError):
        rebuild(shown | {"v": v}, wanted)


def test_an_older_node_calls_the_parity_v():
    wanted, _, shown = describe("fees")
    assert "yParity" not in shown
    assert rebuild(shown, wanted).sender == rebuild(shown | {"yParity": shown["v"]}, wanted).sender


def test_an_impossible_signature_is_no_answer():

    _, _, shown = describe("before EIP-155")
    r, s = b"\xff" * 32, b"\xff" * 32
    numbers = [4, 10**10, 60_000]
    fields = [n.to_bytes((n.bit_length() + 7) // 8, "big") for n in numbers]
    raw = rlp.encode([*fields, bytes.fromhex(TO[2:]), b"\x05", b"\x01\x02", b"\x1b", r, s])
    shown |= {"v": "0x1b", "r": "0x" + r.hex(), "s": "0x" + s.hex()}
    with pytest.raises(ChainUnreachableError, match="signature is none"):
        rebuild(shown, TransactionHash(hash_keccak(raw)))


def test_signed_bytes_say_who_sends_what_at_most():
    _, raw, _ = describe("fees")
    fields = parse_raw(raw)
    assert fields.sender == bytes.fromhex(ACCOUNT.address[2:])
    assert (fields.nonce, fields.most_wei) == (4, 60_000 * 9 + 5)
