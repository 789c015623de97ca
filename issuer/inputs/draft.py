"""Draft unsigned credentials: Open Badges 3.0 on Verifiable Credentials 2.0, nothing else."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from issuer.inputs.learner import EvidenceItem, Learner
from issuer.inputs.randomness import SEED_BYTES, derive_credential_id
from issuer.inputs.recipient import build_identifiers
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.status_index import LIST_ENTRIES, LIST_LIMIT, render_status
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


@dataclass(frozen=True, slots=True)
class Occasion:
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


def draft_credential(
    issuer: Mapping[str, object],
    achievement: Mapping[str, object],
    learner: Learner,
    occasion: Occasion,
) -> dict[str, object]:
    """Return the unsigned credential; equal arguments give equal bytes.

    ``issuer`` is what `build_issuer` returns. The two contexts define every member written here:
    ``digestMultibase`` on evidence and ``inLanguage`` on a credential are global terms of theirs.
    """
    credential: dict[str, object] = {
        "@context": list(CREDENTIAL_CONTEXTS),
        "id": derive_credential_id(occasion.seed, occasion.position),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement["name"],
        "issuer": dict(issuer),
        "validFrom": render_day_time(occasion.moment.astimezone(UTC)),
    }
    if learner.valid_until is not None:
        credential["validUntil"] = render_day_time(learner.valid_until)
    if learner.awarded_at is not None:
        credential["awardedDate"] = render_day_time(learner.awarded_at)
    if learner.language is not None:
        credential["inLanguage"] = learner.language
    credential["credentialSubject"] = _build_subject(achievement, learner, occasion)
    if learner.evidence:
        credential["evidence"] = [_build_evidence(item) for item in learner.evidence]
    credential["credentialStatus"] = dict(occasion.status)
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


def _build_subject(
    achievement: Mapping[str, object], learner: Learner, occasion: Occasion
) -> dict[str, object]:
    subject: dict[str, object] = {} if learner.did is None else {"id": learner.did}
    subject["type"] = ["AchievementSubject"]
    subject["identifier"] = build_identifiers(
        name=learner.name,
        email=learner.email,
        student_id=learner.student_id,
        seed=occasion.seed,
        position=occasion.position,
    )
    subject["achievement"] = dict(achievement)
    earned = learner.level is None or learner.level.earns_credit
    if earned and "creditsAvailable" in achievement:
        subject["creditsEarned"] = achievement["creditsAvailable"]
    if learner.level is not None:
        subject["result"] = [
            {
                "type": ["Result"],
                "resultDescription": learner.level.result_description,
                "achievedLevel": learner.level.id,
            }
        ]
    if learner.narrative is not None:
        subject["narrative"] = learner.narrative
    return subject


def _build_evidence(item: EvidenceItem) -> dict[str, object]:
    """Return one Evidence.

    The digest of a file stands on the Evidence itself, where the contexts define it. The verifier's
    check ``evidence`` (step 15) reads ``evidence[].digestMultibase`` in exactly this form, with the
    ``id`` and ``name`` beside it: ``u``, then base64url of 0x12 0x20 and SHA-256.
    """
    evidence: dict[str, object] = {} if item.url is None else {"id": item.url}
    evidence["type"] = ["Evidence"]
    texts = {"name": item.name, "genre": item.genre}
    evidence |= {member: text for member, text in texts.items() if text is not None}
    if item.file_digest is not None:
        evidence["digestMultibase"] = render_digest_multibase(item.file_digest)
    return evidence
