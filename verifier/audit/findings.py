"""What an audit has to say against what it was told, and how its answer ends."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.errors import ChainError, ChainUnreachableError
from protocol.primitives import BlockNumber

Progress = Callable[[str, int, int], None]
"""Told a stage's name, how much of it is done, and how much there is."""
FINDING_LIMIT: Final = 1_000
"""More findings of one kind than this are counted, not kept: they have one cause."""


class Kind(StrEnum):
    """What a finding says."""

    GAP = "gap"
    """An entry that must be there is not: it was withheld."""
    DIFFERENCE = "difference"
    """Two records that must agree do not."""
    UNDETERMINED = "undetermined"
    """A question that nobody answered, or that endpoints answered differently."""
    UNREACHABLE = "unreachable"
    """The chain fell silent before everything was asked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    kind: Kind
    sentence: str
    """For a person: names chain or record, entry and block."""
    chain: str | None = None
    """Which event chain, where it is about one."""
    entry: int | None = None
    block: BlockNumber | None = None


class Ledger:
    """Collects findings while an audit runs."""

    def __init__(self) -> None:
        """Begin without findings."""
        self._findings: list[Finding] = []
        self._counts: Counter[Kind] = Counter()
        self._remarks: list[str] = []

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return what the audit leaves out by its nature, in sentences."""
        return tuple(self._remarks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was found, in the order in which it was found."""
        return tuple(self._findings)

    @property
    def counts(self) -> Counter[Kind]:
        """Return how many findings of each kind there are, also of those not kept."""
        return Counter(self._counts)

    def add(
        self,
        kind: Kind,
        sentence: str,
        *,
        chain: str | None = None,
        entry: int | None = None,
        block: BlockNumber | None = None,
    ) -> None:
        """Add a finding, unless the very same one is there."""
        finding = Finding(kind, sentence, chain, entry, block)
        if self._counts[kind] < FINDING_LIMIT:
            if finding in self._findings[-FINDING_LIMIT:]:
                return
            self._findings.append(finding)
        self._counts[kind] += 1

    def remark(self, sentence: str) -> None:
        """Add what is left out by the audit's nature: no finding, and said with every result."""
        self._remarks.append(sentence)

    def add_silence(self, what: str, error: ChainError) -> None:
        """Add that a question had no answer."""
        silent = isinstance(error, ChainUnreachableError)
        kind = Kind.UNREACHABLE if silent else Kind.UNDETERMINED
        self.add(kind, f"{what} could not be determined. {error}")

    def add_cut(self, error: ChainError) -> None:
        """Add that the audit ended early, by a question that had no answer."""
        silent = isinstance(error, ChainUnreachableError)
        kind = Kind.UNREACHABLE if silent else Kind.UNDETERMINED
        self.add(kind, f"The audit was cut off. {error}")


def continue_with(error: ChainError) -> str:
    """Return an error's sentence as it goes on behind a comma or colon."""
    text = str(error)
    return text[0].lower() + text[1:] if text.startswith(("The ", "No ")) else text


def find_worst(kinds: Iterable[Kind]) -> Kind | None:
    """Return what decides how an audit ends, None where there is nothing against it."""
    found = set(kinds)
    order = (Kind.GAP, Kind.DIFFERENCE, Kind.UNREACHABLE, Kind.UNDETERMINED)
    return next((kind for kind in order if kind in found), None)
