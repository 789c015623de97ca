"""A shape is the same for two documents exactly if they differ in leaves only."""

import copy

import pytest

from protocol.credentials.shapes.shape import VALUE_LIMIT, read_shape, sign
from tests.protocol.credentials import build_unsigned


def spoil(path: str, value: object) -> dict:
    document = build_unsigned()
    place = document
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    place[int(last) if last.isdigit() else last] = value
    return document


SHAPE, FLAT = read_shape(build_unsigned())
OTHERS = {
    "another member": spoil("nickname", "x"),
    "text for an object": spoil("issuer", "did:web:issuer.example"),
    "object for a text": spoil("name", {"@value": "x"}),
    "list for a text": spoil("name", ["x"]),
    "text as long as a list": spoil("evidence", "xy"),
    "object as long as a list": spoil("evidence", {"0": {}, "1": {}}),
    "1 for true": spoil("credentialSubject.identifier.0.hashed", 1),
    "true for a fraction": spoil("credentialSubject.achievement.creditsAvailable", True),
    "1 for a fraction": spoil("credentialSubject.achievement.creditsAvailable", 1),
    "text for a fraction": spoil("credentialSubject.achievement.creditsAvailable", "2.5"),
    "null": spoil("name", None),
    "a longer list": spoil("credentialSubject.achievement.tag", ["a", "b", "c"]),
    "a shorter list": spoil("credentialSubject.achievement.tag", ["a"]),
    "items changed about": spoil(
        "credentialSubject.result", [{"type": "Result", "value": ["x"], "resultDescription": "y"}]
    ),
}


def test_a_document_of_the_shape_is_flattened_and_built_again() -> None:
    document = spoil("name", "another")
    flat = SHAPE.flatten(document)
    assert flat is not None
    assert [one != other for one, other in zip(flat, FLAT, strict=True)].count(True) == 2
    assert SHAPE.rebuild(flat) == document


def test_the_order_of_members_says_nothing() -> None:
    document = dict(reversed(build_unsigned().items()))
    assert SHAPE.flatten(document) == FLAT
    assert sign(document) == sign(build_unsigned())


@pytest.mark.parametrize("name", OTHERS)
def test_another_shape_is_told(name) -> None:
    assert SHAPE.flatten(OTHERS[name]) is None
    assert sign(OTHERS[name]) != sign(build_unsigned())


@pytest.mark.parametrize("name", OTHERS)
def test_each_of_them_is_a_shape_of_its_own(name) -> None:
    shape, flat = read_shape(OTHERS[name])
    assert shape.flatten(OTHERS[name]) == flat
    assert shape.flatten(build_unsigned()) is None


def test_a_missing_member_is_told() -> None:
    document = build_unsigned()
    del document["name"]
    assert SHAPE.flatten(document) is None


def test_types_and_truth_values_are_in_the_signature() -> None:
    for path, value in (
        ("type.1", "AchievementCredential"),
        ("credentialSubject.identifier.0.hashed", False),
    ):
        assert sign(spoil(path, value)) != sign(build_unsigned())


def test_what_is_no_plain_object_has_no_shape() -> None:
    class Other(dict):
        pass

    assert SHAPE.flatten(Other(build_unsigned())) is None
    assert SHAPE.flatten(spoil("issuer", Other(build_unsigned()["issuer"]))) is None


def test_a_document_of_very_many_values_has_no_signature() -> None:
    document = build_unsigned()
    assert sign(document | {"evidence": [str(each) for each in range(VALUE_LIMIT)]}) is None
    assert sign(copy.deepcopy(document)) is not None
