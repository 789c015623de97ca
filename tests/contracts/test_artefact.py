"""Interface and code, as committed, belong to the sources: seen without a compiler."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from protocol.primitives import hash_keccak, render_hex
from scripts.export_abi import ARTEFACT, REPOSITORY, render_artefact

CONTRACTS = REPOSITORY / "contracts"
GUIDE = REPOSITORY / "docs" / "contract.md"
ROW = re.compile(r"^\| `(\w+)\(.*?\)`.* \| (.+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def artefact():
    return json.loads(ARTEFACT.read_bytes())


def list_sources():
    """Every Solidity file that is deployed; mocks are what only the tests use."""
    paths = sorted(CONTRACTS.rglob("*.sol"))
    return [path for path in paths if CONTRACTS / "mocks" not in path.parents]


def list_functions(artefact, *, changing):
    functions = [entry for entry in artefact["abi"] if entry["type"] == "function"]
    return [
        entry
        for entry in functions
        if (entry["stateMutability"] in ("nonpayable", "payable")) == changing
    ]


def test_the_artefact_was_made_from_these_very_sources(artefact):
    hashes = {
        path.relative_to(REPOSITORY).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in list_sources()
    }
    assert artefact["sources"] == hashes, "run python -m scripts.export_abi"


def test_the_code_hash_is_keccak_of_the_code(artefact):
    code = bytes.fromhex(artefact["deployedBytecode"].removeprefix("0x"))
    assert artefact["codeHash"] == render_hex(hash_keccak(code))


def test_the_code_is_the_end_of_what_deploys_it(artefact):
    assert artefact["bytecode"].endswith(artefact["deployedBytecode"].removeprefix("0x"))


def test_the_artefact_has_one_written_form(artefact):
    assert ARTEFACT.read_text(encoding="utf-8") == render_artefact(artefact)


def test_compiler_and_library_are_those_of_the_lock_file(artefact):
    packages = json.loads((REPOSITORY / "package-lock.json").read_bytes())["packages"]
    compiler = artefact["compiler"]
    assert compiler["solc"].split("+")[0] == packages["node_modules/solc"]["version"]
    library = packages["node_modules/@openzeppelin/contracts"]["version"]
    assert compiler["@openzeppelin/contracts"] == library


def test_the_lock_file_names_no_registry_but_the_public_one():
    packages = json.loads((REPOSITORY / "package-lock.json").read_bytes())["packages"]
    addresses = {entry["resolved"] for entry in packages.values() if "resolved" in entry}
    assert all(address.startswith("https://registry.npmjs.org/") for address in addresses)
    assert all("integrity" in entry for path, entry in packages.items() if path)


def test_no_function_that_changes_state_is_without_arguments(artefact):
    assert [
        one["name"] for one in list_functions(artefact, changing=True) if not one["inputs"]
    ] == []


def test_every_event_begins_with_its_place_in_a_chain(artefact):
    events = [entry for entry in artefact["abi"] if entry["type"] == "event"]
    for event in events:
        data = [(each["name"], each["type"]) for each in event["inputs"] if not each["indexed"]]
        assert data[:2] == [("seq", "uint40"), ("prevBlock", "uint40")], event["name"]
    assert len(events) == 11


def test_the_guide_says_of_every_function_who_calls_it(artefact):
    rows = ROW.findall(
        GUIDE.read_text(encoding="utf-8").split("## Functions and who calls them")[1]
    )
    names = sorted(one["name"] for one in list_functions(artefact, changing=True))
    assert sorted(name for name, _ in rows if name != "fallback") == names


def test_the_guide_names_a_caller_exactly_where_the_issuer_calls():
    rows = ROW.findall(
        GUIDE.read_text(encoding="utf-8").split("## Functions and who calls them")[1]
    )
    calls = called_functions(REPOSITORY / "issuer")
    for name, caller in rows:
        if name != "fallback":
            assert (caller != "no caller yet") == (name in calls), name


def called_functions(folder: Path) -> set[str]:
    """Functions that the issuer's sources call; status actions are named by their enum."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.py")))
    named = set(re.findall(r'encode_call\(\s*"(\w+)"', text))
    actions = set(re.findall(r'^    (?:REVOKE|SUSPEND|REINSTATE) = "(\w+)"$', text, re.MULTILINE))
    return named | actions
