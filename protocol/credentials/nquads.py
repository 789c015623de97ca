"""Read the canonical form back: what is shown is read from exactly the bytes that are hashed."""

import re
from collections.abc import Iterable, Mapping
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
_END: Final = " ."
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
        raise report_line()
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


Statements = dict[str, dict[str, list[str]]]
"""Objects by subject and predicate, in canonical order, all as they are written."""


def index_canonical(nquads: bytes) -> Statements:
    """Return the statements of a canonical form by subject and predicate, nothing unescaped yet.

    For bytes that `parse_canonical` accepts, or that are proved to be such; of others it only
    refuses what it stumbles over.

    Raises:
        GuardError: a line is not one statement.
    """
    text = nquads.decode("utf-8")
    *lines, rest = text.split("\n")
    if rest:
        raise GuardError("G9", "", "the canonical form does not end with a line's end")
    if text.count(_END + "\n") != len(lines):
        raise report_line()
    try:
        return _index(lines)
    except ValueError as error:
        raise report_line() from error


def _index(lines: Iterable[str]) -> Statements:
    statements: Statements = {}
    last, arcs = "", {}
    for line in lines:
        # Names hold no blank (G5), and everything behind the second one is the object.
        subject, predicate, thing = line.split(" ", 2)
        if subject != last:
            if subject[-1] != ">" and not subject.startswith("_:c14n"):
                raise report_line()
            arcs = statements.setdefault(subject, {})
            last = subject
        if predicate in arcs:
            arcs[predicate].append(thing[: -len(_END)])
        else:
            arcs[predicate] = [thing[: -len(_END)]]
    return statements


def report_line() -> GuardError:
    """Return the refusal of a line that is not one statement."""
    return GuardError("G9", "", "a line of the canonical form is not one statement")


def split_literal(written: str) -> tuple[str, str | None, str | None]:
    """Return text, datatype (None for a plain text) and language of a literal as written."""
    end = written[-1]
    if end == '"':
        return _unescape(written[1:-1]), None, None
    if end == ">":
        text, _, datatype = written[1:-1].rpartition('"^^<')
        return _unescape(text), datatype, None
    text, _, language = written[1:].rpartition('"@')
    return _unescape(text), None, language


def _unescape(written: str) -> str:
    if "\\" not in written:
        return written
    return _ESCAPE.sub(lambda escape: _ESCAPES[escape.group()], written)
