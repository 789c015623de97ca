"""What is shown of a credential, worked out plainly: the oracle of `protocol.credentials.view`.

The first version of that module, for which no quickness was sought.

Two files with one hash have one view, since it is a function of the hashed bytes alone. Members
have the names of our two contexts. Order says nothing in the canonical form, so lists are sorted
here, except those whose order is signed; a thing is shown in full nearest the root, elsewhere by
its id.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from protocol.credentials.contexts import CREDENTIAL_CONTEXTS, load_context
from protocol.credentials.nquads import XSD_STRING, Literal, Quad, Resource, parse_canonical
from protocol.credentials.schema import list_array_members
from protocol.credentials.statement_guard import RDF_TYPE

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_FIRST: Final = _RDF + "first"
_REST: Final = _RDF + "rest"
_NUMBERS: Final = frozenset({"float", "double", "decimal", "integer", "nonNegativeInteger"})
_XSD: Final = re.compile(r"https?://www\.w3\.org/2001/XMLSchema#(?P<name>[A-Za-z]+)\Z")
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_DECIMAL: Final = re.compile(r"-?[1-9]\.(?:0|[0-9]*[1-9])E-?(?:0|[1-9][0-9]?)\Z")
"""As canonicalisation writes a number; other spellings of a number were text, and stay text."""
_Arc = tuple[str, str]
"""A subject's name and a predicate."""


@dataclass(frozen=True, slots=True)
class _Graph:
    """Statements by subject and predicate, and where each described thing is shown in full."""

    statements: Mapping[str, Mapping[str, list[Resource | Literal]]]
    homes: Mapping[str, _Arc]


@dataclass(frozen=True, slots=True)
class _Terms:
    """Names of properties and classes by their IRIs."""

    properties: Mapping[str, str]
    classes: Mapping[str, str]


def build_view(nquads: bytes, root: str) -> dict[str, object]:
    """Return what the canonical form says, as one tree from ``root``.

    Raises:
        GuardError: not a canonical form.
    """
    statements = _index(parse_canonical(nquads))
    order, homes = _find_homes(statements, root)
    graph = _Graph(statements, homes)
    shown: dict[str, dict[str, object]] = {}
    for name in reversed(order):
        shown[name] = _render_thing(graph, name, shown)
    return shown[root]


def _index(quads: tuple[Quad, ...]) -> dict[str, dict[str, list[Resource | Literal]]]:
    statements: dict[str, dict[str, list[Resource | Literal]]] = {}
    for quad in quads:
        arcs = statements.setdefault(quad.subject.name, {})
        arcs.setdefault(quad.predicate, []).append(quad.object)
    return statements


def _find_homes(
    statements: Mapping[str, Mapping[str, list[Resource | Literal]]], root: str
) -> tuple[list[str], dict[str, _Arc]]:
    """Walk the graph level by level in canonical order; the first arc to a thing is its home.

    No home is deeper than the thing's description stood in the document, so the tree is no deeper.
    """
    homes: dict[str, _Arc] = {}
    order: list[str] = []
    waiting = deque([root])
    while waiting:
        name = waiting.popleft()
        order.append(name)
        for predicate, thing in _list_described(statements, name):
            if thing != root and thing not in homes:
                homes[thing] = (name, predicate)
                waiting.append(thing)
    return order, homes


def _list_described(
    statements: Mapping[str, Mapping[str, list[Resource | Literal]]], name: str
) -> Iterator[_Arc]:
    for predicate, values in sorted(statements.get(name, {}).items()):
        for value in values:
            if isinstance(value, Resource) and value.name in statements:
                yield predicate, value.name


def _render_thing(
    graph: _Graph, name: str, shown: Mapping[str, dict[str, object]]
) -> dict[str, object]:
    arcs = graph.statements.get(name, {})
    classes = sorted(_name_class(value) for value in arcs.get(RDF_TYPE, ()))
    listed = _list_array_members(tuple(classes))
    thing: dict[str, object] = {} if name.startswith("_:") else {"id": name}
    if classes:
        thing["type"] = classes
    properties = _load_terms().properties
    named = {properties.get(arc, arc): arc for arc in arcs if arc != RDF_TYPE}
    for member, arc in sorted(named.items()):
        values = [_render_value(graph, (name, arc), value, shown) for value in arcs[arc]]
        single = len(values) == 1 and member not in listed
        thing[member] = values[0] if single else _sort(values)
    return thing


def _render_value(
    graph: _Graph, home: _Arc, value: Resource | Literal, shown: Mapping[str, dict[str, object]]
) -> object:
    if isinstance(value, Literal):
        return _render_literal(value)
    if _FIRST in graph.statements.get(value.name, {}):
        return _render_list(graph, value.name, shown)
    if value.name not in graph.statements:
        return value.name
    return shown[value.name] if graph.homes.get(value.name) == home else {"id": value.name}


def _render_list(graph: _Graph, cell: str, shown: Mapping[str, dict[str, object]]) -> list[object]:
    """Follow an ordered list; the guard lets none be shared, so it ends."""
    items: list[object] = []
    while cell in graph.statements:
        arcs = graph.statements[cell]
        items.append(_render_value(graph, (cell, _FIRST), arcs[_FIRST][0], shown))
        rest = arcs[_REST][0]
        cell = rest.name if isinstance(rest, Resource) else ""
    return items


def _render_literal(value: Literal) -> object:
    if value.language is not None:
        return {"@value": value.text, "@language": value.language}
    if value.datatype == XSD_STRING:
        return value.text
    match = _XSD.match(value.datatype)
    if match is None:
        return value.text
    if match["name"] == "boolean" and value.text in ("true", "false"):
        return value.text == "true"
    if match["name"] in _NUMBERS and _INTEGER.match(value.text):
        return int(value.text)
    if match["name"] in _NUMBERS and _DECIMAL.match(value.text):
        return float(value.text)
    return value.text


def _sort(values: list[object]) -> list[object]:
    """Order values by how they are written; one ordered list stays as it is."""
    if len(values) == 1 and isinstance(values[0], list):
        return values[0]
    return sorted(values, key=lambda value: json.dumps(value, sort_keys=True, ensure_ascii=False))


@lru_cache(maxsize=256)
def _list_array_members(classes: tuple[str, ...]) -> frozenset[str]:
    return list_array_members(classes)


def _name_class(value: Resource | Literal) -> str:
    name = value.name if isinstance(value, Resource) else value.text
    return _load_terms().classes.get(name, name)


@cache
def _load_terms() -> _Terms:
    """Turn the contexts round: in them, classes begin with a capital, properties do not."""
    properties: dict[str, str] = {}
    classes: dict[str, str] = {}
    for url in CREDENTIAL_CONTEXTS:
        for term, iri in list_terms(load_context(url)["@context"]):
            (classes if term[:1].isupper() else properties).setdefault(iri, term)
    return _Terms(properties, classes)


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
