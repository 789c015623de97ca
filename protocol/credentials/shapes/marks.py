"""Marks in the leaves of a credential, and where JSON-LD lets each land.

A mark is what nobody could have foreseen, so that no credential can have it in its text. Marks are
addresses where the leaf may be one, beginning as the leaf does: JSON-LD looks at no more of them.
"""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from protocol.credentials.iri import is_absolute_iri
from protocol.credentials.nquads import Literal, Quad, Resource
from protocol.credentials.shapes.shape import Flat, Shape, is_pinned
from protocol.credentials.shapes.writing import is_whole_float, read_scheme, render_number


@dataclass(frozen=True, slots=True)
class Landing:
    """What a leaf's mark came out as."""

    resource: bool
    datatypes: frozenset[str]


@dataclass(slots=True)
class Attempt:
    """What is known so far of the leaves of one credential."""

    shape: Shape
    flat: Flat
    pinned: set[int]
    leaders: dict[int, int] = field(default_factory=dict)
    """For a leaf that is an address, the first one equal to it."""

    def draw_marks(self) -> dict[int, Any]:
        """Return another value for each leaf that is not pinned, equal ones for equal addresses."""
        nonce, start = secrets.token_hex(8), secrets.randbelow(10**9) * 10**4
        marks: dict[int, Any] = {}
        for number, leaf in enumerate(self.shape.leaves):
            at, value = leaf.position, self.flat[leaf.position]
            if at in self.pinned:
                continue
            if leaf.kind is str:
                scheme = read_scheme(value) if is_absolute_iri(value) else "urn:"
                marks[at] = f"{scheme}{nonce}-{number}"
            else:
                whole = leaf.kind is int
                marks[at] = 8 * 10**15 + start + number if whole else 10**13 + start + number + 0.5
        return {at: marks[self.leaders.get(at, at)] for at in marks}

    def list_rendered(self, marks: Mapping[int, Any]) -> dict[str, int]:
        """Return the leaf that stands for each mark as it is written."""
        return {
            mark if isinstance(mark, str) else render_number(mark): self.leaders.get(at, at)
            for at, mark in marks.items()
        }

    def learn_from(self, marks: Mapping[int, Any], landings: Mapping[int, Landing]) -> bool:
        """Pin what did not land as one whole thing, bind equal addresses; tell if any is new."""
        before = (len(self.pinned), dict(self.leaders))
        keys = {leaf.position: leaf.key for leaf in self.shape.leaves}
        first: dict[str, int] = {}
        for at in marks:
            landing, value = landings.get(self.leaders.get(at, at)), self.flat[at]
            if landing is None or not _lands_well(landing, keys[at], value):
                self.pinned.add(at)
                self.leaders.pop(at, None)
            elif landing.resource:
                self.leaders[at] = first.setdefault(value, at)
        return (len(self.pinned), self.leaders) != before


def begin(shape: Shape, flat: Flat) -> Attempt:
    """Pin what every shape pins, and fractions that are whole: 3.0 is no sign of what 2.5 does."""
    pinned = {
        leaf.position
        for leaf in shape.leaves
        if is_pinned(leaf.key, flat[leaf.position]) or is_whole_float(flat[leaf.position])
    }
    return Attempt(shape, flat, pinned)


def find_landings(quads: Sequence[Quad], marks: Mapping[str, int]) -> dict[int, Landing]:
    """Return what each mark came out as, where it came out whole."""
    resources: set[int] = set()
    datatypes: defaultdict[int, set[str]] = defaultdict(set)
    for quad in quads:
        for thing in (quad.subject, quad.object):
            if isinstance(thing, Resource) and thing.name in marks:
                resources.add(marks[thing.name])
            elif isinstance(thing, Literal) and thing.text in marks:
                datatypes[marks[thing.text]].add(thing.datatype)
    return {
        at: Landing(at in resources, frozenset(datatypes[at])) for at in {*resources, *datatypes}
    }


def _lands_well(landing: Landing, key: str, value: object) -> bool:
    if landing.resource:
        return not landing.datatypes and isinstance(value, str) and is_absolute_iri(value)
    return len(landing.datatypes) == 1 and key != "id"
