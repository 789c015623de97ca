"""What a mark's landing says of its leaf; on landings that our contexts do not make as well."""

import pytest

from protocol.credentials.nquads import XSD_STRING
from protocol.credentials.shapes.learning import UnlearnableError, _refuse_remains
from protocol.credentials.shapes.marks import Landing, begin
from protocol.credentials.shapes.shape import read_shape
from protocol.credentials.shapes.statements import Filled, Statement

DOCUMENT = {"id": "urn:a:b", "name": "x", "count": 3, "share": 2.5, "whole": 3.0, "true": True}
TEXT = Landing(resource=False, datatypes=frozenset({XSD_STRING}))
ADDRESS = Landing(resource=True, datatypes=frozenset())
BOTH = Landing(resource=True, datatypes=frozenset({XSD_STRING}))
TWO_KINDS = Landing(resource=False, datatypes=frozenset({XSD_STRING, "urn:other:kind"}))


def pin(**landings: Landing | None) -> set[str]:
    """Return the members that are pinned when these land so, and all others as they should."""
    shape, flat = read_shape(DOCUMENT)
    attempt = begin(shape, flat)
    marks = attempt.draw_marks()
    keys = {leaf.position: leaf.key for leaf in shape.leaves}
    usual = {keys[at]: ADDRESS if keys[at] == "id" else TEXT for at in marks} | landings
    attempt.learn_from(marks, {at: usual[keys[at]] for at in marks if usual[keys[at]] is not None})
    return {keys[at] for at in attempt.pinned} - {"whole", "true"}


def test_what_lands_as_it_should_stays_open() -> None:
    assert pin() == set()


@pytest.mark.parametrize(
    ("member", "landing"),
    [
        ("name", None),
        ("name", ADDRESS),
        ("name", BOTH),
        ("name", TWO_KINDS),
        ("count", ADDRESS),
        ("id", TEXT),
        ("id", BOTH),
        ("id", None),
    ],
)
def test_what_lands_otherwise_is_pinned(member, landing) -> None:
    assert pin(**{member: landing}) == {member}


def test_marks_are_unlike_each_other_and_never_the_same_again() -> None:
    shape, flat = read_shape(DOCUMENT)
    attempt = begin(shape, flat)
    first, second = attempt.draw_marks(), attempt.draw_marks()
    assert len({*first.values(), *second.values()}) == 2 * len(first) == 8
    assert [type(mark) for mark in first.values()] == [type(flat[at]) for at in first]


@pytest.mark.parametrize(
    "statement",
    [
        Statement(b"<urn:a:b>", b"<urn:m:rk-1>", b'"x"'),
        Statement(b"<https://a.example/rk-1>", b"<urn:a:b>", b'"x"'),
        Statement(b"<urn:a:b>", b"<urn:a:b>", b'"see urn:m:rk-1"'),
        Statement(b"<urn:a:b>", b"<urn:a:b>", Filled(b'"', 3, b'"^^<urn:rk-1>')),
    ],
)
def test_a_mark_within_other_text_makes_a_shape_unlearnable(statement) -> None:
    with pytest.raises(UnlearnableError):
        _refuse_remains([statement], ["urn:rk-1"])
    _refuse_remains([statement], ["urn:rk-2"])
