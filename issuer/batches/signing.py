"""Signing a batch: in this process, which alone has the key, in several threads."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from issuer.batches.ranges import Range, split_ranges
from issuer.batches.workers import WINDOW, stream
from issuer.journal.entry_table import EntryTable
from protocol.primitives import Digest
from protocol.proofs.data_integrity import signing_input


def sign_table(
    sign: Callable[[bytes], bytes], options_hash: Digest, table: EntryTable, threads: int
) -> Iterator[tuple[Range, bytes]]:
    """Yield every range of a batch with its signatures one behind the other.

    ``sign`` may be called by several threads at once: OpenSSL lets others run while it signs.
    """

    def sign_range(options: Digest, chosen: Range) -> tuple[Range, bytes]:
        leaves = map(table.find_leaf, range(chosen.start, chosen.stop))
        return chosen, b"".join([sign(signing_input(options, leaf)) for leaf in leaves])

    ranges = split_ranges(len(table))
    with ThreadPoolExecutor(threads) as pool:
        yield from stream(pool, sign_range, options_hash, iter(ranges), WINDOW * threads)
