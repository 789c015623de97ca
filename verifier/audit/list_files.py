"""One published list as its file says it; whether it is signed is not asked here."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from protocol.credentials.status_list import decode_status_list
from protocol.credentials.strict_json import parse_object
from protocol.errors import NotACredentialError, StatusListError
from verifier.audit.files import open_file

FILE_LIMIT_BYTES: Final = 4 << 20
"""A list that cannot be compressed takes 175 kB, as a JWT a third more."""
_JWT_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a published list says."""

    issuer: str
    address: str
    purpose: str
    since: datetime
    """The time of the block of which it speaks."""
    until: datetime
    bits: bytes


def read_list_file(path: Path) -> ListFile:
    """Read a list in any of its forms.

    Raises:
        StatusListError: it is no status list.
        OSError: it is no file, or cannot be read.
    """
    with open_file(path) as file:
        data = file.read(FILE_LIMIT_BYTES + 1)
    try:
        inside = _take_payload(data) if path.suffix == ".jwt" else data
        document = parse_object(inside, FILE_LIMIT_BYTES)
    except NotACredentialError as error:
        raise StatusListError(error.reason) from error
    subject = document.get("credentialSubject")
    encoded = subject.get("encodedList") if isinstance(subject, Mapping) else None
    if not isinstance(subject, Mapping) or not isinstance(encoded, str):
        reason = "it has no encodedList"
        raise StatusListError(reason)
    return ListFile(
        issuer=_take_issuer(document),
        address=str(document.get("id")),
        purpose=str(subject.get("statusPurpose")),
        since=_take_moment(document, "validFrom"),
        until=_take_moment(document, "validUntil"),
        bits=decode_status_list(encoded),
    )


def _take_issuer(document: Mapping[str, object]) -> str:
    issuer = document.get("issuer")
    return str(issuer.get("id") if isinstance(issuer, Mapping) else issuer)


def _take_moment(document: Mapping[str, object], member: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(document.get(member)))
    except ValueError as error:
        reason = f"its {member} is no time"
        raise StatusListError(reason) from error
    if moment.tzinfo is None:
        reason = f"its {member} has no time zone"
        raise StatusListError(reason)
    return moment


def _take_payload(token: bytes) -> bytes:
    parts = token.strip().split(b".")
    try:
        if len(parts) == _JWT_PARTS:
            return base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4))
    except binascii.Error as error:
        reason = "its payload is not base64url"
        raise StatusListError(reason) from error
    reason = "it is no JWT"
    raise StatusListError(reason)
