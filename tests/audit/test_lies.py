"""Whatever an endpoint withholds, alters or dates back is found and named; one lie a test."""

import random
from dataclasses import replace

import pytest

from protocol.chain import FinalityRule
from protocol.errors import ChainUnreachableError, StateUnavailableError
from protocol.nodes.answers import Answer
from protocol.nodes.http_node import HttpNode
from protocol.nodes.node import NodeError
from protocol.nodes.quorum_node import QuorumNode
from protocol.primitives import BlockNumber, IssuerId
from protocol.registry import layout
from protocol.registry.event_logs import parse_events
from protocol.registry.events import StatusChanged
from tests.audit.lies import LyingNode, alter_log, alter_slot, hide_log, run_proxy, tell_all
from verifier.audit.chains import find_chain
from verifier.audit.errors import NoSuchBlockError
from verifier.audit.findings import Kind
from verifier.audit.patience import PAUSES_SECONDS, PatientNode
from verifier.audit.snapshot import Proving

pytestmark = pytest.mark.node
SAMPLE = 60


@pytest.fixture(scope="module")
def logs(history):
    """Every log with the event that it is."""
    contract = history.story.network.contract
    found = history.story.node.request(
        "eth_getLogs", [{"address": "0x" + contract.hex(), "fromBlock": "0x0"}]
    )
    return [
        (log, parse_events(Answer("local", "eth_getLogs", [log]), contract)[0]) for log in found
    ]


def choose(logs, count=SAMPLE):
    """Some logs, all kinds of event among them."""
    chosen = random.Random(7).sample(logs, min(count, len(logs)))
    kinds = {type(event): (log, event) for log, event in logs}
    return [*kinds.values(), *chosen]


def place(log):
    return log["transactionHash"], log["logIndex"]


def list_kinds(result):
    return {finding.kind for finding in result.findings}


def test_each_withheld_entry_is_a_gap_with_its_chain_number_and_block(logs, audit):
    """From one endpoint alone, every entry of the history in turn; no other is called missing."""
    for log, event in logs:
        result = audit(hide_log(*place(log)))
        gaps = [each for each in result.findings if each.kind is Kind.GAP]
        assert [(gap.chain, gap.entry, gap.block) for gap in gaps] == [
            (str(find_chain(event)), event.seq, event.position.block)
        ], event
        assert str(event.seq) in gaps[0].sentence


def test_a_withheld_entry_puts_only_its_own_chain_in_doubt(logs, audit):
    log, event = next(each for each in logs if isinstance(each[1], StatusChanged))
    result = audit(hide_log(*place(log)))
    incomplete = [count.name for count in result.counts if not count.is_complete]
    assert incomplete == [find_chain(event)]
    assert list_kinds(result) == {Kind.GAP}


def test_a_whole_block_s_logs_withheld_is_a_gap_in_every_chain_there(logs, audit):
    numbers = [event.position.block for _, event in logs]
    block = max(set(numbers), key=numbers.count)
    chains = {str(find_chain(event)) for _, event in logs if event.position.block == block}

    def lie(method, params, result):
        if method == "eth_getLogs":
            return [log for log in result if int(log["blockNumber"], 16) != block]
        return result

    result = audit(lie)
    assert {finding.chain for finding in result.findings} == chains
    assert list_kinds(result) == {Kind.GAP}


def lag(history, answers_by_hash):
    """A server of the endpoint that knows no logs yet, asked by number."""

    def lie(method, params, result):
        if method != "eth_getLogs":
            return result
        if "fromBlock" in params[0]:
            return []
        return result if answers_by_hash else NodeError(-32000, "unknown block")

    return lie


def test_logs_that_a_lagging_server_lacks_are_asked_for_by_hash(history, audit):
    assert audit(lag(history, answers_by_hash=True)).findings == ()


def test_a_server_that_lacks_the_block_shows_no_gap(history, audit):
    """It withholds nothing: it says that it does not know."""
    result = audit(lag(history, answers_by_hash=False))
    assert list_kinds(result) == {Kind.UNDETERMINED}
    assert all("unknown block" in finding.sentence for finding in result.findings)


def test_logs_of_another_block_with_that_number_do_not_count(audit):
    def lie(method, _params, result):
        if method == "eth_getLogs":
            for log in result:
                log["blockHash"] = "0x" + "33" * 32
        return result

    assert list_kinds(audit(lie)) == {Kind.GAP}


