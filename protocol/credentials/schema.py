"""The Open Badges 3.0 schema for Verifiable Credentials 2.0 and what its prose adds, plainly said.

The official schema (JSON-LD form) is bundled and used offline. Reasons are written for a registrar.
Not checked: that a result names a result description of this very achievement, since achievements
may keep those elsewhere; the issuer's own drafts are checked against the rubric.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft201909Validator, FormatChecker, ValidationError
from referencing import Registry

from protocol.credentials.guard import check_language
from protocol.credentials.schema_fast import Check, compile_schema

Problem = tuple[str, str]
"""The member's path, and a clause that says what is expected there."""

_SCHEMA_FILE: Final = "ob_v3p0_achievementcredential_schema.json"
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_OFFSET_LIMIT_HOURS: Final = 14
"""XML Schema dateTime allows offsets up to 14:00."""
FORMATS: Final = FormatChecker(formats=())
_KINDS: Final[Mapping[str, str]] = {
    "array": "a list",
    "object": "an object",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}
_CONTAINERS: Final = (dict, list)
_ROOT_CLASS: Final = "OpenBadgeCredential"
_LISTED_CHOICES: Final = 12
_LANGUAGE_EXPECTED: Final = "expected a language tag such as en, mi or pt-BR"


def parse_moment(text: str) -> datetime:
    """Return the moment that an RFC 3339 date-time with zone names.

    Raises:
        ValueError: another form, no zone, or no such moment.
    """
    if not _MOMENT.match(text):
        message = "expected a date and time with zone, such as 2026-11-24T09:00:00Z"
        raise ValueError(message)
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset()
    if offset is None or abs(offset.total_seconds()) > _OFFSET_LIMIT_HOURS * 3600:
        message = "expected an offset of at most 14 hours"
        raise ValueError(message)
    return moment


@FORMATS.checks("date-time", raises=ValueError)
def _check_moment(value: object) -> bool:
    return not isinstance(value, str) or parse_moment(value) is not None


