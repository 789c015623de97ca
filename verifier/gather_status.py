"""Ask for the credential's status bits and what set them, and for the right to award."""

from collections.abc import Callable
from datetime import UTC, datetime

from protocol.chain import AccreditationRecord, Block, ChainReader, IssuerRecord, StatusWord
from protocol.credentials.status_index import locate
from protocol.identifiers import hash_achievement
from protocol.primitives import Digest
from protocol.registry.events import AccreditationChanged, Event, StatusChange, StatusChanged
from verifier.evidence import (
    AccreditationEvidence,
    Cause,
    Change,
    Evidence,
    IssuerEvidence,
    Opened,
    StatusEvidence,
    Unknown,
)
from verifier.questions import ask, build_affairs_chain, build_status_chain, walk_back


def gather_status(
    opened: Opened, issuer: IssuerEvidence, reader: ChainReader, pinned: Block
) -> StatusEvidence:
    """Read the word of the credential's entry; where a bit is set, find when and why."""
    entry = opened.credential.status
    record = issuer.record
    if entry is None or not isinstance(record, IssuerRecord):
        unknown = record if isinstance(record, Unknown) else StatusEvidence().word
        return StatusEvidence(unknown) if isinstance(unknown, Unknown) else StatusEvidence()
    number, mask = locate(entry.list, entry.index)
    word = ask(lambda: reader.read_status(record.issuer_id, number, pinned))
    if not isinstance(word, StatusWord):
        return StatusEvidence(word)
    return StatusEvidence(
        word=word,
        revoked=_find_change(reader, record, _sets(number, mask, StatusChange.REVOKE))
        if word.revoked & mask
        else StatusEvidence().revoked,
        suspended=_find_change(reader, record, _sets(number, mask, StatusChange.SUSPEND))
        if word.suspended & mask
        else StatusEvidence().suspended,
    )


def gather_accreditation(
    evidence: Evidence, reader: ChainReader, pinned: Block
) -> AccreditationEvidence:
    """Read the authority and the grant for this achievement that counts at the anchor's time."""
    authority = ask(lambda: reader.read_authority(pinned))
    record, block = evidence.issuer.record, evidence.anchor.block
    if not isinstance(record, IssuerRecord):
        return AccreditationEvidence(authority, record)
    if not isinstance(block, Block):
        return AccreditationEvidence(authority, block)
    achievement = hash_achievement(evidence.opened.credential.achievement)
    latest = ask(lambda: reader.read_accreditation(record.issuer_id, achievement, pinned))
    if isinstance(latest, AccreditationRecord) and latest.valid_from > block.time:
        return AccreditationEvidence(authority, _find_grant(reader, record, achievement, block))
    return AccreditationEvidence(authority, latest)


def _sets(number: int, mask: int, kind: StatusChange) -> Callable[[Event], bool]:
    return lambda event: (
        isinstance(event, StatusChanged)
        and event.word == number
        and event.change is kind
        and bool(event.bits & mask)
    )


def _find_change(
    reader: ChainReader, record: IssuerRecord, wanted: Callable[[Event], bool]
) -> Change | Unknown:
    event = walk_back(reader, build_status_chain(record), wanted)
    if isinstance(event, Unknown):
        return event
    if not isinstance(event, StatusChanged):
        reason = "The bit is set, but the register's log has no such change."
        return Unknown(Cause.DISAGREEMENT, reason)
    block = ask(lambda: reader.read_block(event.position.block))
    return block if isinstance(block, Unknown) else Change(event, block.time)


def _find_grant(
    reader: ChainReader, record: IssuerRecord, achievement: Digest, block: Block
) -> AccreditationRecord | Unknown | None:
    """Find an earlier grant: storage keeps the latest only, the affairs chain all of them."""
    event = walk_back(
        reader,
        build_affairs_chain(record),
        lambda event: (
            isinstance(event, AccreditationChanged)
            and event.achievement == achievement
            and event.valid_from <= block.time.timestamp()
        ),
    )
    if not isinstance(event, AccreditationChanged):
        return event if isinstance(event, Unknown) else None
    return AccreditationRecord(
        valid_from=datetime.fromtimestamp(event.valid_from, UTC),
        valid_until=_read_time(event.valid_until),
        withdrawn_at=_read_time(event.withdrawn_at),
        reason=event.reason,
    )


def _read_time(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
