"""How much is asked of us: per address and minute, and at one time."""

import hmac
import math
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address
from typing import Final

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from verifier.web.state import SharedState

WINDOW_SECONDS: Final = 60.0
WAIT_SECONDS: Final = 5.0
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
        key = hmac.digest(self._state.secret, find_household(address), "sha256")[:16]
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


def find_household(address: str) -> bytes:
    """Return what one household has: an IPv4 address, or the first half of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address.encode("utf-8", errors="replace")
    if isinstance(parsed, IPv6Address):
        return parsed.ipv4_mapped.packed if parsed.ipv4_mapped else parsed.packed[:_PREFIX_64]
    return parsed.packed


class Gate:
    """Lets a fixed number of requests in at a time; as many wait for a moment, first come first.

    A semaphore would not do: whoever has just left is quicker back than who waits is woken.
    """

    def __init__(
        self,
        at_once: int,
        note_running: Callable[[int], None],
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """Tell ``note_running`` how many are inside, each time that changes."""
        self._at_once = at_once
        self._note_running = note_running
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Hold one place.

        Raises:
            ServiceUnavailable: too many wait already, or no place became free in time.
        """
        ticket = self._take_place()
        if ticket is not None and not ticket.wait(self._wait_seconds):
            self._give_up(ticket)
        try:
            yield
        finally:
            self._leave()

    def _take_place(self) -> threading.Event | None:
        """Take a free place, or return a ticket for the next one."""
        with self._lock:
            if self._running < self._at_once:
                self._set_running(self._running + 1)
                return None
            if len(self._waiting) >= self._at_once:
                raise ServiceUnavailable(retry_after=BUSY_SECONDS)
            ticket = threading.Event()
            self._waiting.append(ticket)
            return ticket

    def _give_up(self, ticket: threading.Event) -> None:
        """Leave the queue, unless the place was given at the last moment."""
        with self._lock:
            if ticket.is_set():
                return
            self._waiting.remove(ticket)
        raise ServiceUnavailable(retry_after=BUSY_SECONDS)

    def _leave(self) -> None:
        """Hand the place to who has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._set_running(self._running - 1)

    def _set_running(self, running: int) -> None:
        self._running = running
        self._note_running(running)
