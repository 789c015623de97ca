"""Dates and times as people read them. Dates never break over lines."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from verifier.web.presentation.text import NO_BREAK

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_NOON: Final = 12
_SHORT: Final = 3


def parse_stamp(value: object) -> datetime | None:
    """Return the moment that a fact or a member of a credential states, in its own offset."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def render_date(moment: datetime) -> str:
    """Return as in "24 November 2026"."""
    return NO_BREAK.join((str(moment.day), _MONTHS[moment.month - 1], str(moment.year)))


def render_short_date(moment: datetime) -> str:
    """Return as in "24 Nov 2026"."""
    month = _MONTHS[moment.month - 1][:_SHORT]
    return NO_BREAK.join((str(moment.day), month, str(moment.year)))


def render_clock(moment: datetime) -> str:
    """Return as in "9:14 am UTC"."""
    there = moment.astimezone(UTC)
    half = "am" if there.hour < _NOON else "pm"
    return NO_BREAK.join((f"{there.hour % _NOON or _NOON}:{there.minute:02}", half, "UTC"))


def render_moment(moment: datetime) -> str:
    """Return as in "24 November 2026, 9:14 am UTC"."""
    return f"{render_date(moment.astimezone(UTC))}, {render_clock(moment)}"


def render_minutes(span: timedelta) -> str:
    """Return as in "12 minutes", at least one."""
    minutes = max(1, round(span.total_seconds() / 60))
    return f"{minutes:,} minute{'' if minutes == 1 else 's'}"


def put_dates(text: str) -> str:
    """Write the time stamps in a sentence of the report as dates."""
    return _STAMP.sub(lambda match: render_date(datetime.fromisoformat(match[0])), text)
