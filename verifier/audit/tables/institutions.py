"""Institutions: who is registered, under which names, in what standing, with which keys."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Final, TypeVar

from protocol.chain import IssuerRecord
from protocol.primitives import Address, IssuerId, render_address, render_hex
from protocol.registry.events import (
    AccreditationChanged,
    AuthorityChanged,
    IssuerChanged,
    IssuerNamed,
    KeyChanged,
    OfficerChanged,
    SuccessorNamed,
)
from protocol.registry.reasons import name_reason
from verifier.audit.anchors import AnchorEntry
from verifier.audit.census import Entry
from verifier.audit.comparison import read_moment
from verifier.audit.rows import (
    PLACE,
    Cell,
    Row,
    Table,
    name_standing,
    place,
    show_address,
    show_moment,
)
from verifier.audit.state import PAGE, State
from verifier.audit.tables.names import Names

Entries = Iterable[Entry | AnchorEntry]
INSTITUTIONS: Final = (
    *("institution", "identifier", "name", "standing", "reason", "valid_until", "keys"),
    *("admin", "next_admin", "document_digest", "affairs", "affairs_block"),
    *("statuses", "statuses_block"),
)
NAMES: Final = ("institution", "identifier", "name", "current", "by", *PLACE)
STANDINGS: Final = (
    *("institution", "identifier", "standing", "reason", "valid_until", "admin", "next_admin"),
    *("identifier_hash", "document_digest", "current", "by", *PLACE),
)
KEYS: Final = (
    *("institution", "identifier", "key", "number", "anchors", "changes_status", "valid_from"),
    *("valid_until", "compromised_at", "current", "by", *PLACE),
)
ACTS: Final = ("act", "institution", "subject", "detail", "by", *PLACE)
_Snapshot = TypeVar("_Snapshot", IssuerNamed, IssuerChanged, KeyChanged)
_ROLES: Final = ((1, "registrar"), (2, "accreditor"))


def tabulate_institutions(
    state: State, numbers: Iterable[IssuerId] | None, entries: Entries
) -> Table:
    """Return one row for each institution as storage has it; the entries are walked for gaps."""
    shown = ("institution", "identifier", "name", "standing", "keys")
    return Table(INSTITUTIONS, shown, _list_institutions(state, numbers, entries))


def tabulate_names(entries: Entries, wanted: frozenset[IssuerId] | None) -> Table:
    """Return one row for each name that a wanted institution was ever given, newest first."""
    shown = ("block", "time", "institution", "identifier", "name", "current")
    return Table(NAMES, shown, _list_names(entries, wanted))


def tabulate_standings(entries: Entries, names: Names) -> Table:
    """Return one row for each state that an institution was ever in, newest first."""
    shown = ("block", "time", "institution", "identifier", "standing", "reason", "admin")
    return Table(STANDINGS, shown, _list_standings(entries, names))


def tabulate_keys(entries: Entries, names: Names) -> Table:
    """Return one row for each state that a key was ever in, newest first."""
    shown = (
        *("block", "time", "institution", "identifier", "number", "key"),
        *("anchors", "changes_status", "valid_until", "compromised_at", "current"),
    )
    return Table(KEYS, shown, _list_keys(entries, names))


def tabulate_acts(entries: Entries) -> Table:
    """Return one row for each act of the authority and its officers."""
    shown = ("block", "time", "act", "institution", "subject", "detail", "by")
    return Table(ACTS, shown, _list_acts(entries))


def _list_institutions(
    state: State, numbers: Iterable[IssuerId] | None, entries: Entries
) -> Iterator[Row]:
    for page in _list_pages(state, numbers):
        yield from _list_page(state, page)
    for _ in entries:
        pass


def _list_pages(
    state: State, numbers: Iterable[IssuerId] | None
) -> Iterator[dict[IssuerId, IssuerRecord | None]]:
    if numbers is not None:
        yield state.read_issuers(numbers)
        return
    head = state.read_registry()
    page: dict[IssuerId, IssuerRecord | None] = {}
    for number, record in state.read_all_issuers(head) if head else ():
        page[number] = record
        if len(page) == PAGE:
            yield page
            page = {}
    yield page


def _list_page(state: State, records: Mapping[IssuerId, IssuerRecord | None]) -> Iterator[Row]:
    names = state.read_names(records)
    for number, record in records.items():
        if record is None:
            continue
        named = names.get(number)
        yield {
            "institution": number,
            "identifier": named.identifier if named else None,
            "name": named.name if named else None,
            "standing": name_standing(record.standing),
            "reason": name_reason(record.reason),
            "valid_until": show_moment(record.valid_until),
            "keys": record.key_count,
            "admin": render_address(record.admin),
            "next_admin": show_address(record.next_admin),
            "document_digest": render_hex(record.document_digest),
            "affairs": record.affairs_seq,
            "affairs_block": record.affairs_block,
            "statuses": record.status_seq,
            "statuses_block": record.status_block,
        }


def _list_names(entries: Entries, wanted: frozenset[IssuerId] | None) -> Iterator[Row]:
    for event, shared in _list_snapshots(entries, IssuerNamed, attrgetter("issuer_id")):
        if wanted is None or event.issuer_id in wanted:
            yield {
                "institution": event.issuer_id,
                "identifier": event.identifier,
                "name": event.name,
                **shared,
            }


def _list_standings(entries: Entries, names: Names) -> Iterator[Row]:
    for event, shared in _list_snapshots(entries, IssuerChanged, attrgetter("issuer_id")):
        yield {
            "institution": event.issuer_id,
            "identifier": names.find(event.issuer_id),
            "standing": name_standing(event.state),
            "reason": name_reason(event.reason),
            "valid_until": show_moment(read_moment(event.valid_until)),
            "admin": render_address(event.admin),
            "next_admin": show_address(event.next_admin),
            "identifier_hash": render_hex(event.identifier_hash),
            "document_digest": render_hex(event.document_digest),
            **shared,
        }


def _list_keys(entries: Entries, names: Names) -> Iterator[Row]:
    for event, shared in _list_snapshots(entries, KeyChanged, attrgetter("key")):
        yield {
            "institution": event.issuer_id,
            "identifier": names.find(event.issuer_id),
            "key": render_address(event.key),
            "number": event.index,
            "anchors": bool(event.roles & 1),
            "changes_status": bool(event.roles & 2),
            "valid_from": show_moment(read_moment(event.not_before)),
            "valid_until": show_moment(read_moment(event.not_after)),
            "compromised_at": show_moment(read_moment(event.compromised_at)),
            **shared,
        }


def _list_snapshots(
    entries: Entries, kind: type[_Snapshot], find_subject: Callable[[_Snapshot], Hashable]
) -> Iterator[tuple[_Snapshot, Row]]:
    """Yield the events of one kind with the cells that all have; a subject's first is current."""
    seen: set[Hashable] = set()
    for entry in entries:
        event = entry.event
        if isinstance(event, kind):
            subject = find_subject(event)
            yield (
                event,
                {
                    "current": subject not in seen,
                    "by": render_address(event.by),
                    **place(event, entry.block),
                },
            )
            seen.add(subject)


