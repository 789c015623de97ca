"""The networks that a server asks, opened once in each process."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from protocol.chain import ChainReader
from protocol.primitives import ChainId
from protocol.registry.final_transactions import FinalReader, FinalTransactions

RETRY_SECONDS: Final = 5.0
"""After a network could not be opened, or was silent."""


@dataclass(frozen=True, slots=True)
class Served:
    """One network that should be answering."""

    name: str
    reader: ChainReader | None
    problem: str = ""
    """Why there is no reader."""
    known: FinalTransactions | None = None
    """What this process remembers of the network; None remembers nothing."""

    def open_reader(self) -> ChainReader | None:
        """Return who is asked for one verification."""
        if self.reader is None or self.known is None:
            return self.reader
        return FinalReader(self.reader, self.known)


class OpenChains:
    """Implements `protocol.chain.ChainDirectory`; readers stay open.

    Threads may share it, a fork may not. A network whose node was silent when it was opened knows
    neither its first block yet nor its register: it is opened again a few seconds later, not for
    every question, as that would make whoever asks other networks wait for this one.
    """

    def __init__(
        self,
        names: Iterable[str],
        open_served: Callable[[str], Served],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the named networks with ``open_served``, each when it is first asked for."""
        self._names = tuple(names)
        self._open_served = open_served
        self._lock = threading.Lock()
        self._open: dict[str, Served] = {}
        self._monotonic = monotonic
        self._tried: dict[str, tuple[float, Served]] = {}

    def find_readers(self, chain_id: ChainId) -> tuple[ChainReader, ...]:
        """Return the readers with this chain id; of several, those that have a register.

        Each is for one verification: what it asks about one block, it asks once.
        """
        readers = [each.open_reader() for each in self.list_served()]
        same = tuple(
            reader
            for reader in readers
            if reader is not None and reader.network.chain_id == chain_id
        )
        if len(same) <= 1:
            return same
        return tuple(reader for reader in same if reader.network.contract is not None) or same

    def list_served(self) -> tuple[Served, ...]:
        """Return every network, with its reader or why there is none."""
        return tuple(self._find(name) for name in self._names)

    def _find(self, name: str) -> Served:
        with self._lock:
            known = self._open.get(name) or self._find_fresh(name)
        if known is not None:
            return known
        served = self._open_served(name)
        with self._lock:
            if served.reader is None or served.reader.network.genesis is None:
                self._tried[name] = self._monotonic(), served
                return served
            return self._open.setdefault(name, served)

    def _find_fresh(self, name: str) -> Served | None:
        """Return what was found a few seconds ago."""
        moment, tried = self._tried.get(name, (0.0, None))
        return tried if self._monotonic() < moment + RETRY_SECONDS else None
