"""ATTACKS 4.10, keys and operations: what the issuing side survives, by id.

A real embedded chain, a real journal; only the wire and the moment of death are ours.
KO-08 (killed between any two steps) is swept in tests/issuer/test_kill_sweep.py.
"""

import errno
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
import rlp

from issuer.batches.issuing import IssueProgress, IssueRequest, issue_batch
from issuer.errors import RefusedCredentialsError, UnsettledTransactionError, UsedFolderError
from issuer.sending.channel import Patience
from issuer.status.status_changes import StatusAction, change_status
from issuer.status.status_targets import StatusRequest, find_targets
from protocol.errors import (
    ChainUnreachableError,
    TransactionRefusedError,
    WrongChainError,
)
from protocol.nodes.node import Node
from protocol.nodes.sender import Fees, TransactionRequest, TransactionSender
from protocol.primitives import Address, TransactionHash, hash_keccak, parse_address
from protocol.registry.calldata import encode_call
from tests.issuer.killing import SOURCE, Countdown, Sender, issue, run_child
from tests.issuer.scene import (
    ANCHOR,
    AUTHORITY,
    SIGNING_KEY,
    SampleSource,
    Watch,
    accept,
    copy_home,
    list_files,
    load_network,
    name_people,
    open_desk,
    read_anchored,
    transact,
)

OTHER = SampleSource(("Another",))
QUESTIONS = 33
"""What a node is asked while a small batch is issued."""


def patient(watch: Watch, **changes: float) -> Patience:
    return Patience(sleep=watch.sleep, now_seconds=watch.now_seconds, **changes)


def silence(network: str = "embedded") -> ChainUnreachableError:
    return ChainUnreachableError(network, "no answer")


class Silent(Node):
    """All endpoints are down."""

    network_name = "embedded"

    def request(self, method: str, params: Sequence[object]) -> object:
        raise silence()


class SilentOnce(Node):
    """One question is not heard, or heard and not answered."""

    network_name = "embedded"

    def __init__(self, inner: Node, fatal: int, *, took_effect: bool) -> None:
        self.inner, self.fatal, self.took_effect = inner, fatal, took_effect
        self.asked = 0

    def request(self, method: str, params: Sequence[object]) -> object:
        self.asked += 1
        if self.asked != self.fatal:
            return self.inner.request(method, params)
        if self.took_effect:
            self.inner.request(method, params)
        raise silence()


class Deaf(Sender):
    """Answers every send and passes nothing on, as a node that drops what it took."""

    def __init__(self, inner: TransactionSender) -> None:
        super().__init__(inner)
        self.taken: list[bytes] = []

    def send(self, raw: bytes) -> TransactionHash:
        self.taken.append(raw)
        return TransactionHash(hash_keccak(raw))


class Capped(Sender):
    def suggest_fees(self, cap_wei: int) -> Fees:
        raise TransactionRefusedError(f"the base fee is above the cap of {cap_wei} wei")


def test_ko_02_no_key_is_in_anything_that_is_written_or_said(home: Path, tmp_path: Path) -> None:
    """Canaries: both keys, raw and in hexadecimal, in files, notices, errors, representations."""
    secrets = [bytes(ANCHOR.key), SIGNING_KEY.private_bytes_raw()]
    canaries = [
        form for key in secrets for form in (key, key.hex().encode(), key.hex().upper().encode())
    ]
    with open_desk(home) as desk:
        issue_batch(desk, IssueRequest(SOURCE, tmp_path / "out"), accept)
        said = [repr(desk), str(desk), *desk.channel.progress.notices]
        wrong = replace(desk, institution=replace(desk.institution, did="did:web:x.example"))
        with pytest.raises(TransactionRefusedError) as caught:
            issue_batch(wrong, IssueRequest(SOURCE, tmp_path / "other"), accept)
        said.append(repr(caught.value))
    captured = "\n".join(said).encode() + b"".join(
        content for folder in (home, tmp_path / "out") for content in list_files(folder).values()
    )
    assert [canary for canary in canaries if canary in captured] == []


