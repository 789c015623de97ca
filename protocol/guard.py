"""What a credential must be like before its hash means anything (docs/receipt.md, G1 to G9).

JSON-LD drops silently what it does not understand, so that two files can have one hash. Each rule
below is one small function that refuses one way of doing so; issuing and verifying run the same
ones. G0 is ``strict_json``, G10 is ``view``.
"""

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.contexts import CREDENTIAL_CONTEXTS
from protocol.errors import GuardError, UnknownContextError
from protocol.iri import is_absolute_iri
from protocol.nquads import Quad
from protocol.strict_json import DEPTH_LIMIT, SAFE_INTEGER, find_text_problem

RELATIVE_BASE: Final = "x-relative://relative.invalid/"
"""Relative addresses are resolved against this, so that they can be told from absolute ones."""
NODE_LIMIT: Final = 1_000
"""Objects in one credential; an ordinary one has 20, the fullest official example about 100."""
ITEM_LIMIT: Final = 1_000
"""Items in one array: the work grows with the square."""
ANY_URI: Final = "https://www.w3.org/2001/XMLSchema#anyURI"
RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
CREDENTIALS: Final = "https://www.w3.org/2018/credentials#"
_ESSENTIAL: Final = (
    RDF_TYPE,
    CREDENTIALS + "issuer",
    CREDENTIALS + "credentialSubject",
    CREDENTIALS + "validFrom",
)
_VALUE_MEMBERS: Final = frozenset({"@value", "@language"})
_LANGUAGE_TAG: Final = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
    r"(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
    r"(?:-[0-9A-WYZa-wyz](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-[xX](?:-[A-Za-z0-9]{1,8})+)?\Z"
)
_PLAIN_DIGITS: Final = 15
"""Every decimal of so many digits survives a double unchanged, and is printed alike everywhere."""


@dataclass(frozen=True, slots=True)
class Place:
    """One value in the document and where it stands."""

    path: str
    key: str
    value: object
    depth: int


@dataclass(frozen=True, slots=True)
class Node:
    """One object of the expanded form, with the property that led to it."""

    place: str
    content: Mapping[str, object]


