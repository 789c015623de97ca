"""A learned shape: fills in the leaves, labels the blank nodes anew, orders the lines.

What is right for one credential is wrong for the next where labels are copied: they follow the
hashes, which hold the leaves. So per credential every first-degree hash that a changed leaf touches
is computed, and labels are given by their order, which is what RDFC-1.0 does where all differ.

Every part remembers the values it was last filled with and what came of them, since the credentials
of a batch share most of theirs. That is all that changes here; one thread uses a template at once.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from protocol.credentials.shapes.reasons import NotProvedError, Reason
from protocol.credentials.shapes.shape import Flat, Picker, Shape, pick_from
from protocol.credentials.shapes.writing import Writer

MEMORY_LIMIT_BYTES: Final = 1 << 16
"""What is remembered of a credential longer than this is forgotten at once."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A leaf, and what follows it: the rest of a literal, or nothing."""

    position: int
    rest: bytes = b""


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank node by its number."""

    number: int


Part = bytes | Filled | Blank


@dataclass(frozen=True, slots=True)
class Statement:
    """One quad with places for leaves and labels."""

    subject: Part
    predicate: bytes
    object: Part


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the leaves of a credential must be like for the template to be about it."""

    pinned: tuple[Picker, tuple[Any, ...]]
    same: tuple[tuple[int, int], ...]
    """Positions of addresses that are equal."""
    different: Picker
    """Picks one of each kind of equal addresses: no two are the same."""
    schemes: tuple[str, ...]
    """How each of these begins."""
    constants: frozenset[str]
    """Addresses in the template's own text, which no leaf is equal to."""
    lists: tuple[tuple[Picker, ...], ...]
    """What picks the leaves of each item, where items of one form stand in one list."""


class Writings:
    """How each leaf is written, with the last value of each."""

    def __init__(self, writers: Mapping[int, Writer]) -> None:
        """Keep the writer of every position."""
        self._writers = writers
        self._last: dict[int, tuple[Any, bytes]] = {}

    def write(self, part: Filled, flat: Flat) -> bytes:
        """Return a leaf as it stands in a line.

        Raises:
            NotProvedError: the guard would refuse its value, or it is another kind of address.
        """
        value = flat[part.position]
        last = self._last.get(part.position)
        if last is None or last[0] != value:
            last = (value, self._writers[part.position](value))
            self._last[part.position] = last
        return last[1] + part.rest

    def forget(self) -> None:
        """Drop every value."""
        self._last.clear()


class BlankNode:
    """A blank node's first-degree hash (RDFC-1.0, 4.6)."""

    def __init__(self, number: int, statements: Sequence[Statement]) -> None:
        """Take the statements that it is part of."""
        self._number = number
        self._statements = statements
        self._pick = pick_from(_list_leaves(statements))
        self._last: tuple[Any, ...] | None = None
        self._hash = b""

    def hash(self, flat: Flat, writings: Writings) -> bytes:
        """Return the hash in hexadecimal."""
        values = self._pick(flat)
        if values != self._last:
            lines = sorted(self._write(each, flat, writings) for each in self._statements)
            self._hash = hashlib.sha256(b"".join(lines)).hexdigest().encode("ascii")
            self._last = values
        return self._hash

    def forget(self) -> None:
        """Drop what the last credential said."""
        self._last = None
        self._hash = b""

    def _write(self, statement: Statement, flat: Flat, writings: Writings) -> bytes:
        subject = self._name(statement.subject, flat, writings)
        thing = self._name(statement.object, flat, writings)
        return b"%b %b %b .\n" % (subject, statement.predicate, thing)

    def _name(self, part: Part, flat: Flat, writings: Writings) -> bytes:
        match part:
            case Blank(number):
                return b"_:a" if number == self._number else b"_:z"
            case Filled():
                return writings.write(part, flat)
            case _:
                return part


class Block:
    """All statements of one subject, in the order of the canonical form."""

    def __init__(self, subject: Part, statements: Sequence[Statement]) -> None:
        """Group the statements by predicate, which constant text orders."""
        self._subject = subject
        names = sorted({each.predicate for each in statements})
        self._groups = [
            (name, [each.object for each in statements if each.predicate == name]) for name in names
        ]
        own = [subject] if isinstance(subject, Filled) else []
        self._pick = pick_from([part.position for part in own] + _list_leaves(statements, False))
        self._last: tuple[Any, ...] | None = None
        self._head = self._text = b""
        self._lines: list[bytes] = []
        self._open: list[tuple[int, int, bytes, list[bytes], list[int]]] = []

    def render(
        self, flat: Flat, writings: Writings, labels: Sequence[bytes]
    ) -> tuple[bytes, bytes]:
        """Return the subject as written and the block's lines."""
        values = self._pick(flat)
        if values != self._last:
            self._fill(flat, writings)
            self._last = values
        subject, lines = self._head, self._lines
        if self._open:
            lines = lines.copy()
            for start, stop, before, written, numbers in self._open:
                things = [before + labels[number] + b" .\n" for number in numbers]
                lines[start:stop] = sorted(things + written) if stop - start > 1 else things
        if isinstance(self._subject, Blank):
            subject = labels[self._subject.number] + b" "
        elif not self._open:
            return subject, self._text
        return subject, subject + subject.join(lines)

    def forget(self) -> None:
        """Drop what the last credential said."""
        self._last = None
        self._head = self._text = b""
        self._lines, self._open = [], []

    def _fill(self, flat: Flat, writings: Writings) -> None:
        self._last = None
        self._head, self._lines, self._open = b"", [], []
        for predicate, things in self._groups:
            before = predicate + b" "
            numbers = [part.number for part in things if isinstance(part, Blank)]
            written = sorted(
                before
                + (writings.write(part, flat) if isinstance(part, Filled) else part)
                + b" .\n"
                for part in things
                if not isinstance(part, Blank)
            )
            if len(set(written)) < len(written):
                raise NotProvedError(Reason.EQUAL_STATEMENTS)
            start = len(self._lines)
            if numbers:
                self._open.append((start, start + len(things), before, written, numbers))
                self._lines += [b""] * len(things)
            else:
                self._lines += written
        if not isinstance(self._subject, Blank):
            named = self._subject
            self._head = (
                writings.write(named, flat) if isinstance(named, Filled) else named
            ) + b" "
            self._text = self._head + self._head.join(self._lines)


