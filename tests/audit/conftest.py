from datetime import UTC, datetime

import pytest

from tests.audit.history import tell_history
from tests.audit.lies import LyingNode, tell_truth
from verifier.audit.census import Scope, read_census
from verifier.audit.findings import Ledger
from verifier.audit.snapshot import Inquiry, Proving, open_snapshot

EVERYTHING = Scope()


@pytest.fixture(scope="package")
def history():
    with tell_history(batches=120) as told:
        yield told


@pytest.fixture(scope="package")
def memory():
    """Honest answers, so that many lies are told over one reading."""
    return {}


@pytest.fixture
def audit(history, memory):
    """Audit the history through a node that lies as it is told; storage as told."""

    def run(lie=tell_truth, proving=Proving.NEVER, scope=EVERYTHING, node=None, at=None):
        asked = node or LyingNode(history.story.node, lie, memory)
        inquiry = build_inquiry(history.story.network, asked, proving)
        return read_census(inquiry, open_snapshot(inquiry, at), scope)

    return run


def build_inquiry(network, node, proving=Proving.NEVER):
    def ignore(*_):
        return

    return Inquiry(network, node, proving, lambda: datetime.now(UTC), ignore, Ledger())
