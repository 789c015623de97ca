"""The headline and its sentence, for each case (docs/design.md)."""

from datetime import datetime, timedelta
from typing import Final

from verifier.evidence import Cause
from verifier.render.headline import Case
from verifier.web.presentation.moments import render_clock, render_date, render_minutes
from verifier.web.presentation.sentences import find_cause, find_topic, tell
from verifier.web.presentation.story import Story
from verifier.web.presentation.text import Words, compose

SETTLING: Final = timedelta(minutes=20)
"""After two epochs without trouble (13 minutes) an entry is final; a third for late ones."""
_NOT_OURS: Final = "It says nothing against the person or the file."
_TITLES: Final = {
    Case.TAMPERED: "Not genuine: this file does not match what was issued",
    Case.STRANGER: "Not genuine: not issued by the institution it names",
    Case.REVOKED: "Withdrawn: this credential no longer counts",
    Case.SUSPENDED: "On hold: this credential does not count for now",
    Case.OTHER_PERSON: "Not a match: it names someone else than you asked about",
    Case.UNSAFE: "Not accepted: this file breaks a safety rule",
    Case.OTHER_NETWORK: "Not confirmed: recorded where this checker does not look",
    Case.FOREIGN: "Not confirmed: a kind of credential we do not know",
}
_TROUBLES: Final = {
    Cause.SILENT: "we could not reach the public record",
    Cause.DISAGREEMENT: "our sources of the public record disagree",
    Cause.BEHIND: "our source of the public record is behind",
    Cause.OTHER_CHAIN: "our source serves another record than it should",
    Cause.REORGANISED: "our sources of the public record disagree",
    Cause.NO_STATE: "our source does not keep the record of that moment",
}
_SENTENCES: Final = {
    Case.TAMPERED: "Do not rely on anything in it, not even the names.",
    Case.UNSAFE: "It could show you something other than what was signed.",
    Case.OTHER_NETWORK: f"This is not a fault of the file. {_NOT_OURS}",
    Case.FOREIGN: f"We have not judged it. {_NOT_OURS}",
}


def build_title(story: Story) -> str:
    """Return the headline: the verdict first, and no word of the file."""
    fixed = _TITLES.get(story.case)
    return fixed if fixed is not None else _build_dated_title(story)


def _build_dated_title(story: Story) -> str:
    match story.case:
        case Case.EXPIRED:
            return f"Expired: this credential ended on {_date(story.ends)}"
        case Case.TOO_EARLY:
            return f"Not valid yet: it starts on {_date(story.starts)}"
        case Case.NOT_FINAL:
            return _tell_settling(story)
        case Case.SILENT:
            return f"Not confirmed: {_TROUBLES[find_trouble(story)]}"
        case Case.REFUSED:
            return f"Not accepted: {_find_lower_topic(story)}"
        case Case.UNCERTAIN:
            return f"Not confirmed: {_find_lower_topic(story)}"
        case _ if story.judged is not None:
            return f"Genuine, and current on {render_date(story.judged)}"
        case _:
            return "Genuine and current"


def build_sentence(story: Story) -> Words:
    """Return the sentence under the headline."""
    match story.case:
        case Case.PASSED | Case.EXPIRED | Case.TOO_EARLY | Case.OTHER_PERSON:
            return _tell_award(story)
        case Case.STRANGER:
            return _tell_strange(story)
        case Case.REVOKED:
            return _tell_withdrawn(story)
        case Case.SUSPENDED:
            put = compose(_tell_issued(story), " and put it on hold")
            return compose(
                put, _on(story.find_moment("suspension", "held_at")), ". It may come back."
            )
        case Case.SILENT:
            return compose(f"The trouble is our connection. {_NOT_OURS}")
        case Case.NOT_FINAL:
            return compose("It is still settling. That is normal.")
        case Case.REFUSED | Case.UNCERTAIN:
            return tell(story.report.find(find_cause(story.report)))
        case _:
            return compose(_SENTENCES[story.case])


def find_trouble(story: Story) -> Cause:
    """Return what keeps the public record from answering."""
    for outcome in story.report.checks:
        cause = outcome.facts.get("cause")
        if outcome.required and cause in _TROUBLES:
            return Cause(str(cause))
    return Cause.SILENT


def tell_end_of_settling(story: Story) -> str | None:
    """Say when to check again, None where the block's time is not known or long past."""
    recorded = story.find_moment("finality", "block_time")
    if recorded is None or recorded + SETTLING <= story.report.checked_at:
        return None
    return render_clock(recorded + SETTLING)


def _tell_settling(story: Story) -> str:
    recorded = story.find_moment("finality", "block_time")
    if recorded is None:
        return "Not confirmed yet: sent to the record, but not in it"
    ago = render_minutes(story.report.checked_at - recorded)
    return f"Not confirmed yet: recorded {ago} ago"


def _tell_award(story: Story) -> Words:
    if not story.issued:
        claims = compose("The file says that ", story.learner, " was awarded ", story.achievement)
        return compose(claims, ". That could not be confirmed.")
    award = compose(story.learner, " was awarded ", story.achievement, " by ", story.institution)
    return compose(award, _on(story.awarded), ".")


def _tell_strange(story: Story) -> Words:
    named = compose("The file names ", story.named, ". ")
    what = "Another institution's key recorded it."
    if story.report.find("anchoring_key").verdict != "failed":
        what = "Another's key signed it."
    return compose(named, what)


def _tell_withdrawn(story: Story) -> Words:
    moment = story.find_moment("revocation", "withdrawn_at")
    if story.find_fact("revocation", "whole_batch"):
        return compose(_tell_issued(story), ", and withdrew the whole batch", _on(moment), ".")
    return compose(_tell_issued(story), ", and withdrew it", _on(moment), ".")


def _tell_issued(story: Story) -> Words:
    return compose(_capitalise(story.institution), " issued it to ", story.learner)


def _capitalise(words: Words) -> Words:
    first = words[0]
    return compose("The institution") if first.text == "the institution" else words


def _on(moment: datetime | None) -> str:
    return "" if moment is None else f" on {render_date(moment)}"


def _date(moment: datetime | None) -> str:
    return "a day it names" if moment is None else render_date(moment)


def _find_lower_topic(story: Story) -> str:
    topic = find_topic(find_cause(story.report))
    return topic[0].lower() + topic[1:]
