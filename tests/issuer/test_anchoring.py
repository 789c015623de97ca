"""What happens between plan and final anchor when others use the key or the chain goes back."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from issuer.batches.issuing import IssueRequest, issue_batch
from issuer.batches.withdrawal import withdraw_batch
from issuer.errors import SignerPolicyError, UnsettledTransactionError
from issuer.sending.operations import Call, open_carrier, send_call, send_transaction
from protocol.chain import Block, ChainReader, Transaction
from protocol.errors import TransactionRefusedError
from protocol.primitives import (
    BlockNumber,
    Digest,
    IssuerId,
    TransactionHash,
    parse_address,
    render_hex,
)
from protocol.registry.calldata import encode_call
from protocol.registry.events import BatchRevoked, StatusChanged
from tests.issuer.killing import (
    SOURCE,
    Countdown,
    KilledBeforeTheAnswer,
    Sender,
    issue,
    run_child,
)
from tests.issuer.scene import (
    ANCHOR,
    STRANGER,
    Listener,
    accept,
    open_desk,
    read_all_events,
    read_anchored,
    read_domain,
    transact,
)

FOREIGN_ROOT = b"\xfe" * 32
DEADLINE = 2**40 - 1


def relay_anchor(sender: Sender) -> None:
    """A stranger hands in a signature of the key: the sequence moves and the nonce does not."""
    node, registry = sender._node, sender._network.contract
    call = {"to": render_hex(registry), "data": render_hex(encode_call("eip712Domain"))}
    domain = read_domain(node.request("eth_call", [call, "latest"]), registry)
    message = {
        "key": ANCHOR.address,
        "root": FOREIGN_ROOT,
        "leaves": 0,
        "seq": 1,
        "deadline": DEADLINE,
    }
    kinds = ("address", "bytes32", "uint32", "uint40", "uint40")
    types = {"Anchor": [{"name": n, "type": t} for n, t in zip(message, kinds, strict=True)]}
    signature = bytes(ANCHOR.sign_typed_data(domain, types, message).signature)
    key = parse_address(ANCHOR.address)
    data = encode_call("anchorBySig", key, FOREIGN_ROOT, 0, DEADLINE, signature)
    transact(node, STRANGER, registry, data)


class Relayed(Sender):
    """A relayed anchor comes before the first that is sent."""

    def __init__(self, inner) -> None:
        super().__init__(inner)
        self.relayed = False

    def send(self, raw: bytes) -> TransactionHash:
        if not self.relayed:
            self.relayed = True
            relay_anchor(self.inner)
        return self.inner.send(raw)


def test_a_batch_under_another_sequence_is_revoked_and_drawn_anew(
    home: Path, tmp_path: Path
) -> None:
    """Rule 5: the indices of the first may be somebody else's, so nobody ever sees it."""
    result = issue(home, tmp_path / "out", wrap_sender=Relayed)
    foreign, withdrawn, good = read_anchored(home)
    assert (foreign.root, good.root) == (FOREIGN_ROOT, result.anchoring.root)
    revoked = [event.root for event in read_all_events(home) if isinstance(event, BatchRevoked)]
    assert revoked == [withdrawn.root]
    assert [event.seq for event in (foreign, withdrawn, good)] == [1, 2, 3]
    assert len(list((tmp_path / "out").glob("*.json"))) == SOURCE.count


@pytest.mark.parametrize("fatal", range(8, 14))
def test_killed_while_withdrawing_it_is_withdrawn_once(
    home: Path, tmp_path: Path, fatal: int
) -> None:
    ended = run_child(
        lambda: issue(home, tmp_path / "out", wrap_sender=Relayed, after_commit=Countdown(fatal))
    )
    assert ended == -signal.SIGKILL
    result = issue(home, tmp_path / "out")
    assert [event.root for event in read_anchored(home)][-1] == result.anchoring.root
    revoked = [event for event in read_all_events(home) if isinstance(event, BatchRevoked)]
    assert len(revoked) == 1
    assert len(read_anchored(home)) == 3


def test_an_account_that_anchors_and_withdraws_is_held_once(home: Path, tmp_path: Path) -> None:
    """One key with both roles: opening its account a second time would wait for ever."""
    root = issue(home, tmp_path / "out").anchoring.root
    with open_desk(home) as desk, open_carrier(desk.channel, desk.signers.status) as carrier:
        withdraw_batch(desk, carrier, IssuerId(1), root)
        withdraw_batch(desk, carrier, IssuerId(1), root)
    revoked = [event for event in read_all_events(home) if isinstance(event, BatchRevoked)]
    assert [event.root for event in revoked] == [root]


