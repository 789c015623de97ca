"""Why a status was changed: the words of the command line and the registry's numbers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

UNSPECIFIED: Final = 0
ISSUED_IN_ERROR: Final = 1
SUPERSEDED: Final = 3

REASONS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "unspecified": UNSPECIFIED,
        "issued-in-error": ISSUED_IN_ERROR,
        "misconduct": 2,
        "superseded": SUPERSEDED,
        "requirement-not-met": 4,
        "holder-request": 5,
        "key-compromise": 6,
        "accreditation-lost": 7,
        "investigation": 16,
        "administrative": 17,
    }
)


def parse_reason(text: str) -> int:
    """Return the number of a reason.

    Raises:
        ValueError: not one of them; the message lists them.
    """
    if text not in REASONS:
        message = f"no reason is called {text!r}; there are {', '.join(REASONS)}"
        raise ValueError(message)
    return REASONS[text]


def name_reason(number: int) -> str:
    """Return the word for a reason's number."""
    return next((name for name, value in REASONS.items() if value == number), f"reason {number}")
