"""Contrast of every pair of colours that meet, in both schemes and in print."""

import re
from pathlib import Path

import pytest

STYLE = (Path(__file__).parents[2] / "verifier/web/static/style.css").read_text()
SCHEMES = dict(
    zip(("light", "dark", "print"), re.findall(r":root \{([^}]*)\}", STYLE), strict=True)
)
TEXT = [
    *(("ink", ground) for ground in ("page", "paper", "good-tint", "bad-tint", "open-tint")),
    *(("soft", ground) for ground in ("page", "paper", "good-tint", "bad-tint", "open-tint")),
    *(("link", ground) for ground in ("page", "paper")),
    *((tone, "paper") for tone in ("good", "bad", "open")),
    *((f"on-{tone}", f"{tone}-block") for tone in ("good", "bad", "open")),
    ("on-open", "hatch"),
    ("paper", "ink"),
]
GRAPHICS = [
    *(("line", ground) for ground in ("page", "paper")),
    *((tone, "page") for tone in ("good", "bad")),
    ("link", "open-tint"),
    ("link", "good-tint"),
    ("link", "bad-tint"),
]


def read_colours(scheme: str) -> dict[str, str]:
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", SCHEMES["light"]))
    return found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", SCHEMES[scheme]))


def weigh(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def compare(first: str, second: str) -> float:
    light, dark = sorted((weigh(first), weigh(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pair", TEXT)
def test_text_can_be_read(scheme, pair):
    colours = read_colours(scheme)
    assert compare(*(colours[name] for name in pair)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("pair", GRAPHICS)
def test_graphics_can_be_seen(scheme, pair):
    colours = read_colours(scheme)
    assert compare(*(colours[name] for name in pair)) >= 3


def test_the_three_blocks_differ_in_grey():
    for scheme in ("light", "dark"):
        colours = read_colours(scheme)
        grey = sorted(weigh(colours[f"{tone}-block"]) for tone in ("good", "bad", "open"))
        assert grey[1] / grey[0] > 1.3
        assert grey[2] / grey[1] > 1.3
