"""Step 14: is the moment within the credential's dates?"""

from datetime import datetime, timedelta
from typing import Final

from protocol.chain import Block
from verifier.checks.finding import (
    Finding,
    build_failed,
    build_passed,
    build_unknown,
    render_optional_time,
)
from verifier.evidence import Cause, Evidence, Unknown
from verifier.report import Fact, render_time

SKEW: Final = timedelta(minutes=5)
"""Blocks come from clocks that agree within seconds; one far ahead shows that ours is wrong."""


def check_validity(evidence: Evidence) -> Finding:
    """14: ``validFrom`` and ``validUntil`` include the moment that is judged, both ends included.

    Without ``--at`` the clock is compared with the newest block. Where that is more than five
    minutes ahead and the two would judge differently, the answer is unknown.
    """
    finding = _judge(evidence, evidence.at)
    latest = evidence.network.latest
    if evidence.asked_at is not None or not isinstance(latest, Block):
        return finding
    if latest.time <= evidence.at + SKEW:
        return finding
    if _judge(evidence, latest.time).verdict is finding.verdict:
        return finding
    reason = "Our clock may be wrong: the public record is ahead of it."
    facts = {**finding.facts, "newest_block_time": render_time(latest.time)}
    return build_unknown(Unknown(Cause.BEHIND, reason), facts)


def _judge(evidence: Evidence, moment: datetime) -> Finding:
    credential = evidence.opened.credential
    facts: dict[str, Fact] = {
        "valid_from": render_time(credential.valid_from),
        "valid_until": render_optional_time(credential.valid_until),
        "judged_at": render_time(moment),
    }
    if moment < credential.valid_from:
        return build_failed(f"It starts on {render_time(credential.valid_from)}.", facts)
    if credential.valid_until is not None and moment > credential.valid_until:
        return build_failed(f"It ended on {render_time(credential.valid_until)}.", facts)
    day = "Today" if evidence.asked_at is None else render_time(moment)
    return build_passed(f"{day} is within its dates.", facts)
