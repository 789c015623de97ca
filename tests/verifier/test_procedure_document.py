"""Section 8 of docs/receipt.md says what `verifier.checks` does: skipping, demands, causes."""

import re
from pathlib import Path

from verifier.checks import CHECKS, FORM
from verifier.evidence import Cause
from verifier.policy import DEFAULT_POLICY, Demand

DOCUMENT = (Path(__file__).parents[2] / "docs" / "receipt.md").read_text(encoding="utf-8")
IDS = [check.id for check in CHECKS]
OPTIONAL = ("signature", "recipient")
"""Required by a rule of their own."""


def find_paragraph(number: str) -> str:
    return DOCUMENT.split(f"\n{number} ")[1].split("\n8.")[0]


def find_names(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def spread(cell: str) -> set[str]:
    """Return the ids that a cell names: all of a range, or each in a list."""
    names = find_names(cell)
    if " to " not in cell:
        return set(names)
    first, last = (IDS.index(name) for name in names)
    return set(IDS[first : last + 1])


def test_the_table_of_what_is_skipped_is_the_codes() -> None:
    rows = re.findall(r"^\| (.+?) failed \| (.+?) \|$", find_paragraph("8.6"), flags=re.MULTILINE)
    documented: dict[str, set[str]] = {}
    for causes, skipped in rows:
        documented |= {cause: spread(skipped) for cause in find_names(causes)}
    assert documented == {
        cause: {check.id for check in CHECKS if cause in check.skipped_after}
        for cause in {cause for check in CHECKS for cause in check.skipped_after}
    }


def test_what_skips_everything_is_the_codes() -> None:
    (row,) = re.findall(r"^\| (.+?) did not pass \| everything after \|$", DOCUMENT, re.MULTILINE)
    assert tuple(find_names(row)) == FORM


def test_the_required_checks_are_the_codes() -> None:
    required, reported = find_paragraph("8.5").split("; `signature`")
    demands = {id_: DEFAULT_POLICY.find_demand(id_) for id_ in IDS if id_ not in OPTIONAL}
    assert find_names(required) == [
        id_ for id_, demand in demands.items() if demand is Demand.REQUIRED
    ]
    named = find_names(reported.split(" are reported")[0].split(". ")[-1])
    assert named == [id_ for id_, demand in demands.items() if demand is Demand.REPORTED]


def test_every_cause_is_documented() -> None:
    listed = find_paragraph("8.13").split("a fact `cause`:")[1].split("\n")[0]
    assert find_names(listed) == [cause.value for cause in Cause]
