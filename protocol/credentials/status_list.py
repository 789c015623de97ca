"""Bitstring Status Lists 1.0 as documents: the registry's bits in the form that others read.

The registry has the truth; a list is a copy of one list's bits at one block, for readers that do
not ask a chain. Index 0 is the left-most bit. Standard readers want ``u`` (multibase, base64url)
before the compressed bits, Blockcerts' verifier wants the bare base64url.

Not checked here: a list's signature, its dates, or that it is anybody's latest.
"""

import base64
import binascii
import gzip
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NoReturn

from protocol.credentials.contexts import BLOCKCERTS_LIST_CONTEXTS, LIST_CONTEXTS
from protocol.credentials.status_index import LIST_ENTRIES, REVOCATION, WORD_ENTRIES
from protocol.errors import StatusListError

SUSPENSION: Final = "suspension"
PURPOSES: Final = (REVOCATION, SUSPENSION)
LIST_TYPE: Final = "BitstringStatusListCredential"
LIST_BYTES: Final = LIST_ENTRIES // 8
LIST_WORDS: Final = LIST_ENTRIES // WORD_ENTRIES
DECODED_LIMIT_BYTES: Final = 1 << 20
"""Eight million entries: 64 times what we write. Three hundred kilobytes can grow to 300 MB."""
ENCODED_LIMIT_CHARACTERS: Final = 3 << 19
"""So many bytes that do not compress take 1.4 million characters."""
MULTIBASE_PREFIX: Final = "u"
_WORD_BYTES: Final = WORD_ENTRIES // 8
_GZIP_WINDOW: Final = 31
"""zlib's number for exactly one gzip member."""
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]+\Z")


class ListForm(StrEnum):
    """The three forms in which one list is published."""

    STANDARD = "standard"
    """Data Integrity proof, ``u`` before the bits."""
    JWT = "jwt"
    """A JWT whose payload is the list."""
    BLOCKCERTS = "blockcerts"
    """Data Integrity proof, a second context, no ``u``."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """One list for one purpose, before it is signed."""

    issuer: str
    """The DID of who signs it and whose credentials it is about."""
    address: str
    """The ``statusListCredential`` of the entries that point at it."""
    purpose: str
    bits: bytes
    valid_from: datetime
    valid_until: datetime


def assemble_bits(words: dict[int, int]) -> bytes:
    """Return a list's bits from the registry's words, numbered from the list's first; absent: 0.

    Raises:
        ValueError: no such word in a list.
    """
    if not all(0 <= number < LIST_WORDS for number in words):
        message = f"a list has the words 0 to {LIST_WORDS - 1}"
        raise ValueError(message)
    return b"".join(words.get(each, 0).to_bytes(_WORD_BYTES, "big") for each in range(LIST_WORDS))


def encode_status_list(bits: bytes, *, prefix: str = MULTIBASE_PREFIX) -> str:
    """Return ``encodedList``; equal bits give equal texts on one machine."""
    packed = gzip.compress(bits, mtime=0)
    return prefix + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def decode_status_list(text: str) -> bytes:
    """Return the bits of an ``encodedList``, with or without its prefix.

    Raises:
        StatusListError: not base64url in its one spelling, not one gzip stream to the last byte,
            fewer than 131,072 entries, or more than are ever read.
    """
    if len(text) > ENCODED_LIMIT_CHARACTERS:
        _refuse(f"it has more than {ENCODED_LIMIT_CHARACTERS:,} characters")
    bits = _unpack(_parse_base64url(text.removeprefix(MULTIBASE_PREFIX)))
    if len(bits) > DECODED_LIMIT_BYTES:
        _refuse(f"it unpacks to more than {DECODED_LIMIT_BYTES:,} bytes")
    if len(bits) < LIST_BYTES:
        _refuse(f"it has {len(bits) * 8:,} entries, fewer than {LIST_ENTRIES:,}")
    return bits


def is_set(bits: bytes, index: int) -> bool:
    """Tell whether the entry at an index is set.

    Raises:
        ValueError: the list has no such entry.
    """
    if not 0 <= index < len(bits) * 8:
        message = f"the list has no entry {index}"
        raise ValueError(message)
    return bool(bits[index // 8] & (0x80 >> index % 8))


def build_status_list(listed: StatusList, form: ListForm) -> dict[str, object]:
    """Return the list as an unsigned credential; the JWT form has the standard one as payload."""
    blockcerts = form is ListForm.BLOCKCERTS
    prefix = "" if blockcerts else MULTIBASE_PREFIX
    return {
        "@context": list(BLOCKCERTS_LIST_CONTEXTS if blockcerts else LIST_CONTEXTS),
        "id": listed.address,
        "type": ["VerifiableCredential", LIST_TYPE],
        "issuer": listed.issuer,
        "validFrom": render_moment(listed.valid_from),
        "validUntil": render_moment(listed.valid_until),
        "credentialSubject": {
            "id": f"{listed.address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": listed.purpose,
            "encodedList": encode_status_list(listed.bits, prefix=prefix),
        },
    }


def render_moment(moment: datetime) -> str:
    """Return a time as lists have it: UTC, whole seconds, ``Z``."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _parse_base64url(text: str) -> bytes:
    if not _BASE64URL.match(text):
        _refuse("it is not base64url without padding")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        _refuse("it is not base64url without padding")
    if base64.urlsafe_b64encode(data).decode("ascii").rstrip("=") != text:
        _refuse("its last character says more than it may")
    return data


def _unpack(data: bytes) -> bytes:
    """Unpack one gzip member, and no more than one byte over the limit of it."""
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        bits = unpacker.decompress(data, DECODED_LIMIT_BYTES + 1)
    except zlib.error as error:
        reason = "its bits are not packed with gzip"
        raise StatusListError(reason) from error
    if len(bits) <= DECODED_LIMIT_BYTES and not unpacker.eof:
        _refuse("its bits are cut off")
    if unpacker.unused_data:
        _refuse("something follows its bits")
    return bits


def _refuse(reason: str) -> NoReturn:
    raise StatusListError(reason)
