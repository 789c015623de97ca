"""An authority, an institution and a verifier, each with a home of their own, on real nodes."""

import json
import tomllib
from contextlib import contextmanager

import pytest

from protocol.nodes.connect import read_identity
from protocol.nodes.http_node import HttpNode
from protocol.primitives import render_hex
from tests.nodes import run_anvil, run_hardhat
from tests.scripts.samples import ACHIEVEMENT, ISSUE, ROSTER
from tests.scripts.shell import Shell
from tests.scripts.verdicts import find_checks, find_failed, list_verdicts

pytestmark = pytest.mark.node

TOKEN = "canary-token-51c8"
PUBLIC = {"sepolia": 11_155_111, "hoodi": 560_048}


class People:
    """Three shells that share nothing but what is handed over."""

    def __init__(self, folder, network, endpoints):
        variables = {f"ROOTSEAL_RPC_{network.upper()}": ",".join(endpoints)}
        self.network = ("--network", network)
        self.authority = Shell.make(folder / "authority", **variables)
        self.institution = Shell.make(folder / "institution", **variables)
        self.verifier = Shell(folder / "verifier", variables)
        self.verifier.folder.mkdir()
        self.institution.write("people.csv", ROSTER)
        self.institution.write("achievement.json", ACHIEVEMENT)

    @property
    def everybody(self):
        return (self.authority, self.institution, self.verifier)

    def hand_out_network(self, printed):
        """The institution and the verifier put what `deploy` printed into their homes."""
        text = printed.partition("in their home:\n")[2].strip() + "\n"
        tomllib.loads(text)
        for shell in (self.institution, self.verifier):
            shell.write(f".rootseal/networks/{self.network[1]}.toml", text)

    def set_up(self):
        """Walk from nothing to an accredited institution; everything is given twice."""
        deploy = ("deploy", *self.network, "--authority-name", "Test Qualifications Authority")
        deployed = self.authority.run(*deploy).expect().out
        self.authority.run(*deploy).expect()
        self.hand_out_network(deployed)
        made = self.institution.run(
            *("issuer", "init", "--name", "Example Institute", "--domain", "example.org"),
            *("--yes", "--json", *self.network),
        )
        registration = self.institution.folder / made.expect().json["registration"]
        self.authority.write("registration.json", registration.read_bytes())
        act = ("authority", "register", "registration.json", *self.network, "--json")
        first, again = (self.authority.run(*act).expect().json for _ in range(2))
        assert first["transaction"]
        assert again == {"issuer_id": first["issuer_id"], "transaction": None}
        register = ("issuer", "register", *self.network, "--json")
        assert self.institution.run(*register).expect().json["transactions"] > 0
        assert self.institution.run(*register).expect().json["transactions"] == 0
        self.authority.run(
            *("authority", "accredit", "example.org", ACHIEVEMENT["id"], *self.network)
        ).expect()

    def issue(self, out="spring", *options):
        self.institution.run(*ISSUE, "--out", out, *self.network, *options).expect()
        return self.institution.list_files(out)

    def hand_over(self, file):
        """A learner sends the file, and the institution's web server its DID document."""
        for copy in (self.institution.home / "issuers").iterdir():
            self.verifier.write(f".rootseal/issuers/{copy.name}", copy.read_bytes())
        return self.verifier.write(file.name, file.read_bytes())


@contextmanager
def gather(folder, run=run_anvil):
    with run() as node:
        yield People(folder, "local", [node.endpoint]), node


def test_three_homes_walk_from_deploying_to_verifying_on_anvil(tmp_path):
    with gather(tmp_path) as (people, _):
        people.set_up()
        (first, second, *_) = people.issue()
        good, bad = people.hand_over(first), people.hand_over(second)
        people.institution.run(
            *("revoke", second, "--reason", "superseded", *people.network)
        ).expect()
        assert list_verdicts(people.verifier, [good, bad]) == ["passed", "failed"]
        assert people.verifier.run("verify", good).expect(0)
        assert people.verifier.run("verify", bad).expect(1)
        checks = find_checks(people.verifier, good)
        assert checks["accreditation"]["verdict"] == "passed"
        assert "Example Institute" in json.dumps(checks)
        assert find_failed(people.verifier, bad) == ["revocation"]
        assert not (people.verifier.home / "keys").exists()
    assert people.verifier.run("verify", good, bad).expect(2)
    assert list_verdicts(people.verifier, [good, bad]) == ["unknown", "unknown"]
    assert find_failed(people.verifier, good) == find_failed(people.verifier, bad) == []
    people.institution.run(*ISSUE, "--out", "next", "--new-batch", *people.network).expect(4)


def test_the_same_walk_on_hardhat(tmp_path):
    with gather(tmp_path, run_hardhat) as (people, _):
        people.set_up()
        (first, *_) = people.issue()
        assert list_verdicts(people.verifier, [people.hand_over(first)]) == ["passed"]


def test_without_the_did_document_the_anchor_still_speaks_for_the_key(tmp_path):
    """The signature cannot be tested then; the registry knows the anchoring key."""
    with gather(tmp_path) as (people, _):
        people.set_up()
        (first, *_) = people.issue()
        file = people.verifier.write(first.name, first.read_bytes())
        checks = find_checks(people.verifier, file)
        assert checks["signature"]["verdict"] == "unknown"
        assert checks["anchoring_key"]["verdict"] == "passed"


