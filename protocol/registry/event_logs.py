"""The registry's logs as events; whatever another contract wrote is left out.

A look-alike contract can emit our events with an honest institution's address in them (CH-02), so a
log counts only by the address that wrote it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from protocol.nodes.answers import Answer
from protocol.primitives import Address, BlockNumber, Digest, TransactionHash
from protocol.registry import events
from protocol.registry.abi import Entry, load_registry_abi
from protocol.registry.calldata import decode_values
from protocol.registry.events import Event, LogPosition, StatusChange

_CLASSES: Final[Mapping[str, type[Event]]] = {
    event.__name__: event
    for event in (
        *(events.Anchored, events.StatusChanged, events.BatchRevoked, events.BatchEndorsed),
        *(events.IssuerChanged, events.KeyChanged, events.AccreditationChanged),
        *(events.IssuerNamed, events.AuthorityChanged, events.OfficerChanged),
        events.SuccessorNamed,
    )
}
_RENAMED: Final = {"prevBlock": "previous_block"}


def parse_events(logs: Answer, contract: Address) -> tuple[Event, ...]:
    """Return the contract's events among a list of logs, in log order.

    Raises:
        ChainUnreachableError: a log of the contract is none of its events.
    """
    found = [
        _parse_event(log, contract)
        for log in logs.parse_list()
        if log.find_member("removed").value is not True
        and log.find_member("address").parse_address() == contract
    ]
    return tuple(sorted(found, key=lambda event: event.position.log_index))


def _parse_event(log: Answer, contract: Address) -> Event:
    topics = [topic.parse_digest() for topic in log.find_member("topics").parse_list()]
    entry = load_registry_abi().events.get(topics[0]) if topics else None
    if entry is None:
        raise log.refuse("the registry wrote an event that is not known here")
    members = _decode_members(log, entry, topics[1:])
    if entry.name == "StatusChanged":
        members["change"] = _parse_change(log, members["change"])
    # The interface's names are checked against these classes by a test over every event.
    return _CLASSES[entry.name](position=_parse_position(log, contract), **members)


def _decode_members(log: Answer, entry: Entry, topics: Sequence[Digest]) -> dict[str, Any]:
    indexed = [each for each in entry.parameters if each.indexed]
    plain = [each for each in entry.parameters if not each.indexed]
    data = log.find_member("data").parse_data()
    if len(topics) != len(indexed):
        raise log.refuse(f"{entry.name} has another number of topics")
    try:
        values = (
            *decode_values([each.type for each in indexed], b"".join(topics)),
            *decode_values([each.type for each in plain], data),
        )
    except ValueError as error:
        raise log.refuse(f"{entry.name} cannot be read") from error
    return {
        _name_field(each.name): value
        for each, value in zip([*indexed, *plain], values, strict=True)
    }


def _name_field(name: str) -> str:
    return _RENAMED.get(name) or re.sub(r"[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


def _parse_change(log: Answer, number: int) -> StatusChange:
    if number not in tuple(StatusChange):
        raise log.refuse(f"the status change {number} is not known here")
    return StatusChange(number)


def _parse_position(log: Answer, contract: Address) -> LogPosition:
    return LogPosition(
        block=BlockNumber(log.find_member("blockNumber").parse_quantity()),
        block_hash=log.find_member("blockHash").parse_digest(),
        transaction=TransactionHash(log.find_member("transactionHash").parse_digest()),
        log_index=log.find_member("logIndex").parse_quantity(),
        contract=contract,
    )
