"""The value of a ``merkle-proof-2019`` proof, as Blockcerts' issuer writes it, in one encoding.

Multibase base58btc over CBOR: an array of ``[key, value]`` pairs in the order path (3), root (0),
leaf (1), anchors (2). Every hash is a byte string that holds another CBOR item, a text of
lower-case hexadecimal. The one anchor is ``[[0, 1], [1, chain id], [2, transaction id]]``: chain 1
is Ethereum's code, the network is its EIP-155 chain id, the transaction id begins with ``0x``.

Blockcerts' readers take more forms. We take this one, so that a proof has one text: what is read is
written again and must come out the same (ATTACKS PV-01). Nothing in it is believed: leaf and root
are recomputed, and the anchor only says where to look.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

import cbor2

from protocol.errors import ReceiptError
from protocol.primitives import (
    DIGEST_BYTES,
    ChainId,
    Leaf,
    Root,
    TransactionHash,
    parse_hex,
    parse_prefixed_hex,
)
from protocol.proofs.merkle import STEP_LIMIT, Side, Step
from protocol.proofs.multibase import parse_base58, render_base58

RECEIPT_LIMIT_CHARACTERS: Final = 4_096
"""A path of 32 steps takes 3,500; base 58 costs the square of the length (300 kB: 42 s)."""
DEPTH_LIMIT: Final = 8
"""Arrays in arrays: a receipt has four."""
CHAIN_ID_LIMIT: Final = 1 << 53
"""Chain ids stay below what every JSON reader holds exactly."""

_ROOT, _LEAF, _ANCHORS, _PATH = range(4)
_ORDER: Final = (_PATH, _ROOT, _LEAF, _ANCHORS)
_CHAIN, _NETWORK, _TRANSACTION = range(3)
_ETHEREUM: Final = 1
_SIDES: Final = (Side.LEFT, Side.RIGHT)

_UNSIGNED, _NEGATIVE, _ARRAY = 0x00, 0x20, 0x80
_SMALL: Final = 24
"""From here on a CBOR head says its size in bytes of its own."""
_HASH: Final = bytes([0x58, 0x42, 0x78, 0x40])
"""A byte string of 66 that holds a text of 64."""
_HEAD: Final = bytes([_ARRAY | 4, _ARRAY | 2, _PATH])
_STEP_HEADS: Final = {side: bytes([_ARRAY | 2, code]) + _HASH for code, side in enumerate(_SIDES)}
_STEP_BYTES: Final = 2 + len(_HASH) + 2 * DIGEST_BYTES
_ROOT_HEAD: Final = bytes([_ARRAY | 2, _ROOT]) + _HASH
_LEAF_HEAD: Final = bytes([_ARRAY | 2, _LEAF]) + _HASH
_ANCHOR_HEAD: Final = bytes(
    (
        *(_ARRAY | 2, _ANCHORS, _ARRAY | 1, _ARRAY | 3),
        *(_ARRAY | 2, _CHAIN, _ETHEREUM),
        *(_ARRAY | 2, _NETWORK),
    )
)
_TRANSACTION_HEAD: Final = bytes([_ARRAY | 2, _TRANSACTION, 0x58, 0x44, 0x78, 0x42]) + b"0x"
_DIGITS: Final = rb"([0-9a-f]{64})"
_FORM: Final = re.compile(
    re.escape(_HEAD)
    + rb"(?:[\x80-\x97]|\x98.)((?:\x82[\x00\x01]"
    + re.escape(_HASH)
    + rb"[0-9a-f]{64})*)"
    + re.escape(_ROOT_HEAD)
    + _DIGITS
    + re.escape(_LEAF_HEAD)
    + _DIGITS
    + re.escape(_ANCHOR_HEAD)
    + rb"([\x00-\x17]|\x18.|\x19..|\x1a.{4}|\x1b.{8})"
    + re.escape(_TRANSACTION_HEAD)
    + _DIGITS
    + rb"\Z",
    re.DOTALL,
)
"""Everything but the shortest form of two numbers, which comparing the bytes sees to."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the file says: where to look, and a path to walk."""

    leaf: Leaf
    root: Root
    path: tuple[Step, ...]
    chain_id: ChainId
    transaction: TransactionHash


def render_receipt(receipt: Receipt) -> str:
    """Return the proof value."""
    return render_base58(encode_receipt(receipt))


def encode_receipt(receipt: Receipt) -> bytes:
    """Return the CBOR of a receipt: everything has its fixed place, so that it is only joined."""
    anchor = encode_anchor(receipt.chain_id, receipt.transaction)
    steps = [*map(encode_step, receipt.path)]
    return join_receipt(steps, encode_root(receipt.root), receipt.leaf, anchor)


def join_receipt(steps: Sequence[bytes], root: bytes, leaf: Leaf, anchor: bytes) -> bytes:
    """Return the CBOR of a receipt from its parts; many receipts share all but the leaf."""
    head = _HEAD + encode_head(_ARRAY, len(steps))
    return b"".join((head, *steps, root, _LEAF_HEAD, leaf.hex().encode(), anchor))


def encode_step(step: Step) -> bytes:
    """Return one step of a path as it stands in a receipt."""
    return _STEP_HEADS[step.side] + step.sibling.hex().encode()


def encode_root(root: Root) -> bytes:
    """Return the root as it stands in a receipt."""
    return _ROOT_HEAD + root.hex().encode()


def encode_anchor(chain_id: ChainId, transaction: TransactionHash) -> bytes:
    """Return where the root is anchored, as it stands at the end of a receipt."""
    network = _ANCHOR_HEAD + _encode_integer(chain_id)
    return network + _TRANSACTION_HEAD + transaction.hex().encode()


