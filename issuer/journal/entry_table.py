"""All entries of a batch, packed: 116 bytes for each, where objects would take a kilobyte."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Final, overload

from issuer.journal.records import Entry
from protocol.primitives import DIGEST_BYTES, Leaf

URN_PREFIX: Final = "urn:uuid:"
ID_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64


class EntryTable(Sequence[Entry]):
    """Entries in the order of the input, built when they are asked for."""

    __slots__ = ("ids", "indices", "leaves", "signatures")

    def __init__(self) -> None:
        """Start with none."""
        self.ids = bytearray()
        self.indices = array("I")
        self.leaves = bytearray()
        self.signatures = bytearray()
        """All of them or, before signing, none."""

    @property
    def is_signed(self) -> bool:
        """Tell whether every entry has its signature."""
        return len(self.signatures) == SIGNATURE_BYTES * len(self)

    def find_leaf(self, position: int) -> Leaf:
        """Return the leaf at a position."""
        at = DIGEST_BYTES * position
        return Leaf(bytes(self.leaves[at : at + DIGEST_BYTES]))

    def find_credential(self, position: int) -> str:
        """Return the credential's id at a position."""
        at = ID_BYTES * position
        return unpack_id(bytes(self.ids[at : at + ID_BYTES]))

    def find_signature(self, position: int) -> bytes:
        """Return the signature at a position; nothing before signing."""
        at = SIGNATURE_BYTES * position
        return bytes(self.signatures[at : at + SIGNATURE_BYTES])

    def take(self, start: int, stop: int) -> "EntryTable":
        """Return the entries from ``start`` to before ``stop`` as a table, still packed."""
        part = EntryTable()
        part.ids = self.ids[ID_BYTES * start : ID_BYTES * stop]
        part.indices = self.indices[start:stop]
        part.leaves = self.leaves[DIGEST_BYTES * start : DIGEST_BYTES * stop]
        part.signatures = self.signatures[SIGNATURE_BYTES * start : SIGNATURE_BYTES * stop]
        return part

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, position: int) -> Entry: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Entry]: ...
    def __getitem__(self, position: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(position, slice):
            return [self._build(each) for each in range(*position.indices(len(self)))]
        return self._build(range(len(self))[position])

    def __iter__(self) -> Iterator[Entry]:
        return map(self._build, range(len(self)))

    def _build(self, position: int) -> Entry:
        return Entry(
            position=position,
            credential=self.find_credential(position),
            status_index=self.indices[position],
            leaf=self.find_leaf(position),
            signature=self.find_signature(position) or None,
        )


def build_table(entries: Iterable[Entry], count: int) -> EntryTable:
    """Return so many entries packed, in space taken at once: growing would leave as much unused."""
    table = EntryTable()
    table.ids, table.leaves = bytearray(ID_BYTES * count), bytearray(DIGEST_BYTES * count)
    table.indices = array("I", [0]) * count
    signatures = bytearray(SIGNATURE_BYTES * count)
    are_signed = True
    for place, entry in zip(range(count), entries, strict=True):
        table.ids[ID_BYTES * place : ID_BYTES * (place + 1)] = pack_id(entry.credential)
        table.indices[place] = entry.status_index
        table.leaves[DIGEST_BYTES * place : DIGEST_BYTES * (place + 1)] = entry.leaf
        if entry.signature is None:
            are_signed = False
        else:
            signatures[SIGNATURE_BYTES * place : SIGNATURE_BYTES * (place + 1)] = entry.signature
    table.signatures = signatures if are_signed else bytearray()
    return table


def pack_id(credential: str) -> bytes:
    """Return the 16 bytes of a ``urn:uuid:`` in its one form.

    Raises:
        ValueError: anything else.
    """
    with suppress(ValueError):
        raw = bytes.fromhex(credential.removeprefix(URN_PREFIX).replace("-", ""))
        if len(raw) == ID_BYTES and unpack_id(raw) == credential:
            return raw
    message = f"{credential!r} is not a urn:uuid: in lower case"
    raise ValueError(message)


def unpack_id(raw: bytes) -> str:
    """Return the ``urn:uuid:`` of 16 bytes."""
    digits = raw.hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return URN_PREFIX + "-".join(parts)


def find_doubled(packed: bytes | bytearray, size: int) -> tuple[int, int] | None:
    """Return the positions of two equal items of ``size`` bytes, None if all differ.

    Only their first eight bytes are sorted, those of one first byte after the other: a list of all
    would take 50 bytes for each item, and much of that is never given back.
    """
    count = len(packed) // size
    view = memoryview(packed)
    starts = range(0, size * count, size)
    heads = array("Q", (int.from_bytes(view[at : at + 8]) for at in starts))
    parts = [array("Q") for _ in range(1 << 8)]
    for head in heads:
        parts[head >> 56].append(head)
    twice = {one for part in parts for one, other in pairwise(sorted(part)) if one == other}
    first_seen: dict[bytes, int] = {}
    for position in (at for at, head in enumerate(heads) if head in twice):
        item = bytes(view[size * position : size * (position + 1)])
        first = first_seen.setdefault(item, position)
        if first != position:
            return first, position
    return None
