"""Addresses in a credential: a link only where it is plain https, its host shown as it is asked."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 2_000
"""Longer addresses are no link; browsers and servers differ about them."""
_PLAIN: Final = re.compile(r"https://[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e%]+\Z")
"""RFC 3986 characters only: no spaces, quotes, angle brackets, backslashes or controls."""
_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}\Z"
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link goes, and the host to show."""

    address: str
    host: str


def parse_link(address: object) -> Link | None:
    """Return the link to an address, None for anything that is not plain https to a named host."""
    if not isinstance(address, str) or len(address) > LONGEST or not _PLAIN.match(address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if "@" in parts.netloc or port not in (None, 443) or not _HOST.match(host):
        return None
    return Link(address, host)
