"""Names of institutions and achievements, and the hashes under which the registry knows them."""

import re
from typing import Final

from protocol.primitives import Digest, hash_keccak

DOMAIN_LIMIT_CHARACTERS: Final = 253
DID_WEB: Final = "did:web:"
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z){_LABEL}\Z")


def parse_domain(text: str) -> str:
    """Return a host name as the institution's identifier holds it.

    Raises:
        ValueError: anything else, with what to write instead.
    """
    if text != text.lower():
        message = f"a domain is written in lower case ({text.lower()})"
        raise ValueError(message)
    if not text.isascii():
        message = "a domain with other letters is written in its xn-- form"
        raise ValueError(message)
    if len(text) > DOMAIN_LIMIT_CHARACTERS or not _DOMAIN.match(text):
        message = (
            "a domain is a host name such as issuer.example.org, without https://, port or path"
        )
        raise ValueError(message)
    return text


def name_did(domain: str) -> str:
    """Return the institution's identifier for its domain."""
    return DID_WEB + parse_domain(domain)


def hash_identifier(text: str) -> Digest:
    """Return Keccak-256 of an identifier's UTF-8, its key in the registry."""
    return hash_keccak(text.encode("utf-8"))


def hash_achievement(identifier: str) -> Digest:
    """Return Keccak-256 of an achievement's id in UTF-8, its key in the registry."""
    return hash_keccak(identifier.encode("utf-8"))
