"""RegistryReader on the embedded chain, with one lie or gap of the node at a time."""

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from eth_account import Account

from protocol.chain import FinalityRule, Role, Standing, StatusWord
from protocol.errors import (
    ChainUnreachableError,
    NoRegistryError,
    StateUnavailableError,
    TransactionPendingError,
    UnexpectedCodeError,
)
from protocol.nodes.node import Node, NodeError
from protocol.primitives import (
    Address,
    BlockNumber,
    Digest,
    IssuerId,
    Root,
    TransactionHash,
    hash_keccak,
    parse_prefixed_hex,
    render_hex,
)
from protocol.registry import events
from protocol.registry.abi import load_registry_abi
from protocol.registry.event_logs import _CLASSES, _name_field
from protocol.registry.events import Anchored, IssuerNamed, StatusChange, StatusChanged
from protocol.registry.layout import locate_anchor
from protocol.registry.reader import RegistryReader
from tests.registry_story import IDENTIFIER, NAME, find_address

ISSUER = IssuerId(1)
ROOT = Root(bytes(range(1, 33)))
ELSEWHERE = Address(b"\x99" * 20)


class LyingNode(Node):
    """Passes questions on; ``change(method, params, answer)`` spoils answers."""

    def __init__(self, honest, change):
        self.honest = honest
        self.change = change

    @property
    def network_name(self):
        return self.honest.network_name

    def request(self, method, params):
        return self.change(method, params, self.honest.request(method, params))


def lie(story, method, **members):
    """Return a reader whose node gives other members in the answers to one question."""

    def change(asked, _, answer):
        if asked != method:
            return answer
        return answer | members if isinstance(answer, dict) else members.get("value", answer)

    return RegistryReader(story.network, LyingNode(story.node, change))


@pytest.fixture(scope="module")
def anchored(story):
    return story.send(story.keys.anchor, story.network.contract, ROOT)


def test_the_chain_is_told_by_id_and_genesis(story):
    reader = story.reader
    assert reader.read_chain_id() == story.network.chain_id
    assert reader.read_genesis() == story.network.genesis == reader.read_block(BlockNumber(0)).hash
    assert reader.read_latest().time.tzinfo is UTC


def test_code_is_told_by_its_hash_and_none_is_none(story):
    at = story.reader.read_latest()
    assert story.reader.read_code_hash(story.network.contract, at) == load_registry_abi().code_hash
    assert story.reader.read_code_hash(ELSEWHERE, at) is None


def test_an_anchor_s_transaction_is_read_whole(story, anchored):
    (event,) = anchored.events
    assert anchored.sender == find_address(story.keys.anchor)
    assert (anchored.to, anchored.input) == (story.network.contract, ROOT)
    assert anchored.succeeded
    assert isinstance(event, Anchored)
    assert (event.key, event.issuer_id, event.root, event.leaves) == (
        anchored.sender,
        ISSUER,
        ROOT,
        0,
    )
    assert event.position.transaction == anchored.hash
    assert (event.position.block, event.position.block_hash) == (
        anchored.block,
        anchored.block_hash,
    )


def test_the_record_agrees_with_the_event(story, anchored):
    reader = story.reader
    at = reader.read_block(anchored.block)
    record = reader.read_anchor(ISSUER, ROOT, at)
    key = reader.read_key(anchored.sender, at)
    assert (record.block, record.time, record.seq) == (
        at.number,
        at.time,
        anchored.events[0].seq,
    )
    assert (record.revoked_at, record.endorsed_by, record.reason) == (None, None, 0)
    assert (key.index, key.roles, key.issuer_id) == (record.key_index, Role.ANCHOR, ISSUER)
    assert (key.not_after, key.compromised_at, key.last_block) == (None, None, at.number)


def test_a_past_block_knows_nothing_of_what_came_after(story, anchored):
    before = story.reader.read_block(BlockNumber(anchored.block - 1))
    assert story.reader.read_anchor(ISSUER, ROOT, before) is None


def test_what_was_never_written_is_none(story):
    reader, at = story.reader, story.reader.read_latest()
    nothing = Digest(b"\x01" * 32)
    assert reader.read_anchor(ISSUER, Root(nothing), at) is None
    assert reader.read_key(ELSEWHERE, at) is None
    assert reader.read_issuer(IssuerId(99), at) is None
    assert reader.read_issuer_id(nothing, at) is None
    assert reader.read_accreditation(ISSUER, nothing, at) is None
    assert reader.read_status(ISSUER, 5, at) == StatusWord(0, 0)
    assert reader.read_officer(ELSEWHERE, at) == 0
    assert reader.read_transaction(TransactionHash(nothing)) is None


