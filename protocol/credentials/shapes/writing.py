"""How a leaf is written in N-Quads, and what must hold of its value first.

Each function applies the guard's own rules on single values (G0, G5) and otherwise gives up: what
the guard refuses is never written here.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from protocol.credentials.guard import is_plain_number
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.statement_guard import is_full_address
from protocol.credentials.strict_json import find_text_problem

_NOT_AS_IT_IS: Final = re.compile('["\\\\\x00-\x1f\x7f-\x9f\ud800-\udfff]')
"""Characters that are escaped, and those that the guard refuses."""
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?://)?")
Writer = Callable[[Any], bytes]
"""Returns what stands in the line for a value, or raises `NotProvedError`."""


def write_all(write: Writer, values: Sequence[Any]) -> list[bytes]:
    """Return what stands in the line for each of many values of one leaf.

    Raises:
        NotProvedError: for one of them, or more.
    """
    if write is write_text and _NOT_AS_IT_IS.search("".join(values)) is None:
        return [*map(str.encode, values)]
    return [*map(write, values)]


def write_text(value: str) -> bytes:
    """Return a literal's text, escaped as RDFC-1.0 wants it."""
    if _NOT_AS_IT_IS.search(value) is not None:
        if find_text_problem(value) is not None:
            raise NotProvedError(Reason.TEXT)
        value = value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        value = value.replace("\r", "\\r").replace('"', '\\"')
    return value.encode("utf-8")


def write_address(value: str) -> bytes:
    """Return a literal of type ``xsd:anyURI``: text that is a full address."""
    if not is_full_address(value):
        raise NotProvedError(Reason.ADDRESS)
    return write_text(value)


def write_number(value: float) -> bytes:
    """Return a number's literal: an integer as it is, a fraction as a canonical ``xsd:double``.

    Not ``3.0``: JSON-LD gives it another datatype than 2.5 where the contexts give none.
    """
    if not is_plain_number(value) or is_whole_float(value):
        raise NotProvedError(Reason.NUMBER)
    return render_number(value).encode("ascii")


def is_whole_float(value: object) -> bool:
    """Tell whether a number is written as a fraction that it has not."""
    return isinstance(value, float) and value.is_integer()


def render_number(value: float) -> str:
    """Return the text by which JSON-LD says an integer, or a number with a fraction."""
    if isinstance(value, int):
        return str(value)
    mantissa, exponent = f"{value:.15E}".split("E")
    digits = mantissa.rstrip("0")
    return f"{digits}0E{int(exponent)}" if digits.endswith(".") else f"{digits}E{int(exponent)}"


def read_scheme(address: str) -> str:
    """Return what decides how JSON-LD expands an address: its scheme, with ``//`` after it."""
    match = _SCHEME.match(address)
    return "" if match is None else match.group()


def make_resource_writer(scheme: str) -> Writer:
    """Return a writer of IRIs that begin as the one that was learned."""
    length = len(scheme)
    opaque = not scheme.endswith("//")

    def write_resource(value: str) -> bytes:
        if not value.startswith(scheme) or (opaque and value.startswith("//", length)):
            raise NotProvedError(Reason.ADDRESS)
        if not is_full_address(value):
            raise NotProvedError(Reason.ADDRESS)
        return value.encode("utf-8")

    return write_resource
