"""Step 13: does the credential still count, by the chain's own bits?"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from protocol.chain import AnchorRecord, StatusWord
from protocol.credentials.status_index import locate
from protocol.primitives import render_address, render_hex
from protocol.registry.reasons import tell_reason
from verifier.checks.finding import (
    Finding,
    build_failed,
    build_not_applicable,
    build_passed,
    build_unknown,
    find_domain,
    name_institution,
)
from verifier.evidence import Change, Evidence, StatusEvidence, Unknown
from verifier.report import Fact, render_time


@dataclass(frozen=True, slots=True)
class _Purpose:
    """Where one of the two bits is read, and the words for it."""

    read_bits: Callable[[StatusWord], int]
    find_change: Callable[[StatusEvidence], Change | Unknown]
    moment: str
    clear: str
    tell: Callable[[Evidence, dict[str, Fact]], str]


def check_revocation(evidence: Evidence) -> Finding:
    """13: the revocation bit is clear at the pinned block, and the batch as a whole not revoked.

    Nothing is fetched: list and index come from the credential, the truth from the contract.
    """
    facts = _list_facts(evidence)
    record = evidence.anchor.record
    if isinstance(record, AnchorRecord) and record.revoked_at is not None:
        batch: dict[str, Fact] = {
            "whole_batch": True,
            "withdrawn_at": render_time(record.revoked_at),
            **_describe_reason(record.reason),
        }
        return build_failed(_tell_withdrawn(evidence, batch), facts | batch)
    finding = _judge(evidence, facts, _REVOCATION)
    if finding.verdict == "failed" or not isinstance(record, Unknown):
        return finding
    return build_unknown(record, facts)


def check_suspension(evidence: Evidence) -> Finding:
    """13: the suspension bit, at the same list and index, is clear at the pinned block."""
    return _judge(evidence, _list_facts(evidence), _SUSPENSION)


def _judge(evidence: Evidence, facts: dict[str, Fact], purpose: _Purpose) -> Finding:
    if evidence.opened.credential.status is None:
        return build_not_applicable("It names no list.", facts)
    word = evidence.status.word
    if isinstance(word, Unknown):
        return build_unknown(word, facts)
    if not purpose.read_bits(word) & _find_mask(evidence):
        return build_passed(purpose.clear, facts)
    change = _describe_change(purpose.find_change(evidence.status), purpose.moment)
    return build_failed(purpose.tell(evidence, change), facts | change)


def _tell_withdrawn(evidence: Evidence, change: dict[str, Fact]) -> str:
    who = _start(name_institution(evidence.issuer.names))
    when = f" on {change['withdrawn_at']}" if change["withdrawn_at"] else ""
    return f"{who} withdrew it{when}{_tell_reason(change)}. Ask for a newer one."


def _tell_held(evidence: Evidence, change: dict[str, Fact]) -> str:
    who = _start(name_institution(evidence.issuer.names))
    when = f" on {change['held_at']}" if change["held_at"] else ""
    return f"{who} put it on hold{when}{_tell_reason(change)}. It may be reinstated."


def _tell_reason(change: dict[str, Fact]) -> str:
    return f" ({change['reason_text']})" if change.get("reason_text") else ""


def _start(words: str) -> str:
    return words[0].upper() + words[1:]


def _describe_change(change: Change | Unknown, name: str) -> dict[str, Fact]:
    """Say when and why; a bit stands also where the log that tells could not be read."""
    if isinstance(change, Unknown):
        return {name: None, "time_unknown_because": change.reason}
    return {
        name: render_time(change.time),
        "by": render_address(change.event.by),
        "block": change.event.position.block,
        "transaction": render_hex(change.event.position.transaction),
        **_describe_reason(change.event.reason),
    }


def _describe_reason(code: int) -> dict[str, Fact]:
    return {"reason_code": code, "reason_text": tell_reason(code)}


def _find_mask(evidence: Evidence) -> int:
    entry = evidence.opened.credential.status
    return 0 if entry is None else locate(entry.list, entry.index)[1]


def _list_facts(evidence: Evidence) -> dict[str, Fact]:
    entry, names = evidence.opened.credential.status, evidence.issuer.names
    facts: dict[str, Fact] = {}
    if entry is not None:
        facts |= {"list": entry.list, "index": entry.index}
        facts["word"] = locate(entry.list, entry.index)[0]
    if not isinstance(names, Unknown):
        facts |= {"registered_name": names.name, "domain": find_domain(names.identifier)}
    return facts


_REVOCATION: Final = _Purpose(
    attrgetter("revoked"),
    attrgetter("revoked"),
    "withdrawn_at",
    "It has not been withdrawn.",
    _tell_withdrawn,
)
_SUSPENSION: Final = _Purpose(
    attrgetter("suspended"),
    attrgetter("suspended"),
    "held_at",
    "It is not on hold.",
    _tell_held,
)