def test_an_institution_is_read_with_its_names(story):
    reader, at = story.reader, story.reader.read_latest()
    issuer = reader.read_issuer(ISSUER, at)
    names = reader.read_names(ISSUER, at)
    assert (names.identifier, names.name) == (IDENTIFIER, NAME)
    assert issuer.identifier_hash == hash_keccak(IDENTIFIER.encode())
    assert reader.read_issuer_id(issuer.identifier_hash, at) == ISSUER
    assert (issuer.standing, issuer.key_count, issuer.next_admin) == (Standing.ACTIVE, 2, None)
    assert issuer.admin == find_address(story.keys.admin)
    assert issuer.document_digest == b"\7" * 32
    assert reader.read_authority(at) == find_address(story.keys.authority)
    assert reader.read_registry(at).issuer_count == 1


def test_status_words_and_their_events_agree(story):
    sent = story.call(story.keys.status, "revoke", [3, 700], [1 << 255, 5], 2)
    story.call(story.keys.status, "suspend", [3], [1], 16)
    at = story.reader.read_latest()
    first, second = sent.events
    assert isinstance(first, StatusChanged)
    assert (first.word, first.bits, first.change, first.reason) == (
        3,
        1 << 255,
        StatusChange.REVOKE,
        2,
    )
    assert (second.word, second.bits, second.seq) == (700, 5, first.seq + 1)
    assert story.reader.read_status(ISSUER, 3, at) == StatusWord(1 << 255, 1)
    assert story.reader.read_status(ISSUER, 700, at) == StatusWord(5, 0)


def test_an_accreditation_is_read_with_its_window(story):
    achievement = hash_keccak(b"https://university.example/achievements/1")
    until = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    story.call(story.keys.authority, "accredit", 1, achievement, 0, until)
    story.call(story.keys.authority, "withdrawAccreditation", 1, achievement, 7)
    at = story.reader.read_latest()
    grant = story.reader.read_accreditation(ISSUER, achievement, at)
    assert grant.valid_until == datetime(2030, 1, 1, tzinfo=UTC)
    assert (grant.withdrawn_at, grant.reason) == (at.time, 7)
    assert at.time - grant.valid_from < timedelta(minutes=5)


def test_events_of_a_block_are_all_of_the_registry_in_order(story, anchored):
    assert story.reader.read_events(anchored.block) == anchored.events
    head = story.reader.read_registry(story.reader.read_latest())
    (named,) = story.reader.read_events(head.last_block)[:1]
    assert isinstance(named, IssuerNamed)
    assert (named.identifier, named.name, named.seq) == (IDENTIFIER, NAME, head.seq)
    assert story.reader.read_events(BlockNumber(0)) == ()


def test_every_event_of_the_interface_has_its_class():
    for entry in load_registry_abi().events.values():
        fields = {each.name for each in dataclasses.fields(_CLASSES[entry.name])}
        assert fields == {"position", *(_name_field(each.name) for each in entry.parameters)}
    assert set(_CLASSES.values()) == set(events.Event.__args__)


def test_a_reverted_transaction_did_not_succeed_and_says_nothing(story):
    """CH-03."""
    stranger = Account.create()
    story.send(story.keys.admin, find_address(stranger), b"", value_wei=10**17)
    sent = story.send(stranger, story.network.contract, b"\x51" * 32, gas=100_000)
    assert (sent.input, sent.succeeded, sent.events) == (b"\x51" * 32, False, ())


def test_a_look_alike_contract_says_nothing(story, anchored):
    """CH-02: our event, our institution, our root, another address."""
    receipt = story.node.request("eth_getTransactionReceipt", [render_hex(anchored.hash)])
    logs = [log | {"address": render_hex(ELSEWHERE)} for log in receipt["logs"]]
    liar = lie(story, "eth_getTransactionReceipt", logs=logs)
    assert liar.read_transaction(anchored.hash).events == ()


def test_a_removed_log_says_nothing(story, anchored):
    """CH-18."""
    receipt = story.node.request("eth_getTransactionReceipt", [render_hex(anchored.hash)])
    logs = [log | {"removed": True} for log in receipt["logs"]]
    assert (
        lie(story, "eth_getTransactionReceipt", logs=logs).read_transaction(anchored.hash).events
        == ()
    )


