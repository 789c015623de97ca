"""The walk finds what a plain scan over the whole range finds, and says that it is all."""

import dataclasses
from collections import Counter

import pytest
from web3 import HTTPProvider, Web3

from protocol.primitives import BlockNumber
from protocol.registry.abi import load_registry_abi
from protocol.registry.event_logs import _CLASSES, _name_field
from tests.audit.conftest import build_inquiry
from tests.audit.history import tell_history
from tests.web3_abi import load_abi
from verifier.audit.census import Census, Scope, read_census
from verifier.audit.chains import ChainKind
from verifier.audit.snapshot import Proving, open_snapshot

pytestmark = pytest.mark.node


def scan(history) -> Counter:
    """Every event by web3 and one range of all blocks: the oracle."""
    web3 = Web3(HTTPProvider(history.process.endpoint))
    contract = web3.eth.contract(address=history.story.network.contract, abi=load_abi())
    found = Counter()
    for entry in load_registry_abi().events.values():
        for log in contract.events[entry.name]().get_logs(from_block=0, to_block="latest"):
            values = {_name_field(name): plain(value) for name, value in log["args"].items()}
            place = (log["blockNumber"], log["logIndex"], plain(log["transactionHash"]))
            found[entry.name, place, frozenset(values.items())] += 1
    return found


def walk(history, proving) -> Counter:
    inquiry = build_inquiry(history.story.network, history.story.node, proving)
    census = Census(inquiry, open_snapshot(inquiry, None))
    found = Counter()
    for entry in census.go(Scope()):
        event = entry.event
        position = event.position
        place = (position.block, position.log_index, plain(position.transaction))
        values = {
            field.name: plain(getattr(event, field.name))
            for field in dataclasses.fields(event)
            if field.name != "position"
        }
        found[type(event).__name__, place, frozenset(values.items())] += 1
    result = census.finish()
    assert result.findings == ()
    assert all(count.is_complete for count in result.counts)
    return found


def plain(value):
    """Compare addresses and digests of two libraries as text."""
    if isinstance(value, bytes):
        return "0x" + bytes(value).hex()
    if isinstance(value, str):
        return value.lower()
    return int(value)


@pytest.mark.parametrize("proving", [Proving.NEVER, Proving.ALWAYS])
def test_the_walk_equals_a_plain_scan(history, proving):
    walked = walk(history, proving)
    assert walked == scan(history)
    assert {name for name, _, _ in walked} == set(_CLASSES)
    assert max(walked.values()) == 1


def test_the_walk_equals_a_plain_scan_of_a_thousand_batches():
    with tell_history(batches=1_000) as history:
        walked = walk(history, Proving.IF_GIVEN)
        assert walked == scan(history)
        assert sum(name == "Anchored" for name, _, _ in walked.elements()) == 1_000


def test_every_chain_is_counted_at_one_block(history, audit):
    result = audit()
    kinds = Counter(count.name.kind for count in result.counts)
    assert kinds == {
        ChainKind.REGISTRY: 1,
        ChainKind.AFFAIRS: 5,
        ChainKind.STATUS: 5,
        ChainKind.KEY: 12,
    }
    anchors = [each for each in result.counts if each.name.kind is ChainKind.KEY]
    assert sum(count.seen for count in anchors) == 120
    latest = history.story.reader.read_latest()
    assert (result.snapshot.block, result.findings) == (latest, ())


def test_an_earlier_block_is_audited_as_it_was_then(history, audit):
    """At every tenth block: what is complete then is what a scan up to that block finds."""
    logs = history.story.node.request(
        "eth_getLogs",
        [{"address": "0x" + history.story.network.contract.hex(), "fromBlock": "0x0"}],
    )
    blocks = [int(log["blockNumber"], 16) for log in logs]
    for at in range(min(blocks) + 1, max(blocks), 10):
        result = audit(at=BlockNumber(at))
        assert result.findings == ()
        assert sum(count.seen for count in result.counts) == sum(block <= at for block in blocks)


def test_each_block_is_asked_for_once_in_each_of_the_two_walks(history):
    asked = Counter()

    class Counting:
        network_name = "local"

        def request(self, method, params):
            asked[method, str(params)] += 1
            return history.story.node.request(method, params)

    inquiry = build_inquiry(history.story.network, Counting())
    read_census(inquiry, open_snapshot(inquiry, None), Scope())
    logs = {params: count for (method, params), count in asked.items() if method == "eth_getLogs"}
    assert max(logs.values()) <= 2
    assert all("'fromBlock'" in params for params in logs)
    spans = [params for params in logs if params.count("'0x") != 3]
    assert spans == []
