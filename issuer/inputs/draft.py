"""Draft unsigned credentials: Open Badges 3.0 on Verifiable Credentials 2.0, nothing else."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from issuer.inputs.learner import EvidenceItem, Learner
from issuer.inputs.randomness import SEED_BYTES, derive_credential_id, derive_salt
from issuer.inputs.recipient import (
    EMAIL,
    STUDENT_ID,
    build_hashed_identity,
    build_plain_name,
    hash_identity,
)
from issuer.inputs.rubric import Level
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.status_index import LIST_ENTRIES, LIST_LIMIT, build_status, render_status
from protocol.primitives import Digest

_SHA256_MULTIHASH: Final = bytes([0x12, 0x20])


class Awarder(Protocol):
    """What drafting asks of an institution."""

    @property
    def did(self) -> str:
        """Its identifier."""
        ...

    @property
    def name(self) -> str:
        """Its name as registered."""
        ...

    @property
    def domain(self) -> str:
        """The host of its web site."""
        ...

    @property
    def time_zone(self) -> ZoneInfo:
        """Where its days begin and end."""
        ...


class Occasion(NamedTuple):
    """What is decided anew for each credential of each batch."""

    position: int
    seed: bytes
    status: Mapping[str, object]
    moment: datetime


PROBE: Final = Occasion(
    0,
    bytes(SEED_BYTES),
    render_status(f"https://{'a' * 200}.invalid", LIST_LIMIT - 1, LIST_ENTRIES - 1),
    datetime(1899, 1, 1, tzinfo=UTC),
)
"""An occasion that never comes, as long as any: inputs are tried with it before one is planned."""


class Form(NamedTuple):
    """Which members a credential has, and its level.

    Credentials of one form and one `Frame` differ in some texts only.
    """

    ends: bool
    is_dated: bool
    has_language: bool
    has_did: bool
    has_email: bool
    has_student_id: bool
    has_narrative: bool
    level: Level | None
    evidence: tuple[tuple[bool, ...], ...]
    """Of each item, whether it has an address, a name, a genre, a digest."""


class Draft(NamedTuple):
    """A credential taken apart: its form, and the texts that stand in it."""

    form: Form
    texts: tuple[str, ...]
    """In the order of `derive_texts`."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all credentials of a batch share."""

    issuer: Mapping[str, object]
    """What `build_issuer` returns."""
    achievement: Mapping[str, object]
    moment: datetime


def draft_credential(
    issuer: Mapping[str, object],
    achievement: Mapping[str, object],
    learner: Learner,
    occasion: Occasion,
) -> dict[str, object]:
    """Return the unsigned credential; equal arguments give equal bytes.

    ``issuer`` is what `build_issuer` returns.
    """
    frame = Frame(issuer, achievement, occasion.moment)
    return arrange_credential(frame, derive_texts(learner, occasion))


def derive_texts(learner: Learner, occasion: Occasion) -> Draft:
    """Return all that is this learner's own in a credential: everything is computed here."""
    seed, position, status = occasion.seed, occasion.position, occasion.status
    texts: list[Any] = [
        derive_credential_id(seed, position),
        status["id"],
        status["statusListIndex"],
        status["statusListCredential"],
        learner.name,
    ]
    end, award = learner.valid_until, learner.awarded_at
    texts += [render_day_time(each) for each in (end, award) if each is not None]
    plain = (learner.language, learner.did, learner.narrative)
    texts += [each for each in plain if each is not None]
    for kind, value in ((EMAIL, learner.email), (STUDENT_ID, learner.student_id)):
        if value is not None:
            salt = derive_salt(seed, position, kind)
            texts += (hash_identity(value, salt), salt)
    evidence = [_list_evidence_texts(item) for item in learner.evidence]
    texts += [text for item in evidence for text in item if text is not None]
    form = Form(
        ends=end is not None,
        is_dated=award is not None,
        has_language=learner.language is not None,
        has_did=learner.did is not None,
        has_email=learner.email is not None,
        has_student_id=learner.student_id is not None,
        has_narrative=learner.narrative is not None,
        level=learner.level,
        evidence=tuple([tuple([text is not None for text in item]) for item in evidence]),
    )
    return Draft(form, tuple(texts))


