"""What a document must come to in JSON-LD before its hash means anything (docs/receipt.md).

The second half of the guard: rules on the expanded form (G2, G5 to G7) and on the statements (G9).
Each is one small function; ``guard`` has the first half and says why there is a guard.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.credentials.guard import walk
from protocol.credentials.iri import is_absolute_iri
from protocol.credentials.nquads import Quad
from protocol.errors import GuardError

RELATIVE_BASE: Final = "x-relative://relative.invalid/"
"""Relative addresses are resolved against this, so that they can be told from absolute ones."""
_RELATIVE_SCHEME: Final = RELATIVE_BASE.partition("/")[0]
ANY_URI: Final = "https://www.w3.org/2001/XMLSchema#anyURI"
RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_DATATYPE_KINDS: Final[Mapping[str, str]] = {
    "boolean": "true or false",
    "float": "a number",
    "double": "a number",
    "decimal": "a number",
    "integer": "a number",
    "nonNegativeInteger": "a number",
}
"""How values of these datatypes of XML Schema are written; all others are text."""
CREDENTIALS: Final = "https://www.w3.org/2018/credentials#"
_ESSENTIAL: Final = (
    RDF_TYPE,
    CREDENTIALS + "issuer",
    CREDENTIALS + "credentialSubject",
    CREDENTIALS + "validFrom",
)


@dataclass(frozen=True, slots=True)
class Node:
    """One object of the expanded form, with the property that led to it."""

    place: str
    content: Mapping[str, object]


def refuse_dropped(document: Mapping[str, object], member: object) -> None:
    """G6: nothing that the contexts do not define, for it would not be signed."""
    paths = (place.path for place in walk(document) if place.key == member)
    path = next(paths, str(member or ""))
    reason = "the contexts do not define this member here (is a type missing or misspelt?)"
    raise GuardError("G6", path, reason)


def refuse_relative(root: Mapping[str, object]) -> None:
    """G5: every type and IRI-valued text is absolute; others are dropped, or read differently."""
    for node in walk_nodes(root):
        for name in _find_names(node.content):
            if not is_full_address(name):
                shown = name.removeprefix(RELATIVE_BASE)
                raise GuardError("G5", _shorten(node.place), f"{shown!r} is no full address")


def is_full_address(name: str) -> bool:
    """Tell whether an expanded address is absolute, and was so before it was expanded."""
    return not name.startswith(RELATIVE_BASE.split("/")[0]) and is_absolute_iri(name)


def refuse_literal_json(root: Mapping[str, object]) -> None:
    """G2: no JSON literals and no graphs: what is in them is not made of statements."""
    for node in walk_nodes(root):
        if node.content.get("@type") == "@json" or "@graph" in node.content:
            raise GuardError("G2", _shorten(node.place), "it cannot be part of a credential")


def refuse_unlike_kinds(root: Mapping[str, object]) -> None:
    """G7: numbers and booleans where the contexts have them, text elsewhere: one spelling each."""
    for node in walk_nodes(root):
        if "@value" not in node.content:
            continue
        value, datatype = node.content["@value"], node.content.get("@type")
        name = _shorten(datatype) if isinstance(datatype, str) else ""
        if _name_kind(value) != _DATATYPE_KINDS.get(name, "text" if name else _name_kind(value)):
            expected = _DATATYPE_KINDS.get(name, "text")
            raise GuardError("G7", _shorten(node.place), f"expected {expected}")


def _name_kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    return "a number" if isinstance(value, int | float) else "text"


def refuse_two_descriptions(root: Mapping[str, object]) -> None:
    """G5: an id is described in one place; elsewhere it stands alone or with the same type."""
    descriptions: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)
    for node in walk_nodes(root):
        name = node.content.get("@id")
        if isinstance(name, str) and len(node.content) > 1:
            body = {key: value for key, value in node.content.items() if key != "@id"}
            if body not in descriptions[name]:
                descriptions[name].append(body)
    for name, bodies in descriptions.items():
        types = {json.dumps(sorted(_texts(body.get("@type")))) for body in bodies}
        if len(types) > 1 or sum(body.keys() != {"@type"} for body in bodies) > 1:
            raise GuardError("G5", "", f"{name} is described in two places")


def refuse_words_about_issuer(root: Mapping[str, object]) -> None:
    """G5: only the credential describes itself, only ``issuer`` the issuer, no evidence does."""
    issuers = {name for node in _values(root, "issuer") for name in _texts(node.get("@id"))}
    for node in walk_nodes(root):
        name, place = node.content.get("@id"), _shorten(node.place)
        if name is not None and name == root.get("@id") and node.content is not root:
            raise GuardError("G5", place, "it has the credential's own id")
        if name not in issuers or node.place == CREDENTIALS + "issuer":
            continue
        if place == "evidence" or node.content.keys() - {"@id", "@type"}:
            raise GuardError("G5", place, "it describes the issuer, which only issuer may")


ExpandedRule = Callable[[Mapping[str, object]], None]
EXPANDED_RULES: tuple[ExpandedRule, ...] = (
    refuse_relative,
    refuse_literal_json,
    refuse_unlike_kinds,
    refuse_two_descriptions,
    refuse_words_about_issuer,
)


def check_expanded(root: Mapping[str, object]) -> None:
    """Apply every rule that needs the expanded form.

    Raises:
        GuardError: a rule refuses it.
    """
    for rule in EXPANDED_RULES:
        rule(root)


def walk_nodes(root: Mapping[str, object]) -> Iterator[Node]:
    """Yield every object of the expanded form, value and list objects too."""
    waiting = [Node("", root)]
    while waiting:
        node = waiting.pop()
        yield node
        for key, values in node.content.items():
            place = node.place if key == "@list" else key
            if isinstance(values, list):
                waiting += [Node(place, value) for value in values if isinstance(value, Mapping)]


def _find_names(content: Mapping[str, object]) -> Iterator[str]:
    if "@value" in content:
        if content.get("@type") == ANY_URI:
            yield from _texts(content["@value"])
        return
    yield from _texts(content.get("@id"))
    yield from _texts(content.get("@type"))


def _values(root: Mapping[str, object], term: str) -> list[Mapping[str, object]]:
    values = root.get(CREDENTIALS + term)
    return (
        [value for value in values if isinstance(value, Mapping)]
        if isinstance(values, list)
        else []
    )


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _shorten(place: str) -> str:
    return re.split(r"[#/]", place)[-1]


# Rules on the statements.


def refuse_lost_statements(root: Mapping[str, object], quads: Sequence[Quad]) -> None:
    """G9: the canonical form has exactly as many statements as the document makes."""
    if len(quads) != count_statements(root):
        raise GuardError("G9", "", "not all that it says would be signed")


def refuse_nameless(root: Mapping[str, object], quads: Sequence[Quad]) -> None:
    """G9: the credential's own id is the subject of type, issuer, subject and validFrom."""
    said = {quad.predicate for quad in quads if quad.subject.name == root.get("@id")}
    for predicate in _ESSENTIAL:
        if predicate not in said:
            raise GuardError("G9", _shorten(predicate), "it is not signed as the credential's own")


StatementRule = Callable[[Mapping[str, object], Sequence[Quad]], None]
STATEMENT_RULES: tuple[StatementRule, ...] = (refuse_lost_statements,)
CREDENTIAL_RULES: tuple[StatementRule, ...] = (refuse_nameless,)


def count_statements(root: Mapping[str, object]) -> int:
    """Count what the expanded form says: equal statements about one IRI count once."""
    named: set[tuple[str, str, str]] = set()
    count = 0
    for node in walk_nodes(root):
        name = node.content.get("@id")
        for key, values in node.content.items():
            if key == "@list" and isinstance(values, list):
                count += 2 * len(values)
            elif isinstance(values, list) and (key == "@type" or not key.startswith("@")):
                written = {_write(value) for value in values}
                if isinstance(name, str):
                    named |= {(name, key, value) for value in written}
                else:
                    count += len(written)
    return count + len(named)


def _write(value: object) -> str:
    """Write a value so that equal statements are equal: a named object counts by its name alone."""
    if isinstance(value, Mapping) and isinstance(value.get("@id"), str):
        return json.dumps(value["@id"])
    return json.dumps(value, sort_keys=True)
