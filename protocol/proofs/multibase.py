"""Multibase base58btc (prefix ``z``): the text form of receipts, keys and signatures.

Base 58 has no byte boundaries, so both ways cost the square of the length: callers give a limit.
The plain way is `base58_lanes`. Where gmpy2 is installed (``pip install rootseal[fast]``) it takes
over the division, some six times as fast; a test holds both to the same texts.
"""

import re
from collections.abc import Callable
from typing import Final

from protocol.proofs.base58_lanes import join_digits, split_digits

PREFIX: Final = "z"
ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LETTERS: Final = ALPHABET.encode("ascii")
_VALUES: Final = bytes.maketrans(_LETTERS, bytes(range(len(_LETTERS))))
_DIGITS: Final = bytes.maketrans(bytes(range(len(_LETTERS))), _LETTERS)
_TEXT: Final = re.compile(f"{PREFIX}[{ALPHABET}]*\\Z")


def render_plain(number: int) -> str:
    """Return the base-58 digits of a number without leading zeros; of 0 none."""
    return split_digits(number).translate(_DIGITS).decode("ascii").lstrip(ALPHABET[0])


def parse_plain(digits: str) -> int:
    """Return the number of base-58 digits; without any it is 0."""
    return join_digits(digits.encode("ascii").translate(_VALUES))


def find_fast() -> tuple[Callable[[int], str], Callable[[str], int]] | None:
    """Return what does the same as `render_plain` and `parse_plain` by gmpy2, if it is there."""
    try:
        from gmpy2 import mpz
    except ImportError:
        return None
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
    there = bytes.maketrans(letters.encode("ascii"), _LETTERS)
    back = bytes.maketrans(_LETTERS, letters.encode("ascii"))
    base = len(ALPHABET)

    def render(number: int) -> str:
        digits = mpz(number).digits(base).encode("ascii") if number else b""
        return str(digits.translate(there), "ascii")

    def parse(digits: str) -> int:
        return int(mpz(digits.encode("ascii").translate(back), base)) if digits else 0

    return render, parse


_render, _parse = find_fast() or (render_plain, parse_plain)


def render_base58(data: bytes) -> str:
    """Return ``z`` and base58btc: a leading zero byte is a leading ``1``."""
    zeros = len(data) - len(data.lstrip(b"\0"))
    return PREFIX + ALPHABET[0] * zeros + _render(int.from_bytes(data, "big"))


def parse_base58(text: str, limit_characters: int) -> bytes:
    """Return the bytes of ``z`` and base58btc; every text has one meaning and no other text has it.

    Raises:
        ValueError: longer than the limit, another prefix, or a character outside the alphabet.
    """
    if len(text) > limit_characters:
        message = f"it has more than {limit_characters:,} characters"
        raise ValueError(message)
    if not _TEXT.match(text):
        message = "it is not the letter z followed by base-58 characters"
        raise ValueError(message)
    digits = text[len(PREFIX) :]
    zeros = len(digits) - len(digits.lstrip(ALPHABET[0]))
    number = _parse(digits)
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