def encode_head(kind: int, size: int) -> bytes:
    """Return the head of a CBOR item in its shortest form; ``size`` is below 2^64."""
    if size < _SMALL:
        return bytes([kind | size])
    power = max(0, (size.bit_length() - 1).bit_length() - 3)
    return bytes([kind | _SMALL + power]) + size.to_bytes(1 << power, "big")


def _encode_integer(number: int) -> bytes:
    return encode_head(_UNSIGNED, number) if number >= 0 else encode_head(_NEGATIVE, -1 - number)


def parse_receipt(text: str) -> Receipt:
    """Return the receipt of a proof value.

    Raises:
        ReceiptError: anything but the text that `render_receipt` gives for the same content.
    """
    try:
        data = parse_base58(text, RECEIPT_LIMIT_CHARACTERS)
        receipt = _read_plain(data) or _read_receipt(_decode(data))
    except ValueError as error:
        raise ReceiptError(str(error)) from error
    # Base 58 gives each run of bytes one text, so that it is enough to compare the bytes.
    if encode_receipt(receipt) != data:
        reason = "it says the same in another encoding"
        raise ReceiptError(reason)
    return receipt


def _read_plain(data: bytes) -> Receipt | None:
    """Read the one form that is written; None sends anything else the long way, to be explained."""
    found = _FORM.match(data)
    if found is None:
        return None
    path, root, leaf, anchor, transaction = found.groups()
    network = _read_integer(anchor)
    if network is None or not 0 < network < CHAIN_ID_LIMIT or len(path) > _STEP_BYTES * STEP_LIMIT:
        return None
    starts = range(0, len(path), _STEP_BYTES)
    return Receipt(
        leaf=Leaf(bytes.fromhex(leaf.decode())),
        root=Root(bytes.fromhex(root.decode())),
        path=tuple(_read_plain_step(path[at : at + _STEP_BYTES]) for at in starts),
        chain_id=ChainId(network),
        transaction=TransactionHash(bytes.fromhex(transaction.decode())),
    )


def _read_plain_step(data: bytes) -> Step:
    side = _SIDES[data[1]]
    return Step(side, bytes.fromhex(data[len(_STEP_HEADS[side]) :].decode()))


def _read_integer(data: bytes) -> int | None:
    """Return an unsigned integer of CBOR; that it has its shortest form is seen afterwards."""
    if len(data) == 1:
        return data[0]
    return int.from_bytes(data[1:], "big")


def _read_receipt(item: object) -> Receipt:
    path, root, leaf, anchors = _read_pairs(item, _ORDER, "receipt")
    (anchor,) = _read_array(anchors, 1, "anchors")
    chain, network, transaction = _read_pairs(anchor, (_CHAIN, _NETWORK, _TRANSACTION), "anchor")
    if type(chain) is not int or chain != _ETHEREUM:
        _refuse("its anchor is not on an Ethereum network")
    return Receipt(
        leaf=Leaf(_read_hash(leaf)),
        root=Root(_read_hash(root)),
        path=_read_path(path),
        chain_id=_read_chain_id(network),
        transaction=_read_transaction(transaction),
    )


def _read_path(item: object) -> tuple[Step, ...]:
    if not isinstance(item, list):
        _refuse("its path is not an array")
    if len(item) > STEP_LIMIT:
        _refuse(f"its path has more than {STEP_LIMIT} steps")
    return tuple(_read_step(entry) for entry in item)


def _read_step(item: object) -> Step:
    code, sibling = _read_array(item, 2, "step")
    if type(code) is not int or code not in range(len(_SIDES)):
        _refuse("a step of its path is neither left nor right")
    return Step(_SIDES[code], _read_hash(sibling))


def _read_chain_id(item: object) -> ChainId:
    if type(item) is not int or not 0 < item < CHAIN_ID_LIMIT:
        _refuse("its network is not a chain id")
    return ChainId(item)


def _read_transaction(item: object) -> TransactionHash:
    return TransactionHash(parse_prefixed_hex(_unwrap(item), DIGEST_BYTES))


def _read_hash(item: object) -> bytes:
    return parse_hex(_unwrap(item), DIGEST_BYTES)


def _read_pairs(item: object, keys: tuple[int, ...], name: str) -> list[object]:
    pairs = [_read_array(pair, 2, "pair") for pair in _read_array(item, len(keys), name)]
    found = [pair[0] for pair in pairs]
    if any(type(key) is not int for key in found) or found != list(keys):
        _refuse(f"its {name} does not have the members {', '.join(map(str, keys))} in this order")
    return [pair[1] for pair in pairs]


def _read_array(item: object, size: int, name: str) -> list[object]:
    if not isinstance(item, list) or len(item) != size:
        _refuse(f"its {name} is not an array of {size}")
    return item


def _unwrap(item: object) -> str:
    inner = _decode(item) if isinstance(item, bytes) else None
    if not isinstance(inner, str):
        _refuse("a hash in it is not hexadecimal text inside a byte string")
    return inner


class _NoTags(dict[int, Callable[..., object]]):
    """Refuses every tag: those that the library knows build objects."""

    def __missing__(self, tag: int) -> NoReturn:
        _refuse(f"it has the tag {tag}")


def _decode(data: bytes) -> object:
    try:
        return cbor2.loads(
            data,
            semantic_decoders=_NoTags(),
            max_depth=DEPTH_LIMIT,
            allow_indefinite=False,
            allow_duplicate_keys=False,
        )
    except cbor2.CBORDecodeError as error:
        _refuse(f"it is not plain CBOR ({error})")


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)
