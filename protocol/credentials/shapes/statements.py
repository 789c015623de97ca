"""A learned statement: constant text with places for leaves and for the labels of blank nodes."""

from collections.abc import Iterator
from dataclasses import dataclass

Piece = bytes | int
"""Constant text, or the number of the slot whose text stands there."""
Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A leaf by its position, with what stands before and behind it."""

    before: bytes
    position: int
    after: bytes


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank node by its number."""

    number: int


Part = bytes | Filled | Blank


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the default graph."""

    subject: Part
    predicate: bytes
    object: Part

    def list_blanks(self) -> set[int]:
        """Return the numbers of its blank nodes."""
        return {part.number for part in (self.subject, self.object) if isinstance(part, Blank)}


def join_pieces(pieces: Iterator[Piece]) -> Line:
    """Return a line in which no two constant texts stand side by side."""
    joined: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)
