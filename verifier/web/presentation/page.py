"""A report as the model of its page. Pure: the template looks nothing up."""

from dataclasses import dataclass
from typing import Final

from verifier.report import Report, Verdict
from verifier.web.presentation.backing import CANNOT_TELL, Backer, build_backers
from verifier.web.presentation.band import Band, build_band
from verifier.web.presentation.certificate import Certificate, build_certificate
from verifier.web.presentation.checks import Checks, build_checks
from verifier.web.presentation.drawing import Drawing, build_drawing
from verifier.web.presentation.facts import FactLine
from verifier.web.presentation.filetext import TextLine, list_text
from verifier.web.presentation.moments import render_moment
from verifier.web.presentation.practice import is_practice
from verifier.web.presentation.story import Story, tell_story
from verifier.web.presentation.timeline import Happening, build_timeline

_RECORD: Final = (
    ("path", "leaf", "Fingerprint (SHA-256)"),
    ("path", "root", "Batch root"),
    ("anchor", "transaction", "Transaction"),
    ("anchor", "block", "Block"),
    ("network", "chain_id_named", "Network number"),
    ("anchoring_key", "key", "Issuing key"),
    ("contract", "contract", "Register"),
)


@dataclass(frozen=True, slots=True)
class Again:
    """What a second check of the same file sends."""

    text: str
    recipient: str
    at: str


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Everything that a result page shows."""

    practice: bool
    band: Band
    certificate: Certificate | None
    file_text: tuple[TextLine, ...]
    """What an unconfirmed file says, where it is laid out as no certificate."""
    backers: tuple[Backer, ...]
    cannot_tell: tuple[str, ...]
    checks: Checks
    drawing: Drawing | None
    timeline: tuple[Happening, ...]
    record: tuple[FactLine, ...]
    """For print."""
    printed: str
    again: Again | None


def build_page(report: Report, again: Again) -> ResultPage:
    """Return the page of a report; ``again`` is what was asked."""
    story = tell_story(report)
    certificate = build_certificate(story)
    band = build_band(story, again.recipient or None)
    text = () if certificate is not None else list_text(report.credential)
    return ResultPage(
        practice=is_practice(report),
        band=band,
        certificate=certificate,
        file_text=text,
        backers=build_backers(story) if certificate is not None else (),
        cannot_tell=CANNOT_TELL,
        checks=build_checks(report),
        drawing=build_drawing(story),
        timeline=build_timeline(story),
        record=_list_record(story),
        printed=render_moment(report.checked_at),
        again=again if any(row.again for row in band.rows) else None,
    )


def _list_record(story: Story) -> tuple[FactLine, ...]:
    """Return the facts a printout keeps; names of the record only where it answered."""
    lines = []
    for check, fact, label in _RECORD:
        value = story.find_fact(check, fact)
        if isinstance(value, str | int):
            name = label
            if fact == "root" and not story.has("anchor", Verdict.PASSED):
                name = "Root the file leads to"
            lines.append(FactLine(name, str(value), code=True))
    if story.report.block is not None:
        lines.append(FactLine("Read at block", f"{story.report.block.number:,}", code=True))
    return tuple(lines)
