"""What an entry says beside what storage says: a difference names entry, block and both values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from protocol.nodes.answers import find_time
from protocol.primitives import ADDRESS_BYTES, Address, render_address, render_hex
from protocol.registry.events import Event
from verifier.audit.chains import find_chain
from verifier.audit.findings import Kind, Ledger

Pairs = Mapping[str, tuple[object, object]]
"""By field: what the entry says and what storage says, in comparable form."""
_TEXT_SHOWN: Final = 80


def compare(ledger: Ledger, event: Event, pairs: Pairs) -> None:
    """Add a finding for every field that differs."""
    for field, (said, stored) in pairs.items():
        if said != stored:
            add_difference(
                ledger,
                event,
                f"says that {field} is {show_value(said)}; storage says {show_value(stored)}",
            )


def add_difference(ledger: Ledger, event: Event, clause: str) -> None:
    """Add that an entry says something that cannot be."""
    chain, block = find_chain(event), event.position.block
    ledger.add(
        Kind.DIFFERENCE,
        f"Entry {event.seq} of the {chain} (block {block:,}) {clause}.",
        chain=str(chain),
        entry=event.seq,
        block=block,
    )


def read_moment(seconds: int) -> datetime | None:
    """Return an event's time as records have it."""
    return find_time(seconds)


def show_value(value: object) -> str:
    """Return a value for a sentence."""
    match value:
        case None:
            return "none"
        case bytes() if len(value) == ADDRESS_BYTES:
            return render_address(Address(value))
        case bytes():
            return render_hex(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S} UTC"
        case str():
            return repr(value if len(value) <= _TEXT_SHOWN else value[:_TEXT_SHOWN] + "…")
        case _:
            return str(int(value)) if isinstance(value, int) else str(value)
