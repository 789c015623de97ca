"""docs/contract.md is enough for an auditor: its commands exist, its topics and slots are right."""

import json
import re
from pathlib import Path

import click
import pytest

from protocol.primitives import IssuerId, Root, hash_keccak
from protocol.registry import layout
from protocol.registry.abi import load_registry_abi
from protocol.registry.events import StatusChange
from scripts.audit import audit

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "contract.md").read_text("utf-8")
ABI = json.loads((ROOT / "protocol" / "abi" / "RootsealRegistry.json").read_bytes())["abi"]
COMMANDS = sorted(set(re.findall(r"`rootseal audit ([^`]+)`", TEXT)))
VALUES = {
    "DOMAIN": "example.org",
    "ADDRESS": "0x" + "12" * 20,
    "ROOT": "0x" + "12" * 32,
    "N": "7",
    "L": "4294967297",
    "I": "5",
    "TIME": "2026-11-24T12:00:00Z",
    "ID": "urn:x",
    "DIR": ".",
    "NAME": "sepolia",
    "FOLDER": ".",
}


def fill(command):
    return [VALUES.get(word, word) for word in command.split()]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_is_named_exists_with_its_options(command):
    name, *arguments = fill(command)
    found = audit.commands[name]
    context = found.make_context(name, list(arguments), resilient_parsing=False)
    assert isinstance(context, click.Context)


def test_every_question_has_a_command_beside_it():
    table = TEXT.split("## An auditor's questions")[1].split("\n\n")[2]
    _, _, *rows = table.splitlines()
    assert len(rows) >= 13
    for row in rows:
        question, command, *_ = (cell.strip() for cell in row.strip("|").split("|"))
        assert question.endswith("?")
        assert command.startswith("`rootseal audit "), question


def test_every_command_of_the_audit_is_beside_a_question():
    assert {command.split()[0] for command in COMMANDS} == set(audit.commands)


def test_every_event_stands_there_with_its_topic_and_parameters():
    for entry in load_registry_abi().events.values():
        listed = ", ".join(
            f"{each.type} {each.name}" + ("\\*" if each.indexed else "")
            for each in entry.parameters
        )
        assert f"`{entry.name}`: {listed} | `0x{entry.hash.hex()}` |" in TEXT


def test_every_view_stands_there_with_its_selector():
    for name, entry in load_registry_abi().functions.items():
        if not entry.changes_state:
            types = ",".join(each.type for each in entry.parameters)
            assert f"`{name}({types})` 0x{entry.selector.hex()}" in TEXT


def pad(value):
    number = value if isinstance(value, int) else int.from_bytes(value, "big")
    return number.to_bytes(32, "big")


def test_slots_are_computed_as_it_says():
    """The five examples of "By hand", computed as written there."""
    three, root, key = IssuerId(3), Root(b"\x11" * 32), b"\x22" * 20
    for slot, written in (
        (layout.locate_key(key), hash_keccak(pad(key) + pad(1))),
        (layout.locate_anchor(three, root), hash_keccak(root + hash_keccak(pad(3) + pad(0)))),
        (layout.locate_issuer(three)[0], hash_keccak(pad(3) + pad(2))),
        (
            layout.locate_status(three, 5)[0],
            hash_keccak(pad(5) + hash_keccak(pad(3) + pad(3))),
        ),
        (layout.REGISTRY, pad(7)),
    ):
        assert slot.position == written


def test_the_codes_of_a_change_stand_there():
    listed = ", ".join(f"{change.value} {change.name.lower()}" for change in StatusChange)
    assert f"`change` is {listed};" in TEXT


def test_texts_lie_where_it_says():
    identifier, name = layout.locate_names(IssuerId(3))
    first = int.from_bytes(hash_keccak(pad(3) + pad(11)), "big")
    assert [identifier.position, name.position] == [pad(first), pad(first + 1)]


def test_views_return_the_fields_in_the_order_of_the_slots():
    outputs = {entry["name"]: entry["outputs"] for entry in ABI if entry["type"] == "function"}
    for view, start in (("anchorOf", "| 0 |"), ("keyOf", "| 1 |"), ("accreditationOf", "| 5 |")):
        (row,) = (line for line in TEXT.splitlines() if line.startswith(start))
        packed = re.findall(r"(\w+) \d+", row.split("|")[3])
        (struct,) = outputs[view]
        assert [each["name"].removesuffix("Number") for each in struct["components"]] == packed
