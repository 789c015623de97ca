"""What is shown of a credential: computed from its canonical form, never the upload (rule G10).

Two files with one hash have one view, since it is a function of the hashed bytes alone. Members
have the names of our two contexts. Order says nothing in the canonical form, so lists are sorted
here, except those whose order is signed; a thing is shown in full nearest the root, elsewhere by
its id.

Parts of a statement stay as they are written until they are shown. What follows from names of
classes and properties alone is worked out once for each set of them, if all are the contexts' own:
nothing of what a credential says is kept, and no address that a stranger made up.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Final

from protocol.credentials.contexts import CREDENTIAL_CONTEXTS, load_context
from protocol.credentials.nquads import Statements, index_canonical, report_line, split_literal
from protocol.credentials.schema import list_array_members

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE: Final = f"<{_RDF}type>"
_FIRST: Final = f"<{_RDF}first>"
_REST: Final = f"<{_RDF}rest>"
_NUMBERS: Final = ("float", "double", "decimal", "integer", "nonNegativeInteger")
_XSD: Final = ("http://www.w3.org/2001/XMLSchema#", "https://www.w3.org/2001/XMLSchema#")
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_DECIMAL: Final = re.compile(r"-?[1-9]\.(?:0|[0-9]*[1-9])E-?(?:0|[1-9][0-9]?)\Z")
"""As canonicalisation writes a number; other spellings of a number were text, and stay text."""
_PLANS: Final = 1_024
"""More than all kinds of things in all credentials that were ever seen here."""
_write_json: Final = JSONEncoder(sort_keys=True, ensure_ascii=False).encode
_Arc = tuple[str, str]
"""A subject and a predicate, as written."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """Names of properties and classes by their IRIs."""

    properties: Mapping[str, str]
    classes: Mapping[str, str]
    written: frozenset[str]
    """All of these IRIs, as a statement has them."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """How things with these classes and properties are shown."""

    classes: Sequence[str]
    members: Sequence[tuple[str, str, bool]]
    """Name, predicate as written, and whether it is a list whatever it holds; sorted by name."""


def build_view(nquads: bytes, root: str) -> dict[str, object]:
    """Return what the canonical form says, as one tree from ``root``.

    Raises:
        GuardError: not a canonical form.
    """
    statements = index_canonical(nquads)
    start = root if root.startswith("_:") else f"<{root}>"
    order, homes = _find_homes(statements, start)
    painter = _Painter(statements, homes)
    for name in reversed(order):
        painter.paint(name)
    return painter.shown[start]


def _find_homes(statements: Statements, root: str) -> tuple[list[str], dict[str, _Arc]]:
    """Walk the graph level by level in canonical order; the first arc to a thing is its home.

    No home is deeper than the thing's description stood in the document, so the tree is no deeper.
    """
    homes: dict[str, _Arc] = {}
    order = [root]
    for name in order:
        for arc, thing in _list_described(statements, name):
            if thing != root and thing not in homes:
                homes[thing] = (name, arc)
                order.append(thing)
    return order, homes


def _list_described(statements: Statements, name: str) -> Sequence[_Arc]:
    arcs = statements.get(name, {})
    found = [
        (arc, thing) for arc, things in arcs.items() for thing in things if thing in statements
    ]
    if len(found) > 1:
        # Without the bracket at its end, which would come behind digits and marks.
        found.sort(key=lambda each: each[0][:-1])
    return found


class _Painter:
    """Shows things, each after all that it is the home of."""

    def __init__(self, statements: Statements, homes: Mapping[str, _Arc]) -> None:
        self._statements = statements
        self._homes = homes
        self.shown: Final[dict[str, dict[str, object]]] = {}

    def paint(self, name: str) -> None:
        """Show one thing in full."""
        arcs = self._statements.get(name, {})
        plan = _find_plan(tuple(arcs.get(_TYPE, ())), tuple(arcs))
        thing: dict[str, object] = {} if name.startswith("_:") else {"id": _bare(name)}
        if plan.classes:
            thing["type"] = list(plan.classes)
        for member, arc, listed in plan.members:
            values = arcs[arc]
            if len(values) == 1 and not listed:
                thing[member] = self._render(name, arc, values[0])
            else:
                thing[member] = _sort([self._render(name, arc, value) for value in values])
        self.shown[name] = thing

    def _render(self, name: str, arc: str, value: str) -> object:
        if value[0] == '"':
            return _render_literal(value)
        arcs = self._statements.get(value)
        if arcs is None:
            return _bare(value)
        if _FIRST in arcs:
            return self._render_list(value)
        home = self._homes.get(value)
        return self.shown[value] if home == (name, arc) else {"id": _bare(value)}

    def _render_list(self, cell: str) -> list[object]:
        """Follow an ordered list; the guard lets none be shared, so it ends."""
        items: list[object] = []
        while cell in self._statements:
            arcs = self._statements[cell]
            items.append(self._render(cell, _FIRST, arcs[_FIRST][0]))
            cell = arcs[_REST][0]
        return items


def _find_plan(classes: tuple[str, ...], arcs: tuple[str, ...]) -> _Plan:
    known = _load_terms().written
    if known.issuperset(classes) and known.issuperset(arcs):
        return _remember_plan(classes, arcs)
    return _make_plan(classes, arcs)


@lru_cache(maxsize=_PLANS)
def _remember_plan(classes: tuple[str, ...], arcs: tuple[str, ...]) -> _Plan:
    return _make_plan(classes, arcs)


def _make_plan(classes: tuple[str, ...], arcs: tuple[str, ...]) -> _Plan:
    """Return how things are shown that have these classes and these properties, as written."""
    if not all(arc[0] == "<" and arc[-1] == ">" for arc in arcs):
        raise report_line()
    terms = _load_terms()
    names = [split_literal(each)[0] if each[0] == '"' else _bare(each) for each in classes]
    shown = sorted(terms.classes.get(name, name) for name in names)
    listed = list_array_members(tuple(shown))
    named = {terms.properties.get(_bare(arc), _bare(arc)): arc for arc in arcs if arc != _TYPE}
    members = tuple((member, arc, member in listed) for member, arc in sorted(named.items()))
    return _Plan(tuple(shown), members)


def _bare(name: str) -> str:
    """Return an IRI without its brackets; a blank node's label as it is."""
    return name[1:-1] if name[0] == "<" else name


