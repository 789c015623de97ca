"""Receipts written by hand, so that one thing can be spoiled at a time."""

import cbor2
from base58 import b58encode

ROOT = "b" * 64
LEAF = "a" * 64
TRANSACTION = "0x" + "c" * 64
SIBLINGS = ("d" * 64, "e" * 64)


def wrap(text: object) -> bytes:
    return cbor2.dumps(text)


def step(code: object, text: object) -> list[object]:
    return [code, wrap(text)]


PATH = [step(0, SIBLINGS[0]), step(1, SIBLINGS[1])]


def build_anchor(
    chain: object = 1, network: object = 11155111, transaction: object = TRANSACTION
) -> list[object]:
    return [[0, chain], [1, network], [2, wrap(transaction)]]


def build_pairs(**changed: object) -> list[object]:
    pairs = {
        "path": [3, PATH],
        "root": [0, wrap(ROOT)],
        "leaf": [1, wrap(LEAF)],
        "anchors": [2, [build_anchor()]],
    }
    for member, value in changed.items():
        pairs[member] = [pairs[member][0], value]
    return list(pairs.values())


def render(item: object) -> str:
    return render_bytes(cbor2.dumps(item))


def render_bytes(data: bytes) -> str:
    return "z" + b58encode(data).decode("ascii")