def arrange_credential(frame: Frame, draft: Draft) -> dict[str, object]:
    """Return the unsigned credential: every text is only put in its place, so that it can be seen.

    The two contexts define every member written here: ``digestMultibase`` on evidence and
    ``inLanguage`` on a credential are global terms of theirs.
    """
    form, take = draft.form, iter(draft.texts).__next__
    name, status, learner = take(), build_status(take(), take(), take()), take()
    credential: dict[str, object] = {
        "@context": list(CREDENTIAL_CONTEXTS),
        "id": name,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": frame.achievement["name"],
        "issuer": dict(frame.issuer),
        "validFrom": render_day_time(frame.moment.astimezone(UTC)),
    }
    if form.ends:
        credential["validUntil"] = take()
    if form.is_dated:
        credential["awardedDate"] = take()
    if form.has_language:
        credential["inLanguage"] = take()
    credential["credentialSubject"] = _arrange_subject(frame, form, learner, take)
    if form.evidence:
        credential["evidence"] = [_arrange_evidence(has, take) for has in form.evidence]
    credential["credentialStatus"] = status
    return credential


def render_day_time(moment: datetime) -> str:
    """Return an XSD dateTime in whole seconds, in UTC if XSD has not its offset."""
    offset = moment.utcoffset()
    if offset is None:
        message = "a time without zone"
        raise ValueError(message)
    if not offset or offset.seconds % 60:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def render_digest_multibase(digest: Digest) -> str:
    """Return a SHA-256 as multihash in base64url multibase (VC Data Model 2.0, 5.3)."""
    encoded = base64.urlsafe_b64encode(_SHA256_MULTIHASH + digest)
    return "u" + encoded.decode("ascii").rstrip("=")


def build_issuer(awarder: Awarder) -> dict[str, object]:
    """Return the ``issuer`` member: the institution as the registry knows it."""
    return {
        "id": awarder.did,
        "type": ["Profile"],
        "name": awarder.name,
        "url": f"https://{awarder.domain}",
    }


def _arrange_subject(
    frame: Frame, form: Form, name: str, take: Callable[[], str]
) -> dict[str, object]:
    achievement, level = frame.achievement, form.level
    subject: dict[str, object] = {"id": take()} if form.has_did else {}
    narrative = take() if form.has_narrative else None
    subject["type"] = ["AchievementSubject"]
    subject["identifier"] = [
        build_plain_name(name),
        *[
            build_hashed_identity(kind, take(), take())
            for kind, is_there in ((EMAIL, form.has_email), (STUDENT_ID, form.has_student_id))
            if is_there
        ],
    ]
    subject["achievement"] = dict(achievement)
    if (level is None or level.earns_credit) and "creditsAvailable" in achievement:
        subject["creditsEarned"] = achievement["creditsAvailable"]
    if level is not None:
        subject["result"] = [
            {
                "type": ["Result"],
                "resultDescription": level.result_description,
                "achievedLevel": level.id,
            }
        ]
    if narrative is not None:
        subject["narrative"] = narrative
    return subject


def _list_evidence_texts(item: EvidenceItem) -> tuple[str | None, ...]:
    digest = None if item.file_digest is None else render_digest_multibase(item.file_digest)
    return item.url, item.name, item.genre, digest


def _arrange_evidence(has: Sequence[bool], take: Callable[[], str]) -> dict[str, object]:
    """Return one Evidence.

    The digest of a file stands on the Evidence itself, where the contexts define it. The verifier's
    check ``evidence`` (step 15) reads ``evidence[].digestMultibase`` in exactly this form, with the
    ``id`` and ``name`` beside it: ``u``, then base64url of 0x12 0x20 and SHA-256.
    """
    has_url, *others = has
    evidence: dict[str, object] = {"id": take()} if has_url else {}
    evidence["type"] = ["Evidence"]
    for member, is_there in zip(("name", "genre", "digestMultibase"), others, strict=True):
        if is_there:
            evidence[member] = take()
    return evidence
