"""Affairs and registry chains beside storage: the newest entry about each subject is its record."""

from collections.abc import Mapping, Set
from datetime import datetime
from typing import Final

from protocol.chain import AccreditationRecord, IssuerRecord, KeyRecord
from protocol.identifiers import hash_identifier
from protocol.primitives import ADDRESS_BYTES, Address, Digest, IssuerId, KeyIndex
from protocol.registry.events import (
    AccreditationChanged,
    AuthorityChanged,
    Event,
    IssuerChanged,
    IssuerNamed,
    KeyChanged,
    OfficerChanged,
)
from verifier.audit.chains import ChainKind, ChainName
from verifier.audit.comparison import Pairs, add_difference, compare, read_moment
from verifier.audit.findings import Kind, Ledger
from verifier.audit.state import Grant, State

NOBODY: Final = bytes(ADDRESS_BYTES)


class Snapshots:
    """Remembers the newest entry about each subject; to be shown entries newest first."""

    def __init__(self, state: State, ledger: Ledger) -> None:
        """Compare with ``state`` at the end."""
        self._state = state
        self._ledger = ledger
        self.keys: dict[Address, KeyChanged] = {}
        self._issuers: dict[IssuerId, IssuerChanged] = {}
        self._grants: dict[Grant, AccreditationChanged] = {}
        self._officers: dict[Address, OfficerChanged] = {}
        self._names: dict[IssuerId, IssuerNamed] = {}
        self._bindings: dict[Digest, IssuerNamed] = {}
        self._authority: AuthorityChanged | None = None

    def see(self, event: Event) -> None:
        """Take an entry into account."""
        match event:
            case KeyChanged():
                self.keys.setdefault(event.key, event)
            case IssuerChanged():
                self._issuers.setdefault(event.issuer_id, event)
            case AccreditationChanged():
                self._grants.setdefault(Grant(event.issuer_id, event.achievement), event)
            case OfficerChanged():
                self._officers.setdefault(event.officer, event)
            case IssuerNamed():
                self._see_name(event)
            case AuthorityChanged():
                self._authority = self._authority or event
            case _:
                pass

    def compare_all(self, complete: frozenset[ChainName]) -> None:
        """Compare every subject's newest entry with its record; count keys and institutions.

        Only chains in ``complete`` were seen whole: of another nothing is said to be missing.
        """
        self._compare_keys()
        self._compare_issuers(complete)
        self._compare_grants()
        self._compare_registry(complete)

    def _see_name(self, event: IssuerNamed) -> None:
        self._names.setdefault(event.issuer_id, event)
        self._bindings.setdefault(event.identifier_hash, event)
        pair = (hash_identifier(event.identifier), event.identifier_hash)
        # Text that is not UTF-8 was read with replacement marks, so its hash is not its own.
        if pair[0] != pair[1] and "\ufffd" not in event.identifier:
            add_difference(self._ledger, event, "names an identifier that has another hash")

    def _compare_keys(self) -> None:
        records = self._state.read_keys(self.keys)
        for address, event in self.keys.items():
            record = records.get(address)
            if record is not None:
                compare(self._ledger, event, _pair_key(event, record))
            elif address in records:
                add_difference(self._ledger, event, "is about a key that storage does not know")

    def _compare_issuers(self, complete: frozenset[ChainName]) -> None:
        records = self._state.read_issuers(self._issuers)
        indices: dict[IssuerId, set[KeyIndex]] = {}
        for key in self.keys.values():
            indices.setdefault(key.issuer_id, set()).add(key.index)
        for number, event in self._issuers.items():
            record = records.get(number)
            if record is None:
                continue
            compare(self._ledger, event, _pair_issuer(event, record))
            if ChainName(ChainKind.AFFAIRS, number) in complete:
                self._count_keys(number, record.key_count, indices.get(number, set()))

    def _count_keys(self, number: IssuerId, count: int, found: set[KeyIndex]) -> None:
        if not _is_counted(found, count):
            sentence = (
                f"Institution {number} has {count} keys by storage; its affairs chain has "
                f"{len(found)} ({', '.join(map(str, sorted(found))) or 'none'})."
            )
            self._ledger.add(Kind.DIFFERENCE, sentence)

    def _compare_grants(self) -> None:
        records = self._state.read_grants(self._grants)
        for grant, event in self._grants.items():
            record = records.get(grant)
            if record is not None:
                compare(self._ledger, event, _pair_grant(event, record))
            elif grant in records:
                add_difference(self._ledger, event, "is about a grant that storage does not know")

    def _compare_registry(self, complete: frozenset[ChainName]) -> None:
        roles = self._state.read_officers(self._officers)
        for officer, event in self._officers.items():
            if officer in roles:
                compare(self._ledger, event, {"the officer's roles": (event.roles, roles[officer])})
        self._compare_names()
        if self._authority is not None:
            self._compare_authority(self._authority)
        head = self._state.read_registry() if self._names else None
        if head is not None and ChainName(ChainKind.REGISTRY) in complete:
            self._count_issuers(head.issuer_count)

    def _compare_authority(self, event: AuthorityChanged) -> None:
        record = self._state.read_authority()
        if record is not None:
            following = None if event.next_authority == NOBODY else event.next_authority
            pairs = {
                "the authority": (event.authority, record.authority),
                "the proposed authority": (following, record.next_authority),
                "the beginning of the hand-over": (
                    read_moment(event.acceptable_from),
                    record.acceptable_from,
                ),
            }
            compare(self._ledger, event, pairs)

    def _compare_names(self) -> None:
        names = self._state.read_names(self._names)
        for number, event in self._names.items():
            if number in names:
                told = names[number]
                pairs = {
                    "the identifier": (event.identifier, told.identifier),
                    "the name": (event.name, told.name),
                }
                compare(self._ledger, event, pairs)
        bindings = self._state.read_bindings(self._bindings)
        for hashed, event in self._bindings.items():
            if hashed in bindings:
                holder = (event.issuer_id, bindings[hashed])
                compare(self._ledger, event, {"the institution of the identifier": holder})

    def _count_issuers(self, count: int) -> None:
        found = self._names.keys()
        if not _is_counted(found, count):
            sentence = (
                f"Storage counts {count:,} institutions; the registry chain names {len(found):,}."
            )
            self._ledger.add(Kind.DIFFERENCE, sentence)


