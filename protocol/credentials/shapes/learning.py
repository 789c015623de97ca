"""Learn a shape: let JSON-LD canonicalise it with a mark in every leaf, and see where each lands.

Nothing is assumed of the contexts. A leaf that does not come out as it went in is pinned to its
value. What is learned is tried on the credential itself and on one made of awkward values; a
template that differs from JSON-LD in either is not used.
"""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from protocol.credentials.canonical import canonicalise
from protocol.credentials.iri import is_absolute_iri
from protocol.credentials.nquads import XSD_STRING, Literal, Quad, Resource, parse_canonical
from protocol.credentials.shapes.reasons import NotProvedError
from protocol.credentials.shapes.shape import (
    Flat,
    Leaf,
    Picker,
    Shape,
    is_pinned,
    pick_from,
    read_shape,
)
from protocol.credentials.shapes.statements import Blank, Filled, Part, Statement
from protocol.credentials.shapes.template import Conditions, Template
from protocol.credentials.shapes.writing import (
    Writer,
    is_whole_float,
    make_resource_writer,
    read_scheme,
    render_number,
    write_address,
    write_number,
    write_text,
)
from protocol.credentials.statement_guard import ANY_URI
from protocol.errors import ProtocolError

ROUNDS: Final = 4
"""Marked runs before a shape is given up; two are enough for all that are known."""
_LABEL: Final = "_:c14n"
_AWKWARD: Final = '"\\ \t\n\r@id _:c14n0 <urn:a:b> "@en . \U0001f600\ue000é\u202e^^name type '
_AWKWARD_ADDRESS: Final = "%41:@tūī/?a=b&c='d'#_:c14n0"


class UnlearnableError(Exception):
    """A shape for which nothing can be promised; never crosses this package."""


@dataclass(frozen=True, slots=True)
class _Landing:
    """How a leaf's mark came out."""

    resource: bool
    datatypes: frozenset[str]


@dataclass(slots=True)
class _Attempt:
    """What is known of the leaves so far."""

    shape: Shape
    flat: Flat
    pinned: set[int]
    leader: dict[int, int] = field(default_factory=dict)
    """For a leaf that is an address, the first one equal to it."""


def learn(document: Mapping[str, object], nquads: bytes) -> Template:
    """Return a template for the shape of a credential whose canonical form is known.

    Raises:
        UnlearnableError: its shape has something that is not proved.
    """
    shape, flat = read_shape(document)
    pinned = {
        leaf.position
        for leaf in shape.leaves
        if is_pinned(leaf.key, flat[leaf.position]) or is_whole_float(flat[leaf.position])
    }
    attempt = _Attempt(shape, flat, pinned)
    for _ in range(ROUNDS):
        marks = _mark(attempt)
        quads = _canonicalise(shape.rebuild(_replace(flat, marks)))
        by_mark = {_render(mark): attempt.leader.get(at, at) for at, mark in marks.items()}
        landings = _find_landings(quads, by_mark)
        if not _revise(attempt, marks, landings):
            template = _build(attempt, by_mark, quads, landings)
            _try_on(template, attempt, landings, nquads)
            return template
    raise UnlearnableError


def _canonicalise(document: dict[str, object]) -> tuple[Quad, ...]:
    try:
        return parse_canonical(canonicalise(document).nquads)
    except ProtocolError as error:
        raise UnlearnableError from error


# Marks.


def _mark(attempt: _Attempt) -> dict[int, Any]:
    """Return a value for each open leaf that nobody could have foreseen, equal where led."""
    nonce = secrets.token_hex(8)
    start = secrets.randbelow(10**9)
    marks: dict[int, Any] = {}
    for number, leaf in enumerate(attempt.shape.leaves):
        at, value = leaf.position, attempt.flat[leaf.position]
        if at in attempt.pinned:
            continue
        if leaf.kind is str:
            scheme = read_scheme(value) if is_absolute_iri(value) else "urn:"
            marks[at] = f"{scheme}{nonce}-{number}"
        elif leaf.kind is int:
            marks[at] = 8 * 10**15 + start * 10**4 + number
        else:
            marks[at] = 10**13 + start * 10**4 + number + 0.5
    for at, leader in attempt.leader.items():
        if at in marks:
            marks[at] = marks[leader]
    return marks


def _replace(flat: Flat, values: Mapping[int, Any]) -> Flat:
    return [values.get(position, value) for position, value in enumerate(flat)]


def _render(mark: str | float) -> str:
    return mark if isinstance(mark, str) else render_number(mark)


def _find_landings(quads: Sequence[Quad], marks: Mapping[str, int]) -> dict[int, _Landing]:
    resources: set[int] = set()
    datatypes: defaultdict[int, set[str]] = defaultdict(set)
    for quad in quads:
        for thing in (quad.subject, quad.object):
            if isinstance(thing, Resource) and thing.name in marks:
                resources.add(marks[thing.name])
            elif isinstance(thing, Literal) and thing.text in marks:
                datatypes[marks[thing.text]].add(thing.datatype)
    return {
        at: _Landing(at in resources, frozenset(datatypes[at])) for at in {*resources, *datatypes}
    }


def _revise(attempt: _Attempt, marks: Mapping[int, Any], landings: Mapping[int, _Landing]) -> bool:
    """Pin what did not land whole and as one kind, and bind equal addresses; tell if any is new."""
    leaders: dict[str, int] = {}
    changed = False
    for at in marks:
        landing = landings.get(attempt.leader.get(at, at))
        value = attempt.flat[at]
        if landing is None or not _lands_well(landing, value):
            attempt.pinned.add(at)
            changed = True
        elif landing.resource:
            leader = leaders.setdefault(value, at)
            changed |= attempt.leader.get(at, at) != leader
            attempt.leader[at] = leader
    return changed


