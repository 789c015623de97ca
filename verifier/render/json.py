"""A report as JSON: what the command line and the interface for programs give."""

from collections.abc import Mapping

from protocol.primitives import render_hex
from verifier.report import Outcome, PinnedBlock, Report, render_time


def report_to_dict(report: Report) -> dict[str, object]:
    """Return the report's members (DESIGN 4), ready for a JSON writer."""
    return {
        "verdict": report.verdict.value,
        "credential": report.credential,
        "checks": [_render_outcome(outcome) for outcome in report.checks],
        "block": None if report.block is None else _render_block(report.block),
        "policy": report.policy,
        "checkedAt": render_time(report.checked_at),
    }


def _render_outcome(outcome: Outcome) -> dict[str, object]:
    return {
        "id": outcome.id,
        "step": outcome.step,
        "required": outcome.required,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason,
        "facts": outcome.facts,
    }


def _render_block(block: PinnedBlock) -> Mapping[str, object]:
    return {
        "number": block.number,
        "hash": render_hex(block.hash),
        "time": render_time(block.time),
        "network": block.network,
    }
