"""The same audit on a node of another make."""

import pytest

from protocol.chain import FinalityRule
from protocol.nodes.http_node import HttpNode
from tests.audit.conftest import build_inquiry
from tests.nodes import run_hardhat
from tests.registry_story import Keys, fund, tell
from verifier.audit.census import Scope, read_census
from verifier.audit.snapshot import Proving, open_snapshot

pytestmark = pytest.mark.node


def test_hardhat_s_node_is_audited_and_its_proofs_hold():
    with run_hardhat() as process:
        node, keys = HttpNode("local", process.endpoint), Keys()
        fund(node, "local", keys)
        story = tell(node, keys, FinalityRule.LATEST)
        story.register()
        for number in range(1, 6):
            story.send(keys.anchor, story.network.contract, bytes([number]) * 32)
        story.call(keys.status, "revoke", [3, 700], [1 << 255, 5], 2)
        told = audit(story, node, Proving.ALWAYS)
    assert told.findings == ()
    assert (told.proven > 20, told.refusal) == (True, None)
    assert sum(count.seen for count in told.counts) == 2 + 3 + 2 + 5
    assert all(count.is_complete for count in told.counts)


def audit(story, node, proving):
    inquiry = build_inquiry(story.network, node, proving)
    return read_census(inquiry, open_snapshot(inquiry, None), Scope())
