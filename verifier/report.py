"""What a verification says: one outcome for every check, always, in one order.

Page, API and terminal render this and look nothing up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from protocol.primitives import BlockNumber, Digest

Fact = str | int | bool | None | Mapping[str, "Fact"] | Sequence["Fact"]
"""What JSON can say: times as ISO 8601 with ``Z``, hashes as ``0x`` and hexadecimal."""
Facts = Mapping[str, Fact]


class Verdict(StrEnum):
    """What a check, or a whole report, comes to (ADR 0004)."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The answer could not be had; it says nothing against the credential."""
    SKIPPED = "skipped"
    """A failure before it left nothing to ask."""
    NOT_APPLICABLE = "not_applicable"
    """There is nothing to check; it never counts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one check. It has no truth value: look at ``verdict``."""

    id: str
    step: int
    required: bool
    verdict: Verdict
    reason: str
    """One sentence or more for a person."""
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PinnedBlock:
    """The one block that all of the chain's answers are about."""

    number: BlockNumber
    hash: Digest
    time: datetime
    network: str


@dataclass(frozen=True, slots=True)
class Report:
    """Every outcome of one credential."""

    credential: Mapping[str, object] | None
    """What is signed, for display; None where nothing could be opened."""
    checks: tuple[Outcome, ...]
    block: PinnedBlock | None
    policy: str
    checked_at: datetime

    @property
    def verdict(self) -> Verdict:
        """Failed if a required check failed; else unknown if one has no answer; else passed."""
        verdicts = {outcome.verdict for outcome in self.checks if outcome.required}
        if Verdict.FAILED in verdicts:
            return Verdict.FAILED
        if verdicts & {Verdict.UNKNOWN, Verdict.SKIPPED} or not verdicts:
            return Verdict.UNKNOWN
        return Verdict.PASSED

    def find(self, check: str) -> Outcome:
        """Return the outcome of a check by its id.

        Raises:
            KeyError: no check has this id.
        """
        for outcome in self.checks:
            if outcome.id == check:
                return outcome
        raise KeyError(check)


def render_time(moment: datetime) -> str:
    """Return ISO 8601 in UTC with ``Z``, in whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
