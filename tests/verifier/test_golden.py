"""Whole reports as files: whoever changes what is told sees every word that changes.

``python -m tests.verifier.test_golden`` writes them anew, to be read before they are committed.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from protocol.registry.events import StatusChange
from tests.verifier.world import World
from verifier.checks import CHECKS
from verifier.policy import DEFAULT_POLICY
from verifier.render.json import report_to_dict
from verifier.render.text import report_to_text
from verifier.report import Report

FOLDER = Path(__file__).parents[1] / "vectors" / "reports"
ACHIEVEMENT = "https://issuer.example/ach/1"


def ask_genuine(world: World) -> Report:
    world.chain.accredit(world.own.issuer_id, ACHIEVEMENT)
    return world.ask(world.issue().data, recipient="Wiremu")


def ask_tampered(world: World) -> Report:
    issued = world.issue()
    issued.document["credentialSubject"]["achievement"]["name"] = "Another achievement"
    return world.ask(issued.data)


def ask_revoked(world: World) -> Report:
    issued = world.issue()
    world.set_status(StatusChange.REVOKE, 2)
    return world.ask(issued.data)


def ask_suspended(world: World) -> Report:
    issued = world.issue()
    world.set_status(StatusChange.SUSPEND, 16)
    return world.ask(issued.data)


def ask_stranger(world: World) -> Report:
    return world.ask(world.issue(signer=world.other, anchorer=world.other).data)


def ask_silent(world: World) -> Report:
    return world.ask(world.issue().data, world.read(silent=frozenset(range(99))))


def ask_foreign(world: World) -> Report:
    foreign = {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": "OpenBadgeCredential"}
    return world.ask(json.dumps(foreign).encode())


SCENES = {
    "genuine": ask_genuine,
    "tampered": ask_tampered,
    "revoked": ask_revoked,
    "suspended": ask_suspended,
    "stranger": ask_stranger,
    "silent": ask_silent,
    "foreign": ask_foreign,
}


def render(name: str, ask: Callable[[World], Report]) -> dict[str, str]:
    report = ask(World())
    told = json.dumps(report_to_dict(report), ensure_ascii=False, indent=2)
    return {
        f"{name}.json": told + "\n",
        f"{name}.txt": report_to_text(report, f"{name}.json"),
    }


@pytest.mark.parametrize("name", SCENES)
def test_the_report_is_told_in_these_words(name: str) -> None:
    for file, expected in render(name, SCENES[name]).items():
        assert (FOLDER / file).read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("name", SCENES)
def test_every_check_has_its_place_in_both(name: str) -> None:
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    ids = [check.id for check in CHECKS]
    assert [each["id"] for each in told["checks"]] == ids
    assert told["policy"] == DEFAULT_POLICY.name
    places = [text.index(f" {id_} ") for id_ in ids]
    assert places == sorted(places)


def save_reports() -> None:
    """Write the files anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, ask in SCENES.items():
        for file, text in render(name, ask).items():
            (FOLDER / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    save_reports()
