"""Verify one credential: read, gather, check, report (docs/receipt.md, section 8).

Loads neither web server nor web3 nor anything that signs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from protocol.chain import Block, ChainDirectory, Network
from verifier.checks import run_checks
from verifier.documents import DocumentStore
from verifier.evidence import Evidence, Opened, find_obstacle
from verifier.gather import Sources, gather_evidence
from verifier.policy import Policy
from verifier.reading import BY_JSON_LD, Canonicalisers, read_submission
from verifier.report import PinnedBlock, Report, render_time


class FutureMomentError(ValueError):
    """The moment to judge lies in the future, about which nothing is recorded."""

    def __init__(self, moment: datetime, now: datetime) -> None:
        """Keep the moment and the clock."""
        self.moment: Final = moment
        self.now: Final = now
        super().__init__(f"{render_time(moment)} is in the future; it is {render_time(now)} now.")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What this verifier has: chains, copies of documents, policy, clock, learned shapes."""

    chains: ChainDirectory
    documents: DocumentStore
    policy: Policy
    clock: Callable[[], datetime]
    """Returns aware UTC."""
    canonicalisers: Canonicalisers = BY_JSON_LD


@dataclass(frozen=True, slots=True)
class Question:
    """One credential as it came, and what is asked about it."""

    data: bytes
    at: datetime | None = None
    """Judge this moment instead of now; aware."""
    recipient: str | None = None


def verify(question: Question, surroundings: Surroundings) -> Report:
    """Return a report with the outcome of every check.

    Raises:
        NotACredentialError: not strict JSON, or nothing that can be recognised as a credential.
        FutureMomentError: the moment asked about has not come.
    """
    now = surroundings.clock().astimezone(UTC)
    if question.at is not None and question.at > now:
        raise FutureMomentError(question.at, now)
    bare = Evidence(
        reading=read_submission(question.data, surroundings.canonicalisers),
        policy=surroundings.policy,
        checked_at=now,
        asked_at=question.at,
        recipient=question.recipient,
    )
    evidence = gather_evidence(bare, Sources(surroundings.chains, surroundings.documents))
    reading = evidence.reading
    return Report(
        credential=reading.credential.view if isinstance(reading, Opened) else None,
        checks=run_checks(evidence),
        block=_find_block(evidence),
        policy=surroundings.policy.name,
        checked_at=now,
    )


def _find_block(evidence: Evidence) -> PinnedBlock | None:
    network, pinned = evidence.network.network, evidence.network.pinned
    if find_obstacle(evidence) is not None:
        # Another chain's block, or one too old: no answer in the report is about it.
        return None
    if not isinstance(network, Network) or not isinstance(pinned, Block):
        return None
    return PinnedBlock(pinned.number, pinned.hash, pinned.time, network.name)