@pytest.mark.parametrize(
    "spoilt",
    [
        {"topics": []},
        {"topics": ["0x" + "00" * 32]},
        {"data": "0x"},
        {"data": "0x" + "ff" * 96},
        {"data": None},
        {"transactionHash": "0x" + "00" * 32},
        {"blockHash": "0x" + "00" * 32},
        {"logIndex": None},
    ],
)
def test_a_log_of_the_registry_that_cannot_be_read_is_no_answer(story, anchored, spoilt):
    receipt = story.node.request("eth_getTransactionReceipt", [render_hex(anchored.hash)])
    logs = [log | spoilt for log in receipt["logs"]]
    with pytest.raises(ChainUnreachableError, match="eth_getTransactionReceipt"):
        lie(story, "eth_getTransactionReceipt", logs=logs).read_transaction(anchored.hash)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"input": "0x" + "00" * 32},
        {"to": render_hex(ELSEWHERE)},
        {"nonce": "0x7"},
        {"value": "0x1"},
        {"gas": "0x1"},
        {"chainId": "0x1"},
        {"s": "0x1"},
        {"type": "0x0"},
        {"type": "0x7e"},
        {"accessList": [{"address": render_hex(ELSEWHERE), "storageKeys": []}]},
        {"accessList": None},
        {"input": None},
    ],
)
def test_a_transaction_that_a_node_made_up_is_no_answer(story, anchored, spoilt):
    """CH-08."""
    with pytest.raises(ChainUnreachableError, match="eth_getTransactionByHash"):
        lie(story, "eth_getTransactionByHash", **spoilt).read_transaction(anchored.hash)


def test_a_sender_that_a_node_made_up_is_not_believed(story, anchored):
    """CH-08: ``from`` is not signed, so it is not read."""
    liar = lie(story, "eth_getTransactionByHash", **{"from": render_hex(ELSEWHERE)})
    assert liar.read_transaction(anchored.hash).sender == find_address(story.keys.anchor)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"status": None},
        {"status": 1},
        {"blockHash": "0x" + "00" * 32},
        {"blockNumber": "0x1"},
        {"transactionHash": "0x" + "00" * 32},
        {"logs": None},
    ],
)
def test_a_receipt_that_does_not_fit_is_no_answer(story, anchored, spoilt):
    with pytest.raises(ChainUnreachableError, match="eth_getTransactionReceipt"):
        lie(story, "eth_getTransactionReceipt", **spoilt).read_transaction(anchored.hash)


def test_a_mined_transaction_without_receipt_is_no_answer(story, anchored):
    def change(method, _, answer):
        return None if method == "eth_getTransactionReceipt" else answer

    liar = RegistryReader(story.network, LyingNode(story.node, change))
    with pytest.raises(ChainUnreachableError):
        liar.read_transaction(anchored.hash)


def test_a_pending_transaction_is_not_there_yet(story, anchored):
    """CH-04: its input is visible, and proves nothing."""
    pending = lie(story, "eth_getTransactionByHash", blockHash=None, blockNumber=None)
    with pytest.raises(TransactionPendingError):
        pending.read_transaction(anchored.hash)


def test_no_code_is_not_read_as_never_anchored(story):
    """CH-17: an address without code answers nothing to any call."""
    with pytest.raises(UnexpectedCodeError):
        lie(story, "eth_call", value="0x").read_anchor(ISSUER, ROOT, story.reader.read_latest())


@pytest.mark.parametrize("value", ["0x" + "00" * 32, "0x" + "ff" * 256, None, {}])
def test_an_answer_that_is_no_record_is_no_answer(story, value):
    reader = lie(story, "eth_call", value=value)
    with pytest.raises(ChainUnreachableError, match="eth_call"):
        reader.read_anchor(ISSUER, ROOT, story.reader.read_latest())


def test_a_block_that_the_node_does_not_have_is_unavailable_state(story):
    nowhere = replace(story.reader.read_latest(), number=BlockNumber(10**6))
    with pytest.raises(StateUnavailableError) as caught:
        story.reader.read_key(ELSEWHERE, nowhere)
    assert caught.value.block == 10**6


