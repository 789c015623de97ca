"""An issuer's status bits as the chain has them, all at one block."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from issuer.batches.preflight import check_clock
from issuer.errors import EndpointBehindError
from issuer.sending.channel import Channel, ask_patiently, find_registry_scope
from issuer.status.status_history import (
    FOLDER,
    StatusHistory,
    load_history,
    read_history,
    save_history,
)
from protocol.chain import Block, ChainReader, IssuerRecord, StatusWord
from protocol.credentials.status_index import REVOCATION, find_key_index
from protocol.credentials.status_list import LIST_WORDS, SUSPENSION, assemble_bits
from protocol.errors import ChainUnreachableError, TransactionRefusedError
from protocol.identifiers import hash_identifier
from protocol.primitives import Root


@dataclass(frozen=True, slots=True)
class ChainLists:
    """Every list that was asked for and can exist, or ever changed, at one block."""

    block: Block
    lists: Mapping[int, Mapping[str, bytes]]
    """For each list and purpose the bits."""
    revoked_batches: frozenset[Root]


def read_chain_lists(
    channel: Channel, did: str, wanted: Iterable[int], now: datetime
) -> ChainLists:
    """Return the bits of the wanted lists and of every list that a status change names.

    Raises:
        TransactionRefusedError: the issuer is not registered.
        EndpointBehindError: this home has seen more of the log than the endpoint tells.
        ChainError: the chain cannot be asked, is not up to the time, or withholds an entry.
    """
    chain, scope = channel.chain, ask_patiently(channel, lambda: find_registry_scope(channel.chain))
    block = ask_patiently(channel, lambda: _read_fresh(chain, now))
    record = ask_patiently(channel, lambda: _read_issuer(chain, did, block))
    path = channel.home / FOLDER / f"{scope}-{record.issuer_id}.json"
    known = load_history(path)
    _refuse_forgetting(channel, record, known, path)
    history = ask_patiently(channel, lambda: read_history(chain, record, known))
    words = _read_words(channel, record, history, block)
    _refuse_rewriting(channel, block)
    _remember(channel, path, history)
    possible = {number for number in wanted if 0 < find_key_index(number) <= record.key_count}
    numbers = {word // LIST_WORDS for word in history.words} | possible
    lists = {number: _build_list(number, words) for number in sorted(numbers)}
    return ChainLists(block, lists, history.batches)


def _read_fresh(chain: ChainReader, now: datetime) -> Block:
    block = chain.read_latest()
    check_clock(chain, block, now)
    return block


def _refuse_forgetting(
    channel: Channel, record: IssuerRecord, known: StatusHistory, path: Path
) -> None:
    """What was remembered lay in a final block: who does not know it would take it back."""
    if record.status_seq < known.seq:
        what = (
            f"it answers at entry {record.status_seq:,} of the status log, this home has seen "
            f"entry {known.seq:,} ({path})"
        )
        raise EndpointBehindError(channel.chain.network.name, what)


def _read_issuer(chain: ChainReader, did: str, at: Block) -> IssuerRecord:
    number = chain.read_issuer_id(hash_identifier(did), at)
    record = None if number is None else chain.read_issuer(number, at)
    if record is None:
        raise TransactionRefusedError(f"{did} is not registered on {chain.network.name}")
    return record


def _read_words(
    channel: Channel, record: IssuerRecord, history: StatusHistory, at: Block
) -> dict[int, StatusWord]:
    """Read from storage every word that the log names; all others were never written."""
    words: dict[int, StatusWord] = {}
    for done, number in enumerate(sorted(history.words), start=1):
        words[number] = ask_patiently(channel, _ask_word(channel.chain, record, number, at))
        channel.progress.report("Reading statuses", done, len(history.words))
    return words


def _ask_word(
    chain: ChainReader, record: IssuerRecord, number: int, at: Block
) -> Callable[[], StatusWord]:
    return lambda: chain.read_status(record.issuer_id, number, at)


def _refuse_rewriting(channel: Channel, block: Block) -> None:
    """What was read at a block that is no longer there is of two chains."""
    again = ask_patiently(channel, lambda: channel.chain.read_block(block.number))
    if again.hash != block.hash:
        reason = "it was reorganised while it was being read; run the same command again"
        raise ChainUnreachableError(channel.chain.network.name, reason)


def _remember(channel: Channel, path: Path, history: StatusHistory) -> None:
    final = ask_patiently(channel, channel.chain.read_final)
    if history.seq and history.block <= final.number:
        # It only saves time, and the next walk is as long as this one.
        with suppress(OSError):
            save_history(path, history)


def _build_list(number: int, words: Mapping[int, StatusWord]) -> Mapping[str, bytes]:
    first = number * LIST_WORDS
    own = {word - first: bits for word, bits in words.items() if word // LIST_WORDS == number}
    return {
        REVOCATION: assemble_bits({each: bits.revoked for each, bits in own.items()}),
        SUSPENSION: assemble_bits({each: bits.suspended for each, bits in own.items()}),
    }
