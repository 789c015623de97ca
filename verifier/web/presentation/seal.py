"""A rosette from the digits of the root: ornament, for a credential that passed."""

import math
from typing import Final

RINGS: Final = 7
POINTS: Final = 60
CENTRE: Final = 240
"""The square is 480 wide, so that whole numbers are fine enough."""
INNER, OUTER = 64.0, 216.0
_PREFIX: Final = "0x"
_UNUSED: Final = (7, 7, 7, 7)


def draw_seal(root: str) -> tuple[str, ...]:
    """Return the rings of a rosette as SVG paths in a square of 480; one root, one rosette."""
    digits = [int(digit, 16) for digit in root.removeprefix(_PREFIX)]
    share = len(digits) // RINGS
    return tuple(
        _draw_ring(ring, digits[ring * share : (ring + 1) * share]) for ring in range(RINGS)
    )


def _draw_ring(ring: int, digits: list[int]) -> str:
    """Bend a circle by two waves whose number, size and turn the digits choose."""
    first, second, size, turn = (*digits, *_UNUSED)[:4]
    radius = INNER + (OUTER - INNER) * (ring + 0.5) / RINGS
    swing = 3.5 + size / 4
    points: list[tuple[int, int]] = []
    for step in range(POINTS):
        angle = 2 * math.pi * step / POINTS
        wave = math.sin((5 + first % 9) * angle + turn) + math.sin((7 + second % 8) * angle) / 2
        distance = radius + swing * wave
        points.append(
            (
                round(CENTRE + distance * math.cos(angle)),
                round(CENTRE + distance * math.sin(angle)),
            )
        )
    return _join(points)


def _join(points: list[tuple[int, int]]) -> str:
    """Write a closed line by differences, which are short."""
    x, y = points[0]
    written = [f"M{x} {y}l"]
    for next_x, next_y in points[1:]:
        written.append(f"{next_x - x} {next_y - y} ")
        x, y = next_x, next_y
    return "".join(written).rstrip() + "z"
