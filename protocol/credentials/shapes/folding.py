"""Fold a learned shape: all leaves but some stand as they are in one credential, for a whole batch.

Whoever drafts credentials from one form knows which leaves differ, and where they stand: neither
the document nor a look at its shape is needed for each. What is constant in the form becomes
constant text of the template, so that fewer lines are written, hashed and sorted.

A folded template accepts a part of what the template it was made from accepts, and gives the same
bytes: every leaf that is not open is pinned to its value, and all other conditions stay.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from protocol.credentials.shapes.conditions import build_conditions
from protocol.credentials.shapes.learning import UnlearnableError
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import Flat, Shape
from protocol.credentials.shapes.statements import Filled, Part, Statement
from protocol.credentials.shapes.template import Template


class Folded:
    """The canonical form of all credentials of one form, which differ in some texts only."""

    def __init__(self, template: Template, flat: Flat, positions: Sequence[int]) -> None:
        """Take a template in which the leaves at ``positions`` alone are open."""
        self.template: Final = template
        self._flat: Final = flat
        self._positions: Final = tuple(positions)
        self._kinds: Final = (str,) * len(self._positions)

    def fill(self, texts: Sequence[str]) -> bytes:
        """Return the canonical form with these texts in the open leaves, in their order.

        Raises:
            NotProvedError: nothing is said about this credential.
        """
        if tuple(map(type, texts)) != self._kinds:
            raise NotProvedError(Reason.NEW_SHAPE)
        flat = self._flat.copy()
        for position, text in zip(self._positions, texts, strict=True):
            flat[position] = text
        if not self.template.conditions.hold(flat):
            raise NotProvedError(Reason.NEW_SHAPE)
        return self.template.fill(flat)


def find_positions(shape: Shape, flat: Flat, marked: Flat, marks: Sequence[str]) -> list[int]:
    """Return where in a document each mark stands, which is all that two documents differ in.

    Raises:
        UnlearnableError: a mark stands nowhere, twice, or not by itself; or more differs.
    """
    leaves = [leaf.position for leaf in shape.leaves]
    found = {marked[at]: at for at in leaves if marked[at] != flat[at]}
    differing = sum(marked[at] != flat[at] for at in leaves)
    if differing != len(marks) or found.keys() != {*marks}:
        raise UnlearnableError
    return [found[mark] for mark in marks]


def fold(template: Template, flat: Flat, positions: Sequence[int]) -> Folded:
    """Return the template with all leaves of ``flat`` but some pinned.

    ``flat`` is of a credential that the template fills.

    Raises:
        UnlearnableError: an open leaf is pinned, or bound to be equal to another.
    """
    conditions, opened = template.conditions, frozenset(positions)
    bound = {at for pair in conditions.same for at in pair}
    if not opened <= template.writers.keys() or opened & bound:
        raise UnlearnableError
    constant = {at: template.writers[at](flat[at]) for at in template.writers.keys() - opened}
    folded = Template(
        template.shape,
        build_conditions(
            template.shape,
            flat,
            [leaf.position for leaf in template.shape.leaves if leaf.position not in opened],
            {at: at for at in conditions.leaders if at in opened},
            conditions.constants.union(flat[at] for at in conditions.leaders if at not in opened),
        ),
        {at: template.writers[at] for at in opened},
        [_fold_statement(each, constant) for each in template.statements],
    )
    return Folded(folded, flat, positions)


def _fold_statement(statement: Statement, constant: Mapping[int, bytes]) -> Statement:
    return Statement(
        subject=_fold_part(statement.subject, constant),
        predicate=statement.predicate,
        object=_fold_part(statement.object, constant),
    )


def _fold_part(part: Part, constant: Mapping[int, bytes]) -> Part:
    if isinstance(part, Filled) and part.position in constant:
        return part.before + constant[part.position] + part.after
    return part
