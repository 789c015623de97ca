"""Who vouches: never a name that only the file gives, unless that is said."""

from typing import Final

from verifier.render.headline import Case
from verifier.report import Verdict
from verifier.web.presentation.story import Story
from verifier.web.presentation.text import Words, compose

NOBODY: Final = "Nobody. The file names an institution, but that is not confirmed."
_FIXED: Final = {
    Case.TAMPERED: NOBODY,
    Case.UNSAFE: "Nobody.",
    Case.FOREIGN: "Not known. We could not read who issued it.",
}


def build_voucher(story: Story) -> Words:
    """Return the row "Who vouches"."""
    if story.case in _FIXED:
        return compose(_FIXED[story.case])
    if story.issued:
        return _vouch(story)
    match story.case:
        case Case.STRANGER:
            return _tell_strange(story)
        case Case.REFUSED:
            return compose(NOBODY)
        case _:
            return compose("Not known yet. The file names ", story.named, ".")


def _vouch(story: Story) -> Words:
    match story.case:
        case Case.REVOKED:
            return _vouch_for("withdrawal", story)
        case Case.SUSPENDED:
            return _vouch_for("hold", story)
        case _:
            listed = compose("It came from the key that ", story.authority, " lists for ")
            return compose(listed, _name(story), ".")


def _vouch_for(what: str, story: Story) -> Words:
    whose = compose(f"For the {what}: ", _name(story))
    return compose(whose, ", listed by ", story.authority, ".")


def _tell_strange(story: Story) -> Words:
    if story.has("anchoring_key", Verdict.FAILED) or story.find_fact("signature", "key_of"):
        listed = compose("Nobody: not the institution named. The key is listed for ", story.other)
        return compose(listed, ".")
    return compose("Nobody: not the institution named. We do not know whose key it is.")


def _name(story: Story) -> Words:
    domain = story.domain
    return story.institution if domain is None else compose(story.institution, " (", domain, ")")
