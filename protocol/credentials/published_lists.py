"""The folder of published status lists: written by the issuer, served by the verifier.

``DIR/<issuer>/<list>/<purpose>`` with a suffix for each form, the issuer named by its DID without
``did:web:``. ``DIR/<issuer>/settings.json`` says whom an undecided reader is taken for.
"""

import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from errno import EFBIG, EINVAL
from pathlib import Path
from types import MappingProxyType
from typing import Final

from protocol.credentials.status_index import LIST_LIMIT
from protocol.credentials.status_list import PURPOSES, ListForm
from protocol.credentials.strict_json import parse_object
from protocol.errors import NotACredentialError, StatusListError
from protocol.identifiers import DID_WEB, parse_domain

SUFFIXES: Final[Mapping[ListForm, str]] = MappingProxyType(
    {
        ListForm.STANDARD: ".json",
        ListForm.JWT: ".jwt",
        ListForm.BLOCKCERTS: ".blockcerts.json",
    }
)
SETTINGS_FILE: Final = "settings.json"
SETTINGS_LIMIT_BYTES: Final = 4_096
LIST_FILE_LIMIT_BYTES: Final = 1 << 20
"""Forty times what a list of random bits takes."""
_STATUS_FOR: Final = "status_for"
# No link is followed, and nobody waits for the other end of a pipe.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_LIST: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})\Z")


class StatusFor(StrEnum):
    """Who gets what they want when a reader asks for anything (``Accept: */*``)."""

    STANDARD = "standard"
    BLOCKCERTS = "blockcerts"


@dataclass(frozen=True, slots=True)
class PublishedList:
    """Which list, by parts that are safe as names of folders and files."""

    issuer: str
    list: int
    purpose: str

    def find_file(self, folder: Path, form: ListForm) -> Path:
        """Return where one form of the list lies."""
        return folder.joinpath(*self.find_parts(form))

    def find_parts(self, form: ListForm) -> tuple[str, ...]:
        """Return the names on the way to one form of the list."""
        return self.issuer, str(self.list), f"{self.purpose}{SUFFIXES[form]}"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file's bytes and when they were written, in seconds."""

    data: bytes
    written: float


def parse_published_list(issuer: str, number: str, purpose: str) -> PublishedList | None:
    """Return which list an address means; None for anything but a domain, a number, a purpose."""
    found = parse_list_number(number)
    try:
        domain = parse_domain(issuer)
    except ValueError:
        return None
    if found is None or purpose not in PURPOSES:
        return None
    return PublishedList(domain, found, purpose)


def parse_list_number(text: str) -> int | None:
    """Return a list's number from its one decimal spelling, None for anything else."""
    if not _LIST.match(text) or int(text) >= LIST_LIMIT:
        return None
    return int(text)


def name_folder(did: str) -> str:
    """Return the folder of an issuer.

    Raises:
        ValueError: not a ``did:web`` of a plain domain.
    """
    return parse_domain(did.removeprefix(DID_WEB))


def read_published(
    folder: Path, parts: Sequence[str], limit_bytes: int = LIST_FILE_LIMIT_BYTES
) -> PublishedFile:
    """Return a file below a folder that others may write to.

    Raises:
        OSError: not there, not a regular file, reached by a link, or larger than the limit.
    """
    with os.fdopen(_open_regular(folder, parts, limit_bytes), "rb") as file:
        # It may have grown since it was measured.
        return PublishedFile(file.read(limit_bytes), os.fstat(file.fileno()).st_mtime)


def is_published(folder: Path, parts: Sequence[str]) -> bool:
    """Tell whether `read_published` would find a file."""
    try:
        os.close(_open_regular(folder, parts, LIST_FILE_LIMIT_BYTES))
    except OSError:
        return False
    return True


def _open_regular(folder: Path, parts: Sequence[str], limit_bytes: int) -> int:
    """Go from folder to folder, so that no link on the way is followed either."""
    *folders, name = parts
    at = os.open(folder, _FOLDER)
    try:
        for each in folders:
            inner = os.open(each, _FOLDER | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        descriptor = os.open(name, _FILE, dir_fd=at)
    finally:
        os.close(at)
    found = os.fstat(descriptor)
    code = 0 if stat.S_ISREG(found.st_mode) else EINVAL
    if found.st_size > limit_bytes:
        code = EFBIG
    if code:
        os.close(descriptor)
        raise OSError(code, os.strerror(code), str(folder.joinpath(*parts)))
    return descriptor


def render_settings(status_for: StatusFor) -> bytes:
    """Return the file ``settings.json``."""
    return (json.dumps({_STATUS_FOR: status_for}, indent=2) + "\n").encode("utf-8")


def read_status_for(folder: Path, issuer: str) -> StatusFor:
    """Return an issuer's setting; without the file the standard's readers come first.

    Raises:
        StatusListError: the file cannot be understood.
    """
    try:
        data = read_published(folder, (issuer, SETTINGS_FILE), SETTINGS_LIMIT_BYTES).data
    except (FileNotFoundError, NotADirectoryError):
        return StatusFor.STANDARD
    except OSError as error:
        reason = f"{SETTINGS_FILE} of {issuer} cannot be read"
        raise StatusListError(reason) from error
    try:
        return StatusFor(str(parse_object(data, SETTINGS_LIMIT_BYTES).get(_STATUS_FOR)))
    except (NotACredentialError, ValueError) as error:
        reason = f"{SETTINGS_FILE} of {issuer} does not say status_for"
        raise StatusListError(reason) from error
