"""The credential as a certificate: what is signed, laid out in the voice of the file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from verifier.render.headline import Case
from verifier.report import Verdict
from verifier.web.presentation.attainment import Scale, list_scales
from verifier.web.presentation.links import Link, parse_link
from verifier.web.presentation.moments import render_date
from verifier.web.presentation.narrative import Narrative, parse_narrative
from verifier.web.presentation.seal import draw_seal
from verifier.web.presentation.story import Story
from verifier.web.presentation.text import (
    Words,
    begin,
    compose,
    has_hidden,
    quote_file,
    render_plain,
)
from verifier.web.presentation.tree import iterate, read_number, read_text, take

NAME_GRAPHEMES: Final = 200
TITLE_GRAPHEMES: Final = 120
LONG_TITLE: Final = 32
"""Characters; longer titles would take more than two lines in the large size."""
ITEMS_SHOWN: Final = 4
"""Entries of a list that are not folded."""
_KINDS: Final = {"MicroCredential": "Micro-credential", "Badge": "Badge", "Course": "Course"}


@dataclass(frozen=True, slots=True)
class Item:
    """A line with a small one under it."""

    words: Words
    note: Words = ()
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A labelled part of the certificate; what is in ``folded`` is one step away."""

    label: str
    scales: tuple[Scale, ...] = ()
    narrative: Narrative | None = None
    items: tuple[Item, ...] = ()
    folded: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the page shows of the credential."""

    style: str
    """``whole``, ``marked`` (genuine, but it does not count) or ``doubtful``."""
    strip: str | None
    kind: str
    title: Words
    long: bool
    """The title is set smaller."""
    awarded_to: Words
    dates: tuple[tuple[str, Words], ...]
    entries: tuple[Entry, ...]
    seal: tuple[str, ...]
    language: str | None
    cleaned: bool
    """Hidden characters were taken out."""


def build_certificate(story: Story) -> Certificate | None:
    """Return the certificate, None where nothing may be laid out as one."""
    shown = story.report.credential
    style = _find_style(story)
    if shown is None or style is None:
        return None
    subject = take(shown, "credentialSubject")
    achievement = take(subject, "achievement")
    kind = read_text(achievement, "achievementType")
    title = _widen(story.achievement, achievement, "name", story)
    return Certificate(
        style=style,
        strip=_find_strip(story),
        kind=_KINDS.get(kind or "", "Credential"),
        title=title,
        long=len(render_plain(title)) > LONG_TITLE,
        awarded_to=story.learner,
        dates=_list_dates(story, subject, achievement),
        entries=tuple(_list_entries(story, shown, subject, achievement)),
        seal=_draw(story) if style == "whole" else (),
        language=story.language,
        cleaned=has_hidden(shown),
    )


def _find_style(story: Story) -> str | None:
    if story.case is Case.PASSED:
        return "whole"
    if story.report.verdict is Verdict.UNKNOWN:
        return "doubtful"
    return "marked" if story.issued else None


def _find_strip(story: Story) -> str | None:
    match story.case:
        case Case.PASSED:
            return None
        case Case.REVOKED:
            moment = story.find_moment("revocation", "withdrawn_at")
            return f"Withdrawn on {render_date(moment)}" if moment else "Withdrawn"
        case Case.SUSPENDED:
            moment = story.find_moment("suspension", "held_at")
            return f"On hold since {render_date(moment)}" if moment else "On hold"
        case Case.EXPIRED:
            return f"Ended on {render_date(story.ends)}" if story.ends else "Ended"
        case Case.TOO_EARLY:
            return f"Starts on {render_date(story.starts)}" if story.starts else "Not valid yet"
        case Case.OTHER_PERSON:
            return "Names someone else than you asked about"
        case _ if story.report.verdict is Verdict.UNKNOWN:
            return "Not confirmed. This is what the file says."
        case _:
            return "Not accepted"


def _list_dates(
    story: Story, subject: Mapping[str, object], achievement: Mapping[str, object]
) -> tuple[tuple[str, Words], ...]:
    credits_ = read_number(subject, "creditsEarned")
    if credits_ is None:
        credits_ = read_number(achievement, "creditsAvailable")
    level = _find_level(achievement)
    until = render_date(story.ends) if story.ends else "No end date"
    listed: list[tuple[str, Words]] = []
    if story.awarded is not None:
        listed.append(("Awarded on", (quote_file(render_date(story.awarded)),)))
    listed.append(("Counts until", (quote_file(until),) if story.ends else compose(until)))
    if level is not None:
        listed.append(("Level", (quote_file(level),)))
    if credits_ is not None:
        listed.append(("Credits", (quote_file(f"{credits_:,}"),)))
    return tuple(_keep_blanks(label, words) for label, words in listed)


def _keep_blanks(label: str, words: Words) -> tuple[str, Words]:
    """Dates have blanks that do not break; cleaning made them ordinary ones."""
    if label in ("Awarded on", "Counts until"):
        return label, tuple(
            replace(p, text=p.text.replace(" ", "\N{NO-BREAK SPACE}")) for p in words
        )
    return label, words


def _find_level(achievement: Mapping[str, object]) -> str | None:
    """Return the level in a qualifications framework, where the alignment says which kind it is."""
    for alignment in iterate(achievement, "alignment"):
        code, kind = read_text(alignment, "targetCode"), read_text(alignment, "targetType")
        if code and kind and kind.endswith("Level"):
            return code
    return None


def _list_entries(
    story: Story,
    shown: Mapping[str, object],
    subject: Mapping[str, object],
    achievement: Mapping[str, object],
) -> list[Entry]:
    criteria = read_text(take(achievement, "criteria"), "narrative")
    texts = (
        ("About it", read_text(achievement, "description")),
        ("What they did", read_text(subject, "narrative")),
        ("To earn it", criteria),
    )
    entries = [Entry("Result", scales=scales)] if (scales := list_scales(subject)) else []
    entries += [Entry(label, narrative=parse_narrative(text)) for label, text in texts if text]
    entries += _build_list("Evidence", [_describe_evidence(e) for e in iterate(shown, "evidence")])
    aligned = [_describe_alignment(each) for each in iterate(achievement, "alignment")]
    entries += _build_list("Lines up with", aligned)
    allowed = _tell_right(story)
    return [*entries, Entry("Right to award", items=(Item(allowed),))] if allowed else entries


def _build_list(label: str, items: list[Item]) -> list[Entry]:
    if not items:
        return []
    return [Entry(label, items=tuple(items[:ITEMS_SHOWN]), folded=tuple(items[ITEMS_SHOWN:]))]


def _describe_evidence(evidence: Mapping[str, object]) -> Item:
    name = read_text(evidence, "name") or read_text(evidence, "narrative") or "Without a name"
    genre = read_text(evidence, "genre")
    note = (quote_file(genre),) if genre else ()
    return Item((quote_file(name, NAME_GRAPHEMES),), note, parse_link(evidence.get("id")))


def _describe_alignment(alignment: Mapping[str, object]) -> Item:
    name = read_text(alignment, "targetName") or "Without a name"
    parts = [read_text(alignment, member) for member in ("targetFramework", "targetCode")]
    note = tuple(quote_file(part, NAME_GRAPHEMES) for part in parts if part)
    between = compose(*note[:1], " ", *note[1:]) if len(note) > 1 else note
    link = parse_link(alignment.get("targetUrl"))
    return Item((quote_file(name, NAME_GRAPHEMES),), between, link)


def _tell_right(story: Story) -> Words:
    """Say who allowed the award, where the register does."""
    if not (story.issued and story.has("accreditation", Verdict.PASSED)):
        return ()
    since = story.find_moment("accreditation", "valid_from")
    when = f" since {render_date(since)}" if since else ""
    words = compose(story.authority, " has allowed ", story.institution, f" to award it{when}.")
    return begin(words)


def _widen(words: Words, holder: Mapping[str, object], member: str, story: Story) -> Words:
    """Return a name at the length that a certificate has room for."""
    text = read_text(holder, member)
    return (quote_file(text, TITLE_GRAPHEMES, story.language),) if text else words


def _draw(story: Story) -> tuple[str, ...]:
    root = story.find_fact("path", "root")
    return draw_seal(root) if isinstance(root, str) else ()
