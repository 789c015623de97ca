"""The compiled schema says yes exactly where jsonschema does; a keyword unknown to it stops it."""

import copy
import random
from collections.abc import Iterator

import pytest
from jsonschema import FormatChecker

from protocol.credentials import schema
from protocol.credentials.schema_fast import UnknownKeywordError, compile_schema
from tests.protocol.credentials import build_signed

ROUNDS = 1_500
ODD_VALUES = (
    *(None, True, 0, 1, -1, 1.0, 2.5, 10**30, float("inf"), "", "x", [], {}, ["x"], [1], [[]]),
    *({"id": 1}, {"type": []}, "2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01"),
    *("Achievement", ["Achievement"], ["Profile"], "ext:Term", "ext:", "https://a.example", "a b"),
    *({"id": "urn:x:1", "type": ["Profile"]}, {"id": "urn:x:1", "type": "Image"}),
)


def list_places(value: object, path: tuple = ()) -> Iterator[tuple]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from list_places(inner, (*path, key))


def spoil(document: dict, chance: random.Random) -> None:
    """Change, remove, double or move one value."""
    *steps, last = chance.choice(list(list_places(document)))
    place = document
    for step in steps:
        place = place[step]
    match chance.randrange(5):
        case 0:
            del place[last]
        case 1:
            donor = chance.choice(list(list_places(document)))
            value = document
            for step in donor:
                value = value[step]
            place[last] = copy.deepcopy(value)
        case 2 if isinstance(place, dict):
            place["strange" if chance.random() < 0.5 else "id"] = chance.choice(ODD_VALUES)
        case 3:
            place[last] = [copy.deepcopy(place[last])] * chance.randrange(3)
        case _:
            place[last] = chance.choice(ODD_VALUES)


def test_a_yes_is_jsonschemas_yes_and_a_no_its_no() -> None:
    chance = random.Random(20261201)
    check = schema._load_check()
    validator = schema._load_validator("")
    answers = []
    for _ in range(ROUNDS):
        document = build_signed()
        for _ in range(chance.randrange(1, 4)):
            spoil(document, chance)
        answers.append(check(document))
        assert answers[-1] == validator.is_valid(document), document
    assert 0.1 < sum(answers) / ROUNDS < 0.9, "both answers are tried"


@pytest.mark.parametrize(
    "rule",
    [
        {"maxItems": 2},
        {"type": ["string", "null"]},
        {"enum": [1]},
        {"$ref": "https://elsewhere.example"},
        {"type": "object", "additionalProperties": {"type": "string"}},
    ],
)
def test_a_keyword_that_is_not_known_is_never_left_out(rule: dict) -> None:
    with pytest.raises(UnknownKeywordError):
        compile_schema({"type": "object", "properties": {"member": rule}}, FormatChecker())
