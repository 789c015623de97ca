"""The band above the fold: one verdict, who vouches, what is special, what to do next."""

from dataclasses import dataclass
from typing import Final

from verifier.render.headline import Case
from verifier.report import Verdict
from verifier.web.presentation.moments import render_moment
from verifier.web.presentation.sentences import find_cause, find_topic, tell
from verifier.web.presentation.states import build_state
from verifier.web.presentation.story import Story
from verifier.web.presentation.text import Words, compose
from verifier.web.presentation.titles import build_sentence, build_title, tell_end_of_settling
from verifier.web.presentation.vouchers import build_voucher

BLOCKS: Final = {
    Verdict.PASSED: "Passed",
    Verdict.FAILED: "Did not pass",
    Verdict.UNKNOWN: "Not confirmed",
}
ICONS: Final = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.UNKNOWN: "unknown",
}
ASK_INSTITUTION: Final = (
    "Do not rely on it. Ask the institution, through contacts you find yourself."
)
AS_UNCHECKED: Final = "Until then treat it as not checked: neither good nor bad."


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled line of the band."""

    label: str
    words: Words
    again: bool = False
    """Offers to check the same file again."""


@dataclass(frozen=True, slots=True)
class Band:
    """Everything above the fold."""

    tone: str
    icon: str
    block: str
    title: str
    sentence: Words
    rows: tuple[Row, ...]
    time: str


def build_band(story: Story, typed: str | None) -> Band:
    """Return the band; ``typed`` is whom the reader asked about."""
    report = story.report
    label, state = build_state(story, typed)
    notes = tuple(Row("Also note", words) for words in _list_notes(story))
    again = report.verdict is Verdict.UNKNOWN and story.case not in (
        Case.FOREIGN,
        Case.OTHER_NETWORK,
    )
    rows = (
        Row("Who vouches", build_voucher(story)),
        Row(label, state),
        Row("What to do next", _advise(story), again),
        *notes,
    )
    return Band(
        tone=ICONS[report.verdict],
        icon=ICONS[report.verdict],
        block=BLOCKS[report.verdict],
        title=build_title(story),
        sentence=build_sentence(story),
        rows=rows,
        time=tell_time(story),
    )


def tell_time(story: Story) -> str:
    """Say when it was checked, and against which block."""
    report = story.report
    moment = render_moment(report.checked_at)
    judged = f", as of {render_moment(story.judged)}" if story.judged else ""
    if report.block is not None and report.find("network").verdict is Verdict.PASSED:
        return (
            f"Checked {moment}{judged}, against the public record at block {report.block.number:,}"
        )
    if story.case in (Case.UNSAFE, Case.FOREIGN):
        return f"Checked {moment}{judged}. The public record was not asked."
    if report.find("network").facts.get("cause") == "silent":
        return f"Tried {moment}{judged}. The public record did not answer."
    return f"Tried {moment}{judged}. The public record could not be used."


def _list_notes(story: Story) -> list[Words]:
    """Return what is reported without counting, where the rest could be looked up."""
    if not story.issued:
        return []
    return [
        compose(f"{find_topic(outcome.id)}. ", tell(outcome))
        for outcome in story.report.checks
        if not outcome.required and outcome.verdict in (Verdict.FAILED, Verdict.UNKNOWN)
    ]


def _advise(story: Story) -> Words:
    match story.case:
        case Case.PASSED:
            who = compose("Make sure that the person you are dealing with is ", story.learner)
            return compose(who, ". This check reads the file, not the person.")
        case Case.STRANGER:
            who = compose("Do not rely on it. Ask ", _name_asked(story))
            return compose(who, ", through contacts you find yourself.")
        case Case.REFUSED:
            return compose(_ASK_AGAIN if story.issued else ASK_INSTITUTION)
        case Case.UNCERTAIN:
            return _advise_uncertain(story)
        case Case.NOT_FINAL:
            return compose(_advise_wait(story))
        case _:
            return compose(_ADVICE[story.case])


def _name_asked(story: Story) -> Words:
    """Name the institution as registered; its name in the file might lead anywhere."""
    known = story.has("issuer", Verdict.PASSED)
    return story.institution if known else compose("the institution")


def _advise_uncertain(story: Story) -> Words:
    if find_cause(story.report) == "recipient":
        return compose("Ask the person to show that it is theirs. The file cannot tell.")
    return compose(f"Try again later, or ask the institution. {AS_UNCHECKED}")


def _advise_wait(story: Story) -> str:
    end = tell_end_of_settling(story)
    return f"Check again {f'after {end}' if end else 'in a few minutes'}. {AS_UNCHECKED}"


_ASK_AGAIN: Final = "Ask the institution about it."
_ADVICE: Final = {
    Case.TAMPERED: "Ask the person for the original. If that fails too, ask the institution, "
    "through contacts you find yourself.",
    Case.REVOKED: "Ask for a newer one if there is one, or ask the institution.",
    Case.SUSPENDED: "Check the same file later, or ask the institution.",
    Case.EXPIRED: "Decide whether an ended one is enough, or ask for a new one.",
    Case.TOO_EARLY: "Check again from that day.",
    Case.OTHER_PERSON: "Check the spelling, then ask the person.",
    Case.UNSAFE: "Ask the institution for a new file.",
    Case.SILENT: f"Try again in a few minutes. {AS_UNCHECKED}",
    Case.OTHER_NETWORK: "Use the checker the institution names.",
    Case.FOREIGN: "Use the issuer's own checker.",
}
