"""When things happened, by block times; nothing confirms the times in a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from verifier.render.headline import Case
from verifier.report import render_time
from verifier.web.presentation.moments import render_clock, render_short_date
from verifier.web.presentation.story import Story
from verifier.web.presentation.text import Words, compose


@dataclass(frozen=True, slots=True)
class Happening:
    """One point of the time line."""

    stamp: str
    """For the machine: ISO 8601."""
    date: str
    words: Words
    note: str = ""
    mark: str = "plain"
    """``plain``, ``counts`` (the moment that counts), ``now`` or ``bad``."""
    live: bool = False
    """The key is live from here to the next point."""


@dataclass(frozen=True, slots=True)
class _Point:
    moment: datetime
    words: Words
    note: str = ""
    mark: str = "plain"


def build_timeline(story: Story) -> tuple[Happening, ...]:
    """Return the points in order, none where the institution did not issue it."""
    if not story.issued:
        return ()
    points = sorted(_iterate_points(story), key=lambda point: point.moment)
    start = story.find_moment("anchoring_key", "not_before")
    end = _find_key_end(story) or story.report.checked_at
    return tuple(
        Happening(
            stamp=render_time(point.moment),
            date=render_short_date(point.moment),
            words=point.words,
            note=point.note,
            mark=point.mark,
            live=start is not None and start <= point.moment < end,
        )
        for point in points
    )


def _iterate_points(story: Story) -> Iterator[_Point]:
    registered = story.find_moment("anchoring_key", "not_before")
    recorded = story.find_moment("anchor", "block_time")
    if registered is not None:
        yield _Point(registered, compose("Issuing key registered to ", story.institution))
    if recorded is not None:
        counts = "The key was live: this is what counts"
        words = compose(f"Credential recorded, {render_clock(recorded)}")
        yield _Point(recorded, words, counts, "counts")
    yield from _iterate_changes(story)
    ended = _find_key_end(story)
    still = "The key is still live" if ended is None else "The key is no longer live"
    yield _Point(story.report.checked_at.astimezone(UTC), compose("This check"), still, "now")
    if story.starts is not None and story.case is Case.TOO_EARLY:
        yield _Point(story.starts, compose("Credential starts counting"))
    if story.ends is not None and story.case is not Case.REVOKED:
        past = story.ends <= story.report.checked_at
        yield _Point(story.ends, compose(f"Credential {'stopped' if past else 'stops'} counting"))


def _iterate_changes(story: Story) -> Iterator[_Point]:
    for check, fact, words, mark in (
        ("revocation", "withdrawn_at", "Withdrawn by ", "bad"),
        ("suspension", "held_at", "Put on hold by ", "bad"),
    ):
        moment = story.find_moment(check, fact)
        if moment is not None:
            yield _Point(moment, compose(words, story.institution), mark=mark)
    for fact, words in (("not_after", "Issuing key retired"), ("compromised_at", "Key unsafe")):
        moment = story.find_moment("anchoring_key", fact)
        if moment is not None:
            yield _Point(moment, compose(words))


def _find_key_end(story: Story) -> datetime | None:
    ends = [
        moment
        for fact in ("not_after", "compromised_at")
        if (moment := story.find_moment("anchoring_key", fact)) is not None
    ]
    past = [moment for moment in ends if moment <= story.report.checked_at]
    return min(past) if past else None
