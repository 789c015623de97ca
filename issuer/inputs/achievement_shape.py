"""Bring an achievement into the one written form, where the schema leaves only one reading.

Exports of other systems write single values where the schema wants arrays, leave out the ``type``
of nested objects and give an address where an object is wanted. The official schema itself says,
for each member, which form is right; what it does not decide is left alone, for guard and schema to
refuse.
"""

import re
from collections.abc import Mapping
from typing import Final

ROOT_CLASS: Final = "Achievement"
_REFERENCE: Final = "#/$defs/"
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+\Z")
Definitions = Mapping[str, Mapping[str, object]]


def complete_shape(
    document: Mapping[str, object], definitions: Definitions, class_name: str = ROOT_CLASS
) -> dict[str, object]:
    """Return a copy with arrays and types filled in, by the schema's ``$defs``."""
    properties = _mapping(definitions[class_name].get("properties"))
    completed = {
        member: _complete_member(value, _mapping(properties.get(member)), definitions)
        for member, value in document.items()
    }
    implied = _find_implied_type(_mapping(properties.get("type")))
    if implied is None or "type" in completed:
        return completed
    head = {"id": completed.pop("id")} if "id" in completed else {}
    return {**head, "type": implied, **completed}


def _complete_member(
    value: object, member: Mapping[str, object], definitions: Definitions
) -> object:
    if member.get("type") == "array" or "allOf" in member:
        items = value if isinstance(value, list) else [value]
        item_schema = _mapping(member.get("items"))
        return [_complete_object(item, item_schema, definitions) for item in items]
    return _complete_object(value, member, definitions)


def _complete_object(
    value: object, member: Mapping[str, object], definitions: Definitions
) -> object:
    reference = member.get("$ref")
    if not isinstance(reference, str):
        return value
    class_name = reference.removeprefix(_REFERENCE)
    if isinstance(value, str) and _ADDRESS.match(value):
        return complete_shape({"id": value}, definitions, class_name)
    if isinstance(value, Mapping):
        return complete_shape(value, definitions, class_name)
    return value


def _find_implied_type(member: Mapping[str, object]) -> object:
    """Return the only type that the class can have: a list or a string, as the schema wants it."""
    contained = _mapping(member.get("contains")).get("enum")
    if isinstance(contained, list) and len(contained) == 1:
        return list(contained)
    single = member.get("enum")
    if isinstance(single, list) and len(single) == 1:
        return single[0]
    return None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
