"""Why a status, a standing or an accreditation was changed: the registry's numbers, in words.

The contract keeps the numbers; what is typed and what is read is the same on both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason."""

    name: str
    """What is typed at the command line, and stands in tables."""
    words: str
    """What a reader is told."""


UNSPECIFIED: Final = 0
ISSUED_IN_ERROR: Final = 1
SUPERSEDED: Final = 3

REASONS: Final[Mapping[int, Reason]] = MappingProxyType(
    {
        UNSPECIFIED: Reason("unspecified", "no reason given"),
        ISSUED_IN_ERROR: Reason("issued-in-error", "issued in error"),
        2: Reason("misconduct", "misconduct"),
        SUPERSEDED: Reason("superseded", "superseded by a newer one"),
        4: Reason("requirement-not-met", "a requirement was not met"),
        5: Reason("holder-request", "at the holder's request"),
        6: Reason("key-compromise", "a key was compromised"),
        7: Reason("accreditation-lost", "the accreditation was lost"),
        16: Reason("investigation", "under investigation"),
        17: Reason("administrative", "for administrative reasons"),
    }
)
"""All that have a meaning (docs/contract.md); others are told by their number."""


def name_reason(number: int) -> str:
    """Return the name of a reason's number."""
    return REASONS[number].name if number in REASONS else f"reason {number}"


def tell_reason(number: int) -> str:
    """Return a reason in words."""
    return REASONS[number].words if number in REASONS else f"reason number {number}"
