"""Tables of an audit: columns, rows as plain values, and how times, hashes and reasons are said."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from protocol.chain import Block
from protocol.primitives import Address, render_address, render_hex
from protocol.registry.events import Event
from verifier.report import render_time

Cell = str | int | bool | None | tuple[int, ...] | tuple[str, ...]
"""What a row holds: times as ISO 8601, hashes as ``0x`` and hexadecimal, None for none."""
Row = Mapping[str, Cell]

STANDINGS: Final[Mapping[int, str]] = {1: "active", 2: "suspended", 3: "closed"}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns in their order and rows, which are made as they are read."""

    columns: tuple[str, ...]
    shown: tuple[str, ...]
    """The columns that a terminal has room for."""
    rows: Iterable[Row]
    empty: str = "Nothing of this kind is on record."
    """What it means that there are no rows, if nothing is missing."""


def place(event: Event, block: Block) -> dict[str, Cell]:
    """Return where an entry stands."""
    return {
        "entry": event.seq,
        "block": block.number,
        "time": render_time(block.time),
        "transaction": render_hex(event.position.transaction),
        "log": event.position.log_index,
    }


PLACE: Final = ("entry", "block", "time", "transaction", "log")


def name_standing(number: int) -> str:
    """Return the word for a standing."""
    return STANDINGS.get(number, f"standing {number}")


def show_moment(moment: datetime | None) -> str | None:
    """Return a time, None for never."""
    return None if moment is None else render_time(moment)


def show_address(address: Address | None) -> str | None:
    """Return an address, None for nobody."""
    return None if address is None or not any(address) else render_address(address)


def list_bits(bits: int) -> Iterator[int]:
    """Yield the places of bits within a word: bit 255 is place 0."""
    for index in range(256):
        if bits >> (255 - index) & 1:
            yield index
