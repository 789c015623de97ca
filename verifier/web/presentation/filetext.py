"""What a file says that is laid out as no certificate: plain lines, to find the original by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from verifier.web.presentation.text import Piece, quote_file

LINES: Final = 120
"""Enough for any real credential; a file made to be long says nothing more worth reading."""
TEXT_GRAPHEMES: Final = 400


@dataclass(frozen=True, slots=True)
class TextLine:
    """One value and where it stands in the file."""

    place: Piece
    text: Piece


def list_text(shown: Mapping[str, object] | None) -> tuple[TextLine, ...]:
    """Return the texts and numbers of a credential with their places."""
    lines = _iterate("", shown) if shown is not None else iter(())
    return tuple(line for line, _ in zip(lines, range(LINES), strict=False))


def _iterate(place: str, value: object) -> Iterator[TextLine]:
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from _iterate(f"{place}.{member}" if place else str(member), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _iterate(f"{place} {number}" if len(value) > 1 else place, inner)
    elif value is not None:
        yield TextLine(quote_file(place, TEXT_GRAPHEMES), quote_file(str(value), TEXT_GRAPHEMES))