def _lands_well(landing: _Landing, value: object) -> bool:
    if landing.resource:
        return not landing.datatypes and isinstance(value, str) and is_absolute_iri(value)
    return len(landing.datatypes) == 1


# The template.


def _build(
    attempt: _Attempt,
    by_mark: Mapping[str, int],
    quads: Sequence[Quad],
    landings: Mapping[int, _Landing],
) -> Template:
    _refuse_shared_descriptions(attempt)
    statements = [_read_statement(quad, by_mark) for quad in quads]
    _refuse_remains(statements, by_mark)
    leaders = sorted(set(attempt.leader.values()))
    conditions = Conditions(
        pinned=_pin(attempt),
        same=tuple((at, leader) for at, leader in attempt.leader.items() if at != leader),
        different=pick_from(leaders),
        schemes=tuple(read_scheme(attempt.flat[at]) for at in leaders),
        constants=_list_constants(quads, by_mark),
        lists=_list_lists(attempt),
    )
    writers = {at: _choose_writer(landings[at], attempt.flat[at]) for at in set(by_mark.values())}
    return Template(attempt.shape, conditions, writers, statements)


def _refuse_shared_descriptions(attempt: _Attempt) -> None:
    """Leave alone what rule G5 compares in full: an id that two objects describe."""
    described: set[Any] = set()
    for container in attempt.shape.containers:
        members = container.members or ()
        if "id" in members and set(members) - {"id", "type", "@context"}:
            name = attempt.flat[container.first + members.index("id")]
            if name in described:
                raise UnlearnableError
            described.add(name)


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
    text = b"\n".join(
        part if isinstance(part, bytes) else part.after if isinstance(part, Filled) else b""
        for each in statements
        for part in (each.subject, each.predicate, each.object)
    )
    for mark in marks:
        if mark.rpartition(":")[2].lstrip("/").encode() in text:
            raise UnlearnableError


def _pin(attempt: _Attempt) -> tuple[Picker, Sequence[Any]]:
    pick = pick_from(sorted(attempt.pinned))
    return pick, pick(attempt.flat)


def _list_constants(quads: Sequence[Quad], marks: Mapping[str, int]) -> frozenset[str]:
    things = [thing for quad in quads for thing in (quad.subject, quad.object)]
    names = {thing.name for thing in things if isinstance(thing, Resource)}
    return frozenset(names - marks.keys())


def _choose_writer(landing: _Landing, value: object) -> Writer:
    if landing.resource:
        return make_resource_writer(read_scheme(str(value)))
    if not isinstance(value, str):
        return write_number
    return write_address if landing.datatypes == {ANY_URI} else write_text


def _list_lists(attempt: _Attempt) -> tuple[tuple[Any, ...], ...]:
    """Return, for each list, what tells its items of one form apart (rule G4)."""
    under = _list_leaves_under(attempt.shape)
    found: list[tuple[Any, ...]] = []
    for container in attempt.shape.containers:
        if container.members is not None:
            continue
        forms: defaultdict[object, list[int]] = defaultdict(list)
        for position in range(container.first, container.first + container.size):
            forms[tuple((leaf.key, leaf.kind) for leaf in under[position])].append(position)
        for items in forms.values():
            inside = [[leaf.position for leaf in under[item]] for item in items]
            if len(items) > 1 and not attempt.pinned.issuperset(chain.from_iterable(inside)):
                found.append(tuple(pick_from(positions) for positions in inside))
    return tuple(found)


def _list_leaves_under(shape: Shape) -> Mapping[int, list[Leaf]]:
    """Return the leaves in each value, in one order for values of one form."""
    parents = {each.position: each.parent for each in shape.containers}
    under: defaultdict[int, list[Leaf]] = defaultdict(list)
    for leaf in shape.leaves:
        under[leaf.position].append(leaf)
        at = leaf.parent
        while at:
            under[at].append(leaf)
            at = parents[at]
    return under


# The trial.


def _try_on(
    template: Template, attempt: _Attempt, landings: Mapping[int, _Landing], nquads: bytes
) -> None:
    awkward = _replace(attempt.flat, _list_awkward_values(attempt, landings))
    try:
        same = template.conditions.hold(attempt.flat) and template.fill(attempt.flat) == nquads
        expected = canonicalise(attempt.shape.rebuild(awkward)).nquads
        same = same and template.conditions.hold(awkward) and template.fill(awkward) == expected
    except (NotProvedError, ProtocolError) as error:
        raise UnlearnableError from error
    if not same:
        raise UnlearnableError


def _list_awkward_values(attempt: _Attempt, landings: Mapping[int, _Landing]) -> dict[int, Any]:
    values: dict[int, Any] = {}
    for number, leaf in enumerate(attempt.shape.leaves):
        at, value = leaf.position, attempt.flat[leaf.position]
        if at in attempt.pinned:
            continue
        leader = attempt.leader.get(at, at)
        landing = landings[leader]
        if leaf.kind is not str:
            values[at] = leaf.kind(-number - 1.25)
        elif landing.resource:
            values[at] = f"{read_scheme(value)}{leader}{_AWKWARD_ADDRESS}"
        elif landing.datatypes == {ANY_URI}:
            values[at] = f"{secrets.choice('ab')}:{number}{_AWKWARD_ADDRESS}"
        else:
            values[at] = f"{secrets.token_hex(2)}{_AWKWARD}{number}"
    return values
