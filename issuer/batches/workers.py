"""Work on many pieces of a batch, in worker processes where that pays.

The work itself is a pure function of a job and a piece, so any executor can map it: pieces name
files and positions, workers read and write the files themselves, and what comes back is small.
"""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process, set_forkserver_preload
from multiprocessing.context import BaseContext
from multiprocessing.forkserver import ensure_running
from typing import Final, Self, TypeVar

from issuer.batches.tally import Tally
from issuer.errors import WorkerEndedError

Job = TypeVar("Job")
Item = TypeVar("Item")
Result = TypeVar("Result")

WORKER_THRESHOLD: Final = 500
"""Below it one process is done before others have started."""
CHUNK_SIZE: Final = 32
WINDOW: Final = 3
"""Pieces under way for each worker, never all: results would pile up in this process."""
ENDED_WITH_PARENT: Final = 1
PRELOADED: Final = (
    "issuer.batches.hashing",
    "issuer.batches.writing",
    "issuer.batches.checking",
    "issuer.inputs.ready_made",
    "issuer.inputs.roster",
)
"""What workers run; loaded once, in a process without keys, connections or locks to inherit."""


class Crew(AbstractContextManager["Crew"]):
    """Worker processes for all stages of a batch, started when there is first enough to do.

    Any executor can take their place: ``make_pool`` makes it.
    """

    def __init__(self, workers: int, make_pool: Callable[[int], Executor] | None = None) -> None:
        """Take how many processes may work."""
        self.workers: Final = workers
        self._make_pool: Final = make_pool or _make_pool
        self._pool: Executor | None = None
        self.tally = Tally()
        """How all the credentials were canonicalised that were worked on."""

    def __enter__(self) -> Self:
        """Return itself; leaving ends the processes."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; what they have not begun is dropped."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def start(self, size: int, rehearse: Callable[[], object] = os.getpid) -> None:
        """Let the processes start meanwhile, if so many credentials will pay for it.

        Each begins with ``rehearse``, of which nothing is heard.

        Raises:
            WorkerEndedError: the machine ended one of them.
        """
        if self._pool is None and self.workers > 1 and size >= WORKER_THRESHOLD:
            self._pool = self._make_pool(self.workers)
            with _tell_of_ended_worker():
                for _ in range(self.workers):
                    self._pool.submit(rehearse)

    def note(self, tally: Tally) -> None:
        """Add what a worker says of its part."""
        self.tally = self.tally.plus(tally)

    def map(
        self,
        function: Callable[[Job, Item], Result],
        job: Job,
        items: Iterable[Item],
        size: int,
    ) -> Iterator[Result]:
        """Yield ``function(job, item)`` for each item, in order; ``size`` says how much it is.

        With one worker, or a size below `WORKER_THRESHOLD`, all is done in this process. Else
        function, job, items and results must be picklable. Items are taken and results given as
        they come, so that memory stays flat.

        Raises:
            WorkerEndedError: the machine ended one of the processes.
        """
        self.start(size)
        if self._pool is None or size < WORKER_THRESHOLD:
            return (function(job, item) for item in items)
        return stream(self._pool, function, job, iter(items), WINDOW * self.workers)


def map_items(
    function: Callable[[Job, Item], Result], job: Job, items: Sequence[Item], workers: int
) -> Iterator[Result]:
    """Yield ``function(job, item)`` for each of many small items, in order."""
    chunks = (items[at : at + CHUNK_SIZE] for at in range(0, len(items), CHUNK_SIZE))
    with Crew(workers) as crew:
        for results in crew.map(_run_chunk, (function, job), chunks, len(items)):
            yield from results


def _run_chunk(
    work: tuple[Callable[[Job, Item], Result], Job], chunk: Sequence[Item]
) -> list[Result]:
    function, job = work
    return [function(job, item) for item in chunk]


def stream(
    pool: Executor,
    function: Callable[[Job, Item], Result],
    job: Job,
    items: Iterator[Item],
    window: int,
) -> Iterator[Result]:
    """Yield ``function(job, item)`` for each item, in order, with a ``window`` of items under way.

    Raises:
        WorkerEndedError: the machine ended a process of the pool.
    """
    waiting: list[Future[Result]] = []
    room = window
    while True:
        for item in islice(items, room):
            with _tell_of_ended_worker():
                waiting.append(pool.submit(function, job, item))
        if not waiting:
            return
        with _tell_of_ended_worker():
            result = waiting.pop(0).result()
        room = 1
        yield result


@contextmanager
def _tell_of_ended_worker() -> Iterator[None]:
    try:
        yield
    except BrokenExecutor as error:
        raise WorkerEndedError from error


def _make_pool(workers: int) -> Executor:
    return ProcessPoolExecutor(workers, mp_context=find_context(), initializer=_start_worker)


def find_context() -> BaseContext:
    """Return how processes are started: forked from a server that has loaded what they run."""
    set_forkserver_preload([*PRELOADED])
    return get_context("forkserver")


def prepare_workers() -> None:
    """Let the server that workers are forked from load its modules meanwhile."""
    find_context()
    ensure_running()


def _start_worker() -> None:
    """Leave interrupts to the parent, and end with it, however it ends."""
    gc.freeze()  # what was loaded stays: to look through it for garbage takes 30 ms each time
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(ENDED_WITH_PARENT)
