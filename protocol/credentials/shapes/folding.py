"""Fold a learned shape: all leaves but some stand as they are in one credential, for a whole batch.

Whoever drafts credentials from one form knows which leaves differ, and where they stand: neither
the document nor a look at its shape is needed for each. What is constant in the form becomes
constant text of the template, so that fewer lines are written, hashed and sorted.

A folded template accepts a part of what the template it was made from accepts, and gives the same
bytes: every leaf that is not open is pinned to its value, and all other conditions stay.
"""

from collections.abc import Mapping, Sequence, Set
from itertools import chain
from typing import Final

from protocol.credentials.shapes.conditions import Conditions
from protocol.credentials.shapes.learning import UnlearnableError
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import Flat, Shape
from protocol.credentials.shapes.statements import Filled, Part, Statement
from protocol.credentials.shapes.template import Template


class Folded:
    """The canonical form of all credentials of one form, which differ in some texts only."""

    def __init__(self, template: Template, size: int, constants: Sequence[object]) -> None:
        """Take a template whose open leaves are the first ``size``, and what stands behind them."""
        self.template: Final = template
        self._kinds: Final = (str,) * size
        self._constants: Final = tuple(constants)

    def fill(self, rows: Sequence[tuple[str, ...]]) -> list[bytes | None]:
        """Return the canonical form of each credential by its texts; None if nothing is proved."""
        if not rows:
            return []
        try:
            return [*self._fill(rows)]
        except NotProvedError:
            if len(rows) == 1:
                return [None]
        half = len(rows) // 2
        return self.fill(rows[:half]) + self.fill(rows[half:])

    def _fill(self, rows: Sequence[tuple[str, ...]]) -> list[bytes]:
        flats = [(*row, *self._constants) for row in rows]
        are_texts = all(tuple(map(type, row)) == self._kinds for row in rows)
        if not are_texts or not all(map(self.template.conditions.hold, flats)):
            raise NotProvedError(Reason.NEW_SHAPE)
        return self.template.fill_all(flats)


def find_positions(shape: Shape, flat: Flat, marked: Flat, marks: Sequence[str]) -> list[int]:
    """Return where in a document each mark stands, which is all that two documents differ in.

    Raises:
        UnlearnableError: a mark stands nowhere, twice, or not by itself; or more differs.
    """
    leaves = [leaf.position for leaf in shape.leaves]
    differing = [at for at in leaves if marked[at] != flat[at]]
    found = {marked[at]: at for at in differing if isinstance(marked[at], str)}
    if len(differing) != len(marks) or found.keys() != {*marks}:
        raise UnlearnableError
    return [found[mark] for mark in marks]


def fold(template: Template, flat: Flat, positions: Sequence[int]) -> Folded:
    """Return the template with all leaves of ``flat`` but some pinned.

    ``flat`` is of a credential that the template fills.

    Raises:
        UnlearnableError: an open leaf is pinned, no text, or bound to be equal to another.
    """
    conditions, opened = template.conditions, frozenset(positions)
    bound = {at for pair in conditions.same for at in pair}
    if not opened <= template.writers.keys() or opened & bound:
        raise UnlearnableError
    if not all(isinstance(flat[at], str) for at in opened):
        raise UnlearnableError
    # What the conditions on lists look at stands behind the texts.
    beside = sorted({at for items in conditions.lists for item in items for at in item} - opened)
    places = {at: place for place, at in enumerate([*positions, *beside])}
    constant = {at: template.writers[at](flat[at]) for at in template.writers.keys() - opened}
    folded = Template(
        template.shape,
        _fold_conditions(conditions, flat, opened, places),
        {places[at]: template.writers[at] for at in opened},
        [_fold_statement(each, constant, places) for each in template.statements],
    )
    return Folded(folded, len(positions), [flat[at] for at in beside])


def _fold_conditions(
    conditions: Conditions, flat: Flat, opened: Set[int], places: Mapping[int, int]
) -> Conditions:
    """Return what is left to be asked of the open leaves; all others are as they were."""
    leaders = [
        (at, scheme)
        for at, scheme in zip(conditions.leaders, conditions.schemes, strict=True)
        if at in opened
    ]
    return Conditions(
        pinned_at=(),
        pinned=(),
        same=(),
        leaders=tuple(places[at] for at, _ in leaders),
        schemes=tuple(scheme for _, scheme in leaders),
        constants=conditions.constants.union(
            flat[at] for at in conditions.leaders if at not in opened
        ),
        lists=tuple(
            tuple(tuple(places[at] for at in item) for item in items)
            for items in conditions.lists
            if not opened.isdisjoint(chain.from_iterable(items))
        ),
    )


def _fold_statement(
    statement: Statement, constant: Mapping[int, bytes], places: Mapping[int, int]
) -> Statement:
    return Statement(
        subject=_fold_part(statement.subject, constant, places),
        predicate=statement.predicate,
        object=_fold_part(statement.object, constant, places),
    )


def _fold_part(part: Part, constant: Mapping[int, bytes], places: Mapping[int, int]) -> Part:
    match part:
        case Filled(before, position, after) if position in constant:
            return before + constant[position] + after
        case Filled(before, position, after):
            return Filled(before, places[position], after)
        case _:
            return part
