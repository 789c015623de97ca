"""What a credential must be like before its hash means anything (docs/receipt.md, G1 to G9).

JSON-LD drops silently what it does not understand, so that two files can have one hash. Each rule
below is one small function that refuses one way of doing so; issuing and verifying run the same
ones. Here are those on the document as written (G0 to G5, G8); ``statement_guard`` has those on
what it comes to, ``strict_json`` those on its bytes, ``view`` is G10.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.iri import is_absolute_iri
from protocol.credentials.strict_json import DEPTH_LIMIT, SAFE_INTEGER, find_text_problem
from protocol.errors import GuardError, UnknownContextError

NODE_LIMIT: Final = 1_000
"""Objects in one credential; an ordinary one has 20, the fullest official example about 100."""
ITEM_LIMIT: Final = 250
"""Items in one array: the work grows with the square."""
VALUE_LIMIT: Final = 5_000
"""Objects, lists, texts and numbers together; with the other limits, work stays within a second."""
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


def walk(document: Mapping[str, object], path: str = "") -> Iterator[Place]:
    """Yield every value below the document, items of arrays under their array's key."""
    waiting = [Place(path, "", document, 0)]
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
    if not is_plain_number(value):
        reason = "write this number as a plain decimal of at most 15 digits"
        raise GuardError("G0", place.path, reason)


def is_plain_number(value: float) -> bool:
    """Tell whether every JSON reader reads, and every canonicaliser prints, a number alike."""
    return abs(value) <= SAFE_INTEGER and _is_plain(value)  # neither infinity nor NaN is less


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
    nodes = values = 0
    for place in walk(document):
        nodes += isinstance(place.value, Mapping)
        values += 1
        if place.depth > DEPTH_LIMIT:
            raise GuardError("G8", "", f"it is nested deeper than {DEPTH_LIMIT} levels")
        if isinstance(place.value, list) and len(place.value) > ITEM_LIMIT:
            raise GuardError("G8", place.path, f"the list has more than {ITEM_LIMIT} items")
    if nodes > NODE_LIMIT or values > VALUE_LIMIT:
        reason = f"it has more than {NODE_LIMIT} objects or {VALUE_LIMIT} values"
        raise GuardError("G8", "", reason)


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
    check_values(document)


def check_values(document: Mapping[str, object], path: str = "") -> None:
    """Apply every rule on single values; ``path`` says where the document stands.

    Raises:
        GuardError: a rule refuses one.
    """
    for place in walk(document, path):
        for place_rule in PLACE_RULES:
            place_rule(place)
