"""Threads that do one piece of work after another, each within its time.

Socket time limits count each wait for a byte anew, so an endpoint that sends one byte a second
would hold its caller for ever. So another thread waits for it, and is left behind when time is up.
To begin a new one for each question costs more than the question.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

IDLE_LIMIT: Final = 32
"""As many as a server has threads; further ones end when their work is done."""
Result = TypeVar("Result")


class _Helper:
    """One thread. Whoever holds it is the only one to give it work."""

    def __init__(self) -> None:
        self._work: Final[queue.SimpleQueue[Callable[[], Any] | None]] = queue.SimpleQueue()
        self._results: Final[queue.SimpleQueue[Any]] = queue.SimpleQueue()
        self._thread: Final = threading.Thread(
            target=self._serve, daemon=True, name="rootseal-endpoint"
        )
        self._thread.start()

    def is_alive(self) -> bool:
        """Tell whether it can take work; after a fork, the child's copy cannot."""
        return self._thread.is_alive()

    def do(self, work: Callable[[], Result], seconds: float) -> Result:
        """Return what ``work`` returns.

        Raises:
            TimeoutError: it takes longer.
        """
        self._work.put(work)
        try:
            result: Result = self._results.get(timeout=max(0.0, seconds))
        except queue.Empty:
            raise TimeoutError from None
        return result

    def dismiss(self) -> None:
        """Let it end once it has nothing more to do."""
        self._work.put(None)

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            self._results.put(work())


class LentThreads:
    """Threads of which each caller has one to itself for one piece of work."""

    def __init__(self) -> None:
        """Begin with none."""
        self._idle: Final[deque[_Helper]] = deque()

    def run(self, work: Callable[[], Result], seconds: float) -> Result:
        """Return what ``work`` returns, or give up on it; it must not raise.

        Raises:
            TimeoutError: it takes longer than ``seconds``.
        """
        helper = self._take()
        try:
            result = helper.do(work, seconds)
        except BaseException:
            # It is still at it, whatever stopped us: nobody else may get its result.
            helper.dismiss()
            raise
        if len(self._idle) < IDLE_LIMIT:
            self._idle.append(helper)
        else:
            helper.dismiss()
        return result

    def _take(self) -> _Helper:
        while True:
            try:
                helper = self._idle.pop()
            except IndexError:
                return _Helper()
            if helper.is_alive():
                return helper
