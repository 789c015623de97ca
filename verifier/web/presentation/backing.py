"""Who stands behind it, and what this cannot tell."""

from dataclasses import dataclass
from typing import Final

from verifier.render.headline import Case
from verifier.report import Verdict
from verifier.web.presentation.moments import render_date
from verifier.web.presentation.story import Story
from verifier.web.presentation.text import Words, begin, compose

CANNOT_TELL: Final = (
    "That the person you are talking to is the one named here. Ask for photo ID, or check an email "
    "or student number they give you.",
    "How well they would do your job. Read the criteria and the evidence.",
)


HOLDER: Final = "Registered as the holder of the issuing key, with which only it can issue."
"""The word key is explained where it is met: people take it for a password, or for the file."""


@dataclass(frozen=True, slots=True)
class Backer:
    """One who stands behind a credential."""

    name: Words
    words: Words
    trusts: bool = False
    """This checker: it says why it trusts."""


def build_backers(story: Story) -> tuple[Backer, ...]:
    """Return who stands behind it, from the institution to this checker."""
    if not story.issued:
        return (_tell_unconfirmed(story),)
    domain = compose(story.domain, ". ") if story.domain else compose()
    holder = compose(domain, HOLDER, _tell_standing(story))
    return (
        Backer(story.institution, holder),
        Backer(begin(story.authority), compose(_tell_authority(story))),
        Backer(compose("This checker"), compose("Trusts that register."), trusts=True),
    )


def _tell_unconfirmed(story: Story) -> Backer:
    if story.case is Case.FOREIGN:
        return Backer(compose("Not known"), compose("We could not read who issued it."))
    names = compose("The file names ", story.named, ". ")
    if story.report.verdict is Verdict.UNKNOWN:
        tried = "We could not look up whether that institution issued it."
        return Backer(compose("Not confirmed"), compose(names, tried))
    return Backer(compose("Nobody"), compose(names, "That is not confirmed."))


def _tell_authority(story: Story) -> str:
    if story.has("accreditation", Verdict.PASSED):
        return "Lists the institution and its key, and allows it to award this credential."
    return "Lists the institution and its key."


def _tell_standing(story: Story) -> str:
    """Say where its registration no longer stands; what it issued before stays issued."""
    match story.find_fact("issuer", "standing"):
        case "suspended":
            return " Its registration is suspended now."
        case "closed":
            return " It has left the register since."
        case _:
            until = story.find_moment("issuer", "registered_until")
            return f" Registered until {render_date(until)}." if until else ""
