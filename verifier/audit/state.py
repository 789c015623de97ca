"""What storage says at the pinned block of authority, institutions, keys, roots and grants."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from protocol.chain import (
    AccreditationRecord,
    AnchorRecord,
    IssuerNames,
    IssuerRecord,
    KeyRecord,
    RegistryHead,
    StatusWord,
)
from protocol.primitives import Address, Digest, IssuerId, Root
from protocol.registry import layout, slot_records
from protocol.registry.layout import Slot
from protocol.registry.slot_records import AuthorityRecord
from verifier.audit.findings import Kind, Ledger
from verifier.audit.storage import Storage, Values

Key = TypeVar("Key")
PAGE: Final = 200
"""Institutions that are read together."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Under which institution a root stands."""

    issuer_id: IssuerId
    root: Root


@dataclass(frozen=True, slots=True)
class Grant:
    """Which institution, and for which achievement (Keccak-256 of its id)."""

    issuer_id: IssuerId
    achievement: Digest


@dataclass(frozen=True, slots=True)
class Word:
    """Which institution's word of status bits."""

    issuer_id: IssuerId
    number: int


class State:
    """Reads records from slots. What could not be read is left out; the ledger says why."""

    def __init__(self, storage: Storage, ledger: Ledger) -> None:
        """Read through ``storage``."""
        self._storage = storage
        self._ledger = ledger

    def read_registry(self) -> RegistryHead | None:
        """Return the registry's head."""
        value = self._storage.read([layout.REGISTRY]).get(layout.REGISTRY)
        return None if value is None else slot_records.decode_registry(value)

    def read_all_issuers(
        self, head: RegistryHead
    ) -> Iterator[tuple[IssuerId, IssuerRecord | None]]:
        """Yield every institution that the registry's head counts, a page at a time.

        The count is one word's: where it cannot be, only what is there is read.
        """
        count = head.issuer_count
        if count > head.seq:
            sentence = (
                f"Storage counts {count:,} institutions, and only {head.seq:,} entries of the "
                "registry chain that could have registered them."
            )
            self._ledger.add(Kind.DIFFERENCE, sentence)
            count = head.seq
        for first in range(1, count + 1, PAGE):
            page = range(first, min(first + PAGE, count + 1))
            found = self.read_issuers(map(IssuerId, page))
            if len(found) == len(page) and not any(found.values()):
                sentence = (
                    f"Storage counts {head.issuer_count:,} institutions and has no record of any "
                    f"from {first:,} on."
                )
                self._ledger.add(Kind.DIFFERENCE, sentence)
                return
            yield from found.items()

    def read_authority(self) -> AuthorityRecord | None:
        """Return the authority and whom it proposes."""
        slots = (layout.AUTHORITY, layout.NEXT_AUTHORITY)
        values = _take(self._storage.read(slots), slots)
        return None if values is None else slot_records.decode_authority(*values)

    def read_officers(self, officers: Iterable[Address]) -> dict[Address, int]:
        """Return officers' roles."""
        slots = {officer: layout.locate_officer(officer) for officer in officers}
        return _find(slots, self._storage.read(slots.values()))

    def read_issuers(self, numbers: Iterable[IssuerId]) -> dict[IssuerId, IssuerRecord | None]:
        """Return institutions' records; None where nothing is registered."""
        places = {number: layout.locate_issuer(number) for number in numbers}
        values = self._storage.read(slot for slots in places.values() for slot in slots)
        found: dict[IssuerId, IssuerRecord | None] = {}
        for number, slots in places.items():
            words = _take(values, slots)
            if words is None:
                continue
            try:
                found[number] = slot_records.decode_issuer(number, words)
            except ValueError:
                sentence = f"Institution {number} has a standing that the contract does not know."
                self._ledger.add(Kind.DIFFERENCE, sentence)
        return found

    def read_names(self, numbers: Iterable[IssuerId]) -> dict[IssuerId, IssuerNames]:
        """Return institutions' identifiers and names."""
        pairs = {number: layout.locate_names(number) for number in numbers}
        values = self._storage.read(slot for pair in pairs.values() for slot in pair)
        texts = self._read_texts([slot for pair in pairs.values() for slot in pair], values)
        return {
            number: IssuerNames(texts[pair[0]], texts[pair[1]])
            for number, pair in pairs.items()
            if pair[0] in texts and pair[1] in texts
        }

    def read_bindings(self, hashes: Iterable[Digest]) -> dict[Digest, IssuerId]:
        """Return which institution holds each identifier (Keccak-256), 0 for none."""
        slots = {each: layout.locate_binding(each) for each in hashes}
        found = _find(slots, self._storage.read(slots.values()))
        return {each: IssuerId(number) for each, number in found.items()}

    def read_keys(self, addresses: Iterable[Address]) -> dict[Address, KeyRecord | None]:
        """Return keys' records; None where an address was never a key."""
        slots = {address: layout.locate_key(address) for address in addresses}
        found = _find(slots, self._storage.read(slots.values()))
        return {address: slot_records.decode_key(address, word) for address, word in found.items()}

    def read_anchors(self, anchors: Iterable[Anchor]) -> dict[Anchor, AnchorRecord | None]:
        """Return roots' records; None where a root was never anchored."""
        slots = {each: layout.locate_anchor(each.issuer_id, each.root) for each in anchors}
        found = _find(slots, self._storage.read(slots.values()))
        return {
            each: slot_records.decode_anchor(each.issuer_id, each.root, word)
            for each, word in found.items()
        }

    def read_words(self, words: Iterable[Word]) -> dict[Word, StatusWord]:
        """Return status bits."""
        pairs = {word: layout.locate_status(word.issuer_id, word.number) for word in words}
        values = self._storage.read(slot for pair in pairs.values() for slot in pair)
        return {
            word: StatusWord(*bits)
            for word, pair in pairs.items()
            if (bits := _take(values, pair)) is not None
        }

    def read_grants(self, grants: Iterable[Grant]) -> dict[Grant, AccreditationRecord | None]:
        """Return latest grants; None where there never was one."""
        slots = {
            each: layout.locate_accreditation(each.issuer_id, each.achievement) for each in grants
        }
        found = _find(slots, self._storage.read(slots.values()))
        return {each: slot_records.decode_accreditation(word) for each, word in found.items()}

    def _read_texts(self, slots: Sequence[Slot], values: Values) -> dict[Slot, str]:
        rest: dict[Slot, tuple[Slot, ...]] = {}
        for slot in slots:
            word = values.get(slot)
            if word is not None:
                rest[slot] = self._locate_rest(slot, word)
        parts = self._storage.read(part for places in rest.values() for part in places)
        texts: dict[Slot, str] = {}
        for slot, places in rest.items():
            words = _take(parts, places)
            if words is not None:
                texts[slot] = slot_records.decode_text(values[slot], words).decode(
                    "utf-8", errors="replace"
                )
        return texts

    def _locate_rest(self, slot: Slot, word: int) -> tuple[Slot, ...]:
        if not slot_records.is_long_text(word):
            return ()
        try:
            return tuple(layout.locate_rest(slot, word))
        except ValueError as error:
            self._ledger.add(Kind.DIFFERENCE, f"In storage {error}: the contract takes none such.")
            return ()


def _find(slots: dict[Key, Slot], values: Values) -> dict[Key, int]:
    return {key: values[slot] for key, slot in slots.items() if slot in values}


def _take(values: Values, slots: Sequence[Slot]) -> tuple[int, ...] | None:
    """Return the values of slots, None where one is missing."""
    if any(slot not in values for slot in slots):
        return None
    return tuple(values[slot] for slot in slots)
