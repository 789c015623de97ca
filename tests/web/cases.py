"""One report for every case that a page can show, by verifying real files against a `FakeChain`."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from protocol.errors import ChainDisagreementError
from protocol.primitives import ChainId
from protocol.registry.events import StatusChange
from tests.protocol.credentials import build_unsigned
from tests.verifier.world import Issued, World
from verifier.report import Report

LEARNER, TITLE = "Aroha Ngāta", "Assessment for Learning"
REGISTER = "Aotearoa Qualifications Register"
PUBLIC = ChainId(1)
CRITERIA = (
    "Plan, run and reflect on three assessment cycles with your own ākonga; be observed once; "
    "defend the portfolio before two assessors."
)
LEVELS = (
    ("Achieved", "1", "Uses evidence from one source to change what is taught next."),
    ("Merit", "2", "Uses evidence from more than one source to change what is taught next."),
    ("Excellence", "3", "Changes how colleagues use evidence."),
)


def enrich(document: dict) -> None:
    """Give a credential what a real one says."""
    subject = document["credentialSubject"]
    achievement = subject["achievement"]
    document["name"] = achievement["name"] = TITLE
    document["inLanguage"] = "en-NZ"
    document["validUntil"] = "2029-11-11T23:59:59+13:00"
    document["awardedDate"] = "2026-02-28T12:00:00+13:00"
    achievement["achievementType"] = "MicroCredential"
    achievement["criteria"] = {"narrative": CRITERIA}
    achievement["creditsAvailable"] = 20
    achievement["alignment"] = [
        {
            "type": ["Alignment"],
            "targetName": "New Zealand Qualifications and Credentials Framework, level 7",
            "targetUrl": "https://www2.nzqa.govt.nz/",
            "targetType": "ext:NZQCFLevel",
            "targetCode": "7",
            "targetFramework": "NZQCF",
        }
    ]
    achievement["resultDescription"] = [
        {
            "id": "urn:uuid:00000000-0000-4000-8000-000000000001",
            "type": ["ResultDescription"],
            "name": "Portfolio",
            "resultType": "RubricCriterionLevel",
            "rubricCriterionLevel": [
                {
                    "id": f"urn:uuid:00000000-0000-4000-8000-00000000001{level}",
                    "type": ["RubricCriterionLevel"],
                    "name": name,
                    "level": level,
                    "description": words,
                }
                for name, level, words in LEVELS
            ],
        }
    ]
    subject["result"] = [
        {
            "type": ["Result"],
            "resultDescription": "urn:uuid:00000000-0000-4000-8000-000000000001",
            "achievedLevel": "urn:uuid:00000000-0000-4000-8000-000000000012",
        }
    ]
    subject["creditsEarned"] = 20
    document["evidence"] = [
        {
            "type": ["Evidence"],
            "name": "Portfolio of three assessment cycles, years 9 and 10",
            "genre": "portfolio",
        },
        {
            "type": ["Evidence"],
            "id": "https://portfolio.example.org/lesson",
            "name": "Observed lesson, science",
            "genre": "observation",
        },
    ]
    for entry in subject["identifier"]:
        if entry["identityType"] == "name":
            entry["identityHash"] = LEARNER


@dataclass(frozen=True)
class Scene:
    """A world with one credential in it, to be spoiled in one way."""

    world: World
    issued: Issued

    def ask(self, *readers, data: bytes | None = None, **asked) -> Report:
        readers = readers or (self.read(),)
        return self.world.ask(self.issued.data if data is None else data, *readers, **asked)

    def read(self, **dials):
        network = dials.pop("network", self.network)
        return self.world.read(network=network, **dials)

    @property
    def network(self):
        return replace(self.world.network, authority_name=REGISTER, name="mainnet")


def set_scene(
    edit: Callable[[dict], object] | None = None,
    chain_id: ChainId = PUBLIC,
    accredited: bool = True,
    **issue,
) -> Scene:
    made = World()
    made.chain.chain_id = chain_id

    def prepare(document: dict) -> None:
        enrich(document)
        if edit is not None:
            edit(document)

    if accredited:
        achievement = build_unsigned()["credentialSubject"]["achievement"]["id"]
        made.chain.accredit(made.own.issuer_id, achievement)
    signer, anchorer = issue.pop("by", ("own", "own"))
    issue |= {"signer": getattr(made, signer), "anchorer": getattr(made, anchorer)}
    return Scene(made, made.issue(prepare, **issue))


def _spoil(document: dict) -> bytes:
    changed = json.loads(json.dumps(document))
    changed["credentialSubject"]["creditsEarned"] = 60
    return json.dumps(changed).encode()


def make_passed(**options) -> Report:
    return set_scene(**options).ask()


def make_tampered() -> Report:
    scene = set_scene()
    return scene.ask(data=_spoil(scene.issued.document))


def make_revoked() -> Report:
    scene = set_scene()
    scene.world.set_status(StatusChange.REVOKE, 3)
    return scene.ask()


def make_revoked_batch() -> Report:
    scene = set_scene()
    scene.world.chain.revoke_batch(scene.world.own.issuer_id, scene.issued.root, 1)
    return scene.ask()


def make_suspended() -> Report:
    scene = set_scene()
    scene.world.set_status(StatusChange.SUSPEND, 16)
    return scene.ask()


def _set(member: str, value: str) -> Callable[[dict], object]:
    return lambda document: document.__setitem__(member, value)


def _wait_for_years(scene: Scene) -> datetime:
    """Mine a block after the credential's end; return a moment after it."""
    scene.world.chain._mine(datetime.fromisoformat("2030-01-01T23:59:00Z"))
    return datetime.fromisoformat("2030-01-02T00:00:00Z")


