"""The shape of a credential: its members, kinds of values and lengths of lists, and nothing else.

Two credentials of one shape differ in their leaves only (texts, numbers, true and false), so that a
flat list of values in one fixed order says all about either. The order of members says nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from protocol.credentials.contexts import CREDENTIAL_CONTEXTS, PINNED

VALUE_LIMIT: Final = 1_000
"""Values of a credential whose shape is learned; an ordinary one has 100, and it bounds memory."""
CONTEXT_DIGESTS: Final = tuple(PINNED[url][1] for url in CREDENTIAL_CONTEXTS)
"""What the contexts are; they stand at the head of every shape's signature."""
_PINNED_KEYS: Final = frozenset({"@context", "type", "@language"})
"""Members whose values decide what others mean; a list of texts is one value there."""
_OPEN_KINDS: Final = frozenset({str, int, float})
Flat = list[Any]
"""Every value of a credential, itself first, in the order of its shape."""
Picker = Callable[[Any], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that is looked at as one: it holds no other, or texts that are pinned."""

    position: int
    key: str
    kind: type
    parent: int
    """Position of the object or list it stands in."""


@dataclass(frozen=True, slots=True)
class Container:
    """An object or list: what it holds, and where its values stand in the flat list."""

    position: int
    key: str
    parent: int
    members: tuple[str, ...] | None
    """Sorted names, or nothing for a list."""
    first: int
    size: int


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that credentials of one shape have in common but their pinned values."""

    containers: tuple[Container, ...]
    leaves: tuple[Leaf, ...]
    kinds: tuple[type, ...]
    """The kind of every value, in their order."""
    steps: tuple[tuple[int, Picker], ...]
    pick_containers: Picker
    sizes: tuple[int, ...]

    def flatten(self, document: Mapping[str, object]) -> Flat | None:
        """Return the values of a document of this shape, or nothing if it has another.

        Kinds are compared exactly, so that ``true``, ``1`` and ``1.0`` are never one. They are
        compared last, all at once: what another document holds is read wrongly, but only read.
        """
        flat: Flat = [document]
        try:
            for position, pick in self.steps:
                flat += pick(flat[position])
            if tuple(map(type, flat)) != self.kinds:
                return None
            return flat if tuple(map(len, self.pick_containers(flat))) == self.sizes else None
        except (LookupError, TypeError):
            return None

    def rebuild(self, flat: Flat) -> dict[str, object]:
        """Return the document that has the leaves of a flat list."""
        built = list(flat)
        for container in reversed(self.containers):
            values = built[container.first : container.first + container.size]
            if container.members is None:
                built[container.position] = values
            else:
                built[container.position] = dict(zip(container.members, values, strict=True))
        document: dict[str, object] = built[0]
        return document


def sign(document: Mapping[str, object]) -> int | None:
    """Return a number that documents of one shape share, or nothing for one that none should have.

    Only finds what may fit: whoever uses it compares in full.
    """
    if type(document) is not dict:
        return None
    marks: list[object] = [CONTEXT_DIGESTS]
    waiting: list[tuple[str, object]] = [("", document)]
    while waiting:
        key, value = waiting.pop()
        if len(marks) + len(waiting) > VALUE_LIMIT:
            return None
        if _is_leaf(key, value):
            marks.append((type(value), _read_pinned(key, value)))
        elif isinstance(value, dict):
            members = sorted(value)
            marks.append(tuple(members))
            waiting += [(member, value[member]) for member in members]
        elif isinstance(value, list):
            marks.append(len(value))
            waiting += [(key, item) for item in value]
    return hash(tuple(marks))


def _is_leaf(key: str, value: object) -> bool:
    if isinstance(value, list):
        return key in _PINNED_KEYS and all(type(item) is str for item in value)
    return not isinstance(value, dict)


def is_pinned(key: str, value: object) -> bool:
    """Tell whether a leaf belongs to the shape with its value, whatever the contexts say."""
    return key in _PINNED_KEYS or type(value) not in _OPEN_KINDS


def _read_pinned(key: str, value: object) -> object:
    if not is_pinned(key, value):
        return None
    return tuple(value) if isinstance(value, list) else repr(value)


def read_shape(document: Mapping[str, object]) -> tuple[Shape, Flat]:
    """Return a document's shape and its values."""
    flat: Flat = [document]
    containers: list[Container] = []
    leaves: list[Leaf] = []
    waiting = [(0, "", 0)]
    for position, key, parent in waiting:
        value = flat[position]
        if _is_leaf(key, value):
            leaves.append(Leaf(position, key, type(value), parent))
            continue
        members = tuple(sorted(value)) if isinstance(value, dict) else None
        values = list(value) if members is None else [value[member] for member in members]
        containers.append(Container(position, key, parent, members, len(flat), len(values)))
        names = members if members is not None else (key,) * len(values)
        waiting += [(len(flat) + index, name, position) for index, name in enumerate(names)]
        flat += values
    return _plan(containers, leaves, flat), flat


def _plan(containers: Sequence[Container], leaves: Sequence[Leaf], flat: Flat) -> Shape:
    return Shape(
        containers=tuple(containers),
        leaves=tuple(leaves),
        kinds=tuple(map(type, flat)),
        steps=tuple(
            (each.position, _take(each.size) if each.members is None else pick_from(each.members))
            for each in containers
        ),
        pick_containers=pick_from([each.position for each in containers]),
        sizes=tuple(each.size for each in containers),
    )


def _take(size: int) -> Picker:
    """Return what takes a list of this length as it is: no long text is taken apart for one."""

    def take(value: Any) -> Sequence[Any]:  # noqa: ANN401 (whatever a document holds)
        if type(value) is not list or len(value) != size:
            raise TypeError
        return value

    return take


def pick_from(keys: Sequence[Any]) -> Picker:
    """Return what picks these items of a mapping or list into a tuple."""
    if not keys:
        return lambda _: ()
    if len(keys) == 1:
        only = keys[0]
        return lambda container: (container[only],)
    return itemgetter(*keys)
