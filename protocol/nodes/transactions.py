"""A transaction as its sender signed it, rebuilt from a node's JSON.

The hash is recomputed and the sender recovered from the signature, so that no node can make up what
was sent or by whom (CH-08). Inclusion, success and time are not in the signature; for those the
receipt and the block are needed.
"""

from dataclasses import dataclass
from typing import Final

import rlp
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from protocol.nodes.answers import Answer
from protocol.primitives import Address, Digest, TransactionHash, hash_keccak

_ACCESS_LIST_FIELDS: Final = ("chainId", "nonce", "gasPrice", "gas", "to", "value", "input")
_FEE_FIELDS: Final = (
    *("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas"),
    *("gas", "to", "value", "input", "accessList"),
)
_FIELDS: Final = {
    1: (*_ACCESS_LIST_FIELDS, "accessList"),
    2: _FEE_FIELDS,
    3: (*_FEE_FIELDS, "maxFeePerBlobGas", "blobVersionedHashes"),
    4: (*_FEE_FIELDS, "authorizationList"),
}
"""What is signed of each type (EIP-2930, 1559, 4844, 7702), in order."""
_LEGACY_FIELDS: Final = ("nonce", "gasPrice", "gas", "to", "value", "input")
_UNPROTECTED: Final = (27, 28)
_PROTECTED_BASE: Final = 35
"""EIP-155: v is 35 or 36 and twice the chain id."""

Item = bytes | list["Item"]
"""What RLP encodes."""


@dataclass(frozen=True, slots=True)
class SignedContent:
    """What a transaction's signature vouches for, with the bytes that were sent."""

    hash: TransactionHash
    sender: Address
    to: Address | None
    input: bytes
    nonce: int
    raw: bytes


def rebuild_transaction(answer: Answer, wanted: TransactionHash) -> SignedContent:
    """Return the signed content of a transaction that a node describes.

    Raises:
        ChainUnreachableError: it is not the transaction asked for, or of a kind that is not known.
    """
    kind = answer.find_member("type")
    number = 0 if kind.value is None else kind.parse_quantity()
    signed, raw, parity = _rebuild_legacy(answer) if number == 0 else _rebuild_typed(answer, number)
    if TransactionHash(hash_keccak(raw)) != wanted:
        raise answer.refuse("it is not the transaction that was asked for")
    to = answer.find_member("to")
    return SignedContent(
        hash=wanted,
        sender=_recover_sender(answer, hash_keccak(signed), parity),
        to=None if to.value is None else to.parse_address(),
        input=answer.find_member("input").parse_data(),
        nonce=answer.find_member("nonce").parse_quantity(),
        raw=raw,
    )


def _rebuild_typed(answer: Answer, number: int) -> tuple[bytes, bytes, int]:
    if number not in _FIELDS:
        raise answer.refuse(f"transactions of type {number} are not known here")
    items = [_parse_field(answer.find_member(name), name) for name in _FIELDS[number]]
    parity = _find_parity(answer)
    signature = [_shorten(parity), *_parse_signature(answer)]
    prefix = bytes([number])
    return prefix + rlp.encode(items), prefix + rlp.encode(items + signature), parity


def _rebuild_legacy(answer: Answer) -> tuple[bytes, bytes, int]:
    items = [_parse_field(answer.find_member(name), name) for name in _LEGACY_FIELDS]
    v = answer.find_member("v").parse_quantity()
    raw = rlp.encode([*items, _shorten(v), *_parse_signature(answer)])
    if v in _UNPROTECTED:
        return rlp.encode(items), raw, v - _UNPROTECTED[0]
    if v < _PROTECTED_BASE:
        raise answer.refuse("its signature is of no known form")
    chain_id, parity = divmod(v - _PROTECTED_BASE, 2)
    return rlp.encode([*items, _shorten(chain_id), b"", b""]), raw, parity


def _find_parity(answer: Answer) -> int:
    """Return the signature's parity: ``yParity``, which older nodes call ``v``."""
    parity = answer.find_member("yParity")
    number = (answer.find_member("v") if parity.value is None else parity).parse_quantity()
    if number not in (0, 1):
        raise answer.refuse("its signature is of no known form")
    return number


def _parse_signature(answer: Answer) -> list[Item]:
    return [_shorten(answer.find_member(name).parse_quantity()) for name in ("r", "s")]


def _recover_sender(answer: Answer, signed: Digest, parity: int) -> Address:
    r, s = (answer.find_member(name).parse_quantity() for name in ("r", "s"))
    try:
        signature = Signature(vrs=(parity, r, s))
        key = signature.recover_public_key_from_msg_hash(signed)
    except (BadSignature, ValidationError) as error:
        raise answer.refuse("its signature is none") from error
    return Address(key.to_canonical_address())


def _parse_field(field: Answer, name: str) -> Item:
    match name:
        case "to":
            return b"" if field.value is None else field.parse_address()
        case "input":
            return field.parse_data()
        case "accessList":
            return [_parse_access(entry) for entry in field.parse_list()]
        case "blobVersionedHashes":
            return [entry.parse_digest() for entry in field.parse_list()]
        case "authorizationList":
            return [_parse_authorization(entry) for entry in field.parse_list()]
        case _:
            return _shorten(field.parse_quantity())


def _parse_access(entry: Answer) -> Item:
    slots: list[Item] = [
        slot.parse_digest() for slot in entry.find_member("storageKeys").parse_list()
    ]
    return [entry.find_member("address").parse_address(), slots]


def _parse_authorization(entry: Answer) -> Item:
    return [
        _shorten(entry.find_member("chainId").parse_quantity()),
        entry.find_member("address").parse_address(),
        _shorten(entry.find_member("nonce").parse_quantity()),
        _shorten(_find_parity(entry)),
        *_parse_signature(entry),
    ]


def _shorten(number: int) -> bytes:
    """Return a number as RLP wants it: big-endian without leading zeros, nothing for 0."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
