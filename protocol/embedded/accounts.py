"""Answers about accounts and their storage, with proofs."""

from collections.abc import Sequence
from typing import Final

import rlp
from eth.abc import BlockHeaderAPI
from eth.rlp.accounts import Account
from trie.hexary import HexaryTrie

from protocol.embedded.parameters import (
    InvalidParamsError,
    parse_account,
    parse_data,
    parse_quantity,
    read_block,
    take,
)
from protocol.embedded.render import Json, render_quantity, render_word
from protocol.embedded.rules import Chain
from protocol.primitives import DIGEST_BYTES, Digest, hash_keccak, render_hex

EMPTY_TRIE: Final = b""
"""The one node of a trie without entries."""


def get_balance(chain: Chain, params: Sequence[object]) -> str:
    """Answer eth_getBalance."""
    account = parse_account(take(params, 0))
    return render_quantity(chain.build_state(read_block(chain, params, 1)).get_balance(account))


def get_transaction_count(chain: Chain, params: Sequence[object]) -> str:
    """Answer eth_getTransactionCount."""
    account = parse_account(take(params, 0))
    return render_quantity(chain.build_state(read_block(chain, params, 1)).get_nonce(account))


def get_code(chain: Chain, params: Sequence[object]) -> str:
    """Answer eth_getCode."""
    account = parse_account(take(params, 0))
    return render_hex(chain.build_state(read_block(chain, params, 1)).get_code(account))


def get_storage(chain: Chain, params: Sequence[object]) -> str:
    """Answer eth_getStorageAt."""
    account, slot = parse_account(take(params, 0)), parse_quantity(take(params, 1))
    state = chain.build_state(read_block(chain, params, 2))
    return render_word(state.get_storage(account, slot))


def get_proof(chain: Chain, params: Sequence[object]) -> Json:
    """Answer eth_getProof: the nodes from the state's root to an account and to its slots.

    Where account or slot is empty, the nodes prove that.
    """
    address = parse_account(take(params, 0))
    slots = take(params, 1)
    if not isinstance(slots, list):
        message = "expected a list of storage slots"
        raise InvalidParamsError(message)
    header = read_block(chain, params, 2)
    account = _read_account(chain, header, hash_keccak(address))
    return {
        "address": render_hex(address),
        "balance": render_quantity(account.balance),
        "codeHash": render_hex(account.code_hash),
        "nonce": render_quantity(account.nonce),
        "storageHash": render_hex(account.storage_root),
        "accountProof": _cut_proof(chain, header.state_root, hash_keccak(address)),
        "storageProof": [_prove_slot(chain, account, slot) for slot in slots],
    }


def _prove_slot(chain: Chain, account: Account, slot: object) -> Json:
    key = _parse_slot(slot).to_bytes(DIGEST_BYTES, "big")
    encoded = HexaryTrie(chain.database.db, account.storage_root)[hash_keccak(key)]
    return {
        "key": render_hex(key),
        "value": render_quantity(int.from_bytes(rlp.decode(encoded), "big") if encoded else 0),
        "proof": _cut_proof(chain, account.storage_root, hash_keccak(key)),
    }


def _read_account(chain: Chain, header: BlockHeaderAPI, key: Digest) -> Account:
    encoded = HexaryTrie(chain.database.db, header.state_root)[key]
    return rlp.decode(encoded, sedes=Account) if encoded else Account()


def _cut_proof(chain: Chain, root: bytes, key: Digest) -> list[str]:
    trie = HexaryTrie(chain.database.db, root)
    nodes = trie.get_proof(key)  # type: ignore[no-untyped-call]  # not annotated there
    return [render_hex(rlp.encode(node)) for node in nodes or (EMPTY_TRIE,)]


def _parse_slot(slot: object) -> int:
    """Return a slot's number, written as a number or as 32 bytes."""
    if isinstance(slot, str) and len(slot) == 2 + 2 * DIGEST_BYTES:
        return int.from_bytes(parse_data(slot), "big")
    return parse_quantity(slot)
