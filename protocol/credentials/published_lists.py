"""The folder of published status lists: written by the issuer, served by the verifier.

``DIR/<issuer>/<list>/<purpose>`` with a suffix for each form, the issuer named by its DID without
``did:web:``. ``DIR/<issuer>/settings.json`` says whom an undecided reader is taken for.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
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
_STATUS_FOR: Final = "status_for"
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
        return folder / self.issuer / str(self.list) / f"{self.purpose}{SUFFIXES[form]}"


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


def render_settings(status_for: StatusFor) -> bytes:
    """Return the file ``settings.json``."""
    return (json.dumps({_STATUS_FOR: status_for}, indent=2) + "\n").encode("utf-8")


def read_status_for(folder: Path, issuer: str) -> StatusFor:
    """Return an issuer's setting; without the file the standard's readers come first.

    Raises:
        StatusListError: the file cannot be understood.
    """
    try:
        with (folder / issuer / SETTINGS_FILE).open("rb") as file:
            data = file.read(SETTINGS_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return StatusFor.STANDARD
    try:
        return StatusFor(str(parse_object(data, SETTINGS_LIMIT_BYTES).get(_STATUS_FOR)))
    except (NotACredentialError, ValueError) as error:
        reason = f"{SETTINGS_FILE} of {issuer} does not say status_for"
        raise StatusListError(reason) from error
