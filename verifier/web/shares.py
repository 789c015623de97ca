"""How the threads of a process are dealt out among the addresses that ask it."""

from collections import Counter, deque
from enum import Enum, auto
from typing import Final

from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

SHARE: Final = 10
"""Connections of one address that hold a thread (of 26) at the same time; a browser opens six."""
QUEUE: Final = 40
"""Connections of one address that wait for its others; further ones are closed."""


class Turn(Enum):
    """What becomes of a connection that has something to say."""

    NOW = auto()
    LATER = auto()
    NEVER = auto()


class Shares:
    """Deals threads out: whoever opens many connections waits for his own, not others for him."""

    def __init__(self, share: int, queue: int) -> None:
        """Let each address hold ``share`` threads, and ``queue`` of its connections wait."""
        self._share = share
        self._queue = queue
        self._held: Counter[bytes] = Counter()
        self._waiting: dict[bytes, deque[TConn]] = {}

    def take(self, address: bytes, conn: TConn) -> Turn:
        """Take a thread's place for a connection, or a place in the queue of its address."""
        if self._held[address] < self._share:
            self._held[address] += 1
            return Turn.NOW
        waiting = self._waiting.setdefault(address, deque())
        if len(waiting) >= self._queue:
            return Turn.NEVER
        waiting.append(conn)
        return Turn.LATER

    def give_back(self, address: bytes) -> TConn | None:
        """Give a place back; return the address's next connection, which has that place now."""
        waiting = self._waiting.get(address)
        if waiting:
            return waiting.popleft()
        self._waiting.pop(address, None)
        self._held[address] -= 1
        if not self._held[address]:
            del self._held[address]
        return None
