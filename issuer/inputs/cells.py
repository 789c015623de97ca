"""Read single cells of a roster: each function returns a clean value or raises `CellError`."""

import re
import unicodedata
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from issuer.inputs.csv_records import BLANKS
from issuer.inputs.problems import quote_text
from protocol.credentials.guard import check_language
from protocol.credentials.iri import is_absolute_iri

TEXT_LIMIT_CHARACTERS: Final = 20_000
"""Longest text of a roster; a credential as a whole is at most 1 MiB."""
EMAIL_LIMIT_CHARACTERS: Final = 254  # RFC 5321, 4.5.3.1.3 with RFC 3696 errata 1690
URL_LIMIT_CHARACTERS: Final = 2_048
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 9998
"""9999-12-31 means *never* in many systems, and has no next day: an empty cell says that here."""
_KNOWN_DAYS: Final = 512
"""A roster has few days in many rows."""

_UNDECODED: Final = re.compile(r"[\udc80-\udcff]")
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufff9-\ufffb\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_OVERRIDE: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""They make a text read as another one (the isolates too, when somebody leaves one open)."""
_FORCED: Final = re.compile(r"[\u202d\u202e]")
"""They turn any text around; pasted Arabic and Hebrew prose has only the others of `_OVERRIDE`."""
_INVISIBLE: Final = re.compile(r"[\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0001-\U000e007f]")
"""Nothing in a name needs them; unlike the joiners U+200C and U+200D, which some scripts do."""
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_EMAIL: Final = re.compile(
    r"[^@\s<>()\[\]\\,;:\"]{1,64}@[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+\Z"
)
_DID: Final = re.compile(
    r"did:[a-z0-9]+:(?:(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})*:)*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+\Z"
)
_URL: Final = re.compile(r"https?://.", re.IGNORECASE)
_COMMON_URL: Final = re.compile(r"https?://[a-z0-9.\-]*[a-z0-9](?:/[A-Za-z0-9._~/\-]*)?\Z")
"""Addresses with which nothing can be wrong but their length; most are found by it, sooner."""


class CellError(Exception):
    """A cell cannot be used; becomes a `Problem` where row and column are known."""

    def __init__(self, reason: str, remedy: str) -> None:
        """Keep why, and what to do: clauses without full stop."""
        self.reason: Final = reason
        self.remedy: Final = remedy
        super().__init__(reason)


def parse_line(raw: str) -> str:
    """Return text of one line, in NFC and trimmed.

    Raises:
        CellError: too long, not UTF-8, or with control, direction-changing or invisible characters.
    """
    text = _clean(raw)
    if text.isprintable():  # nothing of what follows is: a test goes through all of Unicode
        return text
    _refuse(_CONTROL, text, "has the control character")
    _refuse(_OVERRIDE, text, "has the direction-changing character")
    _refuse(_INVISIBLE, text, "has the invisible character")
    return text


def parse_lines(raw: str) -> str:
    """Return text that may have several lines, in NFC and trimmed, with line feeds between lines.

    Raises:
        CellError: too long, not UTF-8, with control characters other than line ends and tabs, or
            with characters that turn the direction of what follows by force.
    """
    text = _clean(raw)
    if text.isprintable():  # as in `parse_line`
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse(_CONTROL, text.replace("\n", " ").replace("\t", " "), "has the control character")
    _refuse(_FORCED, text, "has the direction-changing character")
    return text


def parse_name(raw: str) -> str:
    """Return a learner's name, of one word or more.

    Raises:
        CellError: as `parse_line`, or nothing in it can be seen.
    """
    name = parse_line(raw)
    if not any(
        sign.isprintable() and not unicodedata.category(sign).startswith("M") for sign in name
    ):
        raise CellError("has no visible character", "write the learner's name")
    return name


def parse_identifier(raw: str) -> str:
    """Return an institution's own number for a learner; capitals matter.

    Raises:
        CellError: as `parse_line`, or it has characters that cannot be seen.
    """
    text = parse_line(raw)
    for sign in "" if text.isprintable() else text:  # what is printable is no format character
        if unicodedata.category(sign) == "Cf":
            reason = f"has the invisible character U+{ord(sign):04X}"
            raise CellError(reason, "delete it: type the cell anew")
    return text


def parse_email(raw: str) -> str:
    """Return an e-mail address in lower case.

    Raises:
        CellError: as `parse_identifier`, or it cannot be an address.
    """
    address = unicodedata.normalize("NFC", parse_identifier(raw).lower())
    if len(address) > EMAIL_LIMIT_CHARACTERS or not _EMAIL.match(address):
        reason = f"{quote_text(address)} is not an e-mail address"
        raise CellError(reason, "write one address such as aroha@example.org, without a name")
    return address


def parse_did(raw: str) -> str:
    """Return a decentralised identifier (DID Core 3.1), without path, query or fragment.

    Raises:
        CellError: as `parse_identifier`, or it is not one.
    """
    text = parse_identifier(raw)
    if not (_DID.match(text) and is_absolute_iri(text)):
        reason = f"{quote_text(text)} is not a DID"
        raise CellError(reason, "write it as did:key:z6Mk…, without anything after it")
    return text


def parse_day(raw: str) -> date:
    """Return a day of the calendar, written as 2026-03-05.

    Raises:
        CellError: another form, a day that does not exist, or a year outside 1900 to 9998.
    """
    return _read_day(parse_line(raw))


@lru_cache(maxsize=_KNOWN_DAYS)
def _read_day(text: str) -> date:
    if not _DATE.match(text):
        reason = f"{quote_text(text)} is not a date in the form 2026-03-05"
        raise CellError(reason, "format the column as yyyy-mm-dd")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        reason = f"{text} is not a day of the calendar"
        raise CellError(reason, "correct the date") from error
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        reason = f"{text} is not between the years {FIRST_YEAR} and {LAST_YEAR}"
        raise CellError(reason, "correct the date, or leave the cell empty")
    return day


@lru_cache(maxsize=_KNOWN_DAYS)
def find_end_of_day(day: date, time_zone: ZoneInfo) -> datetime:
    """Return the last whole second of ``day`` in ``time_zone``, in UTC."""
    last = datetime.combine(day, time(23, 59, 59), tzinfo=time_zone)
    return last.astimezone(UTC)


@lru_cache(maxsize=_KNOWN_DAYS)
def find_start_of_day(day: date, time_zone: ZoneInfo) -> datetime:
    """Return the first second of ``day`` in ``time_zone``."""
    return datetime.combine(day, time(), tzinfo=time_zone)


def parse_language(raw: str) -> str:
    """Return a language tag (BCP 47, RFC 5646 2.1) in its customary capitals: mi, en-NZ, zh-Hant.

    Raises:
        CellError: not a well-formed tag.
    """
    text = parse_line(raw)
    if not check_language(text):
        reason = f"{quote_text(text)} is not a language tag"
        raise CellError(reason, "write a BCP 47 tag such as mi or en-NZ")
    return _spell_language(text)


def parse_url(raw: str) -> str:
    """Return an absolute http or https address.

    Raises:
        CellError: another scheme, no host, a password in it, or characters that an address has not.
    """
    text = parse_identifier(raw)
    remedy = "write an address that begins with https://, with blanks as %20"
    if len(text) > URL_LIMIT_CHARACTERS:
        raise CellError(
            f"has more than {URL_LIMIT_CHARACTERS:,} characters", "use a shorter address"
        )
    if _COMMON_URL.match(text):
        return text
    if not (_URL.match(text) and is_absolute_iri(text)):
        raise CellError(f"{quote_text(text)} is not an absolute http or https address", remedy)
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (reading it is what checks it)
    except ValueError as error:
        raise CellError(f"{quote_text(text)} is not an address", remedy) from error
    if not parts.hostname:
        raise CellError(f"{quote_text(text)} names no host", remedy)
    if "@" in parts.netloc:
        raise CellError("has a user name or password in it", "everybody would see it: take it out")
    return text


def _clean(raw: str) -> str:
    wrong = None if raw.isascii() else _UNDECODED.search(raw)
    if wrong is not None:
        reason = (
            f"is not UTF-8 (byte 0x{ord(wrong[0]) - 0xDC00:02X} at character {wrong.start() + 1})"
        )
        raise CellError(reason, "save the file as “CSV UTF-8”")
    text = unicodedata.normalize("NFC", raw).strip(BLANKS)
    if len(text) > TEXT_LIMIT_CHARACTERS:
        reason = f"has {len(text):,} characters, at most {TEXT_LIMIT_CHARACTERS:,} are allowed"
        raise CellError(reason, "shorten it, or give the long text as evidence_file")
    return text


def _refuse(pattern: re.Pattern[str], text: str, what: str) -> None:
    found = pattern.search(text)
    if found is not None:
        reason = f"{what} U+{ord(found[0]):04X} at character {found.start() + 1}"
        raise CellError(reason, "delete it: type the cell anew")


def _spell_language(tag: str) -> str:
    parts = tag.split("-")
    spelled = [parts[0].lower()]
    within_extension = False
    for part in parts[1:]:
        within_extension = within_extension or len(part) == 1
        spelled.append(part.lower() if within_extension else _spell_subtag(part))
    return "-".join(spelled)


def _spell_subtag(part: str) -> str:
    match len(part), part.isalpha():
        case 2, True:
            return part.upper()
        case 4, True:
            return part.title()
        case _:
            return part.lower()
