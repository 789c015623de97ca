"""Learn a shape: let JSON-LD canonicalise it with a mark in every leaf, and see where each lands.

Nothing is assumed of the contexts. A leaf that does not come out as it went in is pinned to its
value. What is learned is tried on the credential itself and on one made of awkward values; a
template that differs from JSON-LD in either is not used.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from protocol.credentials.canonical import Canonicalise, canonicalise
from protocol.credentials.nquads import XSD_STRING, Literal, Quad, Resource, parse_canonical
from protocol.credentials.shapes.conditions import build_conditions
from protocol.credentials.shapes.marks import Attempt, Landing, begin, find_landings
from protocol.credentials.shapes.reasons import NotProvedError
from protocol.credentials.shapes.shape import Flat, read_shape
from protocol.credentials.shapes.statements import Blank, Filled, Part, Statement
from protocol.credentials.shapes.template import Template
from protocol.credentials.shapes.writing import (
    Writer,
    make_resource_writer,
    read_scheme,
    write_address,
    write_number,
    write_text,
)
from protocol.credentials.statement_guard import ANY_URI
from protocol.errors import ProtocolError

ROUNDS: Final = 4
"""Marked runs before a shape is given up; two are enough for all that are known."""
TEXT_LIMIT: Final = 16_384
"""Characters that a template keeps of a credential's own: types, languages, schemes of addresses.
An ordinary one has some 400. Names of members are the contexts'."""
_LABEL: Final = "_:c14n"
_AWKWARD: Final = '"\\ \t\n\r@id _:c14n0 <urn:a:b> "@en . \U0001f600\ue000é\u202e^^name type %b '
_AWKWARD_ADDRESS: Final = "%41:@tūī/?a=b&c='d'#_:c14n0"


class UnlearnableError(Exception):
    """A shape for which nothing can be promised; never crosses this package."""


def learn(
    document: Mapping[str, object], nquads: bytes, slowly: Canonicalise = canonicalise
) -> Template:
    """Return a template for the shape of a credential whose canonical form is known.

    ``slowly`` is what that form was made by, guard and all.

    Raises:
        UnlearnableError: its shape has something that is not proved.
    """
    shape, flat = read_shape(document)
    if any(isinstance(value, float) and value == 0 for value in flat):
        raise UnlearnableError  # pinned, 0.0 would be equal to -0.0, which rule G0 refuses
    attempt = begin(shape, flat)
    for _ in range(ROUNDS):
        marks = attempt.draw_marks()
        quads = parse_canonical(_canonicalise(attempt, marks, slowly))
        rendered = attempt.list_rendered(marks)
        landings = find_landings(quads, rendered)
        if not attempt.learn_from(marks, landings):
            template = _build(attempt, rendered, quads, landings)
            awkward = _list_awkward_values(attempt, landings)
            _try_on(template, flat, nquads)
            _try_on(template, _replace(flat, awkward), _canonicalise(attempt, awkward, slowly))
            return template
    raise UnlearnableError


def _canonicalise(attempt: Attempt, values: Mapping[int, Any], slowly: Canonicalise) -> bytes:
    try:
        return slowly(attempt.shape.rebuild(_replace(attempt.flat, values))).nquads
    except ProtocolError as error:
        raise UnlearnableError from error


def _replace(flat: Flat, values: Mapping[int, Any]) -> Flat:
    return [values.get(position, value) for position, value in enumerate(flat)]


def _build(
    attempt: Attempt,
    marks: Mapping[str, int],
    quads: Sequence[Quad],
    landings: Mapping[int, Landing],
) -> Template:
    statements = [_read_statement(quad, marks) for quad in quads]
    _refuse_remains(statements, marks)
    things = [thing for quad in quads for thing in (quad.subject, quad.object)]
    names = {thing.name for thing in things if isinstance(thing, Resource)}
    conditions = build_conditions(
        attempt.shape,
        attempt.flat,
        attempt.pinned,
        attempt.leaders,
        frozenset(names - marks.keys()),
    )
    if conditions.count_characters() > TEXT_LIMIT:
        raise UnlearnableError
    writers = {at: _choose_writer(landings[at], attempt.flat[at]) for at in marks.values()}
    return Template(attempt.shape, conditions, writers, statements)


def _read_statement(quad: Quad, marks: Mapping[str, int]) -> Statement:
    return Statement(
        subject=_read_part(quad.subject, marks),
        predicate=f"<{quad.predicate}>".encode(),
        object=_read_part(quad.object, marks),
    )


def _read_part(thing: Resource | Literal, marks: Mapping[str, int]) -> Part:
    if isinstance(thing, Resource):
        if thing.is_blank:
            return Blank(int(thing.name.removeprefix(_LABEL)))
        at = marks.get(thing.name)
        return f"<{thing.name}>".encode() if at is None else Filled(b"<", at, b">")
    at = marks.get(thing.text)
    after = b'"' + _write_rest(thing)
    return b'"' + write_text(thing.text) + after if at is None else Filled(b'"', at, after)


def _write_rest(literal: Literal) -> bytes:
    if literal.language is not None:
        return f"@{literal.language}".encode()
    return b"" if literal.datatype == XSD_STRING else f"^^<{literal.datatype}>".encode()


def _refuse_remains(statements: Sequence[Statement], marks: Iterable[str]) -> None:
    """Refuse a shape in which a mark came out within other text."""
    parts = [part for each in statements for part in (each.subject, each.object)]
    constant = [part for part in parts if isinstance(part, bytes)]
    constant += [each.predicate for each in statements]
    constant += [part.after for part in parts if isinstance(part, Filled)]
    text = b"\n".join(constant)
    if any(mark.rpartition(":")[2].lstrip("/").encode() in text for mark in marks):
        raise UnlearnableError


def _choose_writer(landing: Landing, value: object) -> Writer:
    if landing.resource:
        return make_resource_writer(read_scheme(str(value)))
    if not isinstance(value, str):
        return write_number
    return write_address if landing.datatypes == {ANY_URI} else write_text


def _try_on(template: Template, flat: Flat, expected: bytes) -> None:
    try:
        same = template.conditions.hold(flat) and template.fill(flat) == expected
    except NotProvedError as error:
        raise UnlearnableError from error
    if not same:
        raise UnlearnableError


def _list_awkward_values(attempt: Attempt, landings: Mapping[int, Landing]) -> dict[int, Any]:
    """Return values of every leaf's kind that a careless template would write wrongly."""
    values: dict[int, Any] = {}
    for number, leaf in enumerate(attempt.shape.leaves):
        at, value = leaf.position, attempt.flat[leaf.position]
        if at in attempt.pinned:
            continue
        leader = attempt.leaders.get(at, at)
        if leaf.kind is not str:
            values[at] = leaf.kind(-number - 1.25)
        elif landings[leader].resource:
            values[at] = f"{read_scheme(value)}{leader}{_AWKWARD_ADDRESS}"
        elif landings[leader].datatypes == {ANY_URI}:
            values[at] = f"{secrets.choice('ab')}:{number}{_AWKWARD_ADDRESS}"
        else:
            values[at] = f"{secrets.token_hex(2)}{_AWKWARD}{number}"
    return values
