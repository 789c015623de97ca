"""A learned shape: fills in the leaves, labels the blank nodes anew, orders the lines.

What is right for one credential is wrong for the next where labels are copied: they follow the
hashes, which hold the leaves. So each first-degree hash that a leaf stands in is computed anew, and
labels are given by the order of the hashes: RDFC-1.0's own way where all differ.

Of many credentials each step is done for all before the next, column by column, in loops of the
interpreter and not of a program: that halves what each costs.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from protocol.credentials.shapes.conditions import Conditions
from protocol.credentials.shapes.lines import Column, Lines, compile_lines
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import Shape, pick_from
from protocol.credentials.shapes.statements import (
    Blank,
    Filled,
    Part,
    Piece,
    Statement,
    join_pieces,
)
from protocol.credentials.shapes.writing import Writer, write_all

_END: Final = b" .\n"


class Template:
    """A shape whose canonical form is known but for its leaves.

    Keeps nothing of what it was filled with.
    """

    def __init__(
        self,
        shape: Shape,
        conditions: Conditions,
        writers: Mapping[int, Writer],
        statements: Sequence[Statement],
    ) -> None:
        """Give each leaf, then each blank node, a slot, and arrange the statements."""
        self.shape: Final = shape
        self.conditions: Final = conditions
        self.writers: Final = writers
        """For the position of each leaf that is open."""
        self.statements: Final = statements
        self.tried = False
        """Whether a credential that it filled was compared with what JSON-LD makes of it."""
        positions = sorted(writers)
        self._pick = pick_from(positions)
        self._writers = [writers[position] for position in positions]
        layout = _Layout({position: slot for slot, position in enumerate(positions)}, statements)
        self._hashed = layout.arrange_blanks()
        self._blocks = layout.arrange_blocks()
        self._labels = [b"_:c14n%d" % number for number in range(len(self._hashed))]

    def fill(self, flat: Sequence[Any]) -> bytes:
        """Return the canonical form of a credential for which the conditions hold.

        Raises:
            NotProvedError: nothing is said about this credential.
        """
        if self.conditions.find_repeats(flat):
            raise NotProvedError(Reason.REPEAT)
        values = self._pick(flat)
        slots = [write(value) for write, value in zip(self._writers, values, strict=True)]
        slots += self._choose_labels(
            [sha256(lines.render(slots)).digest() for lines in self._hashed]
        )
        return b"".join(sorted([lines.render(slots) for lines in self._blocks]))

    def fill_all(self, flats: Sequence[Sequence[Any]]) -> list[bytes]:
        """Return the canonical forms of many credentials, as `fill` does of each.

        Raises:
            NotProvedError: nothing is said about one of them, or more.
        """
        if any(map(self.conditions.find_repeats, flats)):
            raise NotProvedError(Reason.REPEAT)
        count, values = len(flats), zip(*map(self._pick, flats), strict=True)
        columns: list[Column] = [
            write_all(write, column) for write, column in zip(self._writers, values, strict=True)
        ]
        digests = [_hash_all(lines, columns, count) for lines in self._hashed]
        columns += zip(*map(self._choose_labels, zip(*digests, strict=True)), strict=True)
        texts = [lines.render_all(columns, count) for lines in self._blocks]
        return [*map(b"".join, map(sorted, zip(*texts, strict=True)))]

    def _choose_labels(self, digests: Sequence[bytes]) -> list[bytes]:
        """Label the blank nodes in the order of their first-degree hashes (RDFC-1.0, 4.4)."""
        if len(set(digests)) < len(digests):
            raise NotProvedError(Reason.ALIKE_NODES)
        order = sorted(range(len(digests)), key=digests.__getitem__)
        labels = dict(zip(order, self._labels, strict=True))
        return [labels[number] for number in range(len(digests))]


def _hash_all(lines: Lines, columns: Sequence[Column], count: int) -> Column:
    if lines.constant is not None:
        return [sha256(lines.constant).digest()] * count
    return [sha256(text).digest() for text in lines.render_all(columns, count)]


class _Layout:
    """Arranges statements by subject and by blank node."""

    def __init__(self, slots: Mapping[int, int], statements: Sequence[Statement]) -> None:
        self._slots = slots
        self._statements = statements
        self._blanks = sorted({number for each in statements for number in each.list_blanks()})

    def arrange_blanks(self) -> tuple[Lines, ...]:
        """Return what is hashed of each blank node (RDFC-1.0, 4.6)."""
        return tuple(
            compile_lines(
                [
                    self._write_about(number, each)
                    for each in self._statements
                    if number in each.list_blanks()
                ]
            )
            for number in self._blanks
        )

    def arrange_blocks(self) -> tuple[Lines, ...]:
        """Return the statements of each subject."""
        by_subject: dict[Part, list[Statement]] = {}
        for statement in self._statements:
            by_subject.setdefault(statement.subject, []).append(statement)
        return tuple(
            compile_lines(
                [join_pieces(self._write_rest(each, self._spell(each.object))) for each in said],
                shared=tuple(self._spell(subject)),
            )
            for subject, said in by_subject.items()
        )

    def _write_about(self, number: int, statement: Statement) -> tuple[Piece, ...]:
        names = {other: b"_:a" if other == number else b"_:z" for other in self._blanks}
        subject, thing = (
            [names[part.number]] if isinstance(part, Blank) else self._spell(part)
            for part in (statement.subject, statement.object)
        )
        return join_pieces(iter([*subject, *self._write_rest(statement, thing)]))

    def _write_rest(self, statement: Statement, thing: Sequence[Piece]) -> Iterator[Piece]:
        yield b" %b " % statement.predicate
        yield from thing
        yield _END

    def _spell(self, part: Part) -> list[Piece]:
        match part:
            case Blank(number):
                return [len(self._slots) + number]
            case Filled(before, position, after):
                return [before, self._slots[position], after]
            case _:
                return [part]
