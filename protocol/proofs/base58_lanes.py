"""Base 58 without a loop over digits: one large integer holds all of them side by side.

Changing the base costs the square of the length, and in Python each step of a plain loop costs a
hundred times what the arithmetic in it does. So a number is cut into limbs of 32 digits by a few
long divisions, the limbs are laid into the lanes of one integer, and then every lane is cut in half
at once, five times over: a multiplication by a reciprocal, a shift, a mask. Joining runs the
other way.

A lane has 16 bits for each digit when it is cut: a limb of ``2m`` digits times its reciprocal takes
four times the bits of ``58**m``, which is less. When it is joined 8 bits are enough.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

BASE: Final = 58
LIMB_DIGITS: Final = 32
"""A power of two; with 32 the long divisions and the lanes take equal shares (measured)."""
_CUT_BITS: Final = 16
_JOIN_BITS: Final = 8
_DIGIT_BITS: Final = 5.857
"""A little less than the bits of one digit, so that no digit is forgotten."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """How every lane of ``2m`` digits is cut in two, exactly.

    With ``d = 58**m`` and ``r = ceil(2**s / d)``, ``v * r >> s`` is ``v // d`` for every
    ``v < d * d``, because ``s`` has the bits of ``d`` more than ``v`` has.
    """

    reciprocal: int
    shift: int
    mask: int
    """In each lane, room for a quotient."""
    move: int
    """Adds the quotient above and takes it, times ``d``, away below."""


def split_digits(number: int) -> bytes:
    """Return the base-58 digits of a number as bytes 0 to 57, perhaps with zeros before them."""
    count = int(number.bit_length() / _DIGIT_BITS) // LIMB_DIGITS + 1
    limbs: list[bytes] = []
    _divide(number, 1 << (count - 1).bit_length(), limbs)
    lanes = int.from_bytes(b"".join(limbs[-count:]), "big")
    half = LIMB_DIGITS // 2
    while half:
        cut = _plan_cut(half, count)
        lanes += (lanes * cut.reciprocal >> cut.shift & cut.mask) * cut.move
        count, half = 2 * count, half // 2
    return lanes.to_bytes(2 * count, "big")[1::2]


def join_digits(digits: bytes) -> int:
    """Return the number whose base-58 digits these are; each byte is 0 to 57."""
    count = -(-len(digits) // LIMB_DIGITS)
    lanes, width, base = int.from_bytes(digits, "big"), _JOIN_BITS, BASE
    while width < _JOIN_BITS * LIMB_DIGITS:
        mask = _repeat((1 << width) - 1, 2 * width, count * LIMB_DIGITS * _JOIN_BITS // (2 * width))
        lanes = (lanes & mask) + (lanes >> width & mask) * base
        width, base = 2 * width, base * base
    joined = lanes.to_bytes(count * LIMB_DIGITS, "big")
    limbs = [
        int.from_bytes(joined[at : at + LIMB_DIGITS], "big")
        for at in range(0, len(joined), LIMB_DIGITS)
    ]
    return _multiply(limbs)


def _divide(number: int, count: int, limbs: list[bytes]) -> None:
    """Append ``count`` limbs, a power of two, the highest first."""
    if count == 1:
        limbs.append(number.to_bytes(_CUT_BITS // 8 * LIMB_DIGITS, "big"))
        return
    high, low = divmod(number, _raise(count // 2))
    _divide(high, count // 2, limbs)
    _divide(low, count // 2, limbs)


def _multiply(limbs: list[int]) -> int:
    """Join limbs, the highest first, pair by pair from the end."""
    size = 1
    while len(limbs) > 1:
        if len(limbs) % 2:
            limbs.insert(0, 0)
        power = _raise(size)
        limbs = [high * power + low for high, low in zip(limbs[0::2], limbs[1::2], strict=True)]
        size *= 2
    return limbs[0] if limbs else 0


@cache
def _raise(limbs: int) -> int:
    return int(BASE ** (LIMB_DIGITS * limbs))


@cache
def _plan_cut(half: int, lanes: int) -> _Cut:
    divisor = int(BASE**half)
    bits, width = divisor.bit_length(), 2 * _CUT_BITS * half
    shift = (divisor * divisor - 1).bit_length() + bits
    return _Cut(
        reciprocal=-(-(1 << shift) // divisor),
        shift=shift,
        mask=_repeat((1 << bits) - 1, width, lanes),
        move=(1 << _CUT_BITS * half) - divisor,
    )


@cache
def _repeat(pattern: int, width: int, lanes: int) -> int:
    """Return the pattern in each of so many lanes."""
    return int.from_bytes(pattern.to_bytes(width // 8, "big") * lanes, "big")
