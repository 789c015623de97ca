"""The path's picture bends as the proof does, and its geometry stays in its frame."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.proofs.merkle import STEP_LIMIT
from tests.web.cases import CASES
from verifier.web.presentation.drawing import WIDTH, build_drawing
from verifier.web.presentation.seal import draw_seal
from verifier.web.presentation.story import tell_story

load_report = cache(CASES["passed"])
SIDES = st.lists(st.sampled_from(["left", "right"]), max_size=STEP_LIMIT)


def draw(sides: list[str]):
    """Draw a report that passed, with another path in its facts."""
    steps = [{"side": side, "sibling": "0x" + "ab" * 32} for side in sides]
    checks = [
        replace(each, facts={**each.facts, "steps": steps}) if each.id == "path" else each
        for each in load_report().checks
    ]
    return build_drawing(tell_story(replace(load_report(), checks=tuple(checks))))


@given(SIDES)
def test_each_sibling_stands_on_its_side_and_all_in_the_frame(sides):
    drawing = draw(sides)
    assert len(drawing.siblings) == len(sides)
    downwards = zip(drawing.siblings, drawing.path[1:], sides[::-1], strict=False)
    for sibling, point, side in downwards:
        assert (sibling.place.x < point.x) == (side == "left")
        assert sibling.place.y == point.y
        assert 0 <= sibling.place.x <= WIDTH
    heights = [point.y for point in drawing.path]
    assert heights == sorted(heights)
    assert heights[-1] <= drawing.height


@given(SIDES)
def test_fans_do_not_cover_each_other(sides):
    spans = []
    for sibling in draw(sides).siblings:
        if sibling.fan:
            corners = [int(corner.partition(",")[0]) for corner in sibling.fan.split()]
            spans.append((min(corners[1:]), max(corners[1:])))
    spans.sort()
    assert all(left[1] <= right[0] + 4 for left, right in pairwise(spans))


def test_the_steps_are_told_in_words_for_those_who_do_not_see_them():
    drawing = draw(["right", "left"])
    assert drawing.steps == "two steps"
    assert "from below, on the right, left" in drawing.label


def test_a_batch_of_one_has_no_fans():
    assert draw([]).siblings == ()
    assert len(draw([]).path) == 2


@pytest.mark.parametrize("other", ["0x" + "01" * 32, "0x" + "10" * 32])
def test_one_root_has_one_seal(other):
    root = "0x" + "ab" * 32
    assert draw_seal(root) == draw_seal(root)
    assert draw_seal(root) != draw_seal(other)