def _render_literal(written: str) -> object:
    text, datatype, language = split_literal(written)
    if language is not None:
        return {"@value": text, "@language": language}
    return text if datatype is None else _READERS.get(datatype, str)(text)


def _read_boolean(text: str) -> object:
    return text == "true" if text in ("true", "false") else text


def _read_number(text: str) -> object:
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _DECIMAL.match(text) else text


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    f"{start}{name}": reader
    for start in _XSD
    for name, reader in (("boolean", _read_boolean), *((name, _read_number) for name in _NUMBERS))
}
"""By datatype; values of all others are shown as their text."""


def _sort(values: list[object]) -> list[object]:
    """Order values by how they are written; one ordered list stays as it is."""
    if len(values) == 1:
        return values[0] if isinstance(values[0], list) else values
    return sorted(values, key=_write)


def _write(value: object) -> str:
    """Return a value as JSON, members sorted; for the few kinds of values in a view."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        members = [f"{encode_basestring(name)}: {_write(value[name])}" for name in sorted(value)]
        return "{" + ", ".join(members) + "}"
    return _write_json(value)


@cache
def _load_terms() -> _Terms:
    """Turn the contexts round: in them, classes begin with a capital, properties do not."""
    properties: dict[str, str] = {}
    classes: dict[str, str] = {}
    for url in CREDENTIAL_CONTEXTS:
        for term, iri in list_terms(load_context(url)["@context"]):
            (classes if term[:1].isupper() else properties).setdefault(iri, term)
    written = frozenset(f"<{iri}>" for iri in (*properties, *classes, _RDF + "type"))
    return _Terms(properties, classes, written)


def list_terms(context: object) -> Iterator[tuple[str, str]]:
    """Yield every term of a context, and of those scoped in it, with its absolute IRI."""
    if not isinstance(context, Mapping):
        return
    for term, definition in context.items():
        iri = definition.get("@id") if isinstance(definition, Mapping) else definition
        if isinstance(iri, str) and ":" in iri and not term.startswith("@"):
            yield term, iri
        if isinstance(definition, Mapping):
            yield from list_terms(definition.get("@context"))
