"""What is wrong with an input: which file, row and column, why, and what to do about it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

SHOWN_CHARACTERS: Final = 40
"""How much of a cell a message repeats: enough to find it, too little to fill the screen."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that somebody has to mend; reason and remedy are clauses without full stop."""

    file: Path
    row: int | None
    """As a spreadsheet counts, the header is row 1; None where the whole file is meant."""
    column: str | None
    """A column of a roster or the path of a JSON member."""
    reason: str
    remedy: str


def render_problem(problem: Problem) -> str:
    """Return one line: file, row, column, reason and remedy."""
    place = [str(problem.file)]
    if problem.row is not None:
        place.append(f"row {problem.row}")
    if problem.column is not None:
        place.append(problem.column)
    return f"{', '.join(place)}: {problem.reason}. {_capitalise(problem.remedy)}."


def quote_text(text: str) -> str:
    """Return ``text`` in quotes, short and with everything invisible spelled out."""
    short = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    visible = "".join(sign if sign.isprintable() else f"<U+{ord(sign):04X}>" for sign in short)
    return f"“{visible}”"


def _capitalise(clause: str) -> str:
    return clause[:1].upper() + clause[1:]
