"""Everything that is known when the checks run, as frozen values.

A question without an answer is an `Unknown` in the answer's place; "there is none" is ``None``.
Evidence can be stored, and the checks run again years later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from protocol.chain import (
    AccreditationRecord,
    AnchorRecord,
    Block,
    IssuerNames,
    IssuerRecord,
    KeyRecord,
    Network,
    StatusWord,
    Transaction,
)
from protocol.credentials.credential import Credential
from protocol.primitives import Address, ChainId, Digest, IssuerId, Root
from protocol.proofs.did_document import DidDocument
from protocol.proofs.receipt import Receipt
from protocol.registry.events import Anchored, BatchEndorsed, StatusChanged
from verifier.policy import Policy


class Cause(StrEnum):
    """Why a question has no answer; a program can tell them apart by these words."""

    SILENT = "silent"
    DISAGREEMENT = "disagreement"
    NO_STATE = "no_state"
    PENDING = "pending"
    BEHIND = "behind"
    OTHER_CHAIN = "other_chain"
    NOT_CONFIGURED = "not_configured"
    AMBIGUOUS = "ambiguous"
    NO_REGISTER = "no_register"
    REORGANISED = "reorganised"
    NOT_HAD = "not_had"
    TOO_FAR = "too_far"
    OTHER_FORMAT = "other_format"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A question without an answer. It says nothing against the credential."""

    cause: Cause
    reason: str
    """One sentence for a person."""


NOT_ASKED: Final = Unknown(Cause.NOT_ASKED, "This was not asked.")
"""An earlier answer left nothing to ask."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The guard, or a proof's one accepted form, refuses the file."""

    rule: str
    member: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnknownTerms:
    """The file uses a context that no profile knows."""

    url: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A credential of another format."""

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A credential of our format that passed the guard, with what was recomputed from it."""

    credential: Credential
    receipt: Receipt
    root: Root
    """Where the recomputed leaf and the path lead; the receipt's own word is not taken."""
    signature: bytes
    signed: bytes
    """The 64 bytes that the signature should be over."""
    problems: tuple[tuple[str, str], ...]
    """What the schema finds: (member, reason)."""


Reading = Opened | Refused | UnknownTerms | Foreign


@dataclass(frozen=True, slots=True)
class NetworkEvidence:
    """Which chain answers, and how far it is."""

    network: Network | Unknown = NOT_ASKED
    chain_id: ChainId | Unknown = NOT_ASKED
    genesis: Digest | Unknown = NOT_ASKED
    latest: Block | Unknown = NOT_ASKED
    pinned: Block | Unknown = NOT_ASKED
    """All state is read at this block; its hash was read again at the end."""
    code_hash: Digest | Unknown | None = NOT_ASKED


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a key or an identifier belongs to, in the registry's words."""

    issuer_id: IssuerId
    identifier: str
    name: str


@dataclass(frozen=True, slots=True)
class Endorsement:
    """Another key's word for a root."""

    event: BatchEndorsed
    time: datetime
    key: KeyRecord | None


@dataclass(frozen=True, slots=True)
class AnchorEvidence:
    """What the chain knows of the receipt's transaction and of the root."""

    transaction: Transaction | Unknown | None = NOT_ASKED
    block: Block | Unknown = NOT_ASKED
    """The chain's own block at the transaction's height."""
    final: Block | Unknown = NOT_ASKED
    event: Anchored | None = None
    """The trusted contract's event with the recomputed root, in the transaction's receipt."""
    record: AnchorRecord | Unknown | None = NOT_ASKED
    key: KeyRecord | Unknown | None = NOT_ASKED
    holder: Holder | Unknown | None = NOT_ASKED
    """Whose the event's key is."""
    endorsement: Endorsement | Unknown | None = NOT_ASKED
    """Asked only where the record says that there is one."""