def walk(document: Mapping[str, object]) -> Iterator[Place]:
    """Yield every value below the document, items of arrays under their array's key."""
    waiting = [Place("", "", document, 0)]
    while waiting:
        place = waiting.pop()
        yield place
        value, depth = place.value, place.depth + 1
        if isinstance(value, Mapping):
            prefix = f"{place.path}." if place.path else ""
            waiting += [Place(prefix + key, key, inner, depth) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [
                Place(f"{place.path}[{index}]", place.key, inner, depth)
                for index, inner in enumerate(value)
            ]


# Rules on single values of the document.


def check_language(tag: str) -> bool:
    """Tell whether the text is a language tag in the form of BCP 47."""
    return _LANGUAGE_TAG.match(tag) is not None


def refuse_unlike_text(place: Place) -> None:
    """G0 also for documents made in memory: no control characters, no half characters."""
    for text in (place.key, place.value):
        problem = find_text_problem(text) if isinstance(text, str) else None
        if problem is not None:
            raise GuardError("G0", place.path, problem)


def refuse_unlike_numbers(place: Place) -> None:
    """G0: only numbers that every JSON reader reads, and every canonicaliser prints, alike."""
    value = place.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if not math.isfinite(value) or abs(value) > SAFE_INTEGER or not _is_plain(value):
        reason = "write this number as a plain decimal of at most 15 digits"
        raise GuardError("G0", place.path, reason)


def _is_plain(value: float) -> bool:
    if isinstance(value, int):
        return True
    text = repr(value).removeprefix("-")
    digits = text.replace(".", "").lstrip("0")
    return "e" not in text and len(digits) <= _PLAIN_DIGITS and (value != 0 or text == repr(value))


def refuse_keywords(place: Place) -> None:
    """G2: no member begins with ``@`` but the one ``@context``, ``@value`` and ``@language``."""
    if not place.key.startswith("@") or place.path.startswith("@context"):
        return
    if place.key not in _VALUE_MEMBERS:
        raise GuardError("G2", place.path, f"the member {place.key} is not used in credentials")


def refuse_odd_values(place: Place) -> None:
    """G2: a value object is text with a language tag, and nothing else."""
    value = place.value
    if not isinstance(value, Mapping) or not _VALUE_MEMBERS & value.keys():
        return
    text, tag = value.get("@value"), value.get("@language", "en")
    if value.keys() - _VALUE_MEMBERS or not isinstance(text, str):
        raise GuardError("G2", place.path, "a value has nothing but a text and its language")
    if not isinstance(tag, str) or not check_language(tag):
        raise GuardError(
            "G2", place.path, "the language is not a language tag such as 'en' or 'mi'"
        )


def refuse_address_members(place: Place) -> None:
    """G3: no member is named by an IRI, which would hide it from whoever looks for its name."""
    if ":" in place.key or "/" in place.key:
        raise GuardError("G3", place.path, "a member is not named by an address")


def refuse_nothing(place: Place) -> None:
    """G4: no null, no empty object or array, no array in an array: none of them is signed."""
    value = place.value
    if value is None or value in ({}, []):
        raise GuardError("G4", place.path, "it is empty: leave the member out")
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        raise GuardError("G4", place.path, "a list stands in a list")


def refuse_repeats(place: Place) -> None:
    """G4: no item is listed twice: both would be signed as one."""
    if isinstance(place.value, list):
        written = [json.dumps(item, sort_keys=True) for item in place.value]
        if len(set(written)) < len(written):
            raise GuardError("G4", place.path, "an item is listed twice")


def refuse_odd_ids(place: Place) -> None:
    """G5: every ``id`` is an absolute IRI; with a blank in it, all said of it would be dropped."""
    if place.key != "id":
        return
    if not isinstance(place.value, str) or not is_absolute_iri(place.value):
        reason = "an id is a full address such as https://… or urn:uuid:…, without blanks"
        raise GuardError("G5", place.path, reason)


PlaceRule = Callable[[Place], None]
PLACE_RULES: tuple[PlaceRule, ...] = (
    refuse_unlike_text,
    refuse_unlike_numbers,
    refuse_keywords,
    refuse_odd_values,
    refuse_address_members,
    refuse_nothing,
    refuse_repeats,
    refuse_odd_ids,
)


# Rules on the whole document.


def refuse_other_contexts(document: Mapping[str, object]) -> None:
    """G1: ``@context`` is exactly our list; an inline or further one renames what is read."""
    contexts = document.get("@context")
    if not isinstance(contexts, list):
        raise GuardError("G1", "@context", "the contexts are not a list")
    for context in contexts:
        if not isinstance(context, str):
            raise GuardError("G1", "@context", "a context is written out instead of named")
        if context not in CREDENTIAL_CONTEXTS:
            raise UnknownContextError(context)
    if contexts != list(CREDENTIAL_CONTEXTS):
        raise GuardError("G1", "@context", "the contexts are not the two known ones in their order")


def refuse_big_documents(document: Mapping[str, object]) -> None:
    """G8: bounded depth, objects and list lengths, so that the work is bounded."""
    nodes = 0
    for place in walk(document):
        nodes += isinstance(place.value, Mapping)
        if place.depth > DEPTH_LIMIT:
            raise GuardError("G8", "", f"it is nested deeper than {DEPTH_LIMIT} levels")
        if isinstance(place.value, list) and len(place.value) > ITEM_LIMIT:
            raise GuardError("G8", place.path, f"the list has more than {ITEM_LIMIT} items")
    if nodes > NODE_LIMIT:
        raise GuardError("G8", "", f"it has more than {NODE_LIMIT} objects")


DocumentRule = Callable[[Mapping[str, object]], None]
DOCUMENT_RULES: tuple[DocumentRule, ...] = (refuse_other_contexts, refuse_big_documents)


def check_document(document: Mapping[str, object]) -> None:
    """Apply every rule that needs the document only.

    Raises:
        GuardError: a rule refuses it.
        UnknownContextError: a context that no profile knows.
    """
    for rule in DOCUMENT_RULES:
        rule(document)
    for place in walk(document):
        for place_rule in PLACE_RULES:
            place_rule(place)


# Rules on the expanded form.


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
            if name.startswith(RELATIVE_BASE.split("/")[0]) or not is_absolute_iri(name):
                shown = name.removeprefix(RELATIVE_BASE)
                raise GuardError("G5", _shorten(node.place), f"{shown!r} is no full address")


def refuse_literal_json(root: Mapping[str, object]) -> None:
    """G2: no JSON literals and no graphs: what is in them is not made of statements."""
    for node in walk_nodes(root):
        if node.content.get("@type") == "@json" or "@graph" in node.content:
            raise GuardError("G2", _shorten(node.place), "it cannot be part of a credential")


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
        if name == root.get("@id") and node.content is not root:
            raise GuardError("G5", place, "it has the credential's own id")
        if name not in issuers or node.place == CREDENTIALS + "issuer":
            continue
        if place == "evidence" or node.content.keys() - {"@id", "@type"}:
            raise GuardError("G5", place, "it describes the issuer, which only issuer may")


ExpandedRule = Callable[[Mapping[str, object]], None]
EXPANDED_RULES: tuple[ExpandedRule, ...] = (
    refuse_relative,
    refuse_literal_json,
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
