"""A report as text for a terminal: the verdict, who says what about whom, then every check.

Words of the file stand between isolates, so that none of them can change how the rest reads, and
only where the file is what was issued. Colour repeats what a word and a mark already say.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from verifier.render.headline import find_headline, was_issued
from verifier.report import Fact, Outcome, Report, Verdict, render_time

BLOCKS: Final = {
    Verdict.PASSED: "Passed",
    Verdict.FAILED: "Did not pass",
    Verdict.UNKNOWN: "Not confirmed",
}
WORDS: Final = {
    Verdict.PASSED: ("✓", "passed"),
    Verdict.FAILED: ("✗", "did not pass"),
    Verdict.UNKNOWN: ("?", "not confirmed"),
    Verdict.SKIPPED: ("-", "not checked"),
    Verdict.NOT_APPLICABLE: ("-", "does not apply"),
}
COLOURS: Final = {Verdict.PASSED: "32", Verdict.FAILED: "31", Verdict.UNKNOWN: "33"}
_ISOLATE, _END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_STEERING: Final = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Controls, overrides of direction, invisible marks, halves of characters, line ends."""
_LONGEST: Final = 120
_ID_COLUMN: Final = max(map(len, ("accreditation", "anchoring_key")))
_WORD_COLUMN: Final = max(len(word) for _, word in WORDS.values())


def report_to_text(report: Report, source: str, colour: bool = False) -> str:
    """Return the report as lines; ``source`` is the file's name as it was given."""
    headline = find_headline(report)
    block = _paint(BLOCKS[report.verdict], report.verdict, colour)
    title = headline.title.removeprefix(BLOCKS[report.verdict]).removeprefix(": ")
    lines = [clean_text(source), f"  {block}: {clean_text(title)}. {clean_text(headline.sentence)}"]
    lines += [f"  {line}" for line in _describe(report)]
    lines += [line for outcome in report.checks for line in _render_outcome(outcome, colour)]
    lines.append(f"  {_render_foot(report)}")
    return "\n".join(lines) + "\n"


def _describe(report: Report) -> Iterator[str]:
    """Say who says what about whom: as issued, as unconfirmed words of the file, or not at all."""
    issued = was_issued(report)
    if report.credential is None or (report.verdict is Verdict.FAILED and not issued):
        return
    if issued:
        yield from _describe_issuer(report)
    else:
        yield "The file says, and nothing confirms:"
    shown = report.credential
    subject = _take(shown, "credentialSubject")
    for label, value in (
        ("About", _find_name(subject)),
        ("Achievement", _take(subject, "achievement").get("name")),
        ("Its issuer", _take(shown, "issuer").get("name")),
        ("From", shown.get("validFrom")),
        ("Until", shown.get("validUntil")),
    ):
        if isinstance(value, str):
            yield f"{label + ':':<13}{_quote(value)}"


def _describe_issuer(report: Report) -> Iterator[str]:
    """Name the institution in the register's words; the file's own come after."""
    facts = report.find("issuer").facts
    name, domain = facts.get("registered_name"), facts.get("domain")
    if isinstance(name, str):
        where = f" ({clean_text(str(domain))})" if domain else ""
        listed = clean_text(str(facts.get("authority_name") or "the register"))
        yield f"{'Issued by:':<13}{_quote(name)}{where}, listed by {listed}"


def _find_name(subject: Mapping[str, object]) -> object:
    identifiers = subject.get("identifier")
    for each in identifiers if isinstance(identifiers, list) else [identifiers]:
        if isinstance(each, Mapping) and each.get("identityType") == "name":
            return each.get("identityHash")
    return subject.get("id")


def _take(shown: Mapping[str, object], member: str) -> Mapping[str, object]:
    """Return the object at a member, the first of several."""
    value = shown.get(member)
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, Mapping) else {}


def _render_outcome(outcome: Outcome, colour: bool) -> Iterator[str]:
    mark, word = WORDS[outcome.verdict]
    head = _paint(f"{mark} {word:<{_WORD_COLUMN}}", outcome.verdict, colour)
    step = f"{outcome.step:>2}"
    open_ = outcome.verdict in (Verdict.FAILED, Verdict.UNKNOWN)
    note = "" if outcome.required or not open_ else " (The verdict does not depend on it.)"
    yield f"  {head}  {step} {outcome.id:<{_ID_COLUMN}}  {clean_text(outcome.reason)}{note}"
    if open_:
        indent = " " * (_WORD_COLUMN + 9)
        yield from (f"{indent}{line}" for line in _render_facts(outcome.facts))


def _render_facts(facts: Mapping[str, Fact], prefix: str = "") -> Iterator[str]:
    for name, value in facts.items():
        match value:
            case None:
                continue
            case Mapping():
                yield from _render_facts(value, f"{prefix}{name}.")
            case list() | tuple():
                for number, item in enumerate(value, start=1):
                    yield from _render_facts({f"{name}.{number}": item}, prefix)
            case _:
                yield f"{prefix}{name}: {clean_text(str(value))}"


def _render_foot(report: Report) -> str:
    policy = f"Policy: {clean_text(report.policy)}. Checked at {render_time(report.checked_at)}"
    if report.block is None:
        return f"{policy}, without the public record."
    block = report.block
    return f"{policy}, at block {block.number:,} of {block.network} ({render_time(block.time)})."


def _quote(text: str) -> str:
    return f"{_ISOLATE}{clean_text(text)}{_END_ISOLATE}"


def clean_text(text: str) -> str:
    """Return one line without anything that steers a terminal or turns the direction of text."""
    plain = blank_steering(text)
    return plain if len(plain) <= _LONGEST * 4 else plain[: _LONGEST * 4] + "…"


def blank_steering(text: str) -> str:
    """Return the text, however long, with a space for each mark that steers or is not seen."""
    return "".join(
        " " if unicodedata.category(character) in _STEERING else character for character in text
    )


def _paint(text: str, verdict: Verdict, colour: bool) -> str:
    code = COLOURS.get(verdict)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text
