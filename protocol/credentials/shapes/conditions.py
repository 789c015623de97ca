"""What the leaves of a credential must be like for a template to be about it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

from protocol.credentials.shapes.shape import Flat, Leaf, Picker, Shape, pick_from
from protocol.credentials.shapes.writing import read_scheme

Item = tuple[int, ...]
"""Positions of the leaves of one item of a list."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything that JSON-LD or the guard looks at besides single leaves that are written out."""

    pinned_at: Item
    pinned: Sequence[Any]
    """Values that decide what others mean, or that do not come out as they go in."""
    same: tuple[tuple[int, int], ...]
    """Positions of addresses that are equal."""
    leaders: tuple[int, ...]
    """Positions of one of each set of equal addresses: no two are the same."""
    schemes: tuple[str, ...]
    """How each of these begins."""
    constants: frozenset[str]
    """Addresses in the template's own text, which no leaf is equal to."""
    lists: tuple[tuple[Item, ...], ...]
    """The items of each list in which some are of one form."""
    _pick_pinned: Picker = field(init=False)
    _pick_names: Picker = field(init=False)
    _pick_items: tuple[tuple[Picker, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        set_field = partial(object.__setattr__, self)
        set_field("_pick_pinned", pick_from(self.pinned_at))
        set_field("_pick_names", pick_from(self.leaders))
        set_field("_pick_items", tuple(tuple(map(pick_from, items)) for items in self.lists))

    def hold(self, flat: Sequence[Any]) -> bool:
        """Tell whether they hold, but for those on lists, which `find_repeats` tells."""
        if self._pick_pinned(flat) != self.pinned:
            return False
        if any(flat[one] != flat[other] for one, other in self.same):
            return False
        names = self._pick_names(flat)
        return (
            all(map(str.startswith, names, self.schemes))
            and len(set(names)) == len(names)
            and self.constants.isdisjoint(names)
        )

    def count_characters(self) -> int:
        """Return how much text is kept that the document chose."""
        pinned = sum(len(repr(value)) for value in self.pinned)
        return pinned + sum(map(len, self.schemes))

    def find_repeats(self, flat: Sequence[Any]) -> bool:
        """Tell whether any list has an item twice (rule G4)."""
        for picks in self._pick_items:  # noqa: SIM110 (a generator costs as much again)
            if len({pick(flat) for pick in picks}) < len(picks):
                return True
        return False


def build_conditions(
    shape: Shape,
    flat: Flat,
    pinned: Collection[int],
    leaders: Mapping[int, int],
    constants: frozenset[str],
) -> Conditions:
    """Return what a credential must share with the one in ``flat``.

    ``leaders`` has, for each leaf that is an address, the first leaf equal to it.
    """
    pinned_at, first = tuple(sorted(pinned)), tuple(sorted(set(leaders.values())))
    values = [flat[at] for at in pinned_at]
    return Conditions(
        pinned_at=pinned_at,
        # copied: what is learned from may be changed in place afterwards
        pinned=tuple(list(each) if isinstance(each, list) else each for each in values),
        same=tuple((at, leader) for at, leader in leaders.items() if at != leader),
        leaders=first,
        schemes=tuple(read_scheme(flat[at]) for at in first),
        constants=constants,
        lists=_list_lists(shape, flat, pinned),
    )


def _list_lists(shape: Shape, flat: Flat, pinned: Collection[int]) -> tuple[tuple[Item, ...], ...]:
    """Return, for each list, what tells its items of one form apart, where leaves can."""
    under = _list_leaves_under(shape)
    found: list[tuple[Item, ...]] = []
    for container in shape.containers:
        if container.members is not None:
            continue
        forms: defaultdict[object, list[list[int]]] = defaultdict(list)
        for position in range(container.first, container.first + container.size):
            leaves = under[position]
            form = tuple((leaf.key, leaf.kind, _read_texts(flat[leaf.position])) for leaf in leaves)
            forms[form].append([leaf.position for leaf in leaves if leaf.kind is not list])
        found += [
            tuple(map(tuple, items))
            for items in forms.values()
            if len(items) > 1 and not set(pinned).issuperset(chain.from_iterable(items))
        ]
    return tuple(found)


def _read_texts(value: object) -> tuple[str, ...]:
    """Return texts that are one leaf: items in which they differ are of two forms."""
    return tuple(value) if isinstance(value, list) else ()


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
