"""Everything an institution issues with, handed in once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from issuer.batches.output import Written
from issuer.keys.signer import CredentialSigner, TransactionSigner
from issuer.sending.channel import Channel

OutputCheck = Callable[[Sequence[Written]], tuple[str, ...]]
"""Runs the whole verification on what was written and returns one sentence for each problem."""


class Issuing(Protocol):
    """What issuing asks of an institution's profile (`issuer.affairs.institution`)."""

    @property
    def did(self) -> str:
        """Its identifier."""
        ...

    @property
    def status_base(self) -> str:
        """Address below which its status lists are published."""
        ...

    @property
    def anchor_method(self) -> str:
        """DID URL of the key that anchors."""
        ...


@dataclass(frozen=True, slots=True)
class Signers:
    """The institution's keys, each behind an interface that never shows it."""

    anchor: TransactionSigner
    status: TransactionSigner
    credentials: CredentialSigner


@dataclass(frozen=True, slots=True)
class Desk:
    """One institution at work in one home on one network."""

    channel: Channel
    institution: Issuing
    signers: Signers
    clock: Callable[[], datetime]
    draw_bytes: Callable[[int], bytes]
    """A cryptographic random source."""
    workers: int
    """Processes for canonicalising."""
