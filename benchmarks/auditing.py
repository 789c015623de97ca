"""The auditor's walk beside a plain scan of all logs through web3, in one run.

    python -m benchmarks.auditing 1000

A registry on anvil: five institutions, twelve keys, so many batches among status changes. The scan
asks `get_logs` for each event over the whole range and believes what it gets. The walk asks one
block at a time, finds each gap, and compares every entry with storage; with proofs it also checks
storage against the block's state root. Compare the ratios, not the absolute numbers.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from web3 import HTTPProvider, Web3

from protocol.nodes.batches import Question, Reply
from protocol.nodes.http_node import HttpNode
from protocol.registry.abi import load_registry_abi
from tests.audit.history import History, tell_history
from tests.web3_abi import load_abi
from verifier.audit.census import Result, Scope, read_census
from verifier.audit.findings import Ledger
from verifier.audit.snapshot import Inquiry, Proving, open_snapshot

ROUNDS = 3


class CountingNode:
    """Counts what is asked of an endpoint: questions, and exchanges on the wire."""

    def __init__(self, honest: HttpNode) -> None:
        self.honest = honest
        self.questions = self.exchanges = 0

    @property
    def network_name(self) -> str:
        return self.honest.network_name

    def request(self, method: str, params: Sequence[object]) -> object:
        self.questions += 1
        self.exchanges += 1
        return self.honest.request(method, params)

    def request_many(self, questions: Sequence[Question]) -> list[Reply]:
        self.questions += len(questions)
        self.exchanges += 1
        return self.honest.request_many(questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1_000)
    options = parser.parse_args()
    with tell_history(options.count) as history:
        logs = scan(history)
        blocks = history.story.reader.read_latest().number
        print(f"{options.count:,} batches, {logs:,} entries in {blocks:,} blocks")
        base = measure("get_logs over all blocks, web3", lambda: scan(history))
        for proving in (Proving.NEVER, Proving.IF_GIVEN):
            node = CountingNode(HttpNode("local", history.process.endpoint))
            walk(history, node, proving)
            name = f"walk and comparison, {'no ' if proving is Proving.NEVER else ''}proofs"
            asked = f"{node.questions:,} questions in {node.exchanges:,} exchanges"
            seconds = measure(name, lambda node=node, how=proving: walk(history, node, how))
            print(f"{'':32} {seconds / base:7.2f} of the scan; {asked}")


def scan(history: History) -> int:
    """Return how many entries a plain scan finds."""
    web3 = Web3(HTTPProvider(history.process.endpoint))
    contract = web3.eth.contract(address=history.story.network.contract, abi=load_abi())
    return sum(
        len(contract.events[entry.name]().get_logs(from_block=0, to_block="latest"))
        for entry in load_registry_abi().events.values()
    )


def walk(history: History, node: CountingNode, proving: Proving) -> Result:
    inquiry = Inquiry(
        history.story.network, node, proving, lambda: datetime.now(UTC), ignore, Ledger()
    )
    result = read_census(inquiry, open_snapshot(inquiry, None), Scope())
    if result.findings:
        raise SystemExit(f"an honest node was called a liar: {result.findings[0].sentence}")
    return result


def ignore(_stage: str, _done: int, _total: int) -> None:
    return


def measure(name: str, run: Callable[[], object]) -> float:
    """Return the best of a few rounds, in seconds."""
    best = min(time_once(run) for _ in range(ROUNDS))
    print(f"{name:32} {best:7.3f} s")
    return best


def time_once(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
