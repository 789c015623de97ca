"""Results beside the rubric they were judged by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from verifier.web.presentation.text import Words, quote_file
from verifier.web.presentation.tree import iterate, read_text

DESCRIPTION_GRAPHEMES: Final = 400
LEVELS: Final = 12
"""Levels of one rubric that fit on a line or three."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a rubric."""

    name: Words
    achieved: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """One result: its rubric with the level that was achieved, or a plain value."""

    name: Words
    levels: tuple[Level, ...]
    value: Words
    description: Words


def list_scales(subject: Mapping[str, object]) -> tuple[Scale, ...]:
    """Return the results of a credential's subject."""
    return tuple(_iterate_scales(subject))


def _iterate_scales(subject: Mapping[str, object]) -> Iterator[Scale]:
    achievements = list(iterate(subject, "achievement"))
    described = {
        read_text(each, "id"): each
        for achievement in achievements
        for each in iterate(achievement, "resultDescription")
    }
    for result in iterate(subject, "result"):
        description = described.get(read_text(result, "resultDescription"), {})
        yield _build_scale(result, description)


def _build_scale(result: Mapping[str, object], description: Mapping[str, object]) -> Scale:
    achieved = read_text(result, "achievedLevel")
    rubric = sorted(iterate(description, "rubricCriterionLevel"), key=_rank)[:LEVELS]
    reached = next((each for each in rubric if read_text(each, "id") == achieved), {})
    value = read_text(result, "value") or read_text(result, "status")
    return Scale(
        name=_quote(read_text(description, "name")),
        levels=tuple(
            Level(_quote(read_text(each, "name") or "?"), achieved=each is reached)
            for each in rubric
        ),
        value=_quote(value),
        description=_quote(read_text(reached, "description")),
    )


def _rank(level: Mapping[str, object]) -> tuple[float, str]:
    """Order levels as the rubric numbers them; their order in the file is not signed."""
    for member in ("level", "points"):
        text = read_text(level, member) or ""
        try:
            return float(text), ""
        except ValueError:
            continue
    return float("inf"), read_text(level, "name") or ""


def _quote(text: str | None) -> Words:
    return (quote_file(text, DESCRIPTION_GRAPHEMES),) if text else ()
