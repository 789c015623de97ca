"""The one sentence that an employer reads first: which of a dozen cases a report is.

Only required outcomes count. The first case that applies is told, in the order of the list below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verifier.evidence import Cause
from verifier.report import Outcome, Report, Verdict

STEPS_OF_ISSUE: Final = range(5, 12)
"""Where these passed, the institution issued what the file says, whether or not it still counts."""


class Case(StrEnum):
    """What a report comes to; stable words for programs and style sheets."""

    PASSED = "passed"
    UNSAFE = "unsafe"
    TAMPERED = "tampered"
    STRANGER = "stranger"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    OTHER_PERSON = "other_person"
    REFUSED = "refused"
    FOREIGN = "foreign"
    OTHER_NETWORK = "other_network"
    NOT_FINAL = "not_final"
    SILENT = "silent"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Headline:
    """The case, its title and what follows from it."""

    case: Case
    title: str
    sentence: str


_PRACTICE: Final = "Ask the institution, through contacts you find yourself."
_TEXTS: Final = {
    Case.PASSED: ("Genuine and current", "Make sure that the person you deal with is this one."),
    Case.UNSAFE: (
        "Not accepted: this file breaks a safety rule",
        "It could show you something other than what was signed.",
    ),
    Case.TAMPERED: (
        "Not genuine: this file does not match what was issued",
        "Do not rely on anything in it, not even the names.",
    ),
    Case.STRANGER: (
        "Not genuine: not issued by the institution it names",
        f"Another institution's key recorded or signed it. {_PRACTICE}",
    ),
    Case.REVOKED: (
        "Withdrawn: this credential no longer counts",
        "Ask for a newer one if there is one, or ask the institution.",
    ),
    Case.SUSPENDED: (
        "On hold: this credential does not count for now",
        "It may come back. Check the same file later, or ask the institution.",
    ),
    Case.TOO_EARLY: ("Not valid yet: it starts on {valid_from}", "Check again from that day."),
    Case.EXPIRED: (
        "Expired: this credential ended on {valid_until}",
        "Decide whether an ended one is enough, or ask for a new one.",
    ),
    Case.OTHER_PERSON: (
        "Not a match: it names someone else than you asked about",
        "Check the spelling, then ask the person.",
    ),
    Case.FOREIGN: (
        "Not confirmed: a kind of credential we do not know",
        "Use the issuer's own checker.",
    ),
    Case.OTHER_NETWORK: (
        "Not confirmed: recorded where this checker does not look",
        "Use the checker the institution names.",
    ),
    Case.NOT_FINAL: (
        "Not confirmed: the entry is still settling",
        "That is normal. Check again later.",
    ),
    Case.SILENT: (
        "Not confirmed: we could not reach the public record",
        "The trouble is our connection. It says nothing against the person or the file.",
    ),
}
_OURS: Final = (
    *(Cause.SILENT, Cause.DISAGREEMENT, Cause.BEHIND, Cause.OTHER_CHAIN),
    *(Cause.REORGANISED, Cause.NO_STATE),
)


def find_headline(report: Report) -> Headline:
    """Return the first case that applies to the report."""
    match report.verdict:
        case Verdict.PASSED:
            return _build(Case.PASSED)
        case Verdict.FAILED:
            return _find_first(report, _FAILURES, Verdict.FAILED, Case.REFUSED, "Not accepted")
        case _:
            return _find_first(report, _DOUBTS, Verdict.UNKNOWN, Case.UNCERTAIN, "Not confirmed")


def was_issued(report: Report) -> bool:
    """Tell whether what the file says was issued by the institution, whether or not it counts."""
    outcomes = [each for each in report.checks if each.step in STEPS_OF_ISSUE]
    signed = report.find("signature").verdict is not Verdict.FAILED
    return signed and all(each.verdict is Verdict.PASSED for each in outcomes)


def _find_first(
    report: Report,
    tests: tuple[tuple[Case, Callable[[Report], bool]], ...],
    verdict: Verdict,
    otherwise: Case,
    words: str,
) -> Headline:
    for case, applies in tests:
        if applies(report):
            return _build(case, report)
    cause = next(each for each in report.checks if each.required and each.verdict is verdict)
    return Headline(otherwise, f"{words}: {cause.id.replace('_', ' ')}", cause.reason)


def _build(case: Case, report: Report | None = None) -> Headline:
    title, sentence = _TEXTS[case]
    if report is not None and "{" in title:
        dates = report.find("validity").facts
        title = title.format(valid_from=dates["valid_from"], valid_until=dates["valid_until"])
    return Headline(case, title, sentence)


def _failed(check: str) -> Callable[[Report], bool]:
    return lambda report: _counts(report.find(check), Verdict.FAILED)


def _counts(outcome: Outcome, verdict: Verdict) -> bool:
    return outcome.required and outcome.verdict is verdict


def _is_tampered(report: Report) -> bool:
    signature = report.find("signature")
    own = signature.verdict is Verdict.FAILED and "method_of" not in signature.facts
    return own or report.find("path").verdict is Verdict.FAILED


def _is_strange(report: Report) -> bool:
    key = report.find("anchoring_key")
    others = key.verdict is Verdict.FAILED and bool(key.facts.get("of_another"))
    return others or "method_of" in report.find("signature").facts


def _starts_later(report: Report) -> bool:
    validity = report.find("validity")
    judged, start = validity.facts.get("judged_at"), validity.facts.get("valid_from")
    early = isinstance(judged, str) and isinstance(start, str) and judged < start
    return early and _counts(validity, Verdict.FAILED)


def _lacks(*causes: Cause) -> Callable[[Report], bool]:
    """Tell whether a required check has no answer for one of these causes."""
    return lambda report: any(
        _counts(each, Verdict.UNKNOWN) and each.facts.get("cause") in causes
        for each in report.checks
    )


_FAILURES: Final = (
    (Case.UNSAFE, _failed("format")),
    (Case.TAMPERED, _is_tampered),
    (Case.STRANGER, _is_strange),
    (Case.REVOKED, _failed("revocation")),
    (Case.SUSPENDED, _failed("suspension")),
    (Case.TOO_EARLY, _starts_later),
    (Case.EXPIRED, _failed("validity")),
    (Case.OTHER_PERSON, _failed("recipient")),
)
_DOUBTS: Final = (
    (Case.FOREIGN, _lacks(Cause.OTHER_FORMAT)),
    (Case.OTHER_NETWORK, _lacks(Cause.NOT_CONFIGURED)),
    (Case.SILENT, _lacks(*_OURS)),
    (Case.NOT_FINAL, _lacks(Cause.PENDING)),
)
