"""Worker processes give the same results in the same order, and end with their parent."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from issuer.batches.workers import WINDOW, WORKER_THRESHOLD, Crew, map_items
from issuer.errors import WorkerEndedError


def add(job: int, item: int) -> int:
    return job + item


def report_pid(job: int, item: int) -> int:
    return os.getpid()


def refuse_one(job: int, item: int) -> int:
    if item == job:
        raise ValueError("this one")
    return item


@pytest.mark.parametrize("count", [0, 1, 7, WORKER_THRESHOLD + 13])
@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(count: int, workers: int) -> None:
    items = range(count)
    assert list(map_items(add, 10, items, workers)) == [10 + item for item in items]


def test_few_items_stay_in_this_process() -> None:
    assert set(map_items(report_pid, 0, range(10), 2)) == {os.getpid()}


def test_many_items_go_to_other_processes() -> None:
    pids = set(map_items(report_pid, 0, range(WORKER_THRESHOLD), 2))
    assert os.getpid() not in pids


def test_an_error_in_a_worker_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="this one"):
        list(map_items(refuse_one, WORKER_THRESHOLD - 1, range(WORKER_THRESHOLD), 2))


def end_one(job: int, item: int) -> int:
    if item == job:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_a_worker_that_the_machine_ended_is_told_as_that() -> None:
    with pytest.raises(WorkerEndedError, match="run the same command again"):
        list(map_items(end_one, 3, range(WORKER_THRESHOLD), 2))


def test_any_executor_may_do_the_work() -> None:
    """Threads here; an executor that spans machines is used the same way."""
    with Crew(3, ThreadPoolExecutor) as crew:
        results = [*crew.map(add, 10, range(WORKER_THRESHOLD), WORKER_THRESHOLD)]
    assert results == [10 + item for item in range(WORKER_THRESHOLD)]


def test_items_are_taken_as_results_are_asked_for() -> None:
    """So that memory does not grow with the batch."""
    taken: list[int] = []
    with Crew(2, ThreadPoolExecutor) as crew:
        items = (taken.append(each) or each for each in range(WORKER_THRESHOLD))
        results = crew.map(add, 0, items, WORKER_THRESHOLD)
        for number in range(20):
            next(results)
            assert len(taken) <= number + WINDOW * 2
    assert len(taken) < WORKER_THRESHOLD


RUN_FOR_EVER = """
import os, sys, time
from issuer.batches.workers import map_items, WORKER_THRESHOLD
from tests.issuer.test_workers import sleep_long
if __name__ == "__main__":
    for pid in map_items(sleep_long, 0, range(WORKER_THRESHOLD), 2):
        print(pid, flush=True)
"""


def sleep_long(job: int, item: int) -> int:
    time.sleep(0.02)
    return os.getpid()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(RUN_FOR_EVER)
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)
