"""Read one JSON object as if an enemy wrote it (rule G0 of docs/receipt.md).

``json`` alone keeps the last of two equal members, knows NaN, guesses encodings, reads surrogates
and dies of deep nesting; each of these would let two readers of one file see two credentials.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NoReturn

from protocol.errors import NotACredentialError

CREDENTIAL_LIMIT_BYTES: Final = 1 << 20
"""A credential with text, proofs and all; evidence files are never inside."""
DEPTH_LIMIT: Final = 64
"""A credential is about 8 levels deep; Python's own parser gives up near 1,000."""
MEMBER_LIMIT: Final = 10_000
"""An ordinary credential has about 100 members."""
SAFE_INTEGER: Final = (1 << 53) - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""
_SAFE_DIGITS: Final = 17
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}:]', re.DOTALL)
_UNWANTED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but tab, line feed and carriage return, and halves of surrogate pairs."""
_UNWANTED_ASCII: Final = bytes(code for code in range(0x80) if _UNWANTED.match(chr(code)))

_LATIN_LEAD: Final = b"\xc2"
"""With it begin U+0080 to U+00BF, thus all control characters beyond ASCII."""


def parse_object(data: bytes, limit_bytes: int = CREDENTIAL_LIMIT_BYTES) -> dict[str, object]:
    """Return the one JSON object that ``data`` is.

    Raises:
        NotACredentialError: too big, not UTF-8, not JSON, not an object, or readable in two ways.
    """
    if len(data) > limit_bytes:
        _refuse(f"it is larger than {limit_bytes} bytes")
    text = _decode(data)
    if not _is_plainly_small(data):
        _check_structure(text)
    document = _load(text)
    if not isinstance(document, dict):
        _refuse("it is not one JSON object")
    if not _has_plain_texts(data, text):
        _check_texts(document)
    return document


def find_text_problem(text: str) -> str | None:
    """Return why this text cannot be in a credential, or nothing."""
    found = _UNWANTED.search(text)
    if found is None:
        return None
    code = f"U+{ord(found.group()):04X}"
    if found.group() >= "\ud800":
        return f"it holds half a character ({code})"
    return f"it holds the control character {code}"


def _refuse(reason: str) -> NoReturn:
    raise NotACredentialError(reason)


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        message = f"it is not text in UTF-8 (byte {error.start + 1})"
        raise NotACredentialError(message) from error


def _is_plainly_small(data: bytes) -> bool:
    """Tell at a glance that depth and members are within bounds; most credentials are."""
    return data.count(b"{") + data.count(b"[") <= DEPTH_LIMIT and data.count(b":") <= MEMBER_LIMIT


def _has_plain_texts(data: bytes, text: str) -> bool:
    """Tell at a glance that no text can hold an unwanted character, written out or escaped.

    Of the escapes only those of b, f and u can make one. In UTF-8 the controls of ASCII stand for
    themselves, those above it begin with one byte that few other characters share, and halves of
    pairs cannot be written.
    """
    if b"\\" in data and any(escape in data for escape in (rb"\b", rb"\f", rb"\u")):
        return False
    if len(data.translate(None, _UNWANTED_ASCII)) < len(data):
        return False
    return _LATIN_LEAD not in data or _UNWANTED.search(text) is None


def _check_structure(text: str) -> None:
    """Bound depth and members before anything recursive sees the text."""
    depth = members = 0
    for token in _STRUCTURE.finditer(text):
        mark = token.group()
        if mark in ("{", "["):
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
        elif mark == ":":
            members += 1
        if depth > DEPTH_LIMIT:
            _refuse(f"it is nested deeper than {DEPTH_LIMIT} levels")
    if members > MEMBER_LIMIT:
        _refuse(f"it has more than {MEMBER_LIMIT} members")


def _load(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        message = f"it is not JSON (line {error.lineno}, column {error.colno})"
        raise NotACredentialError(message) from error


def _build_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    built = dict(pairs)
    if len(built) < len(pairs):
        counts = Counter(member for member, _ in pairs)
        twice = counts.most_common(1)[0][0]
        _refuse(f"the member {twice[:40]!r} is written twice")
    return built


def _refuse_constant(constant: str) -> NoReturn:
    _refuse(f"{constant} is not a JSON number")


def _parse_integer(digits: str) -> int:
    if len(digits) > _SAFE_DIGITS or abs(int(digits)) > SAFE_INTEGER:
        _refuse(f"the number {digits[:20]} is too large to be read alike everywhere")
    return int(digits)


def _parse_decimal(digits: str) -> float:
    value = float(digits)
    if abs(value) > SAFE_INTEGER:
        _refuse(f"the number {digits[:20]} is too large to be read alike everywhere")
    return value


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_build_object,
    parse_constant=_refuse_constant,
    parse_int=_parse_integer,
    parse_float=_parse_decimal,
)


def _check_texts(document: Mapping[str, object]) -> None:
    for text in _iterate_texts(document):
        problem = find_text_problem(text)
        if problem is not None:
            _refuse(f"{problem} in {text[:40]!r}")


def _iterate_texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member, inner in value.items():
            yield member
            yield from _iterate_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _iterate_texts(inner)