def make_expired() -> Report:
    scene = set_scene()
    now = _wait_for_years(scene)
    return scene.ask(now=now)


def make_unsafe() -> Report:
    scene = set_scene()
    document = dict(scene.issued.document) | {"madeUp": "by somebody"}
    return scene.ask(data=json.dumps(document).encode())


def make_retired() -> Report:
    scene = set_scene()
    key = scene.world.own.anchors[0].address
    past = scene.world.chain.now - timedelta(minutes=30)
    scene.world.chain.change_key(key, not_after=past)
    return scene.ask()


def make_silent() -> Report:
    scene = set_scene()
    return scene.ask(scene.read(silent=frozenset(range(100))))


def make_disagreement() -> Report:
    scene = set_scene()
    error = ChainDisagreementError("mainnet", "read_latest")
    return scene.ask(scene.read(silent=frozenset(range(100)), error=error))


def make_other_network() -> Report:
    scene = set_scene()
    other = set_scene(chain_id=ChainId(10))
    return scene.ask(other.read(network=replace(other.network, chain_id=ChainId(10))))


def make_not_final() -> Report:
    scene = set_scene()
    return scene.ask(scene.read(final=0), now=scene.world.chain.now - timedelta(minutes=9))


def make_foreign() -> Report:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "UniversityDegreeCredential"],
        "issuer": "did:web:elsewhere.example",
        "credentialSubject": {"id": "did:example:1"},
    }
    return set_scene().ask(data=json.dumps(document).encode())


def make_expired_while_silent() -> Report:
    scene = set_scene()
    now = _wait_for_years(scene)
    return scene.ask(scene.read(silent=frozenset(range(100))), now=now)


def make_uncertain() -> Report:
    """The network's file does not record the register's code, so that it cannot be compared."""
    scene = set_scene()
    return scene.ask(scene.read(network=replace(scene.network, code_hash=None)))


def make_nameless(**options) -> Report:
    """Nothing here says what the register's authority is called."""
    scene = set_scene(**options)
    return scene.ask(scene.read(network=replace(scene.network, authority_name="")))


CASES: dict[str, Callable[[], Report]] = {
    "passed": make_passed,
    "practice": lambda: make_passed(chain_id=ChainId(31_337)),
    "nameless": make_nameless,
    "unaccredited": lambda: make_passed(accredited=False),
    "endless": lambda: make_passed(edit=lambda document: document.pop("validUntil")),
    "past_moment": lambda: (s := set_scene()).ask(at=s.world.now - timedelta(minutes=10)),
    "tampered": make_tampered,
    "stranger": lambda: make_passed(by=("own", "other")),
    "stranger_signature": lambda: make_passed(by=("other", "own")),
    "revoked": make_revoked,
    "revoked_batch": make_revoked_batch,
    "suspended": make_suspended,
    "expired": make_expired,
    "expired_while_silent": make_expired_while_silent,
    "too_early": lambda: make_passed(edit=_set("validFrom", "2026-12-01T00:00:00Z")),
    "other_person": lambda: set_scene().ask(recipient="Somebody Else"),
    "unsafe": make_unsafe,
    "retired": make_retired,
    "silent": make_silent,
    "disagreement": make_disagreement,
    "other_network": make_other_network,
    "not_final": make_not_final,
    "foreign": make_foreign,
    "uncertain": make_uncertain,
}
"""A report by the name of what happened."""
