"""Which status lists this home has ever planned a batch in."""

from collections.abc import Iterable

from issuer.journal.store import Journal
from protocol.credentials.status_index import find_spans
from protocol.primitives import Address


def find_lists(journal: Journal, scope: str, accounts: Iterable[Address]) -> frozenset[int]:
    """Return the lists that batches of these keys were planned in, dropped plans too."""
    rows = (
        row
        for account in accounts
        for row in journal.read(
            "SELECT list, fill FROM fill_mark WHERE scope = ? AND account = ?", scope, account
        )
    )
    return frozenset(number for row in rows for number in find_spans(row["list"], 0, row["fill"]))
