"""The service over a real chain: the anchor is asked for once, a change of status shows at once."""

import json
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from protocol.embedded.node import EmbeddedNode
from scripts import cli
from scripts.config import load_settings
from tests.web.conftest import Demo
from verifier.web.directory import OpenChains

TRANSACTION = "eth_getTransactionByHash"


@pytest.fixture
def own(demo, tmp_path) -> Demo:
    """A copy of the demo's home, to change."""
    home = tmp_path / "home"
    shutil.copytree(demo.settings.home, home)
    return replace(demo, settings=load_settings(home, {}))


@pytest.fixture
def asked(monkeypatch) -> Counter[str]:
    """Count what the chain is asked."""
    counts: Counter[str] = Counter()
    request = EmbeddedNode.request

    def count(self: EmbeddedNode, method: str, params: list) -> object:
        counts[method] += 1
        return request(self, method, params)

    monkeypatch.setattr(EmbeddedNode, "request", count)
    return counts


def verify(client, data: bytes) -> dict:
    answer = client.post("/api/v1/verify", data=data, content_type="application/json")
    return answer.get_json()


def find(report: dict, check: str) -> dict:
    (found,) = (each for each in report["checks"] if each["id"] == check)
    return found


def change(own: Demo, command: str) -> None:
    issuer = json.loads(own.read("genuine"))["issuer"]["id"]
    arguments = [command, str(own.folder / "genuine.json"), "--yes", "--issuer", issuer]
    assert cli.main([*arguments, "--home", str(own.settings.home)]) == 0


def test_a_change_of_status_shows_at_once_though_the_anchor_is_remembered(own, asked) -> None:
    client, data = own.build_app().test_client(), own.read("genuine")
    assert verify(client, data)["verdict"] == "passed"
    asked.clear()
    for command, check in (
        ("suspend", "suspension"),
        ("reinstate", None),
        ("revoke", "revocation"),
    ):
        change(own, command)
        asked.clear()
        report = verify(client, data)
        failed = [each["id"] for each in report["checks"] if each["verdict"] == "failed"]
        assert failed == ([check] if check else [])
        assert asked[TRANSACTION] == 0


def test_a_home_whose_chain_was_made_anew_knows_nothing_of_the_old_one(own, asked) -> None:
    """The anchor of the old chain is not found on the new one, whatever was remembered."""
    client, data = own.build_app().test_client(), own.read("genuine")
    assert verify(client, data)["verdict"] == "passed"
    report = verify(client, data)
    assert asked[TRANSACTION] == 1
    assert find(report, "anchor")["verdict"] == "passed"
    shutil.rmtree(own.settings.home)
    assert cli.main(["demo", "--no-serve", "--home", str(own.settings.home)]) == 0
    report = verify(own.build_app().test_client(), data)
    assert report["verdict"] == "unknown"
    assert find(report, "network")["facts"]["cause"] == "not_configured"


def test_each_verification_has_a_reader_of_its_own(own) -> None:
    chains: OpenChains = own.build_app().extensions["rootseal"].surroundings.chains
    (chain_id,) = {each.reader.network.chain_id for each in chains.list_served()}
    first, second = (chains.find_readers(chain_id)[0] for _ in range(2))
    assert first is not second
