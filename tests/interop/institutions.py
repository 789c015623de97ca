"""Institutions on a chain of their own, made and kept by the command line alone."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eth_account import Account

from protocol.nodes.networks import LOCAL
from protocol.primitives import render_hex
from tests.nodes import RunningNode, run_anvil
from tests.scripts.samples import ACHIEVEMENT, ISSUE, ROSTER
from tests.scripts.shell import PASSPHRASE, Answer, Shell

CHAIN_ID = 11_155_111
"""Sepolia's: cert-verifier-js knows five Ethereum networks by their ids, and no other."""
MAIN, OTHER = "example.org", "northgate.example"
ROTATED, ANCHOR_LOST, SIGNING_LOST = "newkeys.example", "anchor.example", "pen.example"
UNLISTED = "nolists.example"
NAMES = {
    MAIN: "Example Institute",
    OTHER: "Northgate College",
    ROTATED: "Institute of New Keys",
    ANCHOR_LOST: "Institute of the Stolen Anchor",
    SIGNING_LOST: "Institute of the Stolen Pen",
    UNLISTED: "Institute without Lists",
}
BURN_ADDRESS = "0x" + "dead" * 10
"""Where Blockcerts' own issuer sends its roots."""
NETWORK = ("--network", LOCAL)
MINING_SECONDS = 20.0
LISTS = "lists"
"""The folder that status lists are published to."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One home with all institutions in it, and the node that keeps its chain."""

    shell: Shell
    node: RunningNode

    def run(self, *words: object) -> Answer:
        return self.shell.run(*words, *NETWORK).expect()

    def found(self, domain: str) -> str:
        """Make and register an institution; return a moment before it anchors anything."""
        named = ("--name", NAMES[domain], "--domain", domain)
        made = self.run("issuer", "init", *named, "--yes", "--json").json
        self.run("authority", "register", made["registration"])
        self.run("issuer", "register", "--issuer", domain)
        return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def issue(self, domain: str, *source: str, out: str = "spring") -> list[Path]:
        """Issue to everybody of the roster, or what another source says."""
        creator = {"id": f"did:web:{domain}", "type": "Profile"}
        self.shell.write("people.csv", ROSTER)
        self.shell.write("achievement.json", ACHIEVEMENT | {"creator": creator})
        folder = f"{domain}-{out}"
        self.run(*(source or ISSUE), "--out", folder, "--issuer", domain)
        return self.shell.list_files(folder)

    def publish(self, domain: str) -> Path:
        """Write what an institution publishes; return the root of its web server."""
        root = self.shell.folder / "www" / domain
        chosen = ("--status-for", "standard" if domain == OTHER else "blockcerts")
        self.run("issuer", "profile", "--out", root, *chosen, "--issuer", domain)
        if domain != UNLISTED:
            self.run("status", "publish", "--out", LISTS, "--issuer", domain)
        return root

    def send_as(self, domain: str, root: bytes, gas: int) -> str:
        """Send a root to the registry with an institution's key, past all that Rootseal minds."""
        account = self._open_account(domain)
        fields = {
            "type": 2,
            "chainId": CHAIN_ID,
            "nonce": int(self._ask("eth_getTransactionCount", account.address, "latest"), 16),
            "to": self._find_contract(),
            "data": root,
            "value": 0,
            "gas": gas,
            "maxFeePerGas": 10**11,
            "maxPriorityFeePerGas": 10**9,
        }
        raw = account.sign_transaction(fields).raw_transaction
        return self._wait(self._ask("eth_sendRawTransaction", render_hex(raw)))

    def send_as_stranger(self, root: bytes) -> str:
        """Send a root from an account of nobody's, to where Blockcerts' issuer sends."""
        account = self.node.request("eth_accounts")[5]
        sent = {"from": account, "to": BURN_ADDRESS, "data": render_hex(root)}
        return self._wait(self._ask("eth_sendTransaction", sent))

    def was_refused(self, transaction: str) -> bool:
        receipt = self.node.request("eth_getTransactionReceipt", transaction)
        return int(receipt["status"], 16) == 0

    def _wait(self, transaction: str) -> str:
        """Return once it is in a block."""
        deadline = time.monotonic() + MINING_SECONDS
        while self.node.request("eth_getTransactionReceipt", transaction) is None:
            assert time.monotonic() < deadline, "the node does not mine it"
            time.sleep(0.05)
        return transaction

    def _ask(self, method: str, *params: object) -> str:
        return str(self.node.request(method, *params))

    def _open_account(self, domain: str):
        file = self.shell.home / "web" / domain / "profile.json"
        profile = json.loads(file.read_bytes())
        address = profile["publicKey"][0]["id"].rpartition("0x")[2].lower()
        stored = [json.loads(path.read_bytes()) for path in self.shell.home.glob("keys/*.json")]
        (found,) = (each for each in stored if each["address"].lower() == address)
        return Account.from_key(Account.decrypt(found, PASSPHRASE))

    def _find_contract(self) -> str:
        (record,) = self.shell.home.glob("deployments/*.json")
        return json.loads(record.read_bytes())["contract"]


@contextmanager
def open_desk(folder: Path) -> Iterator[Desk]:
    """Run a chain and deploy the registry on it."""
    with run_anvil(chain_id=CHAIN_ID) as node:
        shell = Shell.make(folder / "desk", ROOTSEAL_RPC_LOCAL=node.endpoint)
        shell.write(".rootseal/networks/local.toml", f"chain_id = {CHAIN_ID}\n")
        desk = Desk(shell, node)
        desk.run("deploy", "--authority-name", "Test Authority")
        yield desk
