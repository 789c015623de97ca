"""Work is done within its time, by threads that are used again and never mixed up."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from protocol.nodes.lent_threads import IDLE_LIMIT, LentThreads


def count_threads() -> int:
    return sum(each.name == "rootseal-endpoint" for each in threading.enumerate())


def wait_for(condition) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_one_thread_does_one_thing_after_another():
    threads = LentThreads()
    names = {threads.run(threading.get_ident, 5) for _ in range(20)}
    assert len(names) == 1
    assert threading.get_ident() not in names


def test_work_that_takes_too_long_is_left_behind_and_its_result_is_nobody_s():
    threads, leave = LentThreads(), threading.Event()

    def dawdle() -> str:
        leave.wait(5)
        return "late"

    threads.run(int, 5)
    before, begun = count_threads(), time.monotonic()
    with pytest.raises(TimeoutError):
        threads.run(dawdle, 0.05)
    assert time.monotonic() - begun < 2
    answers = [threads.run(lambda n=n: n, 5) for n in range(3)]
    leave.set()
    answers += [threads.run(lambda n=n: n, 5) for n in range(3)]
    assert answers == [0, 1, 2] * 2
    assert wait_for(lambda: count_threads() == before), "the thread left behind has not ended"


def test_no_time_is_no_result():
    threads, leave = LentThreads(), threading.Event()
    with pytest.raises(TimeoutError):
        threads.run(lambda: leave.wait(5), -1)
    leave.set()


def test_many_callers_each_get_their_own_result():
    threads = LentThreads()
    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda n: threads.run(lambda: (time.sleep(0), n)[1], 5), range(500))
        )
    assert answers == list(range(500))


def test_no_more_threads_stay_than_allowed():
    threads, before = LentThreads(), count_threads()
    together = threading.Barrier(IDLE_LIMIT + 8)
    with ThreadPoolExecutor(IDLE_LIMIT + 8) as pool:
        list(pool.map(lambda _: threads.run(together.wait, 20), range(IDLE_LIMIT + 8)))
    assert wait_for(lambda: count_threads() - before <= IDLE_LIMIT)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_fork_begins_threads_of_its_own():
    threads = LentThreads()
    threads.run(int, 5)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if threads.run(lambda: 7, 5) == 7 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
