"""The same schema, compiled to plain functions that only say yes or no.

jsonschema walks the schema anew for each document and takes half a millisecond; it stays the one
that explains. A yes from here is believed, a no is only a reason to ask jsonschema: so nothing is
refused here, and a test holds every yes to jsonschema's. A keyword that is not known here makes
compiling fail, never a check be left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jsonschema import FormatChecker

Check = Callable[[Any], bool]
"""Tells whether a value is as one schema wants it."""

_SILENT: Final = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "additionalItems"}
)
"""Keywords that demand nothing by themselves; ``additionalItems`` belongs to ``items``."""
_REF_START: Final = "#/$defs/"


class UnknownKeywordError(ValueError):
    """The schema uses a keyword that is not compiled here."""

    def __init__(self, keyword: str) -> None:
        """Keep the keyword."""
        self.keyword: Final = keyword
        super().__init__(f"the schema's keyword {keyword} is not known here")


def compile_schema(schema: Mapping[str, Any], formats: FormatChecker) -> Check:
    """Return the schema as one function.

    Raises:
        UnknownKeywordError: a keyword, or a form of one, that is not known here.
    """
    return SchemaCompiler(schema.get("$defs", {}), formats).compile(schema)


@dataclass(frozen=True, slots=True)
class SchemaCompiler:
    """Compiles the keywords of one schema with its definitions."""

    definitions: Mapping[str, Mapping[str, Any]]
    formats: FormatChecker
    known: dict[str, Check] = field(default_factory=dict)

    def compile(self, schema: Mapping[str, Any]) -> Check:
        """Return what all keywords of a schema demand together."""
        checks = [self._compile_object(schema)] if schema.get("type") == "object" else []
        done = frozenset({"type", "properties", "required", "additionalProperties"})
        for keyword, rule in schema.items():
            if keyword not in _SILENT and not (checks and keyword in done):
                checks.append(self.compile_keyword(keyword, rule, schema))
        return _join_all(checks)

    def compile_keyword(self, keyword: str, rule: Any, schema: Mapping[str, Any]) -> Check:  # noqa: ANN401 (JSON)
        """Return what one keyword demands."""
        match keyword:
            case "type" if isinstance(rule, str) and rule in _TYPES:
                return _TYPES[rule]
            case "$ref" if rule.startswith(_REF_START):
                return self._compile_ref(rule.removeprefix(_REF_START))
            case "enum" if all(isinstance(choice, str) for choice in rule):
                choices = frozenset(rule)
                return lambda value: isinstance(value, str) and value in choices
            case "pattern":
                search = re.compile(rule).search
                return lambda value: not isinstance(value, str) or search(value) is not None
            case "format" if rule not in self.formats.checkers:
                return _accept
            case "format":
                return lambda value: self.formats.conforms(value, rule)
            case "minItems":
                return lambda value: not isinstance(value, list) or len(value) >= rule
            case _:
                return self._compile_applicator(keyword, rule, schema)

    def _compile_applicator(self, keyword: str, rule: Any, schema: Mapping[str, Any]) -> Check:  # noqa: ANN401 (JSON)
        match keyword:
            case "items" if isinstance(rule, list):
                return self._compile_places(rule, schema.get("additionalItems", {}))
            case "items" if isinstance(rule, dict):
                return _compile_items(self.compile(rule))
            case "contains":
                some = self.compile(rule)
                return lambda value: not isinstance(value, list) or any(map(some, value))
            case "allOf":
                return _join_all([self.compile(branch) for branch in rule])
            case "oneOf":
                ways = [self.compile(branch) for branch in rule]
                return lambda value: [way(value) for way in ways].count(True) == 1
            case _:
                raise UnknownKeywordError(keyword)

    def _compile_places(self, places: Sequence[Any], others: Mapping[str, Any]) -> Check:
        """Return the check of a list whose first items have schemas of their own."""
        first, other = [self.compile(place) for place in places], self.compile(others)
        return lambda value: (
            not isinstance(value, list)
            or (
                all(check(item) for check, item in zip(first, value, strict=False))
                and all(map(other, value[len(first) :]))
            )
        )

    def _compile_ref(self, name: str) -> Check:
        """Return a definition's check; one under way is looked up when it runs."""
        if name not in self.known:
            self.known[name] = _refuse  # ends the recursion; replaced before anything runs
            self.known[name] = self.compile(self.definitions[name])
        known, found = self.known, self.known[name]
        return (lambda value: known[name](value)) if found is _refuse else found

    def _compile_object(self, schema: Mapping[str, Any]) -> Check:
        members = {
            name: self.compile(inner) for name, inner in schema.get("properties", {}).items()
        }
        required = frozenset(schema.get("required", ()))
        others = schema.get("additionalProperties", True)
        if not isinstance(others, bool):
            raise UnknownKeywordError("additionalProperties")
        other, find = (_accept if others else _refuse), members.get

        def check(value: Any) -> bool:  # noqa: ANN401 (JSON)
            if not isinstance(value, dict) or not required <= value.keys():
                return False
            for name, inner in value.items():  # noqa: SIM110 (a generator costs as much again)
                if not find(name, other)(inner):
                    return False
            return True

        return check


def _compile_items(each: Check) -> Check:
    def check(value: Any) -> bool:  # noqa: ANN401 (JSON)
        if isinstance(value, list):
            for item in value:
                if not each(item):
                    return False
        return True

    return check


def _join_all(checks: Sequence[Check]) -> Check:
    needed = [check for check in checks if check is not _accept]
    match needed:
        case []:
            return _accept
        case [only]:
            return only
        case [first, second]:
            return lambda value: first(value) and second(value)
        case _:
            return lambda value: all(check(value) for check in needed)


def _accept(_value: object) -> bool:
    return True


def _refuse(_value: object) -> bool:
    return False


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Final[Mapping[str, Check]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}
