"""Storage proven against a block's hash (``eth_getProof``, EIP-1186): nothing a node can make up.

The header's hash is recomputed from its members, so the hash vouches for the state root; every node
of the trie is known by the Keccak-256 of its bytes, so the root vouches for account and slots. What
is left to trust is the block's hash alone, which anybody else can confirm.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import rlp
from rlp.exceptions import RLPException
from trie.exceptions import BadTrieProof, InvalidNode, MissingTraversalNode, MissingTrieNode
from trie.hexary import HexaryTrie

from protocol.errors import ProofRefusedError
from protocol.nodes.answers import Answer
from protocol.primitives import Address, Digest, hash_keccak, render_hex

_HEAD: Final = ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot")
_MIDDLE: Final = ("receiptsRoot", "logsBloom")
_NUMBERS: Final = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
_TAIL: Final = ("extraData", "mixHash", "nonce")
_LATER: Final = (
    ("baseFeePerGas", True),
    ("withdrawalsRoot", False),
    ("blobGasUsed", True),
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),
)
"""Members that headers got one after the other, London to Prague, and which of them are numbers."""
_ACCOUNT_MEMBERS: Final = 4
_UNREADABLE: Final = (
    RLPException,
    BadTrieProof,
    InvalidNode,
    MissingTraversalNode,
    MissingTrieNode,
    ValueError,
    TypeError,
    LookupError,
)
"""What the trie's reader has been seen to raise on nodes that an enemy wrote."""


@dataclass(frozen=True, slots=True)
class ProvenStorage:
    """What a block's state root says of one contract."""

    code_hash: Digest
    values: Mapping[Digest, int]
    """By slot; 0 where the proof shows that nothing is there."""


def hash_header(block: Answer) -> Digest:
    """Return the hash that a header's members have (Ethereum execution layer, up to Prague)."""
    fields = [
        *(block.find_member(name).parse_data() for name in (*_HEAD, *_MIDDLE)),
        *(_read_number(block, name) for name in _NUMBERS),
        *(block.find_member(name).parse_data() for name in _TAIL),
        *_read_later(block),
    ]
    return hash_keccak(rlp.encode(fields))


def check_header(block: Answer) -> Digest:
    """Return the state root of a header that has the hash it claims.

    Raises:
        ProofRefusedError: its members have another hash: altered, or by rules not known here.
    """
    claimed = block.find_member("hash").parse_digest()
    if hash_header(block) != claimed:
        raise ProofRefusedError(f"the members of block {render_hex(claimed)} have another hash")
    return block.find_member("stateRoot").parse_digest()


def check_storage(
    proof: Answer, state_root: Digest, contract: Address, slots: Sequence[Digest]
) -> ProvenStorage:
    """Return what an answer to ``eth_getProof`` proves of a contract's slots.

    Only the trie's nodes are used; the values that the node writes beside them are not looked at.

    Raises:
        ProofRefusedError: a node of the trie is missing or altered, or there is no such account.
    """
    state = _collect(proof.find_member("accountProof").parse_list())
    account = _look_up(state, state_root, contract)
    if not account:
        raise ProofRefusedError("there is no contract at that block")
    storage_root, code_hash = _read_account(account)
    listed = proof.find_member("storageProof").parse_list()
    nodes = _collect(node for each in listed for node in each.find_member("proof").parse_list())
    values = {slot: _read_slot(_look_up(nodes, storage_root, slot)) for slot in slots}
    return ProvenStorage(code_hash, values)


def _read_later(block: Answer) -> Iterator[bytes]:
    for name, is_number in _LATER:
        if block.find_member(name).value is None:
            return
        yield _read_number(block, name) if is_number else block.find_member(name).parse_data()


def _read_number(block: Answer, name: str) -> bytes:
    number = block.find_member(name).parse_quantity()
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _collect(nodes: Iterator[Answer] | Sequence[Answer]) -> dict[bytes, bytes]:
    """Return nodes of a trie by the hash of their bytes, so that none can be another's."""
    return {hash_keccak(data): data for data in (node.parse_data() for node in nodes)}


def _look_up(nodes: dict[bytes, bytes], root: Digest, key: bytes) -> bytes:
    try:
        return bytes(HexaryTrie(nodes, root).get(hash_keccak(key)))
    except _UNREADABLE as error:
        raise ProofRefusedError(f"its nodes do not lead from the root to {render_hex(key)}") from (
            error
        )


def _read_account(encoded: bytes) -> tuple[Digest, Digest]:
    fields = _decode(encoded)
    if not isinstance(fields, list) or len(fields) != _ACCOUNT_MEMBERS:
        raise ProofRefusedError("the account has another form")
    return Digest(fields[2]), Digest(fields[3])


def _read_slot(encoded: bytes) -> int:
    value = _decode(encoded) if encoded else b""
    if not isinstance(value, bytes):
        raise ProofRefusedError("a slot has another form")
    return int.from_bytes(value, "big")


def _decode(encoded: bytes) -> object:
    try:
        return rlp.decode(encoded)
    except RLPException as error:
        raise ProofRefusedError("the proof's content cannot be read") from error
