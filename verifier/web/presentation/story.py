"""Who, what and when: read once from a report, in the voice of whoever says it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from verifier.render.headline import Case, find_headline, was_issued
from verifier.report import Fact, Report, Verdict
from verifier.web.presentation.moments import parse_stamp
from verifier.web.presentation.text import Piece, Words, compose, quote_file, quote_register
from verifier.web.presentation.tree import iterate, read_text, take

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}\Z")
"""BCP 47 as far as browsers care."""
NOW: Final = timedelta(minutes=1)
"""A moment further back than this was asked about, not met."""


@dataclass(frozen=True, slots=True)
class Story:
    """A report with what its sentences need."""

    report: Report
    case: Case
    issued: bool
    """The institution issued it, whether or not it still counts."""
    language: str | None

    @property
    def learner(self) -> Words:
        """The name in the file."""
        for entry in iterate(take(self.report.credential, "credentialSubject"), "identifier"):
            name = read_text(entry, "identityHash")
            if entry.get("identityType") == "name" and entry.get("hashed") is not True and name:
                return (self.quote(name),)
        return compose("the person it was issued to")

    @property
    def achievement(self) -> Words:
        """The achievement's name in the file."""
        subject = take(self.report.credential, "credentialSubject", "achievement")
        name = read_text(subject, "name")
        return (self.quote(name),) if name else compose("a micro-credential")

    @property
    def named(self) -> Words:
        """The institution as the file names it, confirmed by nobody."""
        issuer = take(self.report.credential, "issuer")
        name = read_text(issuer, "name") or read_text(issuer, "id")
        return (self.quote(name),) if name else compose("an institution")

    @property
    def institution(self) -> Words:
        """The institution as registered."""
        name = self._find("registered_name", "issuer", "revocation")
        return (quote_register(name),) if name else compose("the institution")

    @property
    def domain(self) -> Piece | None:
        """The institution's domain as registered."""
        domain = self._find("domain", "issuer", "revocation")
        return quote_register(domain) if domain else None

    @property
    def authority(self) -> Words:
        """Who keeps the register, by the name in this checker's own settings."""
        name = self._find("authority_name", "issuer", "accreditation")
        return (quote_register(name),) if name else compose("the register")

    @property
    def other(self) -> Words:
        """Whose key it was instead, as registered."""
        for check in ("anchoring_key", "signature"):
            holder = self.find_fact(check, "key_of")
            if self.report.find(check).verdict is Verdict.FAILED and isinstance(holder, dict):
                name, domain = holder.get("registered_name"), holder.get("domain")
                if isinstance(name, str):
                    return self._name(name, domain)
        return compose("another institution")

    @property
    def awarded(self) -> datetime | None:
        """The day of the award, in the offset in which it was signed."""
        shown = self.report.credential or {}
        return parse_stamp(shown.get("awardedDate")) or self.starts

    @property
    def starts(self) -> datetime | None:
        """From when it counts, in the offset in which it was signed."""
        return parse_stamp((self.report.credential or {}).get("validFrom"))

    @property
    def ends(self) -> datetime | None:
        """Until when it counts, in the offset in which it was signed."""
        return parse_stamp((self.report.credential or {}).get("validUntil"))

    @property
    def judged(self) -> datetime | None:
        """The moment that was asked about, None where that was the moment of the check."""
        moment = self.find_moment("validity", "judged_at")
        now = self.report.checked_at - NOW
        return moment if moment is not None and moment < now else None

    def quote(self, text: str) -> Piece:
        """Return words of the file for a headline."""
        return quote_file(text, language=self.language)

    def find_fact(self, check: str, name: str) -> Fact:
        """Return a fact of a check, None where it is not there."""
        return self.report.find(check).facts.get(name)

    def find_moment(self, check: str, name: str) -> datetime | None:
        """Return a moment among a check's facts."""
        return parse_stamp(self.find_fact(check, name))

    def has(self, check: str, verdict: Verdict) -> bool:
        """Tell whether a check came to a verdict."""
        return self.report.find(check).verdict is verdict

    def _find(self, name: str, *checks: str) -> str | None:
        for check in checks:
            value = self.find_fact(check, name)
            if isinstance(value, str) and value:
                return value
        return None

    @staticmethod
    def _name(name: str, domain: object) -> Words:
        if isinstance(domain, str):
            return compose(quote_register(name), " (", quote_register(domain), ")")
        return (quote_register(name),)


def tell_story(report: Report) -> Story:
    """Read a report for its page."""
    shown = report.credential
    language = read_text(shown, "inLanguage") or read_text(
        take(shown, "credentialSubject", "achievement"), "inLanguage"
    )
    known = language if language and _LANGUAGE.match(language) else None
    return Story(report, find_headline(report).case, was_issued(report), known)
