"""What was checked: groups of checks, each with its word, sentence and facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from verifier.render.headline import Case, find_headline, was_issued
from verifier.report import Outcome, Report, Verdict
from verifier.web.presentation.facts import FactLine, list_facts
from verifier.web.presentation.sentences import QUESTIONS, WORDS, find_cause, find_topic, tell
from verifier.web.presentation.text import Words

ICONS: Final = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.UNKNOWN: "unknown",
    Verdict.SKIPPED: "skipped",
    Verdict.NOT_APPLICABLE: "nothing",
}
_COUNTED: Final = (Verdict.FAILED, Verdict.UNKNOWN, Verdict.SKIPPED, Verdict.PASSED)
_NUMBERS: Final = (
    *("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"),
    *("Ten", "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen"),
    "Eighteen",
)


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check."""

    id: str
    icon: str
    topic: str
    sentence: Words
    word: str
    open: bool
    """Shown with its facts: it decided."""
    strong: bool
    note: str
    """Said where the verdict does not depend on it."""
    facts: tuple[FactLine, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One question and its checks."""

    question: str
    summary: str
    lines: tuple[CheckLine, ...]


@dataclass(frozen=True, slots=True)
class Checks:
    """All of them."""

    summary: str
    groups: tuple[Group, ...]


_COUNTS_NOT: Final = {
    Case.REVOKED: "The credential is genuine, but no longer counts.",
    Case.SUSPENDED: "The credential is genuine, but does not count for now.",
    Case.EXPIRED: "The credential is genuine, but it has ended.",
}
"""After one check alone that did not pass."""


def build_checks(report: Report) -> Checks:
    """Return every outcome of a report in its order, by question."""
    cause = find_cause(report) if report.verdict is not Verdict.PASSED else None
    groups = []
    grouped: set[str] = set()
    for question in QUESTIONS:
        outcomes = [outcome for outcome in report.checks if outcome.id in question.topics]
        grouped |= set(question.topics)
        if question is QUESTIONS[-1]:
            outcomes += [each for each in report.checks if each.id not in grouped]
        lines = tuple(_build_line(outcome, cause) for outcome in outcomes)
        groups.append(Group(question.words, _summarise(outcomes), lines))
    return Checks(_summarise_all(report), tuple(groups))


def _build_line(outcome: Outcome, cause: str | None) -> CheckLine:
    decided = outcome.id == cause
    failed = outcome.verdict is Verdict.FAILED and outcome.required
    open_ended = outcome.verdict in (Verdict.FAILED, Verdict.UNKNOWN)
    return CheckLine(
        id=outcome.id,
        icon=ICONS[outcome.verdict],
        topic=find_topic(outcome.id),
        sentence=tell(outcome),
        word=WORDS[outcome.verdict],
        open=decided,
        strong=decided or failed,
        note="The verdict does not depend on it." if open_ended and not outcome.required else "",
        facts=list_facts(outcome),
    )


def _summarise(outcomes: Sequence[Outcome]) -> str:
    counts = {
        verdict: sum(outcome.verdict is verdict for outcome in outcomes) for verdict in _COUNTED
    }
    found = [(verdict, count) for verdict, count in counts.items() if count]
    if not found:
        return "Nothing to check"
    if len(found) == 1 and found[0][1] == len(outcomes) and found[0][0] is Verdict.PASSED:
        return f"All {len(outcomes)} passed"
    return ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in found)


def _summarise_all(report: Report) -> str:
    total = _spell(len(report.checks))
    match report.verdict:
        case Verdict.PASSED:
            return f"{total} checks, always in this order. Open one to see the facts behind it."
        case Verdict.FAILED:
            return _tell_failed(report)
        case _:
            return _tell_unknown(report)


def _tell_failed(report: Report) -> str:
    failed = _count(report, Verdict.FAILED)
    skipped = _count(report, Verdict.SKIPPED)
    first = f"{_spell(failed)} check{'' if failed == 1 else 's'} did not pass."
    case = find_headline(report).case
    if failed == 1 and case in _COUNTS_NOT and was_issued(report):
        return f"{first} {_COUNTS_NOT[case]}"
    if skipped:
        return f"{first} Those that depend on {'it' if failed == 1 else 'them'} were not made."
    return f"{first} Open one to see the facts behind it."


def _tell_unknown(report: Report) -> str:
    unknown = _count(report, Verdict.UNKNOWN)
    rest = "" if _count(report, Verdict.SKIPPED, Verdict.FAILED) else " The others passed."
    checks = f"{_spell(unknown)} check{'' if unknown == 1 else 's'}"
    if report.find("network").verdict is Verdict.UNKNOWN:
        return f"{checks} need{'s' if unknown == 1 else ''} the public record.{rest}"
    return f"{checks} {'has' if unknown == 1 else 'have'} no answer.{rest}"


def _count(report: Report, *verdicts: Verdict) -> int:
    return sum(outcome.verdict in verdicts for outcome in report.checks)


def _spell(number: int) -> str:
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)
