"""A credential's entry in a status list, and where the registry keeps its bit.

A list's number is its key's index, the number of a sub-list and the key sequence it was opened for
(16, 8 and 24 bits); index 0 is the left-most bit of a list (Bitstring Status List 1.0), 256 entries
lie in one word of the registry. Nothing is fetched from the address: it names list and index, the
contract has the truth.

What is opened for one sequence is one long run of *places*: the first 131,072 are the entries of
its list, which is sub-list 0, the next those of sub-list 1, and so on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from protocol.errors import GuardError

LIST_ENTRIES: Final = 131_072
"""Entries of a list: the least the standard allows."""
LIST_LIMIT: Final = 1 << 48
"""Above the largest list number."""
SEQ_BITS: Final = 24
SUB_LISTS: Final = 1 << 8
"""Lists that can be opened for one sequence."""
WORD_ENTRIES: Final = 256
ENTRY_TYPE: Final = "BitstringStatusListEntry"
REVOCATION: Final = "revocation"
_WORDS: Final = LIST_ENTRIES // WORD_ENTRIES
_KEY_SHIFT: Final = 32
_MEMBERS: Final = frozenset(
    ("id", "type", "statusPurpose", "statusListIndex", "statusListCredential")
)
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,14})\Z")
_LIST_ADDRESS: Final = re.compile(
    r"https?://[A-Za-z0-9._~:/%\[\]@!$&'()*+,;=-]+/(?P<list>[0-9]+)/(?P<purpose>[a-z]+)\Z"
)


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """Where a credential's status is kept."""

    list: int
    index: int
    credential_url: str
    purpose: str


def render_status(status_base: str, status_list: int, index: int) -> dict[str, object]:
    """Return the ``credentialStatus`` member; Open Badges' schema demands its ``id``."""
    address = f"{status_base.rstrip('/')}/{status_list}/{REVOCATION}"
    return build_status(f"{address}#{index}", str(index), address)


def build_status(name: str, index: str, address: str) -> dict[str, object]:
    """Return the ``credentialStatus`` member of an entry by its id, index and list."""
    return {
        "id": name,
        "type": ENTRY_TYPE,
        "statusPurpose": REVOCATION,
        "statusListIndex": index,
        "statusListCredential": address,
    }


def parse_status(member: object) -> StatusEntry:
    """Return the entry of a ``credentialStatus``, which has exactly the form that is written here.

    Raises:
        GuardError: rule ``G7``; any other member, type, purpose, address or spelling of a number.
    """
    if not isinstance(member, Mapping) or member.keys() != _MEMBERS:
        _refuse("", f"a status entry has the members {', '.join(sorted(_MEMBERS))} and no other")
    for name, expected in (("type", ENTRY_TYPE), ("statusPurpose", REVOCATION)):
        if member[name] != expected:
            _refuse(name, f"only {expected} is known")
    address, number = _read_address(member["statusListCredential"])
    index = _read_number(member["statusListIndex"], LIST_ENTRIES, "statusListIndex")
    if member["id"] != f"{address}#{index}":
        _refuse("id", "it does not name this list and index")
    return StatusEntry(number, index, address, REVOCATION)


def name_list(key_index: int, seq: int) -> int:
    """Return the number of the list that is opened for a sequence: sub-list 0.

    Raises:
        ValueError: no list can be named after this key or sequence.
    """
    if not (0 <= key_index < 1 << 16 and 0 <= seq < 1 << SEQ_BITS):
        message = f"there is no list of key {key_index} for its sequence {seq}"
        raise ValueError(message)
    return key_index << _KEY_SHIFT | seq


def find_key_index(list_number: int) -> int:
    """Return which of its issuer's keys a list was opened for; keys are counted from 1."""
    return list_number >> _KEY_SHIFT


def find_entry(status_list: int, place: int) -> tuple[int, int]:
    """Return the list and the index in it of a place that is counted from a list's begin.

    Raises:
        ValueError: there is no such place.
    """
    if place < LIST_ENTRIES and place >= 0:
        return status_list, place
    further, index = divmod(place, LIST_ENTRIES)
    if not 0 <= further < SUB_LISTS - _find_sub_list(status_list):
        message = f"there is no place {place} from the list {status_list} on"
        raise ValueError(message)
    return status_list + (further << SEQ_BITS), index


def find_spans(status_list: int, start: int, size: int) -> dict[int, range]:
    """Return which indices of which lists a run of places is, in its order.

    Raises:
        ValueError: it goes beyond the last sub-list.
    """
    stop, spans = start + size, {}
    for first in range(start - start % LIST_ENTRIES, stop, LIST_ENTRIES):
        number, _ = find_entry(status_list, first)
        spans[number] = range(max(start - first, 0), min(stop - first, LIST_ENTRIES))
    return spans


def locate(list_number: int, index: int) -> tuple[int, int]:
    """Return the registry's word and the bit in it.

    Raises:
        ValueError: no such list or index.
    """
    if not (0 <= list_number < LIST_LIMIT and 0 <= index < LIST_ENTRIES):
        message = f"there is no index {index} in a list {list_number}"
        raise ValueError(message)
    word = list_number * _WORDS + index // WORD_ENTRIES
    return word, 1 << (WORD_ENTRIES - 1 - index % WORD_ENTRIES)


def _find_sub_list(list_number: int) -> int:
    return (list_number >> SEQ_BITS) % SUB_LISTS


def _read_address(value: object) -> tuple[str, int]:
    match = _LIST_ADDRESS.match(value) if isinstance(value, str) else None
    if match is None or match["purpose"] != REVOCATION:
        _refuse("statusListCredential", "it is not an address ending in /<list>/revocation")
    return match.string, _read_number(match["list"], LIST_LIMIT, "statusListCredential")


def _read_number(value: object, limit: int, name: str) -> int:
    if not isinstance(value, str) or not _DECIMAL.match(value) or int(value) >= limit:
        _refuse(name, f"expected a decimal number below {limit}, as text without leading zeros")
    return int(value)


def _refuse(name: str, reason: str) -> NoReturn:
    member = f"credentialStatus.{name}" if name else "credentialStatus"
    raise GuardError("G7", member, reason)
