"""The row that is special to each case."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from verifier.render.headline import Case
from verifier.report import Verdict
from verifier.web.presentation.moments import render_date
from verifier.web.presentation.sentences import find_cause, find_question, find_topic
from verifier.web.presentation.story import Story
from verifier.web.presentation.text import Piece, Voice, Words, compose, quote_file, quote_register


def build_state(story: Story, typed: str | None) -> tuple[str, Words]:
    """Return the label and the words of the case's own row; ``typed`` is who was asked about."""
    if story.case is Case.OTHER_PERSON:
        return "You typed", (quote_register(typed or "nothing"),)
    label, tell = _ROWS.get(story.case, ("What passed", _tell_passed))
    return label, tell(story)


def _tell_counting(story: Story) -> Words:
    until = f"until {render_date(story.ends)}" if story.ends else "no end date"
    return compose(f"Yes, {until}. {_tell_status(story)}")


def _tell_status(story: Story) -> str:
    """Say only what was looked up; a credential without a status list cannot be withdrawn."""
    if story.has("revocation", Verdict.PASSED) and story.has("suspension", Verdict.PASSED):
        return "Not withdrawn and not on hold."
    return "It names no list on which it could be withdrawn or put on hold."


def _tell_reason(story: Story, check: str) -> Words:
    """Say why, and that it is not a forgery: the block above is the one that forgeries have."""
    reason = story.find_fact(check, "reason_text")
    why = reason if isinstance(reason, str) else "it could not be looked up"
    genuine = " The file itself is genuine." if story.issued else ""
    return compose(f"{why[0].upper()}{why[1:]}.{genuine}")


def _tell_otherwise(story: Story) -> Words:
    if not story.issued:
        return compose("Not confirmed: who issued it, and whether it was withdrawn.")
    if story.has("revocation", Verdict.PASSED) and story.has("suspension", Verdict.PASSED):
        return compose("Genuine, not withdrawn, not on hold.")
    return compose("Genuine. Whether it was withdrawn is not confirmed.")


def _tell_rule(story: Story) -> Words:
    rule = story.find_fact("format", "rule_text")
    words = rule if isinstance(rule, str) else "it must have the one accepted form"
    return compose(words[0].upper() + words[1:] + ".")


def _tell_network(story: Story) -> Words:
    number = story.find_fact("network", "chain_id_named")
    return compose(f"The public record with the number {number}. This checker does not ask it.")


def _tell_kind(story: Story) -> Words:
    context = story.find_fact("contexts", "context")
    if isinstance(context, str):
        return compose("It uses terms of ", quote_file(context), ".")
    kinds = story.find_fact("format", "types")
    if not isinstance(kinds, list | tuple) or not kinds:
        return compose("It does not say.")
    listed: list[str | Piece] = []
    for kind in kinds[:3]:
        listed += [", " if listed else "", Piece(quote_file(str(kind)).text, Voice.FILE)]
    return compose(*listed, ".")


def _tell_passed(story: Story) -> Words:
    whole = story.has("path", Verdict.PASSED)
    signed = story.has("signature", Verdict.PASSED)
    match whole, signed:
        case True, True:
            first = "The file is whole and fits its signature."
        case True, False:
            first = "The file is whole."
        case _:
            first = "The file can be read."
    open_ = [
        check for check in ("revocation", "suspension") if not story.has(check, Verdict.PASSED)
    ]
    not_asked = " Not looked up: whether it has been withdrawn." if open_ else ""
    return compose(first, not_asked)


def _tell_where(story: Story) -> Words:
    cause = find_cause(story.report)
    return compose(f"{find_question(cause)} ({find_topic(cause)})")


def _say(words: str) -> Callable[[Story], Words]:
    return lambda _: compose(words)


_ROWS: Final[Mapping[Case, tuple[str, Callable[[Story], Words]]]] = {
    Case.PASSED: ("Still counts", _tell_counting),
    Case.TAMPERED: (
        "How it happens",
        _say("Changed by a person or a program, or never issued. The check cannot tell which."),
    ),
    Case.STRANGER: (
        "How it happens",
        _say("A mix-up, or a name misused. The check cannot tell which."),
    ),
    Case.REVOKED: ("Reason given", partial(_tell_reason, check="revocation")),
    Case.SUSPENDED: ("Reason given", partial(_tell_reason, check="suspension")),
    Case.EXPIRED: ("Otherwise", _tell_otherwise),
    Case.TOO_EARLY: ("Otherwise", _tell_otherwise),
    Case.UNSAFE: ("Rule", _tell_rule),
    Case.OTHER_NETWORK: ("Recorded on", _tell_network),
    Case.FOREIGN: ("Kind", _tell_kind),
    Case.REFUSED: ("Where", _tell_where),
    Case.UNCERTAIN: ("Where", _tell_where),
}
