"""Read the canonical form back: what is shown is read from exactly the bytes that are hashed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from protocol.errors import GuardError

XSD_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"
_BLANK: Final = r"_:c14n(?:0|[1-9][0-9]*)"
_LINE: Final = re.compile(
    rf"(?:<(?P<subject>[^<>]*)>|(?P<subject_blank>{_BLANK})) <(?P<predicate>[^<>]*)> "
    rf"(?:<(?P<object>[^<>]*)>|(?P<object_blank>{_BLANK})"
    r'|"(?P<text>(?:[^"\\\n\r]|\\[tnr"\\])*)"'
    r"(?:@(?P<language>[a-z0-9-]+)|\^\^<(?P<datatype>[^<>]*)>)?) \.\Z"
)
_ESCAPES: Final[Mapping[str, str]] = MappingProxyType(
    {"\\t": "\t", "\\n": "\n", "\\r": "\r", '\\"': '"', "\\\\": "\\"}
)
_ESCAPE: Final = re.compile(r'\\[tnr"\\]')


@dataclass(frozen=True, slots=True)
class Resource:
    """Something with statements about it: an IRI, or a blank node's canonical label."""

    name: str
    """``_:c14n…`` for a blank node."""

    @property
    def is_blank(self) -> bool:
        """Tell whether it has no IRI."""
        return self.name.startswith("_:")


@dataclass(frozen=True, slots=True)
class Literal:
    """A value with its datatype, and its language where it has one."""

    text: str
    datatype: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Quad:
    """One statement of the default graph."""

    subject: Resource
    predicate: str
    object: Resource | Literal


def parse_canonical(nquads: bytes) -> tuple[Quad, ...]:
    """Return the statements of a canonical form, in its order.

    Raises:
        GuardError: a line is not one statement in canonical writing.
    """
    lines = nquads.decode("utf-8").split("\n")
    if lines.pop() != "":
        raise GuardError("G9", "", "the canonical form does not end with a line's end")
    return tuple(_parse_line(line) for line in lines)


def _parse_line(line: str) -> Quad:
    match = _LINE.match(line)
    if match is None:
        raise GuardError("G9", "", "a line of the canonical form is not one statement")
    return Quad(
        subject=Resource(match["subject"] or match["subject_blank"]),
        predicate=match["predicate"],
        object=_read_object(match),
    )


def _read_object(match: re.Match[str]) -> Resource | Literal:
    if match["text"] is None:
        return Resource(match["object"] or match["object_blank"])
    text = _ESCAPE.sub(lambda escape: _ESCAPES[escape.group()], match["text"])
    return Literal(text, match["datatype"] or XSD_STRING, match["language"])
