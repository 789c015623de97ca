"""Moments on the command line."""

import re
from datetime import UTC, datetime
from typing import Final

import click

_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})\Z", re.ASCII
)


def parse_moment(text: str) -> datetime:
    """Return a moment written by RFC 3339, which always names its offset.

    Raises:
        click.UsageError: another form, or no such moment.
    """
    try:
        if _MOMENT.match(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise click.UsageError(f"{text} is not a moment of the calendar.") from error
    raise click.UsageError(f"{text!r} is not a moment; write it like 2026-11-24T12:00:00Z.")
