"""Signed bytes that are about to be sent, read back (EIP-1559: nothing else is signed here)."""

from dataclasses import dataclass
from typing import Final

import rlp
from eth_keys.datatypes import Signature

from protocol.primitives import Address, hash_keccak

_TYPE: Final = b"\x02"
_SIGNATURE_FIELDS: Final = 3


@dataclass(frozen=True, slots=True)
class SentFields:
    """What matters of signed bytes when a node refuses them."""

    sender: Address
    nonce: int
    most_wei: int
    """The most that the transaction may cost: gas at the highest fee, and its value."""


def parse_raw(raw: bytes) -> SentFields:
    """Return who sends what; the bytes are our own signer's, so anything else is a bug."""
    fields = rlp.decode(raw.removeprefix(_TYPE))
    nonce, _, max_fee, gas, _, value = (
        int.from_bytes(each, "big") if isinstance(each, bytes) else 0 for each in fields[1:7]
    )
    signed = hash_keccak(_TYPE + rlp.encode(fields[:-_SIGNATURE_FIELDS]))
    parity, r, s = (int.from_bytes(each, "big") for each in fields[-_SIGNATURE_FIELDS:])
    key = Signature(vrs=(parity, r, s)).recover_public_key_from_msg_hash(signed)
    return SentFields(Address(key.to_canonical_address()), nonce, gas * max_fee + value)
