"""Published status lists beside the registry: every entry that differs, and lists that are missing.

What the lists say is compared. Whether one is signed as its readers demand is their question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from protocol.chain import StatusWord
from protocol.credentials.published_lists import (
    SUFFIXES,
    PublishedList,
    parse_published_list,
)
from protocol.credentials.status_index import REVOCATION
from protocol.credentials.status_list import LIST_WORDS, SUSPENSION, assemble_bits
from protocol.errors import StatusListError
from protocol.identifiers import DID_WEB, hash_identifier, parse_domain
from protocol.primitives import IssuerId
from verifier.audit.comparison import show_value
from verifier.audit.files import show_name
from verifier.audit.findings import Kind, Ledger
from verifier.audit.list_files import ListFile, read_list_file
from verifier.audit.rows import Row, Table
from verifier.audit.session import Session
from verifier.audit.state import Word
from verifier.report import render_time

NAMED: Final = 20
"""So many differing entries are named; the rest is counted."""
PURPOSES: Final = {"revoked": REVOCATION, "suspended": SUSPENSION, "reinstated": SUSPENSION}


@dataclass(frozen=True, slots=True)
class ChangedList:
    """A list of which the status chain says that some of its entries were changed."""

    issuer: IssuerId
    list: int
    purpose: str


class Publication:
    """Compares a folder of published lists with a snapshot, after the status rows were read."""

    def __init__(
        self, session: Session, folder: Path, chosen: frozenset[IssuerId] | None, now: datetime
    ) -> None:
        """Compare ``folder`` (`protocol.credentials.published_lists`) as it has to be at ``now``.

        Of institutions in ``chosen`` lists are demanded; where none is named, of those that have
        a folder there.
        """
        self._session = session
        self._folder = folder
        self._chosen = chosen
        self._now = now
        self._changed: set[ChangedList] = set()
        self._bits: dict[tuple[IssuerId, int], Mapping[Word, StatusWord]] = {}
        self._compared = 0

    @property
    def _ledger(self) -> Ledger:
        return self._session.inquiry.ledger

    def follow(self, table: Table) -> Table:
        """Return the table of status changes; where its rows end, the lists are compared."""
        self._ledger.remark("The signatures of the published lists are not checked.")
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
            self._report_missing_forms(issuer)
        self._report_missing({number: issuer for issuer, number in issuers.items()})
        if not self._compared:
            self._report_nothing()

    def _report_nothing(self) -> None:
        of = ""
        if self._chosen is not None:
            number = next(iter(self._chosen))
            of = f" of {self._session.names.find(number) or f'institution {number}'}"
        sentence = f"There is nothing to compare: no published list{of} is in the folder."
        self._ledger.add(Kind.UNDETERMINED, sentence)

    def _find_issuers(self) -> dict[str, IssuerId]:
        """Return the institutions of the folders by their names; others' folders are no matter."""
        names = [path.name for path in sorted(self._folder.iterdir()) if _is_issuer(path)]
        hashes = {name: hash_identifier(DID_WEB + name) for name in names}
        bound = self._session.state.read_bindings(hashes.values())
        found = {}
        for name, hashed in hashes.items():
            number = bound.get(hashed)
            if number and (self._chosen is None or number in self._chosen):
                found[name] = number
            elif number == 0 and self._chosen is None:
                sentence = (
                    f"The folder {name} is that of no registered institution "
                    f"at block {self._session.snapshot.block.number:,}."
                )
                self._ledger.add(Kind.DIFFERENCE, sentence)
        return found

    def _compare_file(self, issuer: str, number: IssuerId, path: Path) -> None:
        list_, purpose = path.parent.name, path.name.partition(".")[0]
        listed = parse_published_list(issuer, list_, purpose)
        where = show_name(f"{issuer}/{list_}/{path.name}")
        if listed is None or path.name not in _name_forms(purpose):
            self._ledger.add(Kind.DIFFERENCE, f"{where} is no status list's file.")
            return
        try:
            said = read_list_file(path)
        except (StatusListError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            self._ledger.add(Kind.DIFFERENCE, f"{where}: {reason}")
            return
        self._compared += 1
        block = self._session.snapshot.block
        if said.since > block.time:
            sentence = (
                f"{where} (of {render_time(said.since)}) is newer than the block read "
                f"({block.number:,}, of {render_time(block.time)}): it was not compared."
            )
            self._ledger.add(Kind.UNDETERMINED, sentence, block=block.number)
            return
        self._compare_members(where, listed, said)
        stored = self._read_list(number, listed)
        if stored is not None and stored != said.bits:
            self._report_entries(f"{where} (of {render_time(said.since)})", said.bits, stored)

    def _compare_members(self, where: str, listed: PublishedList, said: ListFile) -> None:
        did, end = DID_WEB + listed.issuer, f"/{listed.list}/{listed.purpose}"
        if said.issuer != did:
            self._report(f"{where} is of {show_value(said.issuer)} by its issuer, not of {did}.")
        if not said.address.endswith(end):
            self._report(f"{where} has the id {show_value(said.address)}, which must end in {end}.")
        if said.purpose != listed.purpose:
            self._report(f"{where}: its purpose is {show_value(said.purpose)}.")
        if said.until <= self._now:
            self._report(f"{where} has ended ({render_time(said.until)}): readers refuse it.")

    def _report_missing_forms(self, issuer: str) -> None:
        """Name the forms that a list lacks of which another form is there."""
        for folder in sorted((self._folder / issuer).glob("*/")):
            here = {path.name for path in folder.iterdir()}
            for purpose in sorted(set(PURPOSES.values())):
                forms = _name_forms(purpose)
                missing = [form for form in forms if form not in here]
                if len(missing) < len(forms):
                    for form in missing:
                        where = show_name(f"{issuer}/{folder.name}")
                        self._report(f"{where} lacks {form}, though other forms of it are there.")

    def _report(self, sentence: str) -> None:
        self._ledger.add(Kind.DIFFERENCE, sentence)

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
        """Name lists with changed entries that an institution that must publish did not publish."""
        for changed in sorted(self._changed, key=lambda each: (each.issuer, each.list)):
            issuer = folders.get(changed.issuer)
            if issuer is None:
                if self._chosen is not None and changed.issuer in self._chosen:
                    name = self._session.names.find(changed.issuer)
                    sentence = f"The folder has no lists of {name or changed.issuer}"
                    self._report(
                        f"{sentence}: list {changed.list} for {changed.purpose} is missing."
                    )
                continue
            place = self._folder / issuer / str(changed.list)
            if not any((place / form).exists() for form in _name_forms(changed.purpose)):
                sentence = f"{issuer} has not published list {changed.list} for {changed.purpose}."
                self._report(sentence)


def _is_issuer(path: Path) -> bool:
    """Tell whether a folder is named as an issuer's; an unfinished one of a writer is not."""
    try:
        return path.is_dir() and parse_domain(path.name) == path.name
    except ValueError:
        return False


def _name_forms(purpose: str) -> list[str]:
    return [purpose + suffix for suffix in SUFFIXES.values()]


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
