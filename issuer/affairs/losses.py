"""What a key's compromise would take with it: told before somebody says yes."""

from collections.abc import Iterator
from datetime import datetime

from issuer.affairs.institution import Duty, HeldKey
from protocol.chain import ChainReader
from protocol.registry.events import Anchored


def count_losses(chain: ChainReader, key: HeldKey, since: datetime) -> int | None:
    """Return how many batches a key anchored from a moment on; None where an entry is withheld.

    The walk goes back from the key's newest entry and ends at the moment, so it is as long as what
    is lost. A withheld entry must not keep anybody from declaring a loss.

    Raises:
        ChainError: the chain cannot be asked.
    """
    if key.duty is Duty.SIGNING:
        return 0
    record = chain.read_key(key.address, chain.read_latest())
    if record is None:
        return 0
    left, number = record.seq, record.last_block
    count = 0
    while left > 0 and chain.read_block(number).time >= since:
        entries = list(_find_entries(chain.read_events(number), key))
        if not entries:
            return None
        count, left = count + len(entries), left - len(entries)
        number = min(entry.previous_block for entry in entries)
    return count


def _find_entries(events: tuple[object, ...], key: HeldKey) -> Iterator[Anchored]:
    return (each for each in events if isinstance(each, Anchored) and each.key == key.address)
