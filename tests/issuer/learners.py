"""Learners by chance, as a roster has them and as none would: for whatever drafts and hashes them.

They are made directly, so that values come through which the roster's reader would refuse. Seeded,
so that what failed can be made again; `Draw` is `random.Random` and nothing secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from random import Random

from issuer.inputs.draft import build_issuer
from issuer.inputs.learner import EvidenceItem, Learner
from issuer.inputs.roster import RosterSource
from issuer.inputs.rubric import Level, read_levels
from protocol.primitives import Digest
from tests.issuer.inputs import ACHIEVEMENT, LEVELS, UNIVERSITY, University, change
from tests.protocol.shapes.documents import ADDRESSES, TAGS, TEXTS, draw_text

STATUS_BASE = "https://uni.example.org/status/uni.example.org"
STATUS_LIST = 3
MOMENT = datetime(2026, 11, 24, 9, 30, 15, tzinfo=UTC)
CREATOR = "https://maker.example.org/"
SUBJECT_AREA = "https://framework.example.org/4"
_LONE_SURROGATES = dict.fromkeys(range(0xD800, 0xE000))
_REFUSED_SIGNS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0)])
"""What rule G0 refuses; without them, hostile texts are lawful ones."""
HOSTILE_TEXTS = (
    *(text for text in (each.translate(_LONE_SURROGATES) for each in TEXTS) if text),
    "%b", "%s%d%(x)s", "%%b", "%", "100 %", "{0}", "\\1", "\\g<0>", "_:c14n0", "_:c14n12 ", "_:a",
    '"0123456789abcdef0123456789abcdef-0"', "a\u2028b\u2029c", "e\u0301 é", "\U000f0000", "\u202e",
    "x" * 20_000, '"' * 3_000, "\\" * 3_000, "\U0001f600" * 2_000, '","id":"urn:uuid:0"', "\r\n",
    '"}],"credentialStatus":{"id":"x', '" <urn:a:b> .\n_:c14n0 <urn:c:d> "', "sha256$", "\ufdd0",
)  # fmt: skip
GOOD_LANGUAGES = ("en", "mi", "pt-BR", "zh-Hant-TW", "de-x-a", "EN", "en-NZ")
BAD_LANGUAGES = (*TAGS, "e", "english please", "en-", "@en", "en\n", "%b", "_:c14n0", "x" * 300)
GENRES = ("reflection", "video", "a", "Ōtara", "poetry")
ODD_ZONE = timezone(timedelta(hours=11, minutes=39, seconds=4))
ZONES = (UTC, timezone(timedelta(hours=13)), timezone(timedelta(hours=-9, minutes=-30)), ODD_ZONE)

ODD_ACHIEVEMENT = change(
    ACHIEVEMENT,
    name='Ako "100 %b" \\ _:c14n0\u2028<urn:a:b>',
    description="%s\tline\nline \U0001f600\ue000 e\u0301",
    creator={"id": CREATOR, "type": ["Profile"], "name": "Makers"},
    alignment=[{"type": ["Alignment"], "targetName": "Level 4", "targetUrl": SUBJECT_AREA}],
    tag=["%b", "_:c14n0"],
    creditsAvailable=None,
)
PLAIN_ACHIEVEMENT = change(ACHIEVEMENT, resultDescription=None, creditsAvailable=2.5)
ALIKE_ACHIEVEMENT = change(
    ACHIEVEMENT,
    alignment=[
        {"type": ["Alignment"], "targetName": name, "targetUrl": f"{SUBJECT_AREA}#{name[-1]}"}
        for name in ("Level", "Level 4")
    ],
)
_ALIGNMENT = {"type": ["Alignment"], "targetName": "Level 4", "targetUrl": SUBJECT_AREA}
MIXED_ACHIEVEMENT = change(
    ACHIEVEMENT, alignment=[_ALIGNMENT, {"id": "urn:example:aligned", **_ALIGNMENT}]
)
"""Of two things of one kind, one has an address."""
ACHIEVEMENTS = (
    ACHIEVEMENT,
    ODD_ACHIEVEMENT,
    PLAIN_ACHIEVEMENT,
    ALIKE_ACHIEVEMENT,
    MIXED_ACHIEVEMENT,
)
ODD_UNIVERSITY = University(name='O"Neil\\100 % \u2028 University')
FIXED_ADDRESSES = (
    UNIVERSITY.did, f"https://{UNIVERSITY.domain}", CREATOR, SUBJECT_AREA,
    *[each["id"] for each in LEVELS], "urn:example:portfolio", str(ACHIEVEMENT["id"]),
    f"{STATUS_BASE}/{STATUS_LIST}/revocation", f"{STATUS_BASE}/{STATUS_LIST}/revocation#5",
    "https://purl.imsglobal.org/spec/vc/ob/vocab.html#Profile",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    "https://www.w3.org/2018/credentials#VerifiableCredential",
)  # fmt: skip
"""Addresses that stand elsewhere in the credential, or in its canonical form."""


@dataclass(frozen=True)
class Kind:
    """Which members a learner has: one form, where nothing is drawn besides."""

    ends: bool
    dated: bool
    language: bool
    did: bool
    email: bool
    student_id: bool
    narrative: bool
    level: Level | None
    evidence: tuple[tuple[bool, ...], ...]


def draw_kind(draw: Random, levels: Sequence[Level]) -> Kind:
    flags = [draw.random() < 0.5 for _ in range(7)]
    items = [_draw_item(draw) for _ in range(draw.choice((0, 0, 1, 2, 3)))]
    return Kind(*flags, draw.choice((None, *levels)), tuple(items))


def _draw_item(draw: Random) -> tuple[bool, ...]:
    """Return which members an evidence item has: two without any would be one listed twice."""
    has = [draw.random() < 0.5 for _ in range(4)]
    return tuple(has) if any(has) or draw.random() < 0.1 else (False, True, False, False)


def draw_learner(draw: Random, kind: Kind, hostility: float) -> Learner:
    """Return a learner of a kind, some of whose values are hostile ones."""

    def spoilt() -> bool:
        return draw.random() < hostility

    def text() -> str:
        drawn = draw.choice(HOSTILE_TEXTS) if spoilt() else draw_text(draw)
        drawn = drawn.translate(_LONE_SURROGATES)
        return drawn if draw.random() < hostility / 4 else drawn.translate(_REFUSED_SIGNS)

    return Learner(
        row=2,
        name=text(),
        email=text() if kind.email else None,
        student_id=text() if kind.student_id else None,
        did=_draw_address(draw, "did:example:", hostility) if kind.did else None,
        awarded_at=_draw_moment(draw, hostility) if kind.dated else None,
        valid_until=_draw_moment(draw, hostility) if kind.ends else None,
        level=kind.level,
        narrative=text() if kind.narrative else None,
        language=draw.choice(BAD_LANGUAGES if spoilt() else GOOD_LANGUAGES)
        if kind.language
        else None,
        evidence=tuple(
            EvidenceItem(
                url=_draw_address(draw, "https://learner.example/", hostility) if url else None,
                file_digest=_draw_digest(draw, hostility) if digest else None,
                name=text() if name else None,
                genre=(text() if spoilt() else draw.choice(GENRES)) if genre else None,
            )
            for url, digest, name, genre in kind.evidence
        ),
    )


def twist(draw: Random, learner: Learner, others: Sequence[Learner]) -> Learner:
    """Make something of a learner equal to something else, or another form."""
    items = learner.evidence
    match draw.randrange(6):
        case 0 if items:
            return replace(learner, evidence=(*items, draw.choice(items)))
        case 1 if len(items) > 1:
            same = replace(items[0], url=items[1].url)
            return replace(learner, evidence=(same, *items[1:]))
        case 2 if items and learner.did is not None:
            return replace(learner, evidence=(replace(items[0], url=learner.did), *items[1:]))
        case 3 if learner.did is not None and items and items[0].url is not None:
            return replace(learner, did=items[0].url)
        case 4 if others:
            return replace(draw.choice(others), name=learner.name)
        case _:
            return replace(learner, language=None, evidence=items[:1])


def draw_learners(
    draw: Random, count: int, levels: Sequence[Level], hostility: float
) -> tuple[Learner, ...]:
    """Return learners of a few kinds, mixed; a few of them twisted."""
    kinds = [draw_kind(draw, levels) for _ in range(draw.choice((1, 2, 4)))]
    learners: list[Learner] = []
    for _ in range(count):
        learner = draw_learner(draw, draw.choice(kinds), hostility)
        twisted = draw.random() < hostility
        learners.append(twist(draw, learner, learners) if twisted else learner)
    return tuple(learners)


def build_source(
    learners: Sequence[Learner],
    achievement=ACHIEVEMENT,
    awarder: University = UNIVERSITY,
) -> RosterSource:
    """Return the source that a roster of these learners would be, had it been read."""
    return RosterSource(
        file=Path("roster.csv"),
        issuer=build_issuer(awarder),
        achievement=achievement,
        learners=tuple(learners),
        identifying=(),
        digest=Digest(sha256(repr(learners).encode()).digest()),
    )


def find_levels(achievement) -> tuple[Level, ...]:
    return read_levels(achievement)


def name_learner(name: str, **others: object) -> Learner:
    """Return a learner of whom nothing but the name is known, and what is given."""
    fields = dict.fromkeys(
        ("email", "student_id", "did", "awarded_at", "valid_until", "level", "narrative")
    )
    return Learner(**{"row": 2, "name": name, "language": None, "evidence": (), **fields, **others})


def _draw_address(draw: Random, start: str, hostility: float) -> str:
    chance = draw.random()
    if chance < hostility / 2:
        return draw.choice(FIXED_ADDRESSES)
    if chance < hostility:
        return draw.choice(ADDRESSES).translate(_LONE_SURROGATES)
    odd = draw.choice(("", "", "é", "%41", "?a=b&c='d'", "#f", "(1)", "%b", " ", "\u200b"))
    return f"{start}{draw.randrange(10**6)}{odd if draw.random() < hostility else ''}"


def _draw_moment(draw: Random, hostility: float) -> datetime:
    if draw.random() < hostility:
        years = (1, 999, 1900, 2026, 9998)
        return datetime(draw.choice(years), 6, 1, 12, tzinfo=draw.choice(ZONES))
    days = timedelta(days=draw.randrange(1, 4_000), seconds=draw.randrange(86_400))
    return (MOMENT + days).astimezone(draw.choice(ZONES[:3]))


def _draw_digest(draw: Random, hostility: float) -> Digest:
    return Digest(bytes(32) if draw.random() < hostility else draw.randbytes(32))
