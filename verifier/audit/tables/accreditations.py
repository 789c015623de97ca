"""Accreditations: who was allowed to award what, and whether it was so at a moment."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from protocol.primitives import Digest, render_address, render_hex
from protocol.registry.events import AccreditationChanged
from protocol.registry.reasons import name_reason
from verifier.audit.anchors import AnchorEntry
from verifier.audit.census import Entry
from verifier.audit.comparison import read_moment
from verifier.audit.rows import PLACE, Row, Table, place, show_moment
from verifier.audit.state import Grant
from verifier.audit.tables.names import Names

ACCREDITATIONS: Final = (
    *("institution", "identifier", "achievement", "valid_from", "valid_until", "withdrawn_at"),
    *("reason", "decides", "in_force", "by", *PLACE),
)


def tabulate_accreditations(
    entries: Iterable[Entry | AnchorEntry],
    names: Names,
    achievement: Digest | None,
    moment: datetime,
) -> Table:
    """Return one row for each grant and withdrawal, newest first.

    The last entry at or before the moment ``decides``; of that one ``in_force`` tells whether the
    institution was accredited then. The others have no say.
    """
    shown = (
        *("block", "time", "institution", "identifier", "achievement", "valid_from"),
        *("valid_until", "withdrawn_at", "decides", "in_force"),
    )
    return Table(ACCREDITATIONS, shown, _list(entries, names, achievement, moment))


def _list(
    entries: Iterable[Entry | AnchorEntry],
    names: Names,
    achievement: Digest | None,
    moment: datetime,
) -> Iterator[Row]:
    decided: set[Grant] = set()
    for entry in entries:
        event = entry.event
        if not isinstance(event, AccreditationChanged):
            continue
        if achievement not in (None, event.achievement):
            continue
        grant = Grant(event.issuer_id, event.achievement)
        decides = entry.block.time <= moment and grant not in decided
        if decides:
            decided.add(grant)
        yield {
            "institution": event.issuer_id,
            "identifier": names.find(event.issuer_id),
            "achievement": render_hex(event.achievement),
            "valid_from": show_moment(read_moment(event.valid_from)),
            "valid_until": show_moment(read_moment(event.valid_until)),
            "withdrawn_at": show_moment(read_moment(event.withdrawn_at)),
            "reason": name_reason(event.reason) if event.withdrawn_at else None,
            "decides": decides,
            "in_force": _is_in_force(event, moment) if decides else None,
            "by": render_address(event.by),
            **place(event, entry.block),
        }


def _is_in_force(event: AccreditationChanged, moment: datetime) -> bool:
    begins, ends = read_moment(event.valid_from), read_moment(event.valid_until)
    withdrawn = read_moment(event.withdrawn_at)
    return (
        begins is not None
        and begins <= moment
        and (ends is None or moment < ends)
        and (withdrawn is None or moment < withdrawn)
    )
