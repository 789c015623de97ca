"""What one check finds, before the runner adds its id, its step and whether it is required."""

from dataclasses import dataclass, field
from datetime import datetime

from protocol.chain import IssuerNames
from verifier.evidence import Holder, Unknown
from verifier.report import Fact, Facts, Verdict, render_time

DID_WEB = "did:web:"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, the sentence for a person, and the facts behind it."""

    verdict: Verdict
    reason: str
    facts: Facts = field(default_factory=dict)


def build_passed(reason: str, facts: Facts | None = None) -> Finding:
    """Say yes."""
    return Finding(Verdict.PASSED, reason, facts or {})


def build_failed(reason: str, facts: Facts | None = None) -> Finding:
    """Say no."""
    return Finding(Verdict.FAILED, reason, facts or {})


def build_unknown(unknown: Unknown, facts: Facts | None = None) -> Finding:
    """Say that there is no answer, and why."""
    cause: Facts = {"cause": str(unknown.cause)}
    return Finding(Verdict.UNKNOWN, unknown.reason, {**cause, **(facts or {})})


def build_not_applicable(reason: str, facts: Facts | None = None) -> Finding:
    """Say that there is nothing to check."""
    return Finding(Verdict.NOT_APPLICABLE, reason, facts or {})


def render_optional_time(moment: datetime | None) -> str | None:
    """Return the time as the report writes it, None for never."""
    return None if moment is None else render_time(moment)


def find_domain(did: str) -> str | None:
    """Return the host that a did:web identifier speaks of."""
    return did.removeprefix(DID_WEB).partition(":")[0] if did.startswith(DID_WEB) else None


def describe_holder(holder: Holder | Unknown | None) -> Fact:
    """Return an institution as the register names it, None where that could not be had."""
    if not isinstance(holder, Holder):
        return None
    return {
        "issuer_id": holder.issuer_id,
        "registered_name": holder.name,
        "identifier": holder.identifier,
        "domain": find_domain(holder.identifier),
    }


def name_institution(names: IssuerNames | Holder | Unknown | None) -> str:
    """Return the registered name with its domain, or words that name nobody."""
    if names is None or isinstance(names, Unknown):
        return "the institution"
    domain = find_domain(names.identifier)
    return f"{names.name} ({domain})" if domain else names.name
