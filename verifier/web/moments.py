"""A moment in a form field."""

import re
from datetime import UTC, datetime
from typing import Final

from verifier.web.errors import BadFieldError

_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})\Z", re.ASCII
)


def parse_moment(text: str | None) -> datetime | None:
    """Return a moment written by RFC 3339, which always names its offset; None for an empty field.

    Raises:
        BadFieldError: another form, or no such moment.
    """
    if not text:
        return None
    try:
        if _MOMENT.match(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadFieldError("The moment asked about does not exist.") from error
    raise BadFieldError("Write the moment asked about like 2026-11-24T12:00:00Z.")
