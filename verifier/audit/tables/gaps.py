"""Everything walked and compared: what is missing or different, and nothing else."""

from collections.abc import Iterator
from typing import Final

from verifier.audit.census import Census, Scope
from verifier.audit.findings import Ledger
from verifier.audit.rows import Row, Table

GAPS: Final = ("kind", "chain", "entry", "block", "sentence")


def tabulate_gaps(census: Census, scope: Scope, ledger: Ledger) -> Table:
    """Return one row for each finding, after the whole walk."""
    return Table(GAPS, (), _list_gaps(census, scope, ledger))


def _list_gaps(census: Census, scope: Scope, ledger: Ledger) -> Iterator[Row]:
    for _ in census.go(scope):
        pass
    for finding in ledger.findings:
        yield {
            "kind": finding.kind.value,
            "chain": finding.chain,
            "entry": finding.entry,
            "block": finding.block,
            "sentence": finding.sentence,
        }
