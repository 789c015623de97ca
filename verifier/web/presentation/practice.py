"""Networks on which nothing counts: the page says so above the verdict."""

from typing import Final

from protocol.nodes.networks import EMBEDDED, LOCAL
from verifier.report import Report

_NAMES: Final = frozenset({EMBEDDED, LOCAL, "sepolia", "hoodi"})
_TEST_CHAINS: Final = frozenset({1_337, 17_000, 31_337, 560_048, 11_155_111})
"""Public test networks and those of developers' nodes, under whatever name they are configured."""


def is_practice(report: Report) -> bool:
    """Tell whether a credential is recorded, or says so, where nothing counts."""
    facts = report.find("network").facts
    return facts.get("network") in _NAMES or facts.get("chain_id_named") in _TEST_CHAINS


def is_practice_network(name: str | None) -> bool:
    """Tell whether a checker that asks one network alone asks one where nothing counts."""
    return name in _NAMES