def _is_counted(found: Set[int], count: int) -> bool:
    """Tell whether numbers are 1 to a count, which is storage's word and may be anything."""
    return len(found) == count and all(1 <= number <= count for number in found)


def _pair_key(event: KeyChanged, record: KeyRecord) -> Pairs:
    return {
        "the institution": (event.issuer_id, record.issuer_id),
        "the key's number": (event.index, record.index),
        "the key's roles": (event.roles, int(record.roles)),
        "the key's beginning": (read_moment(event.not_before), record.not_before),
        "the key's end": (read_moment(event.not_after), record.not_after),
        "the key's compromise": (read_moment(event.compromised_at), record.compromised_at),
    }


def _pair_issuer(event: IssuerChanged, record: IssuerRecord) -> Pairs:
    following = None if event.next_admin == NOBODY else event.next_admin
    return {
        "the standing": (event.state, int(record.standing)),
        "the reason": (event.reason, record.reason),
        "the registration's end": (read_moment(event.valid_until), record.valid_until),
        "the admin": (event.admin, record.admin),
        "the proposed admin": (following, record.next_admin),
        "the identifier's hash": (event.identifier_hash, record.identifier_hash),
        "the DID document's digest": (event.document_digest, record.document_digest),
    }


def _pair_grant(event: AccreditationChanged, record: AccreditationRecord) -> Pairs:
    moments: Mapping[str, tuple[int, datetime | None]] = {
        "the grant's beginning": (event.valid_from, record.valid_from),
        "the grant's end": (event.valid_until, record.valid_until),
        "the withdrawal": (event.withdrawn_at, record.withdrawn_at),
    }
    pairs = {field: (read_moment(said), kept) for field, (said, kept) in moments.items()}
    return {**pairs, "the reason": (event.reason, record.reason)}
