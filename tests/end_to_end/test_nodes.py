"""The chain side on real nodes: anvil, hardhat, and anvil in the place of a public network."""

import json
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from protocol.chain import FinalityRule
from protocol.errors import (
    ChainDisagreementError,
    ChainUnreachableError,
    NonceTakenError,
    StateUnavailableError,
    TransactionRefusedError,
    WrongChainError,
    WrongGenesisError,
)
from protocol.nodes.connect import open_node, read_identity
from protocol.nodes.http_node import HttpNode
from protocol.nodes.networks import BUILT_IN, complete_network, load_network
from protocol.nodes.node_sender import check_network
from protocol.nodes.quorum_node import QuorumNode
from protocol.primitives import (
    BlockNumber,
    IssuerId,
    Root,
    TransactionHash,
    render_address,
    render_hex,
)
from protocol.registry.abi import load_registry_abi
from protocol.registry.deployments import Deployment, save_deployment
from protocol.registry.layout import locate_anchor
from protocol.registry.reader import RegistryReader
from tests.nodes import run_anvil, run_hardhat
from tests.registry_story import Keys, Story, find_address, fund, tell

pytestmark = pytest.mark.node

ISSUER = IssuerId(1)
ROOT = Root(bytes(range(1, 33)))


def tell_on(node, name, finality=FinalityRule.ONE_CONFIRMATION) -> Story:
    keys = Keys()
    fund(node, name, keys)
    told = tell(node, keys, finality)
    told.register()
    return told


@pytest.fixture(scope="module", params=[run_anvil, run_hardhat], ids=["anvil", "hardhat"])
def local(request):
    with request.param() as running:
        yield tell_on(HttpNode("local", running.endpoint), "local")


def test_an_anchor_is_sent_read_and_final(local):
    sent = local.send(local.keys.anchor, local.network.contract, ROOT)
    final = local.reader.read_final()
    record = local.reader.read_anchor(ISSUER, ROOT, final)
    assert sent.succeeded
    assert (sent.sender, sent.input) == (find_address(local.keys.anchor), ROOT)
    assert [event.root for event in sent.events] == [ROOT]
    assert sent.block <= final.number
    assert (record.block, record.seq) == (sent.block, sent.events[0].seq)
    assert local.reader.read_events(sent.block) == sent.events


def test_the_deployed_code_is_this_release_s(local):
    check_network(local.network, local.node)
    assert local.network.code_hash == load_registry_abi().code_hash


def test_a_refusal_is_named_before_anything_is_sent(local):
    local.send(local.keys.anchor, local.network.contract, b"\x21" * 32)
    with pytest.raises(TransactionRefusedError, match=r"RootAlreadyAnchored\(issuerId 1, root 0x2"):
        local.sender.estimate_gas(
            find_address(local.keys.anchor), local.network.contract, b"\x21" * 32
        )


def test_a_reverted_anchor_did_not_succeed(local):
    """CH-03."""
    sent = local.send(local.keys.anchor, local.network.contract, b"\x22" * 32, gas=30_000)
    assert (sent.succeeded, sent.events, sent.input) == (False, (), b"\x22" * 32)


def test_the_same_bytes_again_are_one_anchor(local):
    """KO-07."""
    raw = local.sign(local.keys.anchor, local.network.contract, b"\x23" * 32)
    assert local.sender.send(raw) == local.sender.send(raw)


def test_a_used_nonce_is_said_to_be_taken(local):
    raw = local.sign(local.keys.anchor, local.network.contract, b"\x24" * 32, nonce=0)
    with pytest.raises(NonceTakenError):
        local.sender.send(raw)


def test_an_account_without_funds_is_told_so(local):
    poor = Keys().anchor
    raw = local.sign(poor, local.network.contract, b"\x25" * 32, gas=100_000)
    with pytest.raises(TransactionRefusedError, match=f"{poor.address} holds 0.000000 ETH"):
        local.sender.send(raw)


def test_a_block_to_come_is_unavailable_state(local):
    nowhere = local.reader.read_latest()
    with pytest.raises(StateUnavailableError):
        local.reader.read_registry(type(nowhere)(BlockNumber(10**6), nowhere.hash, nowhere.time))


def test_an_unknown_transaction_is_none(local):
    assert local.reader.read_transaction(TransactionHash(b"\x01" * 32)) is None


def test_evidence_of_an_anchor_has_a_storage_proof(local):
    sent = local.send(local.keys.anchor, local.network.contract, b"\x26" * 32)
    slot = render_hex(locate_anchor(ISSUER, Root(b"\x26" * 32)).position)
    question = [render_address(local.network.contract), [slot], hex(sent.block)]
    (proof,) = local.node.request("eth_getProof", question)["storageProof"]
    assert int(proof["value"], 16) & 0xFFFF == 1
    assert proof["proof"]


def test_local_finds_its_registry_by_the_chain_s_genesis(local, tmp_path):
    identity = read_identity(local.node)
    network = local.network
    sent = local.reader.read_latest()
    save_deployment(
        tmp_path,
        Deployment(
            *(network.chain_id, identity.genesis, network.contract, network.code_hash),
            *(network.authority, "Authority", sent.number, TransactionHash(b"\x01" * 32)),
        ),
    )
    found = complete_network(load_network("local", tmp_path, {}).network, identity, tmp_path)
    assert (found.contract, found.code_hash) == (network.contract, network.code_hash)


