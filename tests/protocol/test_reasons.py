"""The numbers of reasons are the contract's: its description and our table say the same."""

import re
from pathlib import Path

from protocol.registry.reasons import REASONS, name_reason, tell_reason

CONTRACT = Path(__file__).parents[2] / "docs" / "contract.md"


def test_the_table_has_the_numbers_of_the_contracts_description() -> None:
    (line,) = re.findall(r"Reasons: ([^.]+)\.", CONTRACT.read_text(encoding="utf-8"))
    described = dict(each.split(" ", 1) for each in line.split(", "))
    assert described == {
        str(number): reason.name.replace("holder-", "holder's ").replace("-", " ")
        for number, reason in REASONS.items()
    }


def test_a_reason_without_a_meaning_is_told_by_its_number() -> None:
    assert name_reason(99) == "reason 99"
    assert tell_reason(99) == "reason number 99"
