"""What published lists cannot show: batches that were revoked as wholes.

The registry marks such a batch at its root and sets no bit. Who asks the registry sees it; who
reads a list sees the bits alone, until each credential is revoked as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from issuer.journal.entries import find_batch_places
from issuer.sending.channel import Channel, find_registry_scope
from issuer.status.chain_lists import ChainLists
from protocol.credentials.status_index import REVOCATION
from protocol.credentials.status_list import is_set
from protocol.primitives import Root


@dataclass(frozen=True, slots=True)
class UnseenBatch:
    """A batch of this home that is revoked, and how many of its credentials no list shows so."""

    root: Root
    count: int


def find_unseen(channel: Channel, found: ChainLists) -> Iterator[UnseenBatch]:
    """Yield the batches that were revoked whole and have credentials whose bits are not set.

    Not found: batches of another home, whose indices only their own journal knows.
    """
    scope = find_registry_scope(channel.chain)
    for root in sorted(found.revoked_batches):
        count = sum(
            place.list in found.lists
            and not is_set(found.lists[place.list][REVOCATION], place.index)
            for place in find_batch_places(channel.journal, scope, root)
        )
        if count:
            yield UnseenBatch(root, count)
