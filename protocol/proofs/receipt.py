"""The value of a ``merkle-proof-2019`` proof, as Blockcerts' issuer writes it, in one encoding.

Multibase base58btc over CBOR: an array of ``[key, value]`` pairs in the order path (3), root (0),
leaf (1), anchors (2). Every hash is a byte string that holds another CBOR item, a text of
lower-case hexadecimal. The one anchor is ``[[0, 1], [1, chain id], [2, transaction id]]``: chain 1
is Ethereum's code, the network is its EIP-155 chain id, the transaction id begins with ``0x``.

Blockcerts' readers take more forms. We take this one, so that a proof has one text: what is read is
written again and must come out the same (ATTACKS PV-01). Nothing in it is believed: leaf and root
are recomputed, and the anchor only says where to look.
"""

from collections.abc import Callable
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
    render_hex,
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
    anchor = [
        [_CHAIN, _ETHEREUM],
        [_NETWORK, receipt.chain_id],
        [_TRANSACTION, _wrap(render_hex(receipt.transaction))],
    ]
    path = [[_SIDES.index(step.side), _wrap(step.sibling.hex())] for step in receipt.path]
    pairs = [
        [_PATH, path],
        [_ROOT, _wrap(receipt.root.hex())],
        [_LEAF, _wrap(receipt.leaf.hex())],
        [_ANCHORS, [anchor]],
    ]
    return render_base58(cbor2.dumps(pairs))


def parse_receipt(text: str) -> Receipt:
    """Return the receipt of a proof value.

    Raises:
        ReceiptError: anything but the text that `render_receipt` gives for the same content.
    """
    try:
        receipt = _read_receipt(_decode(parse_base58(text, RECEIPT_LIMIT_CHARACTERS)))
    except ValueError as error:
        raise ReceiptError(str(error)) from error
    if render_receipt(receipt) != text:
        reason = "it says the same in another encoding"
        raise ReceiptError(reason)
    return receipt


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


def _wrap(text: str) -> bytes:
    return cbor2.dumps(text)


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