def test_what_the_chain_refuses_ends_with_5_and_nothing_is_sent(tmp_path):
    with gather(tmp_path) as (people, node):
        people.hand_out_network(people.authority.run("deploy", *people.network).expect().out)
        named = ("--name", "Example Institute", "--domain", "example.org", "--yes")
        people.institution.run("issuer", "init", *named, *people.network).expect()
        before = node.request("eth_blockNumber")
        refused = people.institution.run("issuer", "register", *people.network)
        assert "not registered" in refused.expect(5).err
        refused = people.institution.run(*ISSUE, "--out", "x", *people.network)
        assert "not registered" in refused.expect(5).err
        assert int(node.request("eth_blockNumber"), 16) - int(before, 16) <= 3, "only funding"


def test_an_authority_s_act_needs_the_authority_s_key(tmp_path):
    with gather(tmp_path) as (people, _):
        people.hand_out_network(people.authority.run("deploy", *people.network).expect().out)
        people.institution.run("keys", "new").expect()
        for key in ((), ("--key", "0x12"), ("--key", "0x" + "12" * 20)):
            suspend = ("authority", "suspend", "example.org", *key, *people.network)
            assert people.institution.run(*suspend).expect(64).err


def test_another_home_s_embedded_chain_is_unknown(desk, tmp_path):
    stranger = Shell.make(tmp_path / "stranger")
    (file, *_) = desk.list_files("spring")
    assert list_verdicts(stranger, [file]) == ["unknown"]
    assert find_failed(stranger, file) == []


@pytest.mark.parametrize("network", list(PUBLIC))
def test_a_public_network_is_the_same_walk_over_two_endpoints(tmp_path, network):
    """anvil serves the network's chain id; a file says with which block its chain began."""
    with run_anvil(
        *("--slots-in-an-epoch", "1", "--block-time", "1"), chain_id=PUBLIC[network]
    ) as node:
        second = node.endpoint.replace("127.0.0.1", "localhost")
        people = People(
            tmp_path, network, [f"{node.endpoint}/?key={TOKEN}", f"{second}/?key={TOKEN}"]
        )
        identity = read_identity(HttpNode(network, node.endpoint))
        for shell in people.everybody:
            shell.write(
                f".rootseal/networks/{network}.toml",
                f'genesis = "{render_hex(identity.genesis)}"\nfreshness_seconds = 0\n',
            )
        give_funds(people.authority, node, people.network)
        printed = people.authority.run("deploy", *people.network).expect().out
        people.hand_out_network(printed)
        named = ("--name", "Example Institute", "--domain", "example.org", "--yes", "--json")
        made = people.institution.run("issuer", "init", *named, *people.network).expect().json
        registration = people.institution.folder / made["registration"]
        people.authority.write("registration.json", registration.read_bytes())
        register = ("register", "registration.json", *people.network)
        people.authority.run("authority", *register).expect()
        refused = people.institution.run("issuer", "register", *people.network).expect(5)
        assert "holds" in refused.err or "funds" in refused.err
        give_funds(people.institution, node, people.network)
        people.institution.run("issuer", "register", *people.network).expect()
        (first, *_) = people.issue()
        file = people.hand_over(first)
        assert list_verdicts(people.verifier, [file]) == ["passed"]
        listed = people.verifier.run("networks", "--json").expect().out
        assert TOKEN not in listed
    gone = people.verifier.run("verify", file).expect(2)
    assert TOKEN not in gone.out + gone.err
    for shell in people.everybody:
        for path in shell.home.rglob("*"):
            assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


def give_funds(shell, node, network):
    """People send what the accounts need; each is told in `keys list`."""
    if not (shell.home / "keys").exists():
        shell.run("keys", "new").expect()
    listed = shell.run("keys", "list", "--json", *network).expect().json
    assert listed["silence"] is None, listed
    for row in listed["keys"]:
        if row["kind"] == "chain":
            assert row["needs"] == "funds for transactions", row
            node.request("anvil_setBalance", row["name"], hex(10**18))


def test_two_networks_with_one_chain_id_need_a_choice(tmp_path):
    with gather(tmp_path) as (people, node):
        people.set_up()
        (first, *_) = people.issue()
        file = people.hand_over(first)
        text = (people.verifier.home / "networks/local.toml").read_text("utf-8")
        twin = people.verifier.write(
            ".rootseal/networks/twin.toml", f'endpoints = ["{node.endpoint}"]\n{text}'
        )
        refused = people.verifier.run("verify", file).expect(64)
        assert "--network" in refused.err
        assert "twin" in refused.err
        assert list_verdicts(people.verifier, [file], "--network", "twin") == ["passed"]
        lines = [line for line in twin.read_text("utf-8").splitlines() if "contract" not in line]
        twin.write_text("\n".join(line for line in lines if "code_hash" not in line), "utf-8")
        assert list_verdicts(people.verifier, [file]) == ["passed"], "only one has a registry"
