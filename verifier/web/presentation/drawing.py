"""The Merkle path as geometry: leaf below, root above, bending as in the proof. Not to scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from verifier.report import Verdict
from verifier.web.presentation.story import Story
from verifier.web.presentation.tree import iterate

WIDTH: Final = 560
TOP: Final = 14
MARGIN: Final = 10
STEP_HEIGHT: Final = 34
HIGHEST: Final = 300
NARROWEST: Final = 20
"""What is left for the leaf after all fans."""
KEPT: Final = 0.62
"""Share of the width that the path keeps at each step of a short path."""
GAP: Final = 2
ENDS: Final = 6
"""Digits of a hash at either end."""
_NUMBERS: Final = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the picture."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Sibling:
    """Other people's credentials beside the path: their hash, and the fan below it."""

    place: Point
    parent: Point
    fan: str
    """Corners of the fan, empty where it is a leaf."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture, and what is said of it."""

    width: int
    height: int
    path: tuple[Point, ...]
    """From the root to the leaf."""
    line: str
    siblings: tuple[Sibling, ...]
    label: str
    steps: str
    """As in "seven steps"."""
    root: str
    leaf: str
    block: str


def build_drawing(story: Story) -> Drawing | None:
    """Return the drawing, None where the root is not on the record."""
    if not all(story.has(check, Verdict.PASSED) for check in ("path", "anchor")):
        return None
    sides = [str(step.get("side")) for step in iterate(story.report.find("path").facts, "steps")]
    path, siblings = _lay_out(sides[::-1])
    block = story.find_fact("anchor", "block")
    return Drawing(
        width=WIDTH,
        height=path[-1].y + TOP,
        path=path,
        line=" ".join(f"{point.x},{point.y}" for point in path),
        siblings=siblings,
        label=_describe(sides),
        steps=_count_steps(len(sides)),
        root=shorten_hash(story.find_fact("path", "root")),
        leaf=shorten_hash(story.find_fact("path", "leaf")),
        block=f"{block:,}" if isinstance(block, int) else "",
    )


def shorten_hash(value: object) -> str:
    """Return both ends of a hash."""
    digits = str(value).removeprefix("0x")
    return f"{digits[:ENDS]}…{digits[-ENDS:]}"


def _lay_out(sides: Sequence[str]) -> tuple[tuple[Point, ...], tuple[Sibling, ...]]:
    """Walk down from the root; at each step the sibling takes a share of the width on its side."""
    count = max(1, len(sides))
    room = WIDTH - 2 * MARGIN
    kept = max(KEPT, (NARROWEST / room) ** (1 / count))
    rise = min(STEP_HEIGHT, HIGHEST / count)
    base = round(TOP + rise * count)
    left, right = float(MARGIN), float(WIDTH - MARGIN)
    path, siblings = [Point(WIDTH // 2, TOP)], []
    for number, side in enumerate(sides, start=1):
        y = round(TOP + rise * number)
        share = (right - left) * (1 - kept)
        taken = (left, left + share) if side == "left" else (right - share, right)
        left, right = (taken[1], right) if side == "left" else (left, taken[0])
        siblings.append(_place_sibling(taken, y, base, path[-1]))
        path.append(Point(round((left + right) / 2), y))
    if not sides:
        path.append(Point(WIDTH // 2, base))
    return tuple(path), tuple(siblings)


def _place_sibling(taken: tuple[float, float], y: int, base: int, parent: Point) -> Sibling:
    place = Point(round(sum(taken) / 2), y)
    first, last = round(taken[0]) + GAP, round(taken[1]) - GAP
    fan = f"{place.x},{place.y} {first},{base} {last},{base}" if y < base else ""
    return Sibling(place, parent, fan)


def _count_steps(count: int) -> str:
    word = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{word} step{'' if count == 1 else 's'}"


def _describe(sides: Sequence[str]) -> str:
    if not sides:
        return "A batch of one: this credential is the recorded root."
    turns = ", ".join(sides)
    return (
        f"The path of {_count_steps(len(sides))} from this credential up to the recorded root. "
        f"Other people's credentials join it, from below, on the {turns}."
    )
