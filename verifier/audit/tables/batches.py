"""Anchored batches: by whom, when, and what was said of them since."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from protocol.chain import AnchorRecord, KeyRecord
from protocol.primitives import Address, IssuerId, KeyIndex, render_address, render_hex
from protocol.registry.reasons import name_reason
from verifier.audit.anchors import AnchorEntry
from verifier.audit.census import Entry
from verifier.audit.rows import PLACE, Cell, Row, Table, place, show_moment
from verifier.audit.tables.names import Names

BATCHES: Final = (
    *("institution", "identifier", "key", "key_number", "root", "leaves"),
    *("revoked_at", "revoked_because", "endorsed_by", "endorser_compromised_at"),
    *("key_compromised_at", "after_compromise", *PLACE),
)
Wanted = Callable[[Row], bool]


def tabulate_batches(
    entries: Iterable[Entry | AnchorEntry],
    keys: Mapping[Address, KeyRecord],
    names: Names,
    wanted: Wanted,
    *,
    by_compromised: bool = False,
) -> Table:
    """Return one row for each anchored root that is wanted, newest first.

    ``leaves`` is the institution's claim and empty where it made none. ``after_compromise`` tells
    that the key's compromise began at or before the anchor's block: such a batch counts only when
    ``endorsed_by`` (a key's number) was not itself compromised by then.
    """
    begin = ("block", "time", "institution", "identifier", "key_number", "entry", "root")
    shown: tuple[str, ...] = (*begin, "revoked_at")
    if by_compromised:
        shown = (*begin, "endorsed_by", "endorser_compromised_at", "key", "transaction")
    rows = (_describe(entry, keys, names) for entry in entries if isinstance(entry, AnchorEntry))
    return Table(BATCHES, shown, (row for row in rows if wanted(row)))


def _describe(entry: AnchorEntry, keys: Mapping[Address, KeyRecord], names: Names) -> Row:
    event, record = entry.event, entry.record
    key = keys[event.key]
    return {
        "institution": event.issuer_id,
        "identifier": names.find(event.issuer_id),
        "key": render_address(event.key),
        "key_number": key.index,
        "root": render_hex(event.root),
        "leaves": event.leaves or None,
        **_describe_record(record, keys),
        "key_compromised_at": show_moment(key.compromised_at),
        "after_compromise": (
            key.compromised_at is not None and entry.block.time >= key.compromised_at
        ),
        **place(event, entry.block),
    }


def _describe_record(
    record: AnchorRecord | None, keys: Mapping[Address, KeyRecord]
) -> dict[str, Cell]:
    if record is None:
        return dict.fromkeys(BATCHES[6:10])
    endorser = _find_key(record.issuer_id, record.endorsed_by, keys)
    return {
        "revoked_at": show_moment(record.revoked_at),
        "revoked_because": name_reason(record.reason) if record.revoked_at else None,
        "endorsed_by": record.endorsed_by,
        "endorser_compromised_at": show_moment(endorser.compromised_at) if endorser else None,
    }


def _find_key(
    issuer_id: IssuerId, index: KeyIndex | None, keys: Mapping[Address, KeyRecord]
) -> KeyRecord | None:
    if index is None:
        return None
    return next(
        (key for key in keys.values() if (key.issuer_id, key.index) == (issuer_id, index)), None
    )
