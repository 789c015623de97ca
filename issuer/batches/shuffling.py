"""An order that only who has a key can tell, of up to a million numbers and in little memory."""

from array import array
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from typing import Final

_HEAD_BYTES: Final = 8
_HEAD_BITS: Final = 8 * _HEAD_BYTES
_BLOCK_BYTES: Final = sha256().block_size
_INNER: Final = bytes(each ^ 0x36 for each in range(256))
_OUTER: Final = bytes(each ^ 0x5C for each in range(256))


class Tag:
    """HMAC-SHA-256 of numbers under one key (RFC 2104).

    `hmac.digest` absorbs the key anew for each number; here that is done once, which takes less
    than half the time.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """Absorb a key that is no longer than a block."""
        if len(key) > _BLOCK_BYTES:
            message = f"a key of {len(key)} bytes"
            raise ValueError(message)
        padded = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = sha256(padded.translate(_INNER))
        self._outer = sha256(padded.translate(_OUTER))

    def compute(self, number: int) -> bytes:
        """Return the tag of a number, written in decimal."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(b"%d" % number)
        outer.update(inner.digest())
        return outer.digest()


def order_by_tag(start: int, size: int, compute: Callable[[int], bytes]) -> "array[int]":
    """Return the numbers from ``start`` on in the order of their tags, equal tags by number.

    The same as ``sorted(range(start, start + size), key=compute)``, which would hold a million
    tags and numbers: here a number takes 12 bytes. Tags are parted by their first byte, and each
    part is sorted by the tags' first bits with the number behind them, in one integer.
    """
    low = (1 << (size - 1).bit_length()) - 1
    high = (1 << _HEAD_BITS) - 1 - low
    parts = [array("Q") for _ in range(256)]
    for offset in range(size):
        tag = compute(start + offset)
        parts[tag[0]].append(int.from_bytes(tag[:_HEAD_BYTES]) & high | offset)
    ordered = array("I")
    for part in parts:
        offsets = _sort_part(part, low, lambda offset: compute(start + offset))
        ordered.extend(start + offset for offset in offsets)
    return ordered


def _sort_part(part: "array[int]", low: int, compute: Callable[[int], bytes]) -> list[int]:
    """Return the offsets of a part, by the whole tags only where their first bits do not differ."""
    items = sorted(part)
    offsets = [item & low for item in items]
    if any(one ^ other <= low for one, other in pairwise(items)):
        offsets.sort(key=compute)
    return offsets
