"""Children that issue and are killed at a chosen moment, as a power cut would."""

import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

from issuer.batches.issuing import IssueRequest, IssueResult, issue_batch
from protocol.chain import Block
from protocol.nodes.sender import Fees, TransactionSender
from protocol.primitives import Address, TransactionHash
from tests.issuer.scene import SampleSource, accept, open_desk

SOURCE = SampleSource(("Aroha", "王小明", "O’Brien"))


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_child(action: Callable[[], object]) -> int:
    """Run an action in a fork; return its exit code, negative for the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:  # noqa: BLE001 (a fork must never go on as pytest)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Countdown:
    """Kills this process at a commit, counted from 1; 0 never."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self.commits = 0

    def __call__(self) -> None:
        self.commits += 1
        if self.commits == self.fatal:
            kill_myself()


class Sender(TransactionSender):
    """Passes everything on; a test overrides `send`."""

    def __init__(self, inner: TransactionSender) -> None:
        self.inner = inner

    def read_nonce(self, account: Address, at: Block | None = None) -> int:
        return self.inner.read_nonce(account, at)

    def read_balance(self, account: Address) -> int:
        return self.inner.read_balance(account)

    def estimate_gas(self, sender: Address, to: Address | None, data: bytes) -> int:
        return self.inner.estimate_gas(sender, to, data)

    def suggest_fees(self, cap_wei: int) -> Fees:
        return self.inner.suggest_fees(cap_wei)

    def send(self, raw: bytes) -> TransactionHash:
        return self.inner.send(raw)

    def send_unlocked(self, sender: Address, to: Address, value_wei: int) -> TransactionHash:
        return self.inner.send_unlocked(sender, to, value_wei)


class KilledBeforeSending(Sender):
    def send(self, raw: bytes) -> TransactionHash:
        kill_myself()
        return self.inner.send(raw)


class KilledBeforeTheAnswer(Sender):
    """The chain has taken it; nobody is left to hear so."""

    def send(self, raw: bytes) -> TransactionHash:
        self.inner.send(raw)
        kill_myself()
        raise SystemExit


def issue(home: Path, out: Path, source: SampleSource = SOURCE, **surroundings) -> IssueResult:
    with open_desk(home, **surroundings) as desk:
        return issue_batch(desk, IssueRequest(source, out), accept)
