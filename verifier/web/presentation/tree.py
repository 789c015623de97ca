"""Reading in the tree that a credential's view is; whatever is not there is None."""

from collections.abc import Iterator, Mapping
from typing import Final

from verifier.web.presentation.text import clean_line

LISTED: Final = 100
"""Entries that are shown of one list."""
_EMPTY: Final[Mapping[str, object]] = {}


def take(holder: object, *members: str) -> Mapping[str, object]:
    """Return the object at a path of members, the first of several; empty where there is none."""
    found = holder
    for member in members:
        found = found.get(member) if isinstance(found, Mapping) else None
        if isinstance(found, list):
            found = found[0] if found else None
    return found if isinstance(found, Mapping) else _EMPTY


def read_text(holder: object, member: str) -> str | None:
    """Return the text at a member, plain or with a language; None where nothing of it shows."""
    value = holder.get(member) if isinstance(holder, Mapping) else None
    if isinstance(value, Mapping):
        value = value.get("@value")
    return value if isinstance(value, str) and clean_line(value) else None


def read_number(holder: object, member: str) -> int | float | None:
    """Return the number at a member."""
    value = holder.get(member) if isinstance(holder, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def iterate(holder: object, member: str) -> Iterator[Mapping[str, object]]:
    """Yield the objects at a member, at most `LISTED`."""
    value = holder.get(member) if isinstance(holder, Mapping) else None
    items = value if isinstance(value, list) else [value]
    for item in items[:LISTED]:
        if isinstance(item, Mapping):
            yield item
