"""The registry's events of whole blocks, each asked for once and tied to the block's hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.chain import Block
from protocol.errors import ChainError, ChainUnreachableError
from protocol.nodes.answers import Answer, ask
from protocol.nodes.batches import ask_each, cut
from protocol.nodes.node import Node
from protocol.primitives import Address, BlockNumber, render_hex
from protocol.registry.event_logs import parse_events
from protocol.registry.events import Event
from verifier.audit.errors import UnreadableBlockError

BLOCKS_AT_ONCE: Final = 25
"""Each costs two questions in one exchange."""


@dataclass(frozen=True, slots=True)
class BlockEvents:
    """A block with every event of the registry in it, in log order."""

    block: Block
    events: tuple[Event, ...]


def read_blocks(
    node: Node, contract: Address, numbers: Sequence[BlockNumber]
) -> dict[BlockNumber, BlockEvents | ChainError]:
    """Return the events of blocks; in a block's place stands why they cannot be had.

    Raises:
        ChainUnreachableError: no usable answer at all.
    """
    found: dict[BlockNumber, BlockEvents | ChainError] = {}
    for piece in cut(numbers, BLOCKS_AT_ONCE):
        questions = [
            question
            for number in piece
            for question in (
                ("eth_getBlockByNumber", [hex(number), False]),
                ("eth_getLogs", [_filter(contract, fromBlock=hex(number), toBlock=hex(number))]),
            )
        ]
        answers = ask_each(node, questions)
        for place, number in enumerate(piece):
            header, logs = answers[2 * place : 2 * place + 2]
            found[number] = _join(node, contract, number, header, logs)
    return found


def _join(
    node: Node,
    contract: Address,
    number: BlockNumber,
    header: Answer | ChainError,
    logs: Answer | ChainError,
) -> BlockEvents | ChainError:
    if isinstance(header, ChainError):
        return header
    try:
        block = header.parse_block()
        if block.number != number:
            return header.refuse(f"it is block {block.number} instead of {number}")
        events = _read_events(logs, contract, block)
        if not events:
            # Asked by number, a server that lags behind knows no logs; asked by hash, it says so.
            by_hash = _filter(contract, blockHash=render_hex(block.hash))
            events = _read_events(ask(node, "eth_getLogs", by_hash), contract, block)
    except ChainUnreachableError as error:
        # An answer that cannot be read ends nothing but the walk through this block.
        return UnreadableBlockError(str(error))
    except ChainError as error:
        return error
    return BlockEvents(block, events)


def _read_events(logs: Answer | ChainError, contract: Address, block: Block) -> tuple[Event, ...]:
    """Return the block's events; those of another block with its number are not among them."""
    if isinstance(logs, ChainError):
        raise logs
    events = parse_events(logs, contract)
    if any(event.position.block != block.number for event in events):
        raise logs.refuse("a log of another block is among them")
    return events if all(event.position.block_hash == block.hash for event in events) else ()


def _filter(contract: Address, **places: str) -> dict[str, str]:
    return {"address": render_hex(contract), **places}
