"""Status changes: which entries of which list, when, by whom and why; and one entry's answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from protocol.credentials.status_index import LIST_ENTRIES, WORD_ENTRIES, locate
from protocol.primitives import IssuerId, Root, render_address, render_hex
from protocol.registry.events import (
    BatchEndorsed,
    BatchRevoked,
    StatusChange,
    StatusChanged,
)
from protocol.registry.reasons import name_reason
from verifier.audit.anchors import AnchorEntry
from verifier.audit.census import Census, Entry
from verifier.audit.rows import PLACE, Cell, Row, Table, list_bits, place
from verifier.audit.state import Word
from verifier.audit.tables.names import Names

STATUSES: Final = (
    *("institution", "identifier", "change", "list", "indices", "count", "root", "key_number"),
    *("reason", "by", *PLACE),
)
_WORDS: Final = LIST_ENTRIES // WORD_ENTRIES
_CHANGES: Final = {
    StatusChange.REVOKE: "revoked",
    StatusChange.SUSPEND: "suspended",
    StatusChange.REINSTATE: "reinstated",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are wanted: those of one entry of a list, or of one batch; else all."""

    list: int | None = None
    index: int | None = None
    root: Root | None = None

    @property
    def word(self) -> int | None:
        """Return the word of the one entry that is asked about."""
        if self.list is None or self.index is None:
            return None
        return locate(self.list, self.index)[0]

    @property
    def mask(self) -> int:
        """Return the bit of the one entry in its word, every bit where none is asked about."""
        if self.list is None or self.index is None:
            return (1 << WORD_ENTRIES) - 1
        return locate(self.list, self.index)[1]


def tabulate_statuses(
    entries: Iterable[Entry | AnchorEntry], names: Names, wanted: Wanted
) -> Table:
    """Return one row for each wanted status change, newest first."""
    shown = (
        "block",
        "time",
        "institution",
        "identifier",
        "change",
        "reason",
        "list",
        "indices",
        "root",
    )
    return Table(STATUSES, shown, _list_statuses(entries, names, wanted))


def name_nothing(wanted: Wanted) -> str:
    """Say what it means that no change is wanted of a complete walk."""
    if wanted.root is not None:
        return "No batch with this root was revoked or endorsed as a whole."
    if wanted.index is not None:
        return "This entry was never changed."
    return "No status was changed." if wanted.list is None else "No entry of this list was changed."


def tell_listed() -> Row:
    """Say what a batch's rows leave out: which entries a batch has is not recorded."""
    return {"listed": "acts on the batch as a whole; entries changed singly are not among them"}


class EntryAnswer:
    """How one entry stands at the pinned block, by storage, and which changes made it so.

    Of its batch nothing is known: no record says which entries a batch has. So every batch that the
    institution revoked whole is named beside it.
    """

    def __init__(self, census: Census, issuer_id: IssuerId, wanted: Wanted) -> None:
        """Ask the state of ``census`` about the one entry that is wanted."""
        self._census = census
        self._issuer_id = issuer_id
        self._wanted = wanted
        self._newest: dict[Cell, Row] = {}

    def follow(self, table: Table) -> Table:
        """Return the table of changes of the entry, whose rows are looked at in passing."""
        return replace(table, rows=self._follow(table))

    def answer(self) -> Row:
        """Return the answer, once the rows were read."""
        word, mask = Word(self._issuer_id, self._wanted.word or 0), self._wanted.mask
        bits = self._census.state.read_words([word]).get(word)
        answer: dict[str, Cell] = {
            "institution": self._issuer_id,
            "list": self._wanted.list,
            "index": self._wanted.index,
            "revoked": None if bits is None else bool(bits.revoked & mask),
            "suspended": None if bits is None else bool(bits.suspended & mask),
        }
        for what in ("revoked", "suspended"):
            row = self._newest.get(what, {}) if answer[what] else {}
            answer |= {
                f"{what}_{cell}": row.get(cell) for cell in ("block", "time", "reason", "by")
            }
        roots = self._census.list_revoked(self._issuer_id)
        return {
            **answer,
            "told_of": "the entry alone",
            "batches_revoked_whole": len(roots),
            "revoked_roots": tuple(map(render_hex, roots)),
        }

    def _follow(self, table: Table) -> Iterator[Row]:
        for row in table.rows:
            self._newest.setdefault(row["change"], row)
            yield row


def _list_statuses(
    entries: Iterable[Entry | AnchorEntry], names: Names, wanted: Wanted
) -> Iterator[Row]:
    for entry in entries:
        described = _describe(entry, wanted)
        if described is not None:
            event = entry.event
            issuer_id = getattr(event, "issuer_id", IssuerId(0))
            yield {
                "institution": issuer_id,
                "identifier": names.find(issuer_id),
                **described,
                **place(event, entry.block),
            }


def _describe(entry: Entry | AnchorEntry, wanted: Wanted) -> dict[str, Cell] | None:
    """Return what an entry changed; None where it is not wanted."""
    match entry.event:
        case StatusChanged() as event if _is_wanted_change(event, wanted):
            return _describe_change(event)
        case BatchRevoked() as event if _is_wanted_batch(event.root, wanted):
            reason = name_reason(event.reason)
            return _describe_batch("batch revoked", event, None) | {"reason": reason}
        case BatchEndorsed() as event if _is_wanted_batch(event.root, wanted):
            return _describe_batch("batch endorsed", event, event.key_index)
        case _:
            return None


def _describe_change(event: StatusChanged) -> dict[str, Cell]:
    first = event.word % _WORDS * WORD_ENTRIES
    indices = tuple(first + each for each in list_bits(event.bits))
    return {
        "change": _CHANGES[event.change],
        "list": event.word // _WORDS,
        "indices": indices,
        "count": len(indices),
        "root": None,
        "key_number": None,
        "reason": name_reason(event.reason),
        "by": render_address(event.by),
    }


def _describe_batch(
    change: str, event: BatchRevoked | BatchEndorsed, key_number: int | None
) -> dict[str, Cell]:
    return {
        "change": change,
        "list": None,
        "indices": None,
        "count": None,
        "root": render_hex(event.root),
        "key_number": key_number,
        "reason": None,
        "by": render_address(event.by),
    }


def _is_wanted_change(event: StatusChanged, wanted: Wanted) -> bool:
    return (
        wanted.root is None
        and wanted.word in (None, event.word)
        and wanted.list in (None, event.word // _WORDS)
        and bool(event.bits & wanted.mask)
    )


def _is_wanted_batch(root: Root, wanted: Wanted) -> bool:
    """Tell whether a whole batch's change is wanted; an entry's list does not name its batch."""
    return wanted.list is None and wanted.root in (None, root)
