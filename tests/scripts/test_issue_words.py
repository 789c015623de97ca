"""What a registrar reads at the end of an issue."""

import re

from tests.scripts.samples import ISSUE

LINE = re.compile(
    r"(\d+) of (\d+) canonical forms came by the fast path; (\d+) \((\d+\.\d\d)%\) fell back to "
    r"JSON-LD proper, which gives the same and takes longer\. A shape is learned when 4 have it\."
)


def test_the_share_that_fell_back_is_told_without_sounding_like_a_fault(new_desk):
    out = new_desk.run(*ISSUE, "--out", "spring").expect().out
    (found,) = (found for line in out.splitlines() if (found := LINE.fullmatch(line)))
    fast, count, fallen = map(int, found.groups()[:3])
    assert fast + fallen == count > 0
    assert found[4] == f"{100 * fallen / count:.2f}"


def test_the_reasons_for_what_fell_back_are_in_json(new_desk):
    """A process that has learned nothing yet falls back once at least."""
    told = new_desk.call(*ISSUE, "--out", "spring", "--json").expect().json["canonicalised"]
    assert sum(told["fell_back"].values()) == told["count"] - told["by_shape"] > 0
    assert all(told["fell_back"])
