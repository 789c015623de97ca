"""The procedure of docs/receipt.md, section 8, as pure functions over gathered evidence.

To add a check: write ``check_…(evidence) -> Finding`` in a module here, its docstring beginning
with its step; add one line to `CHECKS` in the order of the procedure, with the checks whose failure
leaves it nothing to ask; add its row to docs/receipt.md, section 8. What it needs from the chain is
asked for in ``verifier/gather*.py`` and held in ``verifier/evidence.py``. Ids are append-only.

A new check is *required* unless ``verifier/policy.py`` says otherwise (then docs/policy.md too): a
required one judges every credential ever issued. It shares a step or takes the next number; steps
are never renumbered, and 5 to 11 mean *anchored*. Besides its row, docs/receipt.md 8.5 to 8.7 tell
when it counts, and ``verifier/web/presentation/sentences.py`` has its title. The golden reports are
written anew by ``python -m tests.verifier.test_golden``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from verifier.checks.anchor import check_anchor, check_finality
from verifier.checks.attachments import check_endorsements, check_evidence
from verifier.checks.finding import Finding
from verifier.checks.form import check_contexts, check_format, check_schema
from verifier.checks.issuer import check_accreditation, check_issuer
from verifier.checks.key import check_anchoring_key
from verifier.checks.network import check_contract, check_network
from verifier.checks.path import check_path
from verifier.checks.recipient import check_recipient
from verifier.checks.signature import check_signature
from verifier.checks.status import check_revocation, check_suspension
from verifier.checks.validity import check_validity
from verifier.evidence import Evidence
from verifier.policy import Demand
from verifier.report import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the procedure."""

    step: int
    id: str
    topic: str
    function: Callable[[Evidence], Finding]
    skipped_after: tuple[str, ...] = ()
    """Checks whose failure leaves this one nothing to ask, besides those of the form."""


_PATH: Final = ("path",)
_CONTRACT: Final = ("path", "contract")
_ANCHOR: Final = ("path", "contract", "anchor")
_STATUS: Final = ("path", "contract", "anchor", "anchoring_key", "issuer")

CHECKS: Final = (
    Check(1, "format", "format", check_format),
    Check(2, "contexts", "meaning", check_contexts),
    Check(3, "schema", "parts", check_schema),
    Check(4, "signature", "signature", check_signature),
    Check(5, "path", "fingerprint", check_path),
    Check(6, "network", "connection", check_network),
    Check(7, "contract", "register", check_contract),
    Check(8, "anchor", "entry", check_anchor, _CONTRACT),
    Check(9, "finality", "settled", check_finality, _ANCHOR),
    Check(10, "anchoring_key", "issuing key", check_anchoring_key, _ANCHOR),
    Check(11, "issuer", "institution", check_issuer, _ANCHOR),
    Check(12, "accreditation", "right to award", check_accreditation, _STATUS),
    Check(13, "revocation", "withdrawal", check_revocation, _STATUS),
    Check(13, "suspension", "hold", check_suspension, _STATUS),
    Check(14, "validity", "dates", check_validity, _PATH),
    Check(15, "evidence", "evidence", check_evidence),
    Check(15, "endorsements", "endorsements", check_endorsements),
    Check(16, "recipient", "whose it is", check_recipient),
)
FORM: Final = ("format", "contexts")
"""Unless these passed there is nothing to check at all."""
ANCHORED: Final = tuple(check.id for check in CHECKS if 5 <= check.step <= 11)  # noqa: PLR2004 (steps of the procedure)
"""Where all of these passed, an unknown signature does not count."""
_TOPICS: Final = {check.id: check.topic for check in CHECKS}


def run_checks(evidence: Evidence) -> tuple[Outcome, ...]:
    """Return one outcome for every check, in the order of the procedure."""
    found: dict[str, Finding] = {}
    for check in CHECKS:
        found[check.id] = _run(check, evidence, found)
    return tuple(
        Outcome(
            id=check.id,
            step=check.step,
            required=_is_required(check, evidence, found),
            verdict=found[check.id].verdict,
            reason=found[check.id].reason,
            facts=found[check.id].facts,
        )
        for check in CHECKS
    )


def _run(check: Check, evidence: Evidence, found: dict[str, Finding]) -> Finding:
    cause = _find_cause(check, found)
    if cause is not None:
        reason = f"Not checked, because the {_TOPICS[cause]} check did not pass."
        return Finding(Verdict.SKIPPED, reason, {"because": cause})
    if evidence.policy.find_demand(check.id) is Demand.OFF:
        return Finding(Verdict.NOT_APPLICABLE, "We do not ask for it.")
    return check.function(evidence)


def _find_cause(check: Check, found: dict[str, Finding]) -> str | None:
    for id_ in FORM:
        if id_ in found and found[id_].verdict is not Verdict.PASSED:
            return id_
    for id_ in check.skipped_after:
        if found[id_].verdict is Verdict.FAILED:
            return id_
    return None


def _is_required(check: Check, evidence: Evidence, found: dict[str, Finding]) -> bool:
    match check.id:
        case "signature":
            anchored = all(found[id_].verdict is Verdict.PASSED for id_ in ANCHORED)
            return found["signature"].verdict is Verdict.FAILED or not anchored
        case "recipient":
            return evidence.recipient is not None
        case _:
            return evidence.policy.find_demand(check.id) is Demand.REQUIRED
