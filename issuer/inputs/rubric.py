"""The levels of an achievement's rubrics, one of which a roster's ``result`` names."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from issuer.inputs.cells import CellError
from issuer.inputs.problems import quote_text


@dataclass(frozen=True, slots=True)
class Level:
    """A rubric criterion level (Open Badges 3.0, B.1.20) and whose result it is."""

    id: str
    name: str
    result_description: str
    earns_credit: bool
    """It reaches the required level, or none is required."""


class RubricError(Exception):
    """A result description contradicts itself."""

    def __init__(self, member: str, reason: str) -> None:
        """Keep the member's path and the reason."""
        self.member = member
        self.reason = reason
        super().__init__(f"{member}: {reason}")


def read_levels(achievement: Mapping[str, object]) -> tuple[Level, ...]:
    """Return the levels of all rubrics of an achievement that the schema accepts.

    Levels stand from low to high (Open Badges 3.0, B.1.19): what comes before the required one
    earns no credit.

    Raises:
        RubricError: the required level is none of the rubric's.
    """
    descriptions = _objects(achievement.get("resultDescription"))
    return tuple(
        level
        for index, description in enumerate(descriptions)
        for level in _read_description(description, f"resultDescription[{index}]")
    )


def choose_level(levels: Sequence[Level], raw: str) -> Level:
    """Return the level that a cell names by name or id.

    Raises:
        CellError: no such level, or several of that name.
    """
    text = unicodedata.normalize("NFC", raw).strip()
    found = [level for level in levels if text in (level.id, _fold(level.name))]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(level.id for level in found)
        reason = f"{quote_text(text)} is the name of {len(found)} levels"
        raise CellError(reason, f"write the level's id instead: {ids}")
    if not levels:
        reason = f"says {quote_text(text)}, but the achievement has no rubric with levels"
        raise CellError(
            reason, "add a resultDescription with rubricCriterionLevel, or drop the column"
        )
    raise CellError(
        f"{quote_text(text)} is no level of the achievement's rubrics", _advise(levels, text)
    )


def _advise(levels: Sequence[Level], text: str) -> str:
    names = sorted({_fold(level.name) for level in levels})
    lower = {name.casefold(): name for name in names}
    near = get_close_matches(text.casefold(), lower, n=1)
    if near:
        return f"did you mean {quote_text(lower[near[0]])}"
    return f"write one of {', '.join(map(quote_text, names))}"


def _read_description(description: Mapping[str, object], member: str) -> Iterator[Level]:
    levels = list(_objects(description.get("rubricCriterionLevel")))
    required = description.get("requiredLevel")
    ids = [level["id"] for level in levels]
    if required is not None and required not in ids:
        raise RubricError(f"{member}.requiredLevel", "names none of the rubric's levels")
    lowest = 0 if required is None else ids.index(required)
    for index, level in enumerate(levels):
        yield Level(
            id=str(level["id"]),
            name=str(level["name"]),
            result_description=str(description["id"]),
            earns_credit=index >= lowest,
        )


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


@lru_cache(maxsize=256)  # the same few levels are asked about in every row
def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()
