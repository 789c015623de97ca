"""Whom a roster names, so that nobody is there twice: eight bytes each, and no texts."""

from array import array
from itertools import pairwise


class Identities:
    """The identities of all rows, by their keyed hashes.

    A hash that comes twice only makes an identity suspect. Then the rows are read again with the
    suspects watched, which are compared as they are written.
    """

    def __init__(self, watched: frozenset[int]) -> None:
        """Start with none; ``watched`` hashes came twice when the rows were read before."""
        self._watched = watched
        self._hashes: dict[str, array[int]] = {}
        self._first_rows: dict[tuple[str, str], int] = {}

    def note(self, row: int, column: str, value: str) -> int:
        """Return the first row of an identity: this one, except for a watched identity."""
        hashed = hash((column, value))
        self._hashes.setdefault(column, array("q")).append(hashed)
        if hashed not in self._watched:
            return row
        return self._first_rows.setdefault((column, value), row)

    def find_suspects(self) -> frozenset[int]:
        """Return the hashes that came twice; 40 bytes for each row are taken while it lasts."""
        return frozenset(
            one
            for hashes in self._hashes.values()
            for one, other in pairwise(sorted(hashes))
            if one == other
        )