def _list_acts(entries: Entries) -> Iterator[Row]:
    for entry in entries:
        act = _describe_act(entry)
        if act is not None:
            yield act | place(entry.event, entry.block)


def _describe_act(entry: Entry | AnchorEntry) -> dict[str, Cell] | None:
    """Return an act of the authority or an officer; None for what institutions do themselves."""
    match entry.event:
        case IssuerNamed() as event:
            return _act("named", event.issuer_id, event.identifier, event.name, event.by)
        case IssuerChanged() as event if event.by != event.admin:
            state = f"{name_standing(event.state)}, {name_reason(event.reason)}"
            until = show_moment(read_moment(event.valid_until))
            return _act("standing", event.issuer_id, state, until, event.by)
        case AccreditationChanged() as event:
            act = "accreditation withdrawn" if event.withdrawn_at else "accredited"
            until = show_moment(read_moment(event.valid_until))
            return _act(act, event.issuer_id, render_hex(event.achievement), until, event.by)
        case OfficerChanged() as event:
            roles = ", ".join(name for bit, name in _ROLES if event.roles & bit) or "none"
            return _act("officer", None, render_address(event.officer), roles, event.by)
        case AuthorityChanged() as event:
            detail = f"next {show_address(event.next_authority) or 'none'}"
            return _act("authority", None, render_address(event.authority), detail, event.by)
        case SuccessorNamed() as event:
            return _act("successor", None, render_address(event.successor), None, event.by)
        case _:
            return None


def _act(
    act: str, institution: IssuerId | None, subject: str, detail: str | None, by: Address
) -> dict[str, Cell]:
    return {
        "act": act,
        "institution": institution,
        "subject": subject,
        "detail": detail,
        "by": render_address(by),
    }