@dataclass(frozen=True, slots=True)
class IssuerEvidence:
    """What the registry knows of the institution that the credential names."""

    bound: IssuerId | Unknown | None = NOT_ASKED
    """The issuer number bound to the credential's identifier now."""
    bound_then: IssuerId | Unknown | None = NOT_ASKED
    """The same at the anchor's block; asked only where the two differ."""
    record: IssuerRecord | Unknown | None = NOT_ASKED
    names: IssuerNames | Unknown = NOT_ASKED
    document: DidDocument | Unknown = NOT_ASKED
    """The copy with the registered digest."""
    copies: tuple[DidDocument, ...] = ()
    """Copies at hand that the register could not be asked about."""
    signer: Holder | Unknown | None = NOT_ASKED
    """Whose the signature's method is, where it is not the issuer's."""


@dataclass(frozen=True, slots=True)
class Change:
    """The event that set a status bit, and when."""

    event: StatusChanged
    time: datetime


@dataclass(frozen=True, slots=True)
class StatusEvidence:
    """The credential's bits, and what set them."""

    word: StatusWord | Unknown = NOT_ASKED
    revoked: Change | Unknown = NOT_ASKED
    """Asked only where the bit is set."""
    suspended: Change | Unknown = NOT_ASKED


@dataclass(frozen=True, slots=True)
class AccreditationEvidence:
    """The right to award this achievement."""

    authority: Address | Unknown = NOT_ASKED
    grant: AccreditationRecord | Unknown | None = NOT_ASKED
    """The grant in force, or the last one before the anchor's time."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the checks look at."""

    reading: Reading
    policy: Policy
    checked_at: datetime
    """The clock, UTC."""
    asked_at: datetime | None
    """The moment that was asked about, None for now."""
    recipient: str | None
    network: NetworkEvidence = NetworkEvidence()
    anchor: AnchorEvidence = AnchorEvidence()
    issuer: IssuerEvidence = IssuerEvidence()
    status: StatusEvidence = StatusEvidence()
    accreditation: AccreditationEvidence = AccreditationEvidence()

    @property
    def opened(self) -> Opened:
        """What was read; checks after step 2 are skipped where there is nothing.

        Raises:
            TypeError: the file was not opened (our mistake).
        """
        if isinstance(self.reading, Opened):
            return self.reading
        message = "a check ran on a file that was not opened"
        raise TypeError(message)

    @property
    def at(self) -> datetime:
        """The moment that is judged."""
        return self.checked_at if self.asked_at is None else self.asked_at


def split_method(proof: Mapping[str, object]) -> str:
    """Return the DID before the ``#`` of a proof's verification method."""
    return str(proof["verificationMethod"]).partition("#")[0]


def choose_issuer(seen: IssuerEvidence, anchor: AnchorEvidence) -> IssuerId | Unknown | None:
    """Return the number the credential's issuer has, or had when the batch was anchored.

    Names move on. Where the transaction could not be had, only a record of the root shows that the
    present holder of the name is meant; without one the former holder may be, hence unknown.
    """
    event = anchor.event
    if event is not None and event.issuer_id in (seen.bound, seen.bound_then):
        return event.issuer_id
    if event is None and not isinstance(anchor.record, AnchorRecord):
        for answer in (anchor.transaction, anchor.record):
            if isinstance(answer, Unknown) and answer.cause is not Cause.NOT_ASKED:
                return answer
    return seen.bound_then if isinstance(seen.bound_then, Unknown) else seen.bound


def find_obstacle(evidence: Evidence) -> Unknown | None:
    """Return why the chain's answers cannot be used: another chain, silent, behind."""
    seen = evidence.network
    for answer in (seen.network, seen.chain_id, seen.genesis, seen.latest, seen.pinned):
        if isinstance(answer, Unknown):
            return answer
    network = seen.network
    if not isinstance(network, Network) or not isinstance(seen.latest, Block):
        return None
    if seen.chain_id != network.chain_id or network.genesis not in (None, seen.genesis):
        return Unknown(Cause.OTHER_CHAIN, "Our source serves another chain than it should.")
    if network.freshness_seconds is not None:
        oldest = evidence.checked_at - timedelta(seconds=network.freshness_seconds)
        if seen.latest.time < oldest:
            return Unknown(Cause.BEHIND, "Our source of the public record is behind.")
    return None
