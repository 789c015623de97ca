"""What the routes share: built once for each application, found again in each request."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, current_app

from verifier.report import Report
from verifier.verify import Surroundings
from verifier.web.config import WebConfig
from verifier.web.directory import Served
from verifier.web.limits import Gate, RateLimiter
from verifier.web.logs import LEAF_DIGITS, find_request_id, log_event
from verifier.web.metrics import Metrics, Refusal, find_deciding_check
from verifier.web.readiness import ReadinessProbe
from verifier.web.state import SharedState
from verifier.web.watched_node import limit_questions

_KEY: Final = "rootseal"


@dataclass(frozen=True, slots=True)
class Instruments:
    """What must exist before the chains are opened, as their questions are counted."""

    state: SharedState
    metrics: Metrics
    list_served: Callable[[], Sequence[Served]] = tuple
    """The networks that should be answering, for ``/readyz``."""


@dataclass(frozen=True, slots=True)
class Service:
    """One web verifier at work."""

    config: WebConfig
    surroundings: Surroundings
    metrics: Metrics
    limiter: RateLimiter
    gate: Gate
    probe: ReadinessProbe

    @contextmanager
    def watch_verification(self) -> Iterator["Watch"]:
        """Bound, time, count and log the verification made inside."""
        watch = Watch(self.metrics)
        started = time.perf_counter()
        try:
            with limit_questions(self.config.limits.seconds):
                yield watch
        finally:
            seconds = time.perf_counter() - started
            self.metrics.observe("rootseal_verification_seconds", {}, seconds)
            log_event(
                "verification",
                {
                    "request_id": find_request_id(),
                    **watch.findings,
                    "duration_ms": round(seconds * 1000, 1),
                },
            )


class Watch:
    """Takes down what a verification came to."""

    def __init__(self, metrics: Metrics) -> None:
        """Count in ``metrics``."""
        self._metrics = metrics
        self.findings: Mapping[str, str | None] = {"verdict": None}

    def note_report(self, report: Report) -> None:
        """Take down a report."""
        self._metrics.count_report(report)
        self.findings = {
            "verdict": str(report.verdict),
            "check": find_deciding_check(report),
            "leaf": _shorten_leaf(report),
        }

    def note_refusal(self, refusal: Refusal) -> None:
        """Take down why there is no report."""
        self.findings = {"verdict": None, "refused": str(refusal)}
        self._metrics.count("rootseal_refused_total", {"reason": str(refusal)})


def build_instruments(config: WebConfig) -> Instruments:
    """Open the shared state; in each process anew."""
    state = SharedState(config.state_file)
    return Instruments(state, Metrics(state))


def attach_service(
    app: Flask, config: WebConfig, surroundings: Surroundings, instruments: Instruments
) -> None:
    """Build the service and give it to an application."""
    metrics, limits = instruments.metrics, config.limits
    app.extensions[_KEY] = Service(
        config=config,
        surroundings=surroundings,
        metrics=metrics,
        limiter=RateLimiter(instruments.state, limits.verifications_a_minute, time.time),
        gate=Gate(limits.at_once, metrics.note_running),
        probe=ReadinessProbe(instruments.list_served, surroundings.clock),
    )

    @app.after_request
    def flush(response: Response) -> Response:
        metrics.flush()
        return response


def find_service() -> Service:
    """Return the service of the current request's application."""
    service: Service = current_app.extensions[_KEY]
    return service


def _shorten_leaf(report: Report) -> str | None:
    leaf = report.find("path").facts.get("leaf")
    return str(leaf).removeprefix("0x")[:LEAF_DIGITS] if leaf else None
