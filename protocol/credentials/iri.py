"""Absolute IRIs (RFC 3987), matched to the end."""

import re
import unicodedata
from typing import Final

_UCS: Final = (
    "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef"
    "\U00010000-\U0001fffd\U00020000-\U0002fffd\U00030000-\U0003fffd\U00040000-\U0004fffd"
    "\U00050000-\U0005fffd\U00060000-\U0006fffd\U00070000-\U0007fffd\U00080000-\U0008fffd"
    "\U00090000-\U0009fffd\U000a0000-\U000afffd\U000b0000-\U000bfffd\U000c0000-\U000cfffd"
    "\U000d0000-\U000dfffd\U000e1000-\U000efffd"
)
_UNRESERVED: Final = rf"A-Za-z0-9\-._~{_UCS}"
_DELIMITERS: Final = r"!$&'()*+,;="
_ESCAPED: Final = "%[0-9A-Fa-f]{2}"
_NAME: Final = rf"(?:[{_UNRESERVED}{_DELIMITERS}]|{_ESCAPED})"
_USER: Final = rf"(?:[{_UNRESERVED}{_DELIMITERS}:]|{_ESCAPED})"
_PATH: Final = rf"(?:[{_UNRESERVED}{_DELIMITERS}:@/]|{_ESCAPED})"
_AUTHORITY: Final = rf"(?:{_USER}*@)?(?:\[[0-9A-Fa-f:.]+\]|{_NAME}*)(?::[0-9]*)?"
_FRAGMENT: Final = rf"(?:[{_UNRESERVED}{_DELIMITERS}:@/?]|{_ESCAPED})*"
_QUERY: Final = rf"(?:[{_UNRESERVED}{_DELIMITERS}:@/?\ue000-\uf8ff]|{_ESCAPED})*"
_ABSOLUTE: Final = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*:(?://{_AUTHORITY}(?:/{_PATH}*)?|(?!//){_PATH}+)"
    rf"(?:\?{_QUERY})?(?:\#{_FRAGMENT})?\Z"
)
_COMMON: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:(?://[A-Za-z0-9.\-]+(?:/[A-Za-z0-9\-._~:@/]*)?|(?!//)[A-Za-z0-9\-._~:@/]+)"
    r"(?:#[A-Za-z0-9\-._~:@/?]*)?\Z"
)
"""Part of the above that needs no table of characters: most addresses are found by it, sooner."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Zs", "Zl", "Zp"})
"""General categories of characters that do not show, or turn the text around them."""


def is_absolute_iri(text: str) -> bool:
    """Tell whether the whole text is an absolute IRI in which every character can be seen."""
    if _COMMON.match(text):
        return True
    if not _ABSOLUTE.match(text):
        return False
    return text.isascii() or not any(unicodedata.category(mark) in _UNSEEN for mark in text)
