"""Published status lists beside the registry: every entry that differs, and lists that are missing.

Only bits are compared. Whether a list is signed as its readers demand is their question.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from protocol.chain import StatusWord
from protocol.credentials.published_lists import PublishedList, name_folder, parse_published_list
from protocol.credentials.status_index import REVOCATION
from protocol.credentials.status_list import (
    LIST_WORDS,
    SUSPENSION,
    assemble_bits,
    decode_status_list,
)
from protocol.credentials.strict_json import parse_object
from protocol.errors import NotACredentialError, StatusListError
from protocol.identifiers import DID_WEB, hash_identifier
from protocol.primitives import IssuerId
from verifier.audit.findings import Kind, Ledger
from verifier.audit.rows import Row, Table
from verifier.audit.session import Session
from verifier.audit.state import Word

FILE_LIMIT_BYTES: Final = 4 << 20
"""A list that cannot be compressed takes 175 kB, as a JWT a third more."""
NAMED: Final = 20
"""So many differing entries are named; the rest is counted."""
PURPOSES: Final = {"revoked": REVOCATION, "suspended": SUSPENSION, "reinstated": SUSPENSION}
_JWT_PARTS: Final = 3
_MOMENT_SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class ChangedList:
    """A list of which the status chain says that some of its entries were changed."""

    issuer: IssuerId
    list: int
    purpose: str


class Publication:
    """Compares a folder of published lists with a snapshot, after the status rows were read."""

    def __init__(self, session: Session, folder: Path) -> None:
        """Compare ``folder`` (`protocol.credentials.published_lists`)."""
        self._session = session
        self._folder = folder
        self._changed: set[ChangedList] = set()
        self._bits: dict[tuple[IssuerId, int], Mapping[Word, StatusWord]] = {}
        self._compared = 0

    @property
    def _ledger(self) -> Ledger:
        return self._session.inquiry.ledger

    def follow(self, table: Table) -> Table:
        """Return the table of status changes; where its rows end, the lists are compared."""
        return replace(table, rows=self._follow(table))

    def answer(self) -> Row:
        """Return how many files were compared."""
        return {"compared_files": self._compared}

    def _follow(self, table: Table) -> Iterator[Row]:
        for row in table.rows:
            number, list_, purpose = (
                row["institution"],
                row["list"],
                PURPOSES.get(str(row["change"])),
            )
            if isinstance(number, int) and isinstance(list_, int) and purpose:
                self._changed.add(ChangedList(IssuerId(number), list_, purpose))
            yield row
        issuers = self._find_issuers()
        for issuer, number in issuers.items():
            for path in sorted((self._folder / issuer).glob("*/*")):
                self._compare_file(issuer, number, path)
        self._report_missing({number: issuer for issuer, number in issuers.items()})

    def _find_issuers(self) -> dict[str, IssuerId]:
        """Return the institutions of the folders by their names."""
        names = sorted(path.name for path in self._folder.iterdir() if path.is_dir())
        hashes = {name: hash_identifier(DID_WEB + name) for name in names}
        bound = self._session.state.read_bindings(hashes.values())
        found = {}
        for name, hashed in hashes.items():
            if bound.get(hashed):
                found[name] = bound[hashed]
            elif hashed in bound:
                sentence = f"The folder {name} is that of no registered institution."
                self._ledger.add(Kind.DIFFERENCE, sentence)
        return found

    def _compare_file(self, issuer: str, number: IssuerId, path: Path) -> None:
        list_, purpose = path.parent.name, path.name.partition(".")[0]
        listed = parse_published_list(issuer, list_, purpose)
        where = f"{issuer}/{list_}/{path.name}"
        if listed is None:
            self._ledger.add(Kind.DIFFERENCE, f"{where} is no status list's file.")
            return
        try:
            published, since = _read_bits(path, purpose)
        except (StatusListError, OSError) as error:
            self._ledger.add(Kind.DIFFERENCE, f"{where}: {error}")
            return
        self._compared += 1
        stored = self._read_list(number, listed)
        if stored is not None and stored != published:
            self._report_entries(f"{where} (of {since})", published, stored)

    def _read_list(self, number: IssuerId, listed: PublishedList) -> bytes | None:
        """Return a list's bits by storage, None where some of them could not be read."""
        first = listed.list * LIST_WORDS
        words = [Word(number, first + place) for place in range(LIST_WORDS)]
        key = (number, listed.list)
        if key not in self._bits:
            # Files of one list follow each other, so one list's bits are kept at a time.
            self._bits = {key: self._session.state.read_words(words)}
        found = self._bits[key]
        if len(found) != len(words):
            return None
        revokes = listed.purpose == REVOCATION
        values = (found[word].revoked if revokes else found[word].suspended for word in words)
        return assemble_bits(dict(enumerate(values)))

    def _report_entries(self, where: str, published: bytes, stored: bytes) -> None:
        block = self._session.snapshot.block.number
        size = max(len(published), len(stored))
        said, kept = published.ljust(size, b"\0"), stored.ljust(size, b"\0")
        missing = list(_list_set(kept, said))
        surplus = list(_list_set(said, kept))
        if missing:
            sentence = f"{where} lacks {_name(missing)}, set in the registry at block {block:,}."
            self._ledger.add(Kind.DIFFERENCE, sentence, block=block)
        if surplus:
            sentence = f"{where} has {_name(surplus)} set, which the registry has not."
            self._ledger.add(Kind.DIFFERENCE, sentence, block=block)

    def _report_missing(self, folders: Mapping[IssuerId, str]) -> None:
        """Name lists with changed entries that an institution of the folder did not publish."""
        for changed in sorted(self._changed, key=lambda each: (each.issuer, each.list)):
            issuer = folders.get(changed.issuer)
            if issuer is None:
                continue
            place = self._folder / name_folder(DID_WEB + issuer) / str(changed.list)
            if not any(place.glob(f"{changed.purpose}.*")):
                sentence = f"{issuer} has not published list {changed.list} for {changed.purpose}."
                self._ledger.add(Kind.DIFFERENCE, sentence)


def _read_bits(path: Path, purpose: str) -> tuple[bytes, str]:
    """Return a list's bits, and the moment from which it says to hold: that of its block."""
    with path.open("rb") as file:
        data = file.read(FILE_LIMIT_BYTES + 1)
    try:
        document = parse_object(
            _take_payload(data) if path.suffix == ".jwt" else data, FILE_LIMIT_BYTES
        )
    except NotACredentialError as error:
        raise StatusListError(error.reason) from error
    subject = document.get("credentialSubject")
    encoded = subject.get("encodedList") if isinstance(subject, Mapping) else None
    if not isinstance(subject, Mapping) or not isinstance(encoded, str):
        reason = "it has no encodedList"
        raise StatusListError(reason)
    if subject.get("statusPurpose") != purpose:
        reason = f"its purpose is not {purpose}"
        raise StatusListError(reason)
    return decode_status_list(encoded), str(document.get("validFrom"))[:_MOMENT_SHOWN]


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


def _list_set(these: bytes, those: bytes) -> Iterator[int]:
    """Yield the entries that are set in one list and not in the other of equal length."""
    for place, (this, that) in enumerate(zip(these, those, strict=True)):
        for bit in range(8):
            if this & ~that & (0x80 >> bit):
                yield 8 * place + bit


def _name(entries: list[int]) -> str:
    shown = ", ".join(map(str, entries[:NAMED]))
    more = f" and {len(entries) - NAMED:,} more" if len(entries) > NAMED else ""
    return f"{'entry' if len(entries) == 1 else 'entries'} {shown}{more}"
