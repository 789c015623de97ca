"""How much is asked of us: per address and minute, and at one time."""

import hmac
import math
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address
from typing import Final

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from verifier.web.state import SharedState

WINDOW_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 2.0
"""How long a request waits for its turn before it is told to come again."""
BUSY_SECONDS: Final = 5
"""What such a request is told."""
_PREFIX_64: Final = 8


class RateLimiter:
    """Counts what each address asked for in the last minute, over all processes."""

    def __init__(self, state: SharedState, a_minute: int, now_seconds: Callable[[], float]) -> None:
        """Allow ``a_minute`` verifications in any sixty seconds."""
        self._state = state
        self._a_minute = a_minute
        self._now_seconds = now_seconds

    def charge(self, address: str, count: int) -> None:
        """Count ``count`` verifications of an address; what is refused does not count.

        Raises:
            TooManyRequests: more than allowed; says in how many seconds it would be allowed.
            ServiceUnavailable: nothing can be counted now.
        """
        key = hmac.digest(self._state.secret, _find_household(address), "sha256")[:16]
        now = self._now_seconds()
        try:
            with self._state.change() as connection:
                wait_seconds = self._find_wait(connection, key, count, now)
                if wait_seconds == 0:
                    connection.execute("INSERT INTO requests VALUES (?, ?, ?)", (key, now, count))
        except sqlite3.Error as error:
            raise ServiceUnavailable(retry_after=BUSY_SECONDS) from error
        if wait_seconds:
            raise TooManyRequests(retry_after=wait_seconds)

    def _find_wait(self, connection: sqlite3.Connection, key: bytes, count: int, now: float) -> int:
        """Return after how many seconds ``count`` more are allowed, 0 for now."""
        # A clock that was set back must not lock anybody out.
        connection.execute(
            "DELETE FROM requests WHERE moment <= ? OR moment > ?", (now - WINDOW_SECONDS, now + 1)
        )
        rows = connection.execute(
            "SELECT moment, count FROM requests WHERE address = ? ORDER BY moment", (key,)
        ).fetchall()
        over = sum(used for _, used in rows) + count - self._a_minute
        for moment, used in rows:
            if over <= 0:
                break
            over -= used
            if over <= 0:
                return max(1, math.ceil(float(moment) + WINDOW_SECONDS - now))
        return 0 if over <= 0 else math.ceil(WINDOW_SECONDS)


def _find_household(address: str) -> bytes:
    """Return what one household has: an IPv4 address, or the first half of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address.encode("utf-8", errors="replace")
    if isinstance(parsed, IPv6Address):
        return parsed.ipv4_mapped.packed if parsed.ipv4_mapped else parsed.packed[:_PREFIX_64]
    return parsed.packed


class Gate:
    """Lets a fixed number of requests through at a time, and as many wait for a moment."""

    def __init__(
        self,
        at_once: int,
        note_running: Callable[[int], None],
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """Tell ``note_running`` how many are inside, each time that changes."""
        self._places = threading.BoundedSemaphore(at_once)
        self._queue = threading.BoundedSemaphore(2 * at_once)
        self._note_running = note_running
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._running = 0

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Hold one place.

        Raises:
            ServiceUnavailable: none became free in time.
        """
        if not self._queue.acquire(blocking=False):
            raise ServiceUnavailable(retry_after=BUSY_SECONDS)
        try:
            if not self._places.acquire(timeout=self._wait_seconds):
                raise ServiceUnavailable(retry_after=BUSY_SECONDS)
            try:
                self._change_running(1)
                yield
            finally:
                self._change_running(-1)
                self._places.release()
        finally:
            self._queue.release()

    def _change_running(self, change: int) -> None:
        with self._lock:
            self._running += change
            self._note_running(self._running)
