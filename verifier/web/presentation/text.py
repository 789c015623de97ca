"""Words and whose they are, cleaned so that none can change how the rest of a page reads.

Words of a file, of the register and of ours are told apart by voice, and templates set each voice
in its own way. Whatever turns the direction of text, hides or piles up is taken out here.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

BAND_GRAPHEMES: Final = 60
"""A name in the headline; longer ones would push the verdict out of sight."""
TEXT_CHARACTERS: Final = 20_000
"""As long as a roster lets a text be; the rest of a longer one is not shown."""
FOLD_CHARACTERS: Final = 600
"""Longer texts are folded."""
LONGEST_PILE: Final = 4
"""Marks on one letter: as many as writing systems need; a higher pile covers other lines."""
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
_BLANKS: Final = re.compile(r"\s+")
_EXTENDING: Final = frozenset({"Mn", "Me", "Mc"})
_VARIATION: Final = range(0xFE00, 0xFE10)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_REGIONS: Final = range(0x1F1E6, 0x1F200)


class Voice(StrEnum):
    """Whose words these are."""

    OURS = "ours"
    REGISTER = "register"
    """Names that an authority put into the register."""
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words in one voice."""

    text: str
    voice: Voice = Voice.OURS
    language: str | None = None
    """BCP 47, where the credential says."""


Words = tuple[Piece, ...]


def compose(*parts: str | Piece | Words) -> Words:
    """Join our words with those of others into one line."""
    return tuple(_flatten(parts))


def begin(words: Words) -> Words:
    """Begin a line with a capital where the first words are ours; a name keeps its own letters."""
    first, *rest = words
    if first.voice is not Voice.OURS:
        return words
    return (replace(first, text=first.text[:1].upper() + first.text[1:]), *rest)


def quote_file(text: str, limit: int = BAND_GRAPHEMES, language: str | None = None) -> Piece:
    """Return words of the file, on one line and not too long."""
    return Piece(shorten(clean_line(text), limit), Voice.FILE, language)


def quote_register(text: str) -> Piece:
    """Return a name from the register, on one line and not too long."""
    return Piece(shorten(clean_line(text), BAND_GRAPHEMES), Voice.REGISTER)


def render_plain(words: Words) -> str:
    """Return the words as one text without voices."""
    return "".join(piece.text for piece in words)


def clean_line(text: str) -> str:
    """Return one line without anything that steers: blanks collapse, hidden characters go."""
    return _BLANKS.sub(" ", _drop_hidden(text)).strip()


def clean_text(text: str) -> str:
    """Return text with its line breaks, at most `TEXT_CHARACTERS`, nothing hidden in it."""
    lines = (clean_line(line) for line in text[:TEXT_CHARACTERS].splitlines())
    cut = f" … ({len(text):,} characters; the rest is not shown)"
    return "\n".join(lines) + (cut if len(text) > TEXT_CHARACTERS else "")


def has_hidden(value: object) -> bool:
    """Tell whether any text in a tree of JSON has characters that `clean_line` takes out."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if any(_is_hidden(character) for character in item):
                return True
        elif isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
    return False


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` graphemes, with … where something is left out."""
    graphemes = _iterate_graphemes(text)
    kept = [grapheme for grapheme, _ in zip(graphemes, range(limit), strict=False)]
    whole = "".join(kept)
    return whole if len(whole) == len(text) else f"{whole.rstrip()}…"


def _flatten(parts: Iterable[str | Piece | Words]) -> Iterator[Piece]:
    for part in parts:
        if isinstance(part, str):
            yield Piece(part)
        elif isinstance(part, Piece):
            yield part
        else:
            yield from part


def _is_hidden(character: str) -> bool:
    category = unicodedata.category(character)
    return category in ("Cf", "Cc", "Co", "Cn", "Cs") and not (
        character in _JOINERS or character.isspace()
    )


def _drop_hidden(text: str) -> str:
    """Drop direction marks, controls and unassigned characters, and marks beyond a pile."""
    kept: list[str] = []
    pile = 0
    for character in text:
        if _is_hidden(character):
            continue
        pile = pile + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if pile <= LONGEST_PILE:
            kept.append(character)
    return "".join(kept)


def _iterate_graphemes(text: str) -> Iterator[str]:
    """Yield what a reader takes for one character; close to UAX 29, Hangul is composed by NFC."""
    current, regions = "", 0
    for character in text:
        joined = bool(current) and _belongs(current, character, regions)
        if not joined:
            if current:
                yield current
            current, regions = "", 0
        current += character
        regions += ord(character) in _REGIONS
    if current:
        yield current


def _belongs(current: str, character: str, regions: int) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in _EXTENDING
        or character in _JOINERS
        or code in _VARIATION
        or code in _SKIN_TONES
        or current[-1] == "\N{ZERO WIDTH JOINER}"
        or (code in _REGIONS and regions % 2 == 1)
    )
