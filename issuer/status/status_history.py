"""What an issuer's status log names: words of its bitmaps that changed, batches revoked whole.

Every entry carries its number and the block of the one before it, so the walk back from the head
proves itself whole: a word that is not named there is zero. What lay in final blocks is remembered
in the home, never in the published folder: a web server's files must not decide what the issuer
signs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from issuer.errors import WithheldEntryError
from issuer.files import OWNER_ONLY, write_whole
from protocol.chain import ChainReader, IssuerRecord
from protocol.primitives import BlockNumber, Root
from protocol.registry.events import BatchEndorsed, BatchRevoked, StatusChanged

FOLDER: Final = "status-walks"
StatusEntry = StatusChanged | BatchRevoked | BatchEndorsed


@dataclass(frozen=True, slots=True)
class StatusHistory:
    """What the log names up to one of its entries."""

    seq: int
    """Number of that entry; 0 for none."""
    block: BlockNumber
    words: frozenset[int]
    """The words that changed."""
    batches: frozenset[Root]
    """The batches that were revoked as wholes, which sets no bit."""


NOTHING: Final = StatusHistory(0, BlockNumber(0), frozenset(), frozenset())


def read_history(chain: ChainReader, record: IssuerRecord, known: StatusHistory) -> StatusHistory:
    """Return what the log names up to the record's head, from ``known`` on if it is joined.

    Raises:
        WithheldEntryError: an entry is not where the one after it says.
        ChainError: the chain cannot be asked.
    """
    words: set[int] = set()
    batches: set[Root] = set()
    for entry in _walk(chain, record):
        if (entry.seq, entry.position.block) == (known.seq, known.block):
            words |= known.words
            batches |= known.batches
            break
        if isinstance(entry, StatusChanged):
            words.add(entry.word)
        elif isinstance(entry, BatchRevoked):
            batches.add(entry.root)
    return StatusHistory(
        record.status_seq, record.status_block, frozenset(words), frozenset(batches)
    )


def load_history(path: Path) -> StatusHistory:
    """Return what was remembered; nothing, where the file is not there or not whole."""
    try:
        content = json.loads(path.read_bytes())
        return StatusHistory(
            seq=int(content["seq"]),
            block=BlockNumber(int(content["block"])),
            words=frozenset(int(word) for word in content["words"]),
            batches=frozenset(Root(bytes.fromhex(root)) for root in content["batches"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        # It only saves time: the walk begins anew.
        return NOTHING


def save_history(path: Path, history: StatusHistory) -> None:
    """Remember a history whose last entry lies in a final block.

    Raises:
        OSError: it cannot be written; what was remembered before is as it was.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = {
        "seq": history.seq,
        "block": history.block,
        "words": sorted(history.words),
        "batches": sorted(root.hex() for root in history.batches),
    }
    # A folder of its own: two processes of one home may publish at once.
    with TemporaryDirectory(dir=path.parent, prefix=".unfinished-") as staging:
        write_whole(path, json.dumps(content).encode("ascii"), Path(staging), OWNER_ONLY)


def _walk(chain: ChainReader, record: IssuerRecord) -> Iterator[StatusEntry]:
    """Yield the entries of the status log, newest first."""
    seq, number = record.status_seq, record.status_block
    while seq > 0:
        entries = _read_entries(chain, record, number)
        if seq not in entries:
            raise WithheldEntryError(chain.network.name, seq, number)
        block = number
        while seq in entries and number == block:
            yield entries[seq]
            seq, number = seq - 1, entries[seq].previous_block


def _read_entries(
    chain: ChainReader, record: IssuerRecord, number: BlockNumber
) -> dict[int, StatusEntry]:
    return {
        event.seq: event
        for event in chain.read_events(number)
        if isinstance(event, StatusEntry) and event.issuer_id == record.issuer_id
    }
