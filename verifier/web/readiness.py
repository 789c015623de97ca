"""Whether this server can give answers: its networks, its contexts, its clock."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Final

from protocol.chain import Block, ChainReader
from protocol.credentials.contexts import PINNED
from protocol.errors import ChainError
from verifier.web.directory import Served
from verifier.web.metrics import Sample
from verifier.web.watched_node import limit_questions

KEEP_SECONDS: Final = 5.0
"""Asking /readyz more often asks the chain no more often."""
LOOK_SECONDS: Final = 10.0
"""Questions of one look, over all networks."""
SKEW_SECONDS: Final = 60.0
"""How far ahead of our clock the newest block may be before the clock is doubted."""


@dataclass(frozen=True, slots=True)
class NetworkState:
    """How one network is."""

    name: str
    problems: tuple[str, ...]
    chain_id: int | None = None
    head: Block | None = None
    head_age_seconds: float | None = None
    final_lag_blocks: int | None = None


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether uploads get answers, and why not. It has no truth value: look at ``ready``."""

    networks: tuple[NetworkState, ...]
    problems: tuple[str, ...]
    """What is wrong with this server itself."""
    checked_at: datetime

    @property
    def ready(self) -> bool:
        """True when nothing at all is wrong."""
        return not self.problems and not any(network.problems for network in self.networks)


class ReadinessProbe:
    """Looks at most every few seconds."""

    def __init__(
        self, list_served: Callable[[], Sequence[Served]], clock: Callable[[], datetime]
    ) -> None:
        """Ask the networks of ``list_served``."""
        self._list_served = list_served
        self._clock = clock
        self._lock = threading.Lock()
        self._last: tuple[float, Readiness] | None = None

    def check(self) -> Readiness:
        """Return how things are, or were a few seconds ago.

        While a silent node is waited for, others get what was found before: they hold threads.
        """
        last = self._last
        if last is not None and time.monotonic() - last[0] <= KEEP_SECONDS:
            return last[1]
        if not self._lock.acquire(blocking=last is None):
            return last[1] if last is not None else self.check()
        try:
            return self._look(last)
        finally:
            self._lock.release()

    def _look(self, last: tuple[float, Readiness] | None) -> Readiness:
        """Look anew, unless somebody has done so while the lock was waited for."""
        if self._last is not last and self._last is not None:
            return self._last[1]
        with limit_questions(LOOK_SECONDS):
            found = check_readiness(self._list_served(), self._clock())
        self._last = time.monotonic(), found
        return found


def check_readiness(served: Sequence[Served], now: datetime) -> Readiness:
    """Ask every network, and look at the bundled contexts."""
    problems = [f"The bundled context {url} is not the pinned one." for url in _find_damage()]
    if not served:
        problems.append("No network is configured.")
    return Readiness(tuple(_check_network(each, now) for each in served), tuple(problems), now)


def list_gauges(readiness: Readiness) -> Iterator[Sample]:
    """Return what `/metrics` shows of it."""
    yield "rootseal_ready", {}, float(readiness.ready)
    for network in readiness.networks:
        labels = {"network": network.name}
        if network.head_age_seconds is not None:
            yield "rootseal_head_age_seconds", labels, network.head_age_seconds
        if network.final_lag_blocks is not None:
            yield "rootseal_finalised_lag_blocks", labels, float(network.final_lag_blocks)


def _find_damage() -> Iterator[str]:
    for url, (name, expected) in PINNED.items():
        data = (files("protocol.credentials") / "context_files" / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != expected:
            yield url


def _check_network(served: Served, now: datetime) -> NetworkState:
    if served.reader is None:
        return NetworkState(served.name, (served.problem,))
    try:
        return _ask_network(served.reader, now)
    except ChainError as error:
        # Its words never carry an endpoint's address.
        return NetworkState(served.name, (str(error),))


def _ask_network(reader: ChainReader, now: datetime) -> NetworkState:
    network = reader.network
    chain_id, head = reader.read_chain_id(), reader.read_latest()
    age_seconds = (now - head.time).total_seconds()
    problems = (*_check_identity(reader, chain_id, head), *_check_age(reader, age_seconds))
    return NetworkState(
        name=network.name,
        problems=problems,
        chain_id=chain_id,
        head=head,
        head_age_seconds=round(age_seconds, 3),
        final_lag_blocks=head.number - reader.read_final().number,
    )


def _check_identity(reader: ChainReader, chain_id: int, head: Block) -> Iterator[str]:
    network = reader.network
    if chain_id != network.chain_id:
        yield f"The node serves chain {chain_id}, not {network.chain_id}."
    if network.genesis is not None and reader.read_genesis() != network.genesis:
        yield "The node serves another chain: its first block is not the configured one."
    if network.contract is None or network.code_hash is None:
        yield "No register is recorded for this network."
    elif reader.read_code_hash(network.contract, head) != network.code_hash:
        yield "The register's address does not hold the known code."


def _check_age(reader: ChainReader, age_seconds: float) -> Iterator[str]:
    limit = reader.network.freshness_seconds
    if limit is not None and age_seconds > limit:
        yield f"The newest block is {age_seconds:.0f} s old: the node is behind or our clock ahead."
    if age_seconds < -SKEW_SECONDS:
        yield f"The newest block is {-age_seconds:.0f} s ahead of our clock."