@FORMATS.checks("date", raises=ValueError)
def _check_day(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return _DAY.match(value) is not None and date.fromisoformat(value) is not None


@cache
def load_definitions() -> Mapping[str, Mapping[str, object]]:
    """Return the schema's ``$defs``: one JSON schema for each class of Open Badges 3.0."""
    definitions: Mapping[str, Mapping[str, object]] = load_schema()["$defs"]
    return definitions


def list_array_members(classes: Iterable[str]) -> frozenset[str]:
    """Return the members that the schema makes lists in any of these classes."""
    members = _load_array_members()
    return frozenset().union(*(members.get(name, frozenset()) for name in classes))


@cache
def _load_array_members() -> Mapping[str, frozenset[str]]:
    schemas = {**load_definitions(), _ROOT_CLASS: load_schema()}
    return {name: _find_array_members(schema) for name, schema in schemas.items()}


def _find_array_members(schema: Mapping[str, Any]) -> frozenset[str]:
    properties = schema.get("properties", {})
    return frozenset(name for name, value in properties.items() if value.get("type") == "array")


def find_schema_problems(document: Mapping[str, object]) -> tuple[Problem, ...]:
    """Return everything that is not as schema and prose want it; nothing means all is well."""
    plain = _load_check()(document)
    errors = () if plain else _load_validator("").iter_errors(document)
    return tuple(sorted({*_describe_all(errors), *_find_prose_problems(document)}))


def find_achievement_problems(achievement: Mapping[str, object]) -> tuple[Problem, ...]:
    """Return everything that is not as the schema's ``Achievement`` wants it."""
    errors = _load_validator("Achievement").iter_errors(achievement)
    return tuple(sorted({*_describe_all(errors), *_find_language_problems(achievement, "")}))


def load_schema() -> dict[str, Any]:
    """Return the whole schema of an ``OpenBadgeCredential``."""
    text = (files("protocol.credentials") / "schema_files" / _SCHEMA_FILE).read_text(
        encoding="utf-8"
    )
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _load_validator(class_name: str) -> Draft201909Validator:
    """Compile the schema, or one class of it, without any way to fetch."""
    schema = load_schema()
    if class_name:
        schema = {
            "$schema": schema["$schema"],
            "$defs": schema["$defs"],
            "$ref": f"#/$defs/{class_name}",
        }
    return Draft201909Validator(schema, registry=Registry(), format_checker=FORMATS)


@cache
def _load_check() -> Check:
    """Compile the schema to plain functions: most credentials are as it wants them."""
    return compile_schema(load_schema(), FORMATS)


def _describe_all(errors: Iterable[ValidationError]) -> Iterator[Problem]:
    for error in errors:
        branch = _find_object_branch(error)
        if branch:
            yield from _describe_all(branch)
        elif error.validator == "required":
            yield from _describe_missing(error)
        else:
            yield render_path(error.absolute_path), _describe(error)


def _find_object_branch(error: ValidationError) -> list[ValidationError]:
    """Where text or an object may stand, and an object does, return what is wrong inside it."""
    if error.validator not in ("anyOf", "oneOf") or not isinstance(error.instance, dict):
        return []
    return [
        inner for inner in error.context or () if inner.validator != "type" or inner.relative_path
    ]


def _get_rule(error: ValidationError) -> Any:  # noqa: ANN401 (whatever the schema says there)
    return error.validator_value


def _describe_missing(error: ValidationError) -> Iterator[Problem]:
    path = render_path(error.absolute_path)
    present: Any = error.instance
    for member in _get_rule(error):
        if member not in present:
            yield (f"{path}.{member}" if path else member), "it is missing"


def _describe(error: ValidationError) -> str:
    match error.validator:
        case "type":
            return f"expected {_KINDS[_get_rule(error)]}, found {_name_kind(error.instance)}"
        case "enum":
            return f"expected {_list_choices(_get_rule(error))}"
        case "contains":
            return f"expected {_list_choices(_get_rule(error)['enum'])} among these"
        case "additionalProperties":
            known = ", ".join(sorted(_get_known_members(error)))
            return f"only these members are known here: {known}"
        case "minItems":
            return f"expected at least {_get_rule(error)} entries"
        case "oneOf" | "anyOf":
            return _describe_choice(error)
        case _:
            return _describe_form(error)


def _get_known_members(error: ValidationError) -> Iterable[str]:
    schema: Any = error.schema
    known: Iterable[str] = schema["properties"]
    return known


def _describe_form(error: ValidationError) -> str:
    if _get_rule(error) == "date":
        return "expected a date such as 2026-11-24"
    if _get_rule(error) == "date-time":
        return "expected a date and time with zone, such as 2026-11-24T09:00:00Z"
    if list(error.absolute_path)[-1:] == ["inLanguage"]:
        return _LANGUAGE_EXPECTED
    return f"expected text of the form {_get_rule(error)}"


def _describe_choice(error: ValidationError) -> str:
    choices = [
        choice
        for branch in _get_rule(error)
        if isinstance(branch, dict)
        for choice in branch.get("enum", ())
    ]
    if choices:
        return f"expected {_list_choices(choices)}, or a term of your own such as ext:Something"
    kinds = {_KINDS.get(branch.get("type", ""), "an object") for branch in _get_rule(error)}
    return f"expected {' or '.join(sorted(kinds))}, found {_name_kind(error.instance)}"


def _list_choices(choices: list[str]) -> str:
    shown = [json.dumps(choice) for choice in choices[:_LISTED_CHOICES]]
    rest = ["…"] if len(choices) > _LISTED_CHOICES else []
    return " or ".join([*shown, *rest])


def _name_kind(value: object) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def render_path(steps: Iterable[str | int]) -> str:
    """Return a member's path as it is shown: ``credentialSubject.result[0].value``."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def _find_prose_problems(document: Mapping[str, object]) -> Iterator[Problem]:
    """What VC 2.0 and Open Badges 3.0 demand in words only."""
    subject = document.get("credentialSubject")
    if isinstance(subject, Mapping) and "id" not in subject and "identifier" not in subject:
        yield "credentialSubject", "expected an id or an identifier of the learner"
    if not all(map(is_language, _iterate_languages(document))):
        yield from _find_language_problems(document, "")
    start, end = (_read_moment(document.get(member)) for member in ("validFrom", "validUntil"))
    if start is not None and end is not None and end < start:
        yield "validUntil", "expected a moment after validFrom"


def _read_moment(value: object) -> datetime | None:
    try:
        return parse_moment(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _iterate_languages(document: Mapping[str, object]) -> Iterator[object]:
    """Yield every ``inLanguage`` without saying where: nearly always all is well."""
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += [item for item in value if isinstance(item, _CONTAINERS)]
            continue
        if "inLanguage" in value:
            yield value["inLanguage"]
        waiting += [inner for inner in value.values() if isinstance(inner, _CONTAINERS)]


def _find_language_problems(value: object, path: str) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        for member, inner in value.items():
            place = f"{path}.{member}" if path else str(member)
            if member == "inLanguage" and not is_language(inner):
                yield place, _LANGUAGE_EXPECTED
            yield from _find_language_problems(inner, place)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _find_language_problems(inner, f"{path}[{index}]")


def is_language(value: object) -> bool:
    """Tell whether a value is a language tag."""
    return isinstance(value, str) and check_language(value)
