"""Topics, words and sentences of checks: the reasons of the report, with readable dates."""

import re
from dataclasses import dataclass
from typing import Final

from verifier.evidence import Cause
from verifier.report import Outcome, Report, Verdict
from verifier.web.presentation.moments import parse_stamp, put_dates, render_moment
from verifier.web.presentation.text import Piece, Words, clean_line, compose, quote_file, shorten

SENTENCE_GRAPHEMES: Final = 400
WORDS: Final = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "did not pass",
    Verdict.UNKNOWN: "not confirmed",
    Verdict.SKIPPED: "not checked",
    Verdict.NOT_APPLICABLE: "does not apply",
}
_CODE: Final = re.compile(r" \((?P<reason>[^()]*)\)(?=\. (?:Ask|It may))")


@dataclass(frozen=True, slots=True)
class Question:
    """What a group of checks asks, and its checks with their topics."""

    words: str
    topics: dict[str, str]


QUESTIONS: Final = (
    Question(
        "Is the file whole?",
        {
            "format": "Format",
            "contexts": "Meaning",
            "schema": "Parts",
            "signature": "Signature",
            "path": "Fingerprint",
        },
    ),
    Question(
        "Is it on the public record?",
        {
            "network": "Connection",
            "contract": "Register",
            "anchor": "Entry",
            "finality": "Settled",
        },
    ),
    Question(
        "Who issued it?",
        {
            "anchoring_key": "Issuing key",
            "issuer": "Institution",
            "accreditation": "Right to award",
        },
    ),
    Question(
        "Does it still count?",
        {"revocation": "Withdrawal", "suspension": "Hold", "validity": "Dates"},
    ),
    Question(
        "Anything else in it?",
        {"evidence": "Evidence", "endorsements": "Endorsements", "recipient": "Whose it is"},
    ),
)
_TOPICS: Final = {check: topic for each in QUESTIONS for check, topic in each.topics.items()}
_SPEAKING: Final = ("path", "signature", "anchoring_key", "network")
"""Where several checks share one fault, the one that says most, in this order."""


def find_topic(check: str) -> str:
    """Return a check's topic; one that is not grouped yet is named by its id."""
    return _TOPICS.get(check, check.replace("_", " ").capitalize())


def find_question(check: str) -> str:
    """Return the question that a check belongs to."""
    return next(
        (question.words for question in QUESTIONS if check in question.topics),
        QUESTIONS[-1].words,
    )


def find_cause(report: Report) -> str:
    """Return the id of the check that decided; the first one where everything passed."""
    deciding = [
        outcome.id
        for outcome in report.checks
        if outcome.required and outcome.verdict is report.verdict
    ]
    for check in _SPEAKING:
        if check in deciding:
            return check
    return deciding[0] if deciding else report.checks[0].id


def tell(outcome: Outcome) -> Words:
    """Return a check's sentence."""
    if outcome.id == "schema" and outcome.verdict is Verdict.FAILED:
        return _tell_part(outcome)
    if outcome.id == "finality" and outcome.facts.get("cause") == Cause.PENDING:
        return compose(_tell_settling(outcome))
    text = _CODE.sub("", clean_line(outcome.reason)).replace("be reinstated", "come back")
    return compose(shorten(put_dates(text), SENTENCE_GRAPHEMES))


def _tell_part(outcome: Outcome) -> Words:
    """Set the member's name, which is a word of the file, in the file's voice."""
    problems = outcome.facts.get("problems")
    first = problems[0] if isinstance(problems, list | tuple) and problems else None
    member = first.get("member") if isinstance(first, dict) else None
    part: Piece | str = quote_file(member) if isinstance(member, str) and member else "A part"
    return compose(part, " is missing or wrong. Ask the institution.")


def _tell_settling(outcome: Outcome) -> str:
    recorded = parse_stamp(outcome.facts.get("block_time"))
    since = f" since {render_moment(recorded)}" if recorded else ""
    return f"Still settling{since}. That is normal. Check again later."