def test_an_idle_node_that_mines_by_the_clock_needs_a_block_on_top():
    with run_anvil("--block-time", "1000") as running:
        node = HttpNode("local", running.endpoint)
        running.request("evm_mine")
        running.request("evm_mine")
        told = load_network_reader(node)
        assert told.read_latest().number == told.read_final().number + 1


def load_network_reader(node):
    return RegistryReader(BUILT_IN["local"], node)


SEPOLIA = 11_155_111


def configure(home, genesis):
    """Put a file over the built-in network: this home's sepolia began with another block."""
    (home / "networks").mkdir()
    (home / "networks" / "sepolia.toml").write_text(
        f'genesis = "{render_hex(genesis)}"\nfreshness_seconds = 0\n'
    )


def test_a_public_network_is_the_same_code_over_two_endpoints(tmp_path):
    """Both endpoints lead to one anvil that serves sepolia's chain id."""
    with run_anvil("--slots-in-an-epoch", "1", chain_id=SEPOLIA) as running:
        identity = read_identity(HttpNode("sepolia", running.endpoint))
        configure(tmp_path, identity.genesis)
        second = running.endpoint.replace("127.0.0.1", "localhost")
        settings = load_network("sepolia", tmp_path, {"sepolia": (running.endpoint, second)})
        node = open_node(settings)
        check_network(settings.network, node)
        told = tell_on(node, "sepolia", settings.network.finality)
        sent = told.send(told.keys.anchor, told.network.contract, ROOT)
        assert told.reader.read_final().number < sent.block
        running.request("anvil_mine", "0x3")
        assert told.reader.read_final().number >= sent.block
        assert told.reader.read_transaction(sent.hash) == sent
        assert (node.endpoint_count, node.fewest_answers) == (2, 2)


def test_the_real_sepolia_is_not_taken_for_a_look_alike():
    """CH-06: the chain id is right, the first block is not."""
    with run_anvil(chain_id=SEPOLIA) as running:
        node = HttpNode("sepolia", running.endpoint)
        with pytest.raises(WrongGenesisError):
            check_network(BUILT_IN["sepolia"], node)
        with pytest.raises(WrongChainError):
            check_network(BUILT_IN["hoodi"], node)


def test_endpoints_of_two_chains_disagree():
    with run_anvil(chain_id=SEPOLIA) as first, run_anvil(chain_id=SEPOLIA) as second:
        first.request("evm_mine")
        first.request("anvil_mine", "0x1", "0x64")
        second.request("anvil_mine", "0x2", "0x7")
        node = QuorumNode(
            "sepolia", [HttpNode("sepolia", each.endpoint) for each in (first, second)]
        )
        with pytest.raises(ChainDisagreementError, match="eth_getBlockByNumber"):
            load_network_reader(node).read_latest()


def test_one_endpoint_s_end_is_passed_over_and_both_ends_are_silence():
    with run_anvil(chain_id=SEPOLIA) as first:
        with run_anvil(chain_id=SEPOLIA) as second:
            gone = HttpNode("sepolia", second.endpoint)
        node = QuorumNode("sepolia", [gone, HttpNode("sepolia", first.endpoint)])
        reader = load_network_reader(node)
        assert reader.read_chain_id() == SEPOLIA
        assert node.fewest_answers == 1
    with pytest.raises(ChainUnreachableError):
        reader.read_chain_id()


def test_a_reorganised_transaction_is_gone():
    """CH-05."""
    with run_anvil() as running:
        told = tell_on(HttpNode("local", running.endpoint), "local")
        sent = told.send(told.keys.anchor, told.network.contract, ROOT)
        running.request("anvil_reorg", 1, [])
        assert told.reader.read_transaction(sent.hash) is None
        assert told.reader.read_block(sent.block).hash != sent.block_hash


class Proxy(BaseHTTPRequestHandler):
    """Passes questions on to a real node and spoils one thing in the answers."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call = urllib.request.Request(
            self.server.target, body, {"Content-Type": "application/json"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(call, timeout=10) as answer:
            parsed = json.load(answer)
        changed = json.dumps(self.server.spoil(json.loads(body)["method"], parsed)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(changed)))
        self.end_headers()
        self.wfile.write(changed)

    def log_message(self, *arguments):
        pass


@contextmanager
def spoil_answers(target, spoil):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.target, server.spoil, server.daemon_threads = target, spoil, True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield "http://{}:{}".format(*server.server_address)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def flip_status(method, answer):
    if method == "eth_getTransactionReceipt" and answer.get("result"):
        answer["result"]["status"] = "0x0" if answer["result"]["status"] == "0x1" else "0x1"
    return answer


def test_a_status_that_one_endpoint_flips_is_a_disagreement():
    """CH-09, through HTTP."""
    with run_anvil() as running:
        told = tell_on(HttpNode("local", running.endpoint), "local")
        sent = told.send(told.keys.anchor, told.network.contract, ROOT)
        with spoil_answers(running.endpoint, flip_status) as liar:
            node = QuorumNode(
                "local", [HttpNode("local", running.endpoint), HttpNode("local", liar)]
            )
            with pytest.raises(ChainDisagreementError, match="eth_getTransactionReceipt"):
                RegistryReader(told.network, node).read_transaction(sent.hash)
