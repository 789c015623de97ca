"""A learned shape: fills in the leaves, labels the blank nodes anew, orders the lines.

What is right for one credential is wrong for the next where labels are copied: they follow the
hashes, which hold the leaves. So each first-degree hash that a changed leaf touches is computed
again, and labels are given by the order of the hashes: RDFC-1.0's own way where all differ.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import compress
from operator import ne
from typing import Any, Final

from protocol.credentials.shapes.conditions import Conditions
from protocol.credentials.shapes.lines import Lines, Slots, compile_lines
from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import Flat, Shape, pick_from
from protocol.credentials.shapes.statements import (
    Blank,
    Filled,
    Part,
    Piece,
    Statement,
    join_pieces,
)
from protocol.credentials.shapes.writing import Writer

MEMORY_LIMIT_BYTES: Final = 1 << 16
"""What is remembered of a credential longer than this is forgotten at once."""
FINDINGS: Final = 256
"""Sets of slots of which a template remembers where they stand; numbers only."""
_END: Final = b" .\n"


class Template:
    """A shape whose canonical form is known but for its leaves; for one thread at a time.

    Remembers what it was last filled with and what came of it, since the credentials of a batch
    share most of their leaves: only what a changed leaf or label stands in is written again.
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
        self._hashed, self._blocks = layout.arrange_blanks(), layout.arrange_blocks()
        self._labels = [b"_:c14n%d" % number for number in range(len(self._hashed))]
        self._hashed_with = _Finder(self._hashed)
        self._written_with = _Finder(self._blocks)
        self._values: Sequence[Any] = ()
        self._order: list[int] = []
        self._stale = True
        self.forget()

    def fill(self, flat: Flat) -> bytes:
        """Return the canonical form of a credential for which the conditions hold.

        Raises:
            NotProvedError: nothing is said about this credential.
        """
        try:
            nquads = self._fill(flat)
        except BaseException:  # whatever stops it, half of this credential may be written
            self.forget()
            raise
        if len(nquads) > MEMORY_LIMIT_BYTES:
            self.forget()
        return nquads

    def _fill(self, flat: Flat) -> bytes:
        values = self._pick(flat)
        changed = (*compress(range(len(values)), map(ne, values, self._values)),)
        if changed or self._stale:
            self._write_leaves(flat, values, changed)
            moved = self._write_labels(changed)
            texts, slots, blocks = self._texts, self._slots, self._blocks
            for number in self._written_with.find(changed + moved):
                texts[number] = blocks[number].render(slots)
            self._stale = False
        return b"".join(sorted(self._texts))

    def _write_leaves(self, flat: Flat, values: Sequence[Any], changed: Sequence[int]) -> None:
        if self.conditions.find_repeats(flat):
            raise NotProvedError(Reason.REPEAT)
        slots, writers = self._slots, self._writers
        for slot in changed:
            slots[slot] = writers[slot](values[slot])
        self._values = values

    def _write_labels(self, changed: tuple[int, ...]) -> tuple[int, ...]:
        """Label the blank nodes in the order of their first-degree hashes (RDFC-1.0, 4.4).

        Return the slots in which another label stands now.
        """
        digests, slots, hashed = self._digests, self._slots, self._hashed
        for number in self._hashed_with.find(changed):
            digests[number] = sha256(hashed[number].render(slots)).digest()
        if len(set(digests)) < len(digests):
            raise NotProvedError(Reason.ALIKE_NODES)
        first = len(self._writers)
        order = sorted(range(len(digests)), key=digests.__getitem__)
        moved = (*compress(order, map(ne, order, self._order)),)
        if moved:
            self._order = order
            for number, label in zip(order, self._labels, strict=True):
                slots[first + number] = label
        return tuple(sorted([first + number for number in moved]))

    def forget(self) -> None:
        """Drop everything that the last credential said: for the next, everything has changed."""
        self._values = [None] * len(self._writers)
        self._slots: Slots = [b""] * (len(self._writers) + len(self._labels))
        self._digests = [sha256(text).digest() for text in _render_constant(self._hashed)]
        self._order = [-1] * len(self._labels)  # blank nodes in the order of their labels
        self._texts = _render_constant(self._blocks)
        self._stale = True


class _Finder:
    """Finds in which parts any of some slots stand; what was asked before is not sought again."""

    def __init__(self, parts: Sequence[Lines]) -> None:
        self._parts = parts
        self._found: dict[tuple[int, ...], tuple[int, ...]] = {}

    def find(self, slots: tuple[int, ...]) -> tuple[int, ...]:
        """Return the numbers of the parts."""
        found = self._found.get(slots)
        if found is None:
            if len(self._found) >= FINDINGS:
                self._found.clear()
            found = tuple(
                number for number, lines in enumerate(self._parts) if lines.slots & {*slots}
            )
            self._found[slots] = found
        return found


def _render_constant(parts: Sequence[Lines]) -> list[bytes]:
    """Return the text of those parts that no leaf and no label stands in, for others nothing."""
    return [b"" if lines.slots else lines.render([]) for lines in parts]


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
