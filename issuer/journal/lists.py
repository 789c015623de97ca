"""Which status lists this home has ever planned a batch in."""

from collections.abc import Iterable

from issuer.journal.store import Journal
from protocol.primitives import Address


def find_lists(journal: Journal, scope: str, accounts: Iterable[Address]) -> frozenset[int]:
    """Return the lists that batches of these keys were planned in, dropped plans too."""
    rows = (
        row
        for account in accounts
        for row in journal.read(
            "SELECT list FROM fill_mark WHERE scope = ? AND account = ?", scope, account
        )
    )
    return frozenset(int(row["list"]) for row in rows)
