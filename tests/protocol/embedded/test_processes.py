"""Several processes on one chain, and processes that die in the middle of a block."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from protocol.embedded import mining
from protocol.embedded.store import Store
from tests.protocol.embedded.chains import (
    ALICE,
    BOB,
    FastTime,
    Time,
    create,
    open_chain,
    send,
    sign,
)

MINE_AND_TELL = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from tests.protocol.embedded import chains
    path, start, name, count = sys.argv[1:]
    account = getattr(chains, name)
    with chains.open_chain(Path(path), chains.FastTime(float(start))) as node:
        print("open", flush=True)
        sys.stdin.readline()
        first = int(node.request("eth_getTransactionCount", [account.address, "latest"]), 16)
        for nonce in range(first, first + int(count)):
            raw = chains.sign(account, nonce)
            print(node.request("eth_sendRawTransaction", [raw]), flush=True)
    """
)


def start_miner(path: Path, start: float, name: str, count: int) -> subprocess.Popen:
    miner = subprocess.Popen(
        [sys.executable, "-c", MINE_AND_TELL, str(path), str(start), name, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert miner.stdout.readline() == "open\n"
    return miner


def check_whole(node) -> list[str]:
    """Walk the chain by its parent hashes; every block's state answers. Return the transactions."""
    height = int(node.request("eth_blockNumber", []), 16)
    found: list[str] = []
    parent = None
    for number in range(height + 1):
        block = node.request("eth_getBlockByNumber", [hex(number), False])
        assert parent in (None, block["parentHash"])
        parent = block["hash"]
        node.request("eth_getBalance", [ALICE.address, hex(number)])
        for transaction in block["transactions"]:
            receipt = node.request("eth_getTransactionReceipt", [transaction])
            assert receipt["blockHash"] == block["hash"]
        found += block["transactions"]
    return found


@pytest.fixture
def fast(tmp_path) -> tuple[Path, float]:
    start = time.time()
    path = tmp_path / "chain.sqlite3"
    create(path, FastTime(start).clock())
    return path, start


def test_what_one_process_mined_the_next_one_builds_on(fast) -> None:
    path, start = fast
    hashes: list[str] = []
    for _ in range(2):
        with start_miner(path, start, "ALICE", 2) as miner:
            hashes += miner.communicate("go\n")[0].split()
        assert miner.returncode == 0
    with open_chain(path, FastTime(start)) as node:
        assert check_whole(node) == hashes
        assert len(hashes) == 4


def test_two_processes_that_mine_at_once_lose_no_block(fast) -> None:
    path, start = fast
    with start_miner(path, start, "ALICE", 20) as alice, start_miner(path, start, "BOB", 20) as bob:
        for miner in (alice, bob):
            miner.stdin.write("go\n")
            miner.stdin.flush()
        told = alice.communicate()[0].split() + bob.communicate()[0].split()
    assert (alice.returncode, bob.returncode) == (0, 0)
    with open_chain(path, FastTime(start)) as node:
        mined = check_whole(node)
        assert sorted(mined) == sorted(told)
        assert node.request("eth_blockNumber", []) == hex(40)
        for account in (ALICE, BOB):
            assert node.request("eth_getTransactionCount", [account.address]) == hex(20)


def test_two_processes_with_the_same_transaction_mine_it_once(fast) -> None:
    path, start = fast
    with start_miner(path, start, "BOB", 3) as one, start_miner(path, start, "BOB", 3) as two:
        for miner in (one, two):
            miner.stdin.write("go\n")
            miner.stdin.flush()
        one.communicate()
        two.communicate()
    with open_chain(path, FastTime(start)) as node:
        mined = check_whole(node)
        assert len(mined) == len(set(mined)) >= 3
        assert node.request("eth_getTransactionCount", [BOB.address]) == hex(len(mined))


def test_a_reader_does_not_wait_for_a_writer(path) -> None:
    """A block is being written and not committed; what is there is read at once."""
    with open_chain(path) as writer, open_chain(path) as reader:
        with writer._store.write():
            writer._store[b"held"] = b"open"
            began = time.monotonic()
            assert reader.request("eth_blockNumber", []) == "0x0"
            assert reader.request("eth_getBalance", [ALICE.address, "latest"]) != "0x0"
            assert time.monotonic() - began < 1
        send(writer, sign(ALICE, 0))
        assert reader.request("eth_blockNumber", []) == "0x1"


def test_threads_share_a_node(path) -> None:
    with open_chain(path) as node:
        send(node, sign(ALICE, 0))
        answers: list[object] = []

        def ask() -> None:
            answers.extend(node.request("eth_getBalance", [BOB.address, "0x0"]) for _ in range(20))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        send(node, sign(BOB, 0))
        for thread in threads:
            thread.join()
    assert len(answers) == 80
    assert len(set(answers)) == 1


def mine_until_killed(path: Path, entries: int) -> int:
    """Mine in a child that is killed after so many entries of a block; return how it ended."""
    child = os.fork()
    if child == 0:  # pragma: no cover
        left = entries
        write = Store.__setitem__

        def write_and_die(store: Store, key: bytes, value: bytes) -> None:
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            write(store, key, value)

        Store.__setitem__ = write_and_die
        with open_chain(path) as node:
            node.request("eth_sendRawTransaction", [sign(ALICE, 0)])
        os._exit(0)
    return os.waitpid(child, 0)[1]


def test_a_process_killed_after_any_entry_of_a_block_leaves_the_last_whole_one(tmp_path) -> None:
    """Sweep the kill over every entry that a block writes, until the block is through."""
    for entries in range(100):
        path = tmp_path / f"{entries}.sqlite3"
        create(path)
        status = mine_until_killed(path, entries)
        with open_chain(path) as node:
            if status == 0:
                assert len(check_whole(node)) == 1
                break
            assert os.WTERMSIG(status) == signal.SIGKILL
            assert check_whole(node) == []
            assert send(node, sign(ALICE, 0))["blockNumber"] == "0x1"
    assert 5 < entries < 99


def test_a_process_killed_before_the_commit_leaves_the_last_whole_block(path) -> None:
    child = os.fork()
    if child == 0:  # pragma: no cover
        extend = mining._extend

        def extend_and_die(*given: object) -> None:
            extend(*given)
            os.kill(os.getpid(), signal.SIGKILL)

        mining._extend = extend_and_die
        with open_chain(path) as node:
            node.request("eth_sendRawTransaction", [sign(ALICE, 0)])
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    with open_chain(path) as node:
        assert check_whole(node) == []
        assert send(node, sign(ALICE, 0))["blockNumber"] == "0x1"


def test_a_process_killed_at_any_moment_loses_nothing_that_it_told(fast) -> None:
    path, start = fast
    moments = random.Random(20261124)
    told: list[str] = []
    for _ in range(5):
        with start_miner(path, start, "ALICE", 1_000) as miner:
            miner.stdin.write("go\n")
            miner.stdin.flush()
            told.append(miner.stdout.readline().strip())
            time.sleep(moments.uniform(0, 0.08))
            miner.kill()
            told += [line.strip() for line in miner.stdout if len(line) == 67]
        with open_chain(path, FastTime(start)) as node:
            mined = check_whole(node)
            # The last one may have been mined and not yet told.
            assert mined[: len(told)] == told
            assert len(mined) - len(told) <= 1
            told = mined
    assert len(told) > 5


def test_a_writer_that_waits_looks_at_the_head_again(path) -> None:
    """Two nodes in one process: the second's clock lets the first go on while it waits."""
    times = Time()
    with open_chain(path, times) as first, open_chain(path, Time()) as second:
        send(first, sign(ALICE, 0))
        waiting = second._miner

        def sleep(seconds: float) -> None:
            if not times.slept:
                send(first, sign(BOB, 0))
            times.sleep(seconds)

        waiting._sleep, waiting._clock = sleep, times.clock
        send(second, sign(ALICE, 1))
        assert len(check_whole(second)) == 3
