"""A home with an embedded chain, an authority and a treasury; only its scrypt is cheap."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from issuer.affairs.deploy import deploy_registry
from issuer.journal.store import Journal, open_journal
from issuer.keys.keystore import (
    WORTHLESS,
    KeyRing,
    KeystoreSigner,
    create_chain_key,
    load_transaction_signer,
)
from issuer.keys.signer import SigningPolicy
from issuer.progress import Silence
from issuer.sending.channel import Channel, Patience
from protocol.chain import FinalityRule, Network
from protocol.embedded import create_embedded, open_embedded
from protocol.nodes.node_sender import NodeSender
from protocol.primitives import Address, ChainId
from protocol.proofs.multikey import find_key_address
from protocol.registry.reader import RegistryReader

CHAIN_ID = ChainId(424_242)
FEE_CAP_WEI = 100 * 10**9
ETHER = 10**18


class Clock:
    """Goes on by itself as it is slept on, so that no test waits for block times."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def read(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class House:
    """Everything of one home."""

    home: Path
    ring: KeyRing
    channel: Channel
    authority: Address
    treasury: Address
    clock: Clock

    def sign_for(self, account: Address, **powers: bool) -> KeystoreSigner:
        policy = SigningPolicy(
            CHAIN_ID, self.channel.chain.network.contract, self.channel.fee_cap_wei, **powers
        )
        return load_transaction_signer(self.ring, account, policy)

    @property
    def network(self) -> Network:
        return self.channel.chain.network


def build_house(home: Path) -> House:
    clock = Clock()
    ring = KeyRing(home / "keys", "open sesame", WORTHLESS)
    authority, treasury = (find_key_address(create_chain_key(ring)) for _ in range(2))
    path = home / "embedded" / "chain.sqlite3"
    balances = {authority: 100 * ETHER, treasury: 1_000_000 * ETHER}
    create_embedded(path, CHAIN_ID, balances, clock.now - timedelta(hours=1))
    journal = open_journal(home / "journal.sqlite3", clock.read)
    empty = build_network(None)
    house = House(
        home, ring, build_channel(home, empty, journal, clock), authority, treasury, clock
    )
    deployed = deploy_registry(
        house.channel, house.sign_for(authority, may_deploy=True), authority, "Authority of tests"
    ).deployment
    network = replace(
        empty,
        genesis=deployed.genesis,
        contract=deployed.contract,
        code_hash=deployed.code_hash,
        authority=authority,
    )
    house.channel = build_channel(home, network, journal, clock)
    return house


def build_network(contract: Address | None) -> Network:
    return Network(
        name="embedded",
        chain_id=CHAIN_ID,
        genesis=None,
        contract=contract,
        code_hash=None,
        authority=None,
        authority_name="Authority of tests",
        finality=FinalityRule.LATEST,
        freshness_seconds=None,
        explorer=None,
        record="tests",
    )


def build_channel(home: Path, network: Network, journal: Journal, clock: Clock) -> Channel:
    node = open_embedded(home / "embedded" / "chain.sqlite3", clock.read, clock.sleep)
    return Channel(
        home=home,
        chain=RegistryReader(network, node),
        node=node,
        sender=NodeSender(network, node),
        journal=journal,
        progress=Silence(),
        patience=Patience(sleep=clock.sleep, now_seconds=lambda: clock.now.timestamp()),
        fee_cap_wei=FEE_CAP_WEI,
    )