@pytest.mark.parametrize(
    "words",
    [
        "missing trie node 5bc4 (path ) state 0x5bc4 is not available",
        "header not found",
        "historical state not available in path scheme yet",
        "BlockOutOfRangeError: block height is 5 but requested was 10",
        "Received invalid block tag 100. Latest block number is 3",
        "No state available for block 0x12",
        "distance to target block exceeds maximum proof window",
        "pruned history unavailable",
        "World state unavailable for block 12",
    ],
)
def test_nodes_that_forgot_a_state_are_understood(story, words):
    def refuse(method, _, answer):
        if method == "eth_call":
            raise NodeError(-32000, words)
        return answer

    reader = RegistryReader(story.network, LyingNode(story.node, refuse))
    with pytest.raises(StateUnavailableError):
        reader.read_key(ELSEWHERE, story.reader.read_latest())


def test_a_block_that_is_not_there_is_no_answer(story):
    with pytest.raises(ChainUnreachableError):
        story.reader.read_block(BlockNumber(10**6))


def test_another_block_than_asked_for_is_no_answer(story):
    with pytest.raises(ChainUnreachableError, match="instead of 1"):
        lie(story, "eth_getBlockByNumber", number="0x2").read_block(BlockNumber(1))


@pytest.mark.parametrize(
    "spoilt",
    [{"hash": None}, {"number": None}, {"timestamp": None}, {"timestamp": "0x" + "f" * 20}],
)
def test_a_block_with_one_bad_member_is_no_answer(story, spoilt):
    with pytest.raises(ChainUnreachableError, match="eth_getBlockByNumber"):
        lie(story, "eth_getBlockByNumber", **spoilt).read_latest()


def test_a_log_of_another_block_is_no_answer(story, anchored):
    logs = story.node.request(
        "eth_getLogs",
        [
            {
                "address": render_hex(story.network.contract),
                "fromBlock": hex(anchored.block),
                "toBlock": hex(anchored.block),
            }
        ],
    )
    with pytest.raises(ChainUnreachableError, match="another block"):
        lie(story, "eth_getLogs", value=logs).read_events(BlockNumber(1))


def test_without_a_recorded_registry_nothing_is_asked_of_one(story):
    reader = RegistryReader(replace(story.network, contract=None), story.node)
    with pytest.raises(NoRegistryError, match=r"networks/\S+\.toml .* rootseal deploy --network"):
        reader.read_registry(story.reader.read_latest())


class Blocks(Node):
    """A chain of empty blocks whose node may mine on demand."""

    def __init__(self, newest, **answers):
        self.newest, self.answers = newest, answers
        self.network_name = "local"

    network_name = ""

    def request(self, method, params):
        if method == "eth_getBlockByNumber":
            places = {"latest": self.newest} | self.answers
            number = places[params[0]] if params[0] in places else int(params[0], 16)
            return (
                number
                if number is None
                else {
                    "number": hex(number),
                    "hash": "0x" + "ab" * 32,
                    "timestamp": hex(number),
                }
            )
        if method in self.answers:
            return self.answers[method]
        raise NodeError(-32601, "method not found")


def final(story, rule, node):
    return RegistryReader(replace(story.network, finality=rule), node).read_final().number


def test_finality_follows_the_network_s_rule(story):
    """docs/adr/0008."""
    once = FinalityRule.ONE_CONFIRMATION
    assert final(story, FinalityRule.LATEST, Blocks(9)) == 9
    assert final(story, once, Blocks(9)) == 8
    assert final(story, once, Blocks(9, hardhat_getAutomine=False)) == 8
    assert final(story, once, Blocks(9, hardhat_getAutomine=True)) == 9
    assert final(story, once, Blocks(0)) == 0
    assert final(story, FinalityRule.FINALIZED, Blocks(9, finalized=3)) == 3


def test_a_node_without_finalized_block_makes_nothing_final(story):
    with pytest.raises(ChainUnreachableError):
        final(story, FinalityRule.FINALIZED, Blocks(9, finalized=None))


def test_the_slot_of_an_anchor_is_where_the_registry_keeps_it(story, anchored):
    slot = locate_anchor(ISSUER, ROOT).position
    stored = story.node.request(
        "eth_getStorageAt", [render_hex(story.network.contract), render_hex(slot), "latest"]
    )
    word = int.from_bytes(parse_prefixed_hex(stored, 32), "big")
    assert word & 0xFFFF == 1
    assert word >> 64 & (1 << 40) - 1 == anchored.block
