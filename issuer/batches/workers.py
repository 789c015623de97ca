"""Work on many positions of a batch, in worker processes where that pays.

The work itself is a pure function of a job and a position, so any executor can map it.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import Any, Final, TypeVar

Job = TypeVar("Job")
Item = TypeVar("Item")
Result = TypeVar("Result")

WORKER_THRESHOLD: Final = 500
"""Below it one process is done before others have started."""
CHUNK_SIZE: Final = 32
ENDED_WITH_PARENT: Final = 1

_job: Any = None


def map_items(
    function: Callable[[Job, Item], Result], job: Job, items: Sequence[Item], workers: int
) -> Iterator[Result]:
    """Yield ``function(job, item)`` for each item, in order.

    With more than one worker and many items, processes share the work; function, job, items and
    results must be picklable. Results are taken as they come, so memory stays flat.
    """
    if workers < 2 or len(items) < WORKER_THRESHOLD:  # noqa: PLR2004 (two make a pool)
        for item in items:
            yield function(job, item)
        return
    with ProcessPoolExecutor(
        max_workers=workers,
        mp_context=get_context("spawn"),
        initializer=_start_worker,
        initargs=(job,),
    ) as pool:
        yield from _stream(pool, function, items, workers)


def _stream(
    pool: ProcessPoolExecutor,
    function: Callable[[Job, Item], Result],
    items: Sequence[Item],
    workers: int,
) -> Iterator[Result]:
    """Keep a few chunks under way, never all: results would pile up in this process."""
    chunks = [items[at : at + CHUNK_SIZE] for at in range(0, len(items), CHUNK_SIZE)]
    window = 4 * workers
    futures = [pool.submit(_run_chunk, function, chunk) for chunk in chunks[:window]]
    for at in range(len(chunks)):
        results = futures.pop(0).result()
        if at + window < len(chunks):
            futures.append(pool.submit(_run_chunk, function, chunks[at + window]))
        yield from results


def _run_chunk(function: Callable[[Job, Item], Result], chunk: Sequence[Item]) -> list[Result]:
    return [function(_job, item) for item in chunk]


def _start_worker(job: object) -> None:
    """Take the job; leave interrupts to the parent, and end with it, however it ends."""
    global _job
    _job = job
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(ENDED_WITH_PARENT)
