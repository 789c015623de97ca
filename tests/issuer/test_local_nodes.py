"""The institution's way onto a local node: authority and institution in two homes, one chain."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from issuer.affairs.authority import load_registration, register_institution
from issuer.affairs.deploy import deploy_registry
from issuer.affairs.institution import Duty
from issuer.affairs.key_changes import declare_compromised, rotate_key
from issuer.affairs.onboarding import Application, init_institution, register_keys
from issuer.affairs.treasury import ALLOWANCE_WEI, fund_from_node
from issuer.journal.store import open_journal
from issuer.keys.keystore import WORTHLESS, KeyRing, create_chain_key, load_transaction_signer
from issuer.keys.signer import SigningPolicy
from issuer.progress import Silence
from issuer.sending.channel import Channel, Patience
from protocol.chain import FinalityRule, Network
from protocol.errors import ConfigurationError, TransactionRefusedError, WrongChainError
from protocol.nodes.http_node import HttpNode
from protocol.nodes.node_sender import NodeSender
from protocol.primitives import ChainId, render_address
from protocol.proofs.multikey import find_key_address
from protocol.registry.reader import RegistryReader
from tests.issuer.embedded_home import FEE_CAP_WEI, build_house, build_network
from tests.nodes import RunningNode, run_anvil, run_hardhat

pytestmark = pytest.mark.node
PATIENCE_SECONDS = 120.0
EMPTY = replace(
    build_network(None),
    name="local",
    chain_id=ChainId(31_337),
    finality=FinalityRule.ONE_CONFIRMATION,
)


@pytest.fixture(params=[run_anvil, run_hardhat], ids=["anvil", "hardhat"])
def node(request: pytest.FixtureRequest) -> Iterator[RunningNode]:
    run: Callable[[], AbstractContextManager[RunningNode]] = request.param
    with run() as running:
        yield running


def open_channel(home: Path, network: Network, running: RunningNode) -> Channel:
    node = HttpNode("local", running.endpoint, timeout_seconds=PATIENCE_SECONDS)
    home.mkdir(exist_ok=True)
    return Channel(
        home=home,
        chain=RegistryReader(network, node),
        node=node,
        sender=NodeSender(network, node),
        journal=open_journal(home / "journal.sqlite3", lambda: datetime.now(UTC)),
        progress=Silence(),
        patience=Patience(poll_seconds=0.1),
        fee_cap_wei=FEE_CAP_WEI,
    )


def wait_for_past(channel: Channel) -> datetime:
    """Return a moment that is over and after every block: a chain may run ahead of the clock."""
    head = channel.chain.read_latest().time
    while (since := datetime.now(UTC) - timedelta(seconds=1)) <= head + timedelta(seconds=1):
        time.sleep(0.1)
    return since


def test_two_homes_meet_on_one_chain(tmp_path: Path, node: RunningNode) -> None:
    theirs, ours = tmp_path / "authority", tmp_path / "institution"
    ring = KeyRing(theirs / "keys", "x", WORTHLESS)
    authority = find_key_address(create_chain_key(ring))
    channel = open_channel(theirs, EMPTY, node)
    policy = SigningPolicy(EMPTY.chain_id, None, FEE_CAP_WEI, may_deploy=True)
    signer = load_transaction_signer(ring, authority, policy)
    with pytest.raises(TransactionRefusedError, match="send it some"):
        deploy_registry(channel, signer, authority, "Authority")
    assert fund_from_node(channel, [authority]) == 1
    assert fund_from_node(channel, [authority]) == 0
    deployed = deploy_registry(channel, signer, authority, "Authority").deployment
    network = replace(
        EMPTY,
        genesis=deployed.genesis,
        contract=deployed.contract,
        code_hash=deployed.code_hash,
        authority=authority,
    )

    own = KeyRing(ours / "keys", "y", WORTHLESS)
    now = datetime.now(UTC)
    made = init_institution(ours, network, Application("Ours", "ours.example.org"), own, now)
    policy = SigningPolicy(network.chain_id, network.contract, FEE_CAP_WEI)
    register_institution(
        open_channel(theirs, network, node),
        load_transaction_signer(ring, authority, policy),
        load_registration(made.publication.registration),
    )
    desk = open_channel(ours, network, node)
    fund_from_node(desk, [made.institution.admin])
    assert desk.sender.read_balance(made.institution.admin) == ALLOWANCE_WEI
    institution = register_keys(desk, own, made.institution).institution
    rotated = rotate_key(desk, own, institution, Duty.ANCHOR, datetime.now(UTC)).institution
    since = wait_for_past(desk)
    name = render_address(institution.anchor)
    declare_compromised(desk, own, rotated, name, since=since, now=datetime.now(UTC))
    record = desk.chain.read_key(institution.anchor, desk.chain.read_latest())
    assert record is not None
    assert record.compromised_at == since.replace(microsecond=0)


def test_a_node_of_another_chain_is_made_to_send_nothing(tmp_path: Path) -> None:
    """A loopback node may be a fork, or a real one with an unlocked account."""
    poor = find_key_address(create_chain_key(KeyRing(tmp_path / "keys", "x", WORTHLESS)))
    with run_anvil(chain_id=11_155_111) as other:
        channel = open_channel(tmp_path, EMPTY, other)
        with pytest.raises(WrongChainError):
            fund_from_node(channel, [poor])
        assert channel.sender.read_balance(poor) == 0
        assert other.request("eth_blockNumber") == "0x0"


def test_a_node_without_accounts_of_its_own_says_what_to_do(tmp_path: Path) -> None:
    """The embedded chain holds no keys, as a public endpoint holds none."""
    house = build_house(tmp_path)
    poor = find_key_address(create_chain_key(house.ring))
    with pytest.raises(ConfigurationError, match="cannot fund new accounts: it holds no account"):
        fund_from_node(house.channel, [poor])