class Delegate:
    """A chain reader that passes on what a test does not override."""

    def __init__(self, inner: ChainReader) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


class Slow(Delegate):
    """Blocks become final after some questions."""

    patience = 5

    def read_final(self) -> Block:
        self.patience -= 1
        latest = self.inner.read_latest()
        if self.patience > 0:
            return self.inner.read_block(BlockNumber(latest.number - 1))
        return latest


class NeverFinal(Delegate):
    def read_final(self) -> Block:
        return self.inner.read_block(BlockNumber(1))


class Reorganised(Delegate):
    """The first time that the final block is compared it is another one; then all is as it was."""

    asked = 0
    lost = 0

    def read_block(self, number: BlockNumber) -> Block:
        block = self.inner.read_block(number)
        self.asked += 1
        return replace(block, hash=Digest(bytes(32))) if self.asked == 2 else block

    def read_transaction(self, transaction: TransactionHash) -> Transaction | None:
        if self.asked == 2 and self.lost < 1:
            self.lost += 1
            return None
        return self.inner.read_transaction(transaction)


def issue_on(home: Path, out: Path, wrap: type[Delegate]) -> Listener:
    with open_desk(home) as desk:
        channel = replace(desk.channel, chain=wrap(desk.channel.chain))
        issue_batch(replace(desk, channel=channel), IssueRequest(SOURCE, out), accept)
        return channel.progress


def test_receipts_wait_until_the_anchor_is_final(home: Path, tmp_path: Path) -> None:
    said = issue_on(home, tmp_path / "out", Slow)
    assert "Waiting until final" in said.stages
    assert len(list((tmp_path / "out").glob("*.json"))) == SOURCE.count


def test_without_finality_nothing_is_written_and_the_wait_goes_on_later(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(UnsettledTransactionError, match="same command again"):
        issue_on(home, tmp_path / "out", NeverFinal)
    assert not (tmp_path / "out").exists()
    issue(home, tmp_path / "out")
    assert len(read_anchored(home)) == 1


def test_a_reorganised_anchor_is_sent_again_with_the_same_bytes(home: Path, tmp_path: Path) -> None:
    said = issue_on(home, tmp_path / "out", Reorganised)
    assert any("reorganised" in notice for notice in said.notices)
    assert len(read_anchored(home)) == 1


def revoke_first_word(home: Path, **surroundings) -> Transaction:
    with (
        open_desk(home, **surroundings) as desk,
        open_carrier(desk.channel, desk.signers.status) as carrier,
    ):
        return send_call(carrier, encode_call("revoke", [0], [1], 0))


def test_a_call_is_sent_once_and_returned_with_its_events(home: Path) -> None:
    mined = revoke_first_word(home)
    (event,) = mined.events
    assert isinstance(event, StatusChanged)
    assert mined.succeeded


def test_a_call_that_would_revert_is_never_signed(home: Path) -> None:
    revoke_first_word(home)
    with pytest.raises(TransactionRefusedError):
        revoke_first_word(home)
    with open_desk(home) as desk:
        assert len(desk.channel.journal.read("SELECT * FROM signed_transaction")) == 1


def test_a_call_of_a_killed_run_is_settled_on_opening(home: Path) -> None:
    child = run_child(lambda: revoke_first_word(home, wrap_sender=KilledBeforeTheAnswer))
    assert child == -signal.SIGKILL
    with open_desk(home) as desk, open_carrier(desk.channel, desk.signers.status):
        chain = desk.channel.chain
        assert chain.read_status(1, 0, chain.read_latest()).revoked == 1
        (row,) = desk.channel.journal.read("SELECT outcome FROM operation")
    assert row["outcome"] == "mined"


def test_a_signer_outside_its_policy_sends_nothing(home: Path) -> None:
    """A plain transfer is no call of the registry."""
    with (
        open_desk(home) as desk,
        open_carrier(desk.channel, desk.signers.status) as carrier,
        pytest.raises(SignerPolicyError),
    ):
        send_transaction(carrier, Call(parse_address(STRANGER.address), b"", 1))
    with open_desk(home) as desk:
        assert desk.channel.journal.read("SELECT * FROM operation") == []