WORD = 32
NOT_IN_STORAGE = {
    # topic numbers and data words that no slot repeats; the receipts' root has them
    "StatusChanged": ({3}, {3}),
    "BatchRevoked": ({3}, set()),
    "BatchEndorsed": ({3}, set()),
    "IssuerChanged": ({2}, set()),
    "KeyChanged": ({3}, set()),
    "AccreditationChanged": ({3}, set()),
    "IssuerNamed": ({3}, set()),
    "AuthorityChanged": ({3}, set()),
    "OfficerChanged": ({2}, set()),
    "SuccessorNamed": ({1, 2}, set()),
    "Anchored": (set(), set()),
}
"""By event: who acted; of a status change also the reason; the successor."""


def flip_topic(number):
    def change(log):
        topic = bytearray.fromhex(log["topics"][number][2:])
        topic[-1] ^= 1
        log["topics"][number] = "0x" + topic.hex()

    return change


def flip_word(number):
    def change(log):
        data = bytearray.fromhex(log["data"][2:])
        data[WORD * number + WORD - 1] ^= 1
        log["data"] = "0x" + data.hex()

    return change


def list_changes(log, event):
    """Every topic and word of a log, one bit changed in each."""
    topics, words = NOT_IN_STORAGE[type(event).__name__]
    for number in range(1, len(log["topics"])):
        yield flip_topic(number), number in topics
    for number in range((len(log["data"]) - 2) // 2 // WORD):
        yield flip_word(number), number in words


def find_newest(logs):
    """The newest entry of each kind: its content is what storage holds."""
    return {type(event).__name__: (log, event) for log, event in logs}.values()


def test_an_altered_field_is_found_where_storage_repeats_it(logs, audit):
    """From one endpoint alone, one bit of one field at a time, every kind of entry."""
    for log, event in find_newest(logs):
        for change, unseen in list_changes(log, event):
            result = audit(alter_log(*place(log), change))
            assert bool(result.findings) is not unseen, (event, change.__closure__)


def test_any_altered_field_is_found_by_a_second_endpoint(history, logs, memory, audit):
    node = history.story.node
    for log, event in find_newest(logs):
        for change, _ in list_changes(log, event):
            liar = LyingNode(node, alter_log(*place(log), change), memory)
            honest = LyingNode(node, lambda *told: told[2], memory)
            result = audit(node=QuorumNode("local", [honest, liar]))
            assert result.findings, event
            assert all("eth_getLogs" in each.sentence for each in result.findings)


def test_a_link_to_another_block_is_named(logs, audit):
    def change(log):
        data = bytearray.fromhex(log["data"][2:])
        data[2 * WORD - 1] ^= 2
        log["data"] = "0x" + data.hex()

    for log, event in choose(logs, 20):
        result = audit(alter_log(*place(log), change))
        assert result.findings[0].chain == str(find_chain(event))


def find_word(logs):
    event = next(event for _, event in logs if isinstance(event, StatusChanged))
    revoked, suspended = layout.locate_status(event.issuer_id, event.word)
    return event, revoked, suspended


def test_a_wrong_status_word_is_found_by_the_entries_that_add_up_to_another(logs, audit):
    for slot in find_word(logs)[1:]:
        result = audit(alter_slot(slot.position, lambda word: word ^ (1 << 200)))
        assert list_kinds(result) == {Kind.DIFFERENCE}
        (finding,) = result.findings
        assert "adds up to" in finding.sentence
        assert str(find_word(logs)[0].word) in finding.sentence


def build_old_head(event, shift):
    """The newest entry of a chain never was: log hidden, head moved back, word as before."""
    before = event.previous_block

    def move_back(word):
        seq, block = (word >> shift) & ((1 << 40) - 1), event.position.block
        assert block == (word >> (shift + 40)) & ((1 << 40) - 1)
        kept = word & ~(((1 << 80) - 1) << shift)
        return kept | ((seq - 1) | (before << 40)) << shift

    return move_back


@pytest.fixture
def old_status_head(logs):
    """A consistent lie: the last status change of an institution never happened."""
    heads = {find_chain(event): (log, event) for log, event in logs}
    log, event = next(each for each in heads.values() if isinstance(each[1], StatusChanged))
    head, *_ = layout.locate_issuer(IssuerId(event.issuer_id))
    slots = layout.locate_status(event.issuer_id, event.word)
    undo = [alter_slot(slot.position, lambda word: word & ~event.bits) for slot in slots]
    move_back = build_old_head(event, 80)
    return head, tell_all(hide_log(*place(log)), alter_slot(head.position, move_back), *undo)


def test_an_old_head_told_in_full_is_believed_as_told_by_one_endpoint(old_status_head, audit):
    """What one endpoint alone cannot show: the statement says on whose word it stands."""
    result = audit(old_status_head[1])
    assert result.findings == ()
    assert result.refusal == "proofs were not asked for"


@pytest.mark.parametrize("proving", [Proving.IF_GIVEN, Proving.ALWAYS])
def test_an_old_head_is_found_by_proof(old_status_head, audit, proving):
    head, lie = old_status_head
    result = audit(lie, proving)
    named = [each for each in result.findings if head.name[1:] in each.sentence]
    assert named
    assert named[0].kind is Kind.DIFFERENCE
    assert "proves" in named[0].sentence


def test_an_old_head_is_found_by_a_second_endpoint(history, old_status_head, memory, audit):
    head, lie = old_status_head
    honest = LyingNode(history.story.node, lambda *told: told[2], memory)
    liar = LyingNode(history.story.node, lie, memory)
    for nodes in ((honest, liar), (liar, honest)):
        result = audit(node=QuorumNode("local", nodes))
        sentences = [each.sentence for each in result.findings]
        assert any(head.name[1:] in each and "disagree" in each for each in sentences)
        assert list_kinds(result) == {Kind.UNDETERMINED}


def test_what_two_endpoints_disagree_about_is_settled_by_proof(
    history, old_status_head, memory, audit
):
    """Whichever of them is asked for it: a proof cannot be made up."""
    head, lie = old_status_head
    honest = LyingNode(history.story.node, lambda *told: told[2], memory)
    liar = LyingNode(history.story.node, lie, memory)
    for nodes in ((honest, liar), (liar, honest)):
        result = audit(node=QuorumNode("local", nodes), proving=Proving.ALWAYS)
        (named,) = [each for each in result.findings if head.name[1:] in each.sentence]
        assert named.kind is Kind.DIFFERENCE
        assert "disagree" in named.sentence
        assert "proves" in named.sentence


def test_an_endpoint_too_slow_for_proofs_is_audited_without(history, memory, audit):
    class Slow(LyingNode):
        def request(self, method, params):
            if method == "eth_getProof":
                raise ChainUnreachableError("local", "no answer in time")
            return super().request(method, params)

    slow = Slow(history.story.node, lambda *told: told[2], memory)
    result = audit(node=slow, proving=Proving.IF_GIVEN)
    assert (result.findings, result.proven) == ((), 0)
    assert "did not answer" in result.refusal
    assert list_kinds(audit(node=slow, proving=Proving.ALWAYS)) == {Kind.UNDETERMINED}


def test_an_old_head_is_found_where_another_chain_s_walk_meets_a_newer_entry(logs, audit):
    """The log is not hidden, for it stands in a block with others."""
    _, event = max(
        (each for each in logs if isinstance(each[1], StatusChanged)),
        key=lambda each: sum(e.position.block == each[1].position.block for _, e in logs),
    )
    newest = max((e for _, e in logs if find_chain(e) == find_chain(event)), key=lambda e: e.seq)
    head, *_ = layout.locate_issuer(IssuerId(event.issuer_id))

    def cut_back(word):
        kept = word & ~(((1 << 80) - 1) << 80)
        return kept | ((event.seq - 1) | (event.previous_block << 40)) << 80

    result = audit(alter_slot(head.position, cut_back))
    assert newest.seq >= event.seq
    assert any("an old head" in finding.sentence for finding in result.findings)


def test_a_forged_proof_is_named(audit):
    def lie(method, _params, result):
        if method == "eth_getProof":
            for each in result["storageProof"]:
                each["proof"] = [node[:-2] + "00" for node in each["proof"]]
        return result

    result = audit(lie, Proving.ALWAYS)
    assert list_kinds(result) == {Kind.DIFFERENCE}
    assert all("does not hold" in finding.sentence for finding in result.findings)


def test_another_state_root_has_another_hash(audit):
    def lie(method, _params, result):
        if method == "eth_getBlockByNumber":
            result["stateRoot"] = "0x" + "11" * 32
        return result

    assert "another hash" in audit(lie, Proving.IF_GIVEN).refusal
    result = audit(lie, Proving.ALWAYS)
    assert list_kinds(result) == {Kind.UNDETERMINED}


def test_an_endpoint_without_proofs_is_believed_only_if_none_are_demanded(audit):
    def lie(method, _params, result):
        return NodeError(-32601, "Method not found") if method == "eth_getProof" else result

    believed = audit(lie, Proving.IF_GIVEN)
    assert (believed.findings, believed.refusal) == ((), "the endpoint gives no proofs")
    assert list_kinds(audit(lie, Proving.ALWAYS)) == {Kind.UNDETERMINED}


def test_a_state_that_the_node_no_longer_has_is_no_finding_but_an_error(audit):
    def lie(method, _params, result):
        if method in ("eth_getCode", "eth_getStorageAt", "eth_call"):
            return NodeError(-32000, "missing trie node 12ab (path )")
        return result

    with pytest.raises(StateUnavailableError):
        audit(lie, at=BlockNumber(9))


def test_a_block_that_is_not_there_yet_is_said_to_be_so(audit):
    with pytest.raises(NoSuchBlockError, match="has no block"):
        audit(at=BlockNumber(1 << 30))


def test_a_block_that_is_replaced_meanwhile_is_said_to_be_so(audit):
    asked = []

    def lie(method, params, result):
        if method == "eth_getBlockByNumber" and isinstance(result, dict):
            asked.append(params[0])
            if asked.count(params[0]) > 4:
                result["hash"] = "0x" + "22" * 32
        return result

    newest = audit().snapshot.block.number
    asked.extend([hex(newest)] * 2)
    assert any("was replaced" in each.sentence for each in audit(lie).findings)


def test_an_endpoint_far_behind_is_said_to_be_so(history, audit):
    """On a network whose blocks should be recent."""
    network = replace(history.story.network, freshness_seconds=600, finality=FinalityRule.LATEST)
    story = replace(history.story, network=network)

    def lie(method, _params, result):
        if method == "eth_getBlockByNumber":
            result["timestamp"] = "0x69000000"
        return result

    history.story, kept = story, history.story
    try:
        result = audit(lie)
    finally:
        history.story = kept
    assert "is behind, or hides" in result.findings[0].sentence
    assert result.findings[0].kind is Kind.UNDETERMINED


@pytest.mark.parametrize("after", [20, 60, 200])
def test_silence_in_the_middle_ends_the_audit_and_says_so(history, audit, after):
    class Falling:
        network_name = "local"
        asked = 0

        def request(self, method, params):
            self.asked += 1
            endpoint = history.process.endpoint if self.asked <= after else "http://127.0.0.1:9"
            return HttpNode("local", endpoint).request(method, params)

    result = audit(node=Falling())
    assert list_kinds(result) == {Kind.UNREACHABLE}


def test_an_endpoint_that_falls_silent_for_a_while_is_asked_again(history, memory, audit):
    """Its rate limit, or a restart; the walk goes on from where it was."""
    waited, asked = [], []

    class Pausing(LyingNode):
        def request_many(self, questions):
            asked.append(len(questions))
            if len(asked) % 9 in (7, 8):
                raise ChainUnreachableError("local", "the endpoint limits our rate")
            return super().request_many(questions)

    pausing = Pausing(history.story.node, lambda *told: told[2], memory)
    assert audit(node=PatientNode(pausing, waited.append)).findings == ()
    assert waited[:2] == list(PAUSES_SECONDS[:2])
    assert PAUSES_SECONDS[2] not in waited


def test_an_endpoint_that_stays_silent_is_not_asked_for_ever(history, memory, audit):
    waited = []

    class Dying(LyingNode):
        left = 12

        def request_many(self, questions):
            self.left -= 1
            if self.left < 0:
                raise ChainUnreachableError("local", "no answer in time")
            return super().request_many(questions)

    dying = Dying(history.story.node, lambda *told: told[2], memory)
    assert list_kinds(audit(node=PatientNode(dying, waited.append))) == {Kind.UNREACHABLE}
    assert waited == list(PAUSES_SECONDS) * (len(waited) // 3)
    assert len(waited) <= 6
    never = HttpNode("local", "http://127.0.0.1:9")
    with pytest.raises(ChainUnreachableError):
        audit(node=PatientNode(never, waited.append))
    assert len(waited) <= 6


def test_silence_from_the_start_is_an_error(audit):
    with pytest.raises(ChainUnreachableError):
        audit(node=HttpNode("local", "http://127.0.0.1:9"))


def test_a_proxy_over_http_is_found_out_too(history, logs, audit):
    """The same through sockets and JSON-RPC batches."""
    log, event = logs[len(logs) // 2]
    with run_proxy(history.process.endpoint, hide_log(*place(log))) as endpoint:
        result = audit(node=HttpNode("local", endpoint))
    (gap,) = [each for each in result.findings if each.kind is Kind.GAP]
    assert (gap.chain, gap.entry) == (str(find_chain(event)), event.seq)
