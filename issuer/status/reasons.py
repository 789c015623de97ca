"""Why a status was changed: from the words of the command line to the registry's numbers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.registry import reasons

REASONS: Final[Mapping[str, int]] = MappingProxyType(
    {reason.name: number for number, reason in reasons.REASONS.items()}
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