def test_ko_05_all_endpoints_down_is_an_error_and_nothing_is_signed(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(ChainUnreachableError):
        issue(home, tmp_path / "out", wrap_node=lambda _: Silent())
    with open_desk(home) as desk:
        assert desk.channel.journal.read("SELECT * FROM signed_transaction") == []
        assert desk.channel.journal.read("SELECT * FROM plan") == []


def test_ko_06_two_processes_at_once_issue_two_batches(home: Path, tmp_path: Path) -> None:
    """Different input, one key: both wait their turn and neither is lost."""
    first = start(lambda: issue(home, tmp_path / "a", SampleSource(name_people(20))))
    second = start(lambda: issue(home, tmp_path / "b", OTHER))
    assert (finish(first), finish(second)) == (0, 0)
    events = read_anchored(home)
    assert [event.seq for event in events] == [1, 2]
    assert len(list((tmp_path / "a").glob("*.json"))) == 20
    assert len(list((tmp_path / "b").glob("*.json"))) == 1


def test_ko_06_the_same_command_twice_at_once_anchors_once(home: Path, tmp_path: Path) -> None:
    children = [start(lambda: issue(home, tmp_path / "out")) for _ in range(2)]
    assert [finish(child) for child in children] == [0, 0]
    assert len(read_anchored(home)) == 1
    assert len(list((tmp_path / "out").glob("*.json"))) == SOURCE.count


def test_ko_07_the_sweep_below_reaches_every_question(home: Path, tmp_path: Path) -> None:
    nodes: list[SilentOnce] = []

    def wrap(inner: Node) -> Node:
        nodes.append(SilentOnce(inner, 0, took_effect=False))
        return nodes[0]

    issue(home, tmp_path / "out", wrap_node=wrap)
    assert nodes[0].asked == QUESTIONS


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("fatal", range(1, QUESTIONS + 1))
def test_ko_07_one_unanswered_question_changes_nothing(
    home: Path, tmp_path: Path, fatal: int, took_effect: bool
) -> None:
    """Each question in turn fails, or fails and had taken effect (sending is one of them)."""
    nodes: list[SilentOnce] = []

    def wrap(inner: Node) -> Node:
        nodes.append(SilentOnce(inner, fatal, took_effect=took_effect))
        return nodes[0]

    result = issue(home, tmp_path / "out", wrap_node=wrap)
    assert nodes[0].asked >= fatal
    assert result.progress is IssueProgress.FRESH
    assert len(read_anchored(home)) == 1


def test_ko_07_sent_and_never_acknowledged_is_looked_up(home: Path, tmp_path: Path) -> None:
    """The connection dies after every send: the program gives up, and the next run finds it."""

    class Broken(Sender):
        def send(self, raw: bytes) -> TransactionHash:
            if not sent:
                self.inner.send(raw)
            sent.append(raw)
            raise silence()

    sent: list[bytes] = []
    with pytest.raises(ChainUnreachableError):
        issue(home, tmp_path / "out", wrap_sender=Broken)
    assert len(set(sent)) == 1, "always the same bytes"
    again = issue(home, tmp_path / "out")
    assert again.progress is IssueProgress.RESUMED
    (event,) = read_anchored(home)
    assert event.position.transaction == hash_keccak(sent[0]) == again.anchoring.transaction


def test_ko_08_killed_while_another_input_waits(home: Path, tmp_path: Path) -> None:
    """What a killed run signed is settled before the account is used for anything else."""
    child = run_child(lambda: issue(home, tmp_path / "a", after_commit=Countdown(6)))
    assert child == -signal.SIGKILL
    issue(home, tmp_path / "b", OTHER)
    assert len(read_anchored(home)) == 2
    issue(home, tmp_path / "a")
    assert len(read_anchored(home)) == 2
    assert read_ranges(home) == [(0, 16)] * 2, "two lists, none of them doubled"


@pytest.mark.parametrize("which", [0, -1])
def test_ko_09_a_raised_fee_keeps_nonce_and_data_and_both_hashes_count(
    home: Path, tmp_path: Path, which: int
) -> None:
    """The first bytes wait for ever; later the old ones are mined, or the raised ones."""
    watch = Watch()
    senders: list[Deaf] = []

    class Stuck(Deaf):
        def send(self, raw: bytes) -> TransactionHash:
            hash_ = super().send(raw)
            if len(set(self.taken)) == 3:
                self.inner.send(list(dict.fromkeys(self.taken))[which])
            return hash_

    def wrap(inner: TransactionSender) -> TransactionSender:
        senders.append(Stuck(inner))
        return senders[0]

    result = issue(home, tmp_path / "out", wrap_sender=wrap, watch=watch)
    tried = list(dict.fromkeys(senders[0].taken))
    sent = [decode_raw(raw) for raw in tried]
    assert len(tried) == 3
    assert len({(fields.nonce, fields.to, fields.data) for fields in sent}) == 1
    fees = [(fields.max_fee_wei, fields.priority_fee_wei) for fields in sent]
    for (fee, tip), (next_fee, next_tip) in pairwise(fees):
        assert next_fee >= fee * 110 // 100
        assert next_tip >= tip * 110 // 100
    (event,) = read_anchored(home)
    assert event.position.transaction == hash_keccak(tried[which]) == result.anchoring.transaction


def test_ko_09_the_fee_never_passes_the_cap(home: Path, tmp_path: Path) -> None:
    senders: list[Deaf] = []

    def wrap(inner: TransactionSender) -> TransactionSender:
        senders.append(Deaf(inner))
        return senders[0]

    with pytest.raises(UnsettledTransactionError):
        issue(
            home,
            tmp_path / "out",
            wrap_sender=wrap,
            watch=(watch := Watch()),
            patience=patient(watch, settle_seconds=10_000, raise_fee_seconds=60),
        )
    fees = [decode_raw(raw).max_fee_wei for raw in senders[0].taken]
    assert max(fees) <= 10**12
    assert fees == sorted(fees)


def test_ko_10_dropped_from_the_pool_is_sent_again_unchanged(home: Path, tmp_path: Path) -> None:
    senders: list[Deaf] = []

    class Forgetful(Deaf):
        def send(self, raw: bytes) -> TransactionHash:
            hash_ = super().send(raw)
            if len(self.taken) == 3:
                self.inner.send(raw)
            return hash_

    def wrap(inner: TransactionSender) -> TransactionSender:
        senders.append(Forgetful(inner))
        return senders[0]

    issue(home, tmp_path / "out", wrap_sender=wrap)
    assert len(senders[0].taken) == 3
    assert len(set(senders[0].taken)) == 1


def test_ko_11_a_reverted_anchor_writes_no_receipt(home: Path, tmp_path: Path) -> None:
    """The institution is suspended between the node's estimate and the block."""

    class Suspending(Sender):
        def send(self, raw: bytes) -> TransactionHash:
            set_standing(self.inner, 2)
            return self.inner.send(raw)

    with pytest.raises(TransactionRefusedError, match="reverted"):
        issue(home, tmp_path / "out", wrap_sender=Suspending)
    assert read_anchored(home) == []
    assert not (tmp_path / "out").exists()
    with pytest.raises(TransactionRefusedError, match="suspended"):
        issue(home, tmp_path / "out")
    with open_desk(home) as desk:
        set_standing(desk.channel.sender, 1)
    assert issue(home, tmp_path / "out").count == SOURCE.count
    assert len(read_anchored(home)) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("fatal", range(1, 8))
def test_ko_12_a_failing_disk_leaves_whole_files_or_none(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fatal: int, code: int
) -> None:
    """The n-th fsync fails; what is in the folder is whole, and the next run completes it."""
    out, real, calls = tmp_path / "out", os.fsync, []

    def fail(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == fatal:
            raise OSError(code, os.strerror(code))
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match=os.strerror(code)):
            issue(home, out)
    early = {path.name: path.read_bytes() for path in out.glob("*.json")}
    issue(home, out)
    late = {path.name: path.read_bytes() for path in out.glob("*.json")}
    assert early.items() <= late.items()
    assert len(late) == SOURCE.count
    assert len(read_anchored(home)) == 1


def test_ko_13_one_bad_credential_in_many_spends_nothing(home: Path, tmp_path: Path) -> None:
    many = SampleSource(name_people(40), spoil=37)
    with pytest.raises(RefusedCredentialsError, match="row 39"):
        issue(home, tmp_path / "out", many)
    with open_desk(home) as desk:
        assert desk.channel.journal.read("SELECT * FROM signed_transaction") == []
        assert desk.channel.sender.read_nonce(desk.signers.anchor.address) == 0


def test_ko_14_the_batch_run_again_is_known(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "out")
    assert issue(home, tmp_path / "out").progress is IssueProgress.DONE
    assert issue(home, tmp_path / "elsewhere").progress is IssueProgress.REWRITTEN
    assert len(read_anchored(home)) == 1


def test_ko_15_another_chain_than_configured_is_refused_before_signing(
    home: Path, tmp_path: Path
) -> None:
    class OtherChain(Node):
        network_name = "embedded"

        def __init__(self, inner: Node) -> None:
            self.inner = inner

        def request(self, method: str, params: Sequence[object]) -> object:
            return "0x1" if method == "eth_chainId" else self.inner.request(method, params)

    with pytest.raises(WrongChainError):
        issue(home, tmp_path / "out", wrap_node=OtherChain)
    with open_desk(home) as desk:
        assert desk.channel.journal.read("SELECT * FROM signed_transaction") == []


def test_ko_15_the_chain_id_is_in_the_signed_bytes(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "out")
    with open_desk(home) as desk:
        (row,) = desk.channel.journal.read("SELECT raw FROM signed_transaction")
    assert decode_raw(row["raw"]).chain_id == load_network(home).chain_id


def test_ko_16_a_base_fee_above_the_cap_stops_before_signing(home: Path, tmp_path: Path) -> None:
    with pytest.raises(TransactionRefusedError, match="cap"):
        issue(home, tmp_path / "out", wrap_sender=Capped)
    with open_desk(home) as desk:
        assert desk.channel.journal.read("SELECT * FROM plan") == []


def test_ko_16_an_empty_account_stops_before_anything_is_hashed(home: Path, tmp_path: Path) -> None:
    class Poor(Sender):
        def read_balance(self, account: Address) -> int:
            return 1

    with pytest.raises(TransactionRefusedError, match=r"holds 0\.000000000000000001 ETH"):
        issue(home, tmp_path / "out", wrap_sender=Poor)
    with open_desk(home) as desk:
        assert desk.channel.journal.read("SELECT * FROM plan") == []


def test_ko_17_a_clock_far_from_the_chains_is_found(home: Path, tmp_path: Path) -> None:
    with open_desk(home) as desk:
        chain = desk.channel.chain
        chain._network = replace(chain.network, freshness_seconds=300)
        late = replace(desk, clock=Watch(7 * 86_400).now)
        with pytest.raises(ChainUnreachableError, match="clock"):
            issue_batch(late, IssueRequest(SOURCE, tmp_path / "out"), accept)


def test_ko_18_revoking_while_another_process_issues(home: Path, tmp_path: Path) -> None:
    issue(home, tmp_path / "first")
    file = next((tmp_path / "first").glob("*.json"))

    def revoke() -> None:
        with open_desk(home) as desk:
            targets = find_targets(desk, StatusRequest(files=(file,)))
            change_status(desk, StatusAction.REVOKE, targets, 1)

    children = [
        start(lambda: issue(home, tmp_path / "second", SampleSource(name_people(20)))),
        start(revoke),
    ]
    assert [finish(child) for child in children] == [0, 0]
    assert len(read_anchored(home)) == 2


def test_ko_19_a_journal_restored_after_storing_sends_nothing_anew(
    home: Path, tmp_path: Path
) -> None:
    """The backup was made when the transaction was signed; meanwhile it was mined."""
    run_child(lambda: issue(home, tmp_path / "out", after_commit=Countdown(6)))
    backup = (home / "journal.sqlite3").read_bytes()
    issue(home, tmp_path / "out")
    (home / "journal.sqlite3").write_bytes(backup)
    issue(home, tmp_path / "again")
    assert len(read_anchored(home)) == 1
    assert leaf_files(tmp_path / "again") == leaf_files(tmp_path / "out")


def test_ko_19_a_raised_fee_that_the_restored_journal_does_not_know(
    home: Path, tmp_path: Path
) -> None:
    """The mined bytes are in no journal; the root on the chain tells them."""
    run_child(lambda: issue(home, tmp_path / "out", after_commit=Countdown(6)))
    with open_desk(home) as desk:
        (row,) = desk.channel.journal.read("SELECT * FROM operation")
        request = TransactionRequest(
            chain_id=load_network(home).chain_id,
            nonce=row["nonce"],
            to=Address(row["recipient"]),
            data=row["data"],
            gas=row["gas"],
            fees=Fees(9 * 10**11, 10**9),
        )
        raised = desk.channel.sender.send(desk.signers.anchor.sign(request))
    result = issue(home, tmp_path / "out")
    (event,) = read_anchored(home)
    assert event.position.transaction == raised == result.anchoring.transaction


def test_ko_19_a_home_restored_from_before_the_batch_doubles_no_index(
    home: Path, tmp_path: Path
) -> None:
    old = copy_home(home, tmp_path / "old")
    issue(home, tmp_path / "out")
    (old / "chain.sqlite3").unlink()
    for ending in ("", "-wal", "-shm"):
        source = home / f"chain.sqlite3{ending}"
        if source.exists():
            (old / f"chain.sqlite3{ending}").write_bytes(source.read_bytes())
    with pytest.raises(UsedFolderError, match="another home"):
        issue(old, tmp_path / "out")
    with open_desk(old) as desk:
        issue_batch(desk, IssueRequest(OTHER, tmp_path / "other"), accept)
        assert any("restored from a backup" in notice for notice in desk.channel.progress.notices)
    assert {read_ranges(old)[0], *read_lists(home)}.isdisjoint(read_lists(old))


@pytest.mark.parametrize("change", ["to", "value", "chain", "fee", "data"])
def test_ko_20_the_signer_signs_for_the_registry_only(home: Path, change: str) -> None:
    with open_desk(home) as desk:
        network = desk.channel.chain.network
        good = TransactionRequest(
            network.chain_id, 0, network.contract, bytes(32), 60_000, Fees(10**9, 1)
        )
        desk.signers.anchor.sign(good)
        bad = {
            "to": replace(good, to=parse_address(AUTHORITY.address)),
            "value": replace(good, value_wei=1),
            "chain": replace(good, chain_id=1),
            "fee": replace(good, fees=Fees(10**15, 1)),
            "data": replace(good, data=b"\xff\xff\xff\xff"),
        }[change]
        with pytest.raises(Exception, match="sign"):
            desk.signers.anchor.sign(bad)


def test_a_nonce_taken_by_another_transaction_means_a_new_plan(home: Path, tmp_path: Path) -> None:
    """Rule 4: something else used the account between plan and block."""

    class Overtaken(Sender):
        def send(self, raw: bytes) -> TransactionHash:
            if not overtaken:
                overtaken.append(raw)
                registry = load_network(home).contract
                transact(self.inner._node, ANCHOR, registry, encode_call("delay"))
            return self.inner.send(raw)

    overtaken: list[bytes] = []
    result = issue(home, tmp_path / "out", wrap_sender=Overtaken)
    (event,) = read_anchored(home)
    assert event.root != overtaken[0][-32:]
    assert event.root == result.anchoring.root
    with open_desk(home) as desk:
        plans = desk.channel.journal.read("SELECT nonce, dropped FROM plan ORDER BY attempt")
    assert [(row["nonce"], row["dropped"] is None) for row in plans] == [(0, False), (1, True)]


def start(action) -> int:
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:  # noqa: BLE001 (a fork must never go on as pytest)
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def finish(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@dataclass(frozen=True)
class RawFields:
    chain_id: int
    nonce: int
    priority_fee_wei: int
    max_fee_wei: int
    to: bytes
    data: bytes


def decode_raw(raw: bytes) -> RawFields:
    """Return the fields of a signed EIP-1559 transaction."""
    chain_id, nonce, tip, fee, _, to, _, data, *_ = rlp.decode(raw[1:])
    numbers = [int.from_bytes(item) for item in (chain_id, nonce, tip, fee)]
    return RawFields(*numbers, to, data)


def set_standing(sender: TransactionSender, state: int) -> None:
    data = encode_call("setStanding", 1, state, 0, 0)
    transact(sender._node, AUTHORITY, sender._network.contract, data)


def leaf_files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.json")}


def read_ranges(home: Path) -> list[tuple[int, int]]:
    with open_desk(home) as desk:
        rows = desk.channel.journal.read("SELECT start, size FROM plan ORDER BY rowid")
    return [(row["start"], row["size"]) for row in rows]


def read_lists(home: Path) -> set[int]:
    with open_desk(home) as desk:
        rows = desk.channel.journal.read("SELECT DISTINCT list FROM plan")
    return {row["list"] for row in rows}
