"""A registry on anvil with a history: several institutions, many keys, batches and changes.

Anvil sends for any account, so a thousand batches take seconds; only consents are signed.
Blocks are mined by hand: several entries, of several chains, stand in one.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from eth_account import Account

from protocol.chain import FinalityRule
from protocol.nodes.http_node import HttpNode
from protocol.primitives import IssuerId, hash_keccak, render_hex
from protocol.registry.calldata import encode_call
from tests.nodes import RunningNode, run_anvil
from tests.registry_story import ETHER, Keys, Story, find_address, fund, tell

GAS = hex(3_000_000)
ANCHOR, STATUS = 1, 2
KEYS = (3, 3, 2, 2, 2)
"""Keys of each institution: five institutions, twelve keys."""
ACHIEVEMENT = "https://university.example/achievements/1"


@dataclass
class Desk:
    """An institution as the history knows it."""

    number: IssuerId
    admin: object
    keys: list = field(default_factory=list)
    roots: list = field(default_factory=list)


@dataclass
class History:
    """What has happened, and on which node."""

    story: Story
    process: RunningNode
    seed: int = 5
    desks: list[Desk] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.pending = 0

    def request(self, method: str, *params: object) -> object:
        return self.story.node.request(method, params)

    def send(self, account, function: str, *arguments: object) -> None:
        """Queue a call."""
        self.send_raw(account, encode_call(function, *arguments))

    def send_raw(self, account, data: bytes) -> None:
        call = {
            "from": render_hex(find_address(account)),
            "to": render_hex(self.story.network.contract),
            "data": render_hex(data),
            "gas": GAS,
        }
        self.request("eth_sendTransaction", call)
        self.pending += 1

    def mine(self) -> None:
        """Mine what is queued in one block, and see that nothing of it was refused."""
        if not self.pending:
            return
        self.request("anvil_mine", "0x1")
        receipts = self.request("eth_getBlockReceipts", "latest")
        assert len(receipts) == self.pending
        assert all(receipt["status"] == "0x1" for receipt in receipts)
        self.pending = 0

    def enrich(self, account) -> None:
        self.request("anvil_setBalance", render_hex(find_address(account)), hex(100 * ETHER))

    def register(self) -> None:
        """Register five institutions with twelve keys."""
        for place, count in enumerate(KEYS, start=1):
            desk = Desk(IssuerId(place), Account.create())
            self.enrich(desk.admin)
            name = "Universität Āotearoa " + "x" * 40 * (place % 2)
            identifier = f"did:web:institution-{place}.example"
            where = find_address(desk.admin)
            self.send(
                self.story.keys.authority, "registerIssuer", identifier, name, where, b"\7" * 32, 0
            )
            self.mine()
            for _ in range(count):
                self.add_key(desk)
            self.mine()
            self.desks.append(desk)

    def add_key(self, desk: Desk) -> None:
        key, roles = Account.create(), ANCHOR | STATUS
        self.enrich(key)
        consent = self.story.consent(key, desk.number, roles)
        self.send(desk.admin, "addKey", desk.number, find_address(key), roles, 0, 0, consent)
        desk.keys.append(key)

    def anchor(self, desk: Desk, count: int = 1) -> None:
        """Anchor so many roots by one of the keys."""
        key = self.random.choice(desk.keys)
        roots = [self.random.randbytes(32) for _ in range(count)]
        if count > 1:
            self.send(key, "anchorMany", roots)
        elif self.random.random() < 0.5:
            self.send_raw(key, roots[0])
        else:
            self.send(key, "anchor", roots[0], self.random.randrange(1, 500))
        desk.roots += [(root, key) for root in roots]

    def run(self, batches: int) -> None:
        """Anchor so many batches among other changes."""
        done = 0
        while done < batches:
            desk = self.random.choice(self.desks)
            count = min(self.random.choice((1, 1, 1, 2, 7)), batches - done)
            self.anchor(desk, count)
            done += count
            if self.random.random() < 0.3:
                self.change_status(desk)
            if self.random.random() < 0.5:
                self.mine()
        self.mine()

    def change_status(self, desk: Desk) -> None:
        """Set bits that nobody has set: in a word of their own, or in two."""
        words = sorted(self.random.sample(range(1 << 40), self.random.choice((1, 2))))
        masks = [self.random.getrandbits(256) | 1 for _ in words]
        key = desk.keys[0]
        reason = self.random.choice((0, 1, 2, 5, 16))
        if self.random.random() < 0.5:
            self.send(key, "revoke", words, masks, reason)
        else:
            self.send(key, "suspend", words, masks, reason)
            self.mine()
            self.send(key, "reinstate", words[:1], [masks[0] & ~(masks[0] >> 1)], reason)
            self.mine()

    def finish(self) -> None:
        """Change affairs, registry and whole batches, so that no kind of entry is missing."""
        authority, (first, second, third, *_) = self.story.keys.authority, self.desks
        achievement = hash_keccak(ACHIEVEMENT.encode())
        self.send(authority, "accredit", 1, achievement, 0, 0)
        self.send(authority, "setOfficer", b"\5" * 20, 3)
        self.send(authority, "renameIssuer", 2, "did:web:renamed.example", "Renamed")
        self.mine()
        self.request("evm_increaseTime", 60)
        self.send(authority, "withdrawAccreditation", 1, achievement, 7)
        self.send(authority, "setOfficer", b"\5" * 20, 1)
        self.send(authority, "nameSuccessor", b"\6" * 20)
        self.send(authority, "proposeAuthority", b"\7" * 20)
        self.send(authority, "setStanding", 5, 2, 17, 0)
        self.send(first.admin, "setDocument", 1, b"\x08" * 32)
        self.send(first.admin, "proposeAdmin", 1, b"\x09" * 20)
        self.mine()
        root, key = first.roots[0]
        others = [each for each in first.keys if each is not key]
        self.send(others[0], "endorse", root)
        self.send(second.keys[0], "revokeBatch", second.roots[0][0], 1)
        self.send(second.keys[0], "revokeBatch", second.roots[1][0], 2)
        self.send(third.admin, "retireKey", find_address(third.keys[1]), 0)
        self.mine()
        now = int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self.send(first.admin, "compromiseKey", find_address(key), now - 1)
        self.mine()


@contextmanager
def tell_history(batches: int) -> Iterator[History]:
    """Run anvil with a whole history on it."""
    with run_anvil("--auto-impersonate") as process:
        node = HttpNode("local", process.endpoint)
        keys = Keys()
        fund(node, "local", keys)
        story = tell(node, keys, FinalityRule.LATEST)
        node.request("evm_setAutomine", [False])
        history = History(story, process)
        history.register()
        history.run(batches)
        history.finish()
        yield history
