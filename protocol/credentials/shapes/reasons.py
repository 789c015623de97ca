"""Why a credential leaves the fast path: for the counts, and so that nothing falls back unseen."""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """What the fast path could not prove of a credential."""

    NEW_SHAPE = "its shape is not learned yet"
    UNLEARNABLE = "its shape cannot be learned"
    TOO_LARGE = "it has too many values, or is no plain object"
    TEXT = "a text has characters that the guard refuses"
    ADDRESS = "an address is not what it must be"
    NUMBER = "a number is not a plain one"
    REPEAT = "an item is listed twice"
    EQUAL_STATEMENTS = "two of its statements are equal"
    ALIKE_NODES = "two of its nodes are alike"
    DISTRUSTED = "a re-check differed before"


class NotProvedError(Exception):
    """The fast path makes no statement about this credential; never crosses this package."""

    def __init__(self, reason: Reason) -> None:
        """Keep the reason."""
        self.reason: Final = reason
        super().__init__(reason.value)
