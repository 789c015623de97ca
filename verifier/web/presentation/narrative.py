"""A small part of Markdown as blocks of runs; whatever is not in it is shown as written.

Headings, paragraphs, lists, tables, strong and emphasised words. No links, images or HTML: a
template escapes every run, so that nothing in a credential becomes markup.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verifier.web.presentation.text import FOLD_CHARACTERS, clean_text

BLOCKS: Final = 200
"""Blocks of one text that are shown."""
CELLS: Final = 8
"""Columns of a table."""
_HEADING: Final = re.compile(r"#{1,6}\s+(?P<text>\S.*)\Z")
_ITEM: Final = re.compile(r"(?:[-*+]|(?P<number>\d{1,3})[.)])\s+(?P<text>\S.*)\Z")
_RULE: Final = re.compile(r"\|?[\s:|-]+\|?\Z")
_RUN: Final = re.compile(
    r"\*\*(?P<strong>[^*\s](?:[^*]*[^*\s])?)\*\*|\*(?P<soft>[^*\s](?:[^*]*[^*\s])?)\*"
)


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    NUMBERED = "numbered"
    TABLE = "table"


class Stress(StrEnum):
    """How a run of words is said."""

    PLAIN = "plain"
    STRONG = "strong"
    SOFT = "soft"


@dataclass(frozen=True, slots=True)
class Run:
    """Words said in one way."""

    text: str
    stress: Stress = Stress.PLAIN


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or paragraph (one row of one cell), a list (rows of one cell), or a table."""

    kind: Kind
    rows: tuple[tuple[Runs, ...], ...]

    @property
    def length(self) -> int:
        """Characters in it."""
        return sum(len(run.text) for row in self.rows for cell in row for run in cell)


@dataclass(frozen=True, slots=True)
class Narrative:
    """A text: what is shown at once, and what is folded."""

    shown: tuple[Block, ...]
    folded: tuple[Block, ...]


def parse_narrative(text: str) -> Narrative:
    """Return the blocks of a text; those after the first `FOLD_CHARACTERS` are folded."""
    blocks = [block for block, _ in zip(_iterate_blocks(text), range(BLOCKS), strict=False)]
    split, length = 0, 0
    for split, block in enumerate(blocks, start=1):  # noqa: B007 (the count is what is wanted)
        length += block.length
        if length > FOLD_CHARACTERS:
            break
    if 0 < split < len(blocks) and blocks[split - 1].kind is Kind.HEADING:
        split -= 1
    return Narrative(tuple(blocks[:split]), tuple(blocks[split:]))


def parse_runs(text: str) -> Runs:
    """Return the runs of one line."""
    runs: list[Run] = []
    position = 0
    for match in _RUN.finditer(text):
        if match.start() > position:
            runs.append(Run(text[position : match.start()]))
        strong, soft = match["strong"], match["soft"]
        runs.append(Run(strong, Stress.STRONG) if strong else Run(soft, Stress.SOFT))
        position = match.end()
    if position < len(text):
        runs.append(Run(text[position:]))
    return tuple(runs)


def _iterate_blocks(text: str) -> Iterator[Block]:
    waiting: list[str] = []
    for line in [*clean_text(text).splitlines(), ""]:
        kind = _find_kind(line)
        if waiting and (kind is None or kind is not _find_kind(waiting[0])):
            yield _build_block(waiting)
            waiting = []
        if kind is Kind.HEADING:
            yield _build_block([line])
        elif kind is not None:
            waiting.append(line)


def _find_kind(line: str) -> Kind | None:
    """Return what a line belongs to, None for an empty one."""
    if not line:
        return None
    if _HEADING.match(line):
        return Kind.HEADING
    if line.startswith("|"):
        return Kind.TABLE
    item = _ITEM.match(line)
    if item is None:
        return Kind.PARAGRAPH
    return Kind.NUMBERED if item["number"] else Kind.LIST


def _build_block(lines: list[str]) -> Block:
    kind = _find_kind(lines[0]) or Kind.PARAGRAPH
    match kind:
        case Kind.HEADING:
            rows = [(parse_runs(_take(_HEADING, lines[0])),)]
        case Kind.LIST | Kind.NUMBERED:
            rows = [(parse_runs(_take(_ITEM, line)),) for line in lines]
        case Kind.TABLE:
            return _build_table(lines)
        case _:
            rows = [(parse_runs(" ".join(lines)),)]
    return Block(kind, tuple(rows))


def _build_table(lines: list[str]) -> Block:
    cells = [
        tuple(parse_runs(cell.strip()) for cell in line.strip("|").split("|")[:CELLS])
        for line in lines
        if not _RULE.match(line)
    ]
    if not cells:
        # Only lines that part head from body: shown as they stand, so that nothing is lost.
        return Block(Kind.PARAGRAPH, ((parse_runs(" ".join(lines)),),))
    return Block(Kind.TABLE, tuple(cells))


def _take(pattern: re.Pattern[str], line: str) -> str:
    match = pattern.match(line)
    return match["text"] if match else line