class Template:
    """A shape with pinned values whose canonical form is known but for its leaves."""

    def __init__(
        self,
        shape: Shape,
        conditions: Conditions,
        writers: Mapping[int, Writer],
        statements: Sequence[Statement],
    ) -> None:
        """Arrange the statements by subject and by blank node."""
        self.shape: Final = shape
        self._pick_pinned, self._pinned = conditions.pinned
        self._conditions = conditions
        self._writings = Writings(writers)
        self._blanks = _arrange_blanks(statements)
        named, unnamed = _arrange_blocks(statements)
        self._named, self._unnamed = named, unnamed
        self._labels = [b"_:c14n%d" % number for number in range(len(self._blanks))]

    def suits(self, flat: Flat) -> bool:
        """Tell whether the template is about this credential: pinned values, equal addresses."""
        if self._pick_pinned(flat) != self._pinned:
            return False
        if any(flat[one] != flat[other] for one, other in self._conditions.same):
            return False
        names = self._conditions.different(flat)
        return (
            all(map(str.startswith, names, self._conditions.schemes))
            and len(set(names)) == len(names)
            and self._conditions.constants.isdisjoint(names)
        )

    def fill(self, flat: Flat) -> bytes:
        """Return the canonical form of a credential that the template suits.

        Raises:
            NotProvedError: a condition does not hold; nothing is said about the credential.
        """
        for pickers in self._conditions.lists:
            if len({pick(flat) for pick in pickers}) < len(pickers):
                raise NotProvedError(Reason.REPEAT)
        labels = self._label(flat)
        blocks = [block.render(flat, self._writings, labels) for block in self._named]
        blocks.sort()
        blocks += sorted(block.render(flat, self._writings, labels) for block in self._unnamed)
        nquads = b"".join([lines for _, lines in blocks])
        if len(nquads) > MEMORY_LIMIT_BYTES:
            self.forget()
        return nquads

    def forget(self) -> None:
        """Drop everything that the last credential said."""
        self._writings.forget()
        for blank in self._blanks:
            blank.forget()
        for block in (*self._named, *self._unnamed):
            block.forget()

    def _label(self, flat: Flat) -> list[bytes]:
        """Return the canonical label of each blank node: its place in the order of the hashes."""
        hashes = [blank.hash(flat, self._writings) for blank in self._blanks]
        if len(set(hashes)) < len(hashes):
            raise NotProvedError(Reason.ALIKE_NODES)
        labels = [b""] * len(hashes)
        order = sorted(range(len(hashes)), key=hashes.__getitem__)
        for label, number in zip(self._labels, order, strict=True):
            labels[number] = label
        return labels


def _arrange_blanks(statements: Sequence[Statement]) -> list[BlankNode]:
    touching: dict[int, list[Statement]] = {}
    for statement in statements:
        numbers = {
            part.number for part in (statement.subject, statement.object) if isinstance(part, Blank)
        }
        for number in numbers:
            touching.setdefault(number, []).append(statement)
    return [BlankNode(number, touching[number]) for number in range(len(touching))]


def _arrange_blocks(statements: Sequence[Statement]) -> tuple[list[Block], list[Block]]:
    """Return the blocks of IRIs and those of blank nodes: in the order of bytes, ``<`` first."""
    by_subject: dict[Part, list[Statement]] = {}
    for statement in statements:
        by_subject.setdefault(statement.subject, []).append(statement)
    named = [Block(name, said) for name, said in by_subject.items() if not isinstance(name, Blank)]
    unnamed = [Block(name, said) for name, said in by_subject.items() if isinstance(name, Blank)]
    return named, unnamed


def _list_leaves(statements: Sequence[Statement], subjects: bool = True) -> list[int]:
    parts = [each.object for each in statements]
    parts += [each.subject for each in statements] if subjects else []
    return sorted({part.position for part in parts if isinstance(part, Filled)})
