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
    rf"^(?:<([^<>\n]+)>|({_BLANK})) <([^<>\n]+)> "
    rf"(?:<([^<>\n]+)>|({_BLANK})"
    r'|"((?:[^"\\\n\r]|\\[tnr"\\])*)"'
    r"(?:@([a-z0-9-]+)|\^\^<([^<>\n]+)>)?) \.$",
    re.MULTILINE,
)
"""One line: subject or its label, predicate, object or its label, text, language, datatype."""
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
    text = nquads.decode("utf-8")
    if text and not text.endswith("\n"):
        raise GuardError("G9", "", "the canonical form does not end with a line's end")
    found = _LINE.findall(text)
    if len(found) != text.count("\n"):
        raise GuardError("G9", "", "a line of the canonical form is not one statement")
    resources = _Resources()
    return tuple(
        Quad(
            subject=resources[subject or subject_blank],
            predicate=predicate,
            object=resources[name or blank]
            if name or blank
            else Literal(_unescape(written), datatype or XSD_STRING, language or None),
        )
        for subject, subject_blank, predicate, name, blank, written, language, datatype in found
    )


class _Resources(dict[str, Resource]):
    """One value for each name: most stand in several statements."""

    def __missing__(self, name: str) -> Resource:
        self[name] = Resource(name)
        return self[name]


def _unescape(written: str) -> str:
    if "\\" not in written:
        return written
    return _ESCAPE.sub(lambda escape: _ESCAPES[escape.group()], written)
