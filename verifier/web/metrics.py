"""Counters for operators, in Prometheus's text form, summed over all processes.

Written here rather than taken from prometheus_client, whose way with several processes is a folder
named in the environment before the first import; ours is the state file that is there anyway
(docs/adr/0015). Every label has a fixed set of values: nobody who sends a file can add a series.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verifier.checks import CHECKS
from verifier.report import Report, Verdict
from verifier.web.state import SharedState

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NOTHING: Final = "none"
OTHER: Final = "other"
METHODS: Final = frozenset(
    (
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getCode",
        "eth_getLogs",
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
    )
)


class Refusal(StrEnum):
    """Why a request got no report."""

    NOT_A_CREDENTIAL = "not_a_credential"
    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    MEDIA_TYPE = "media_type"
    TOO_MANY = "too_many"
    BUSY = "busy"
    OUR_BUG = "our_bug"


class CallOutcome(StrEnum):
    """What a question to a node came to."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    DISAGREEMENT = "disagreement"
    OUT_OF_TIME = "out_of_time"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what it is, and the values that its labels can have."""

    kind: str
    help: str
    labels: Mapping[str, frozenset[str] | None]
    """None: the names of configured networks."""


_CHECK_IDS: Final = frozenset((NOTHING, *(check.id for check in CHECKS)))
METRICS: Final[Mapping[str, Metric]] = {
    "rootseal_verifications_total": Metric(
        "counter",
        "Reports made, by verdict and by the first check that decided it.",
        {"verdict": frozenset(Verdict), "check": _CHECK_IDS},
    ),
    "rootseal_verification_seconds": Metric("histogram", "Time of one verification.", {}),
    "rootseal_refused_total": Metric(
        "counter", "Requests without a report.", {"reason": frozenset(Refusal)}
    ),
    "rootseal_rpc_requests_total": Metric(
        "counter",
        "Questions to nodes.",
        {"network": None, "method": METHODS, "outcome": frozenset(CallOutcome)},
    ),
    "rootseal_rpc_seconds": Metric("histogram", "Time of one question.", {"network": None}),
    "rootseal_rpc_disagreement_total": Metric(
        "counter", "Questions that endpoints answered differently.", {"network": None}
    ),
    "rootseal_jobs_in_flight": Metric("gauge", "Requests being verified now.", {}),
    "rootseal_head_age_seconds": Metric("gauge", "Age of the newest block.", {"network": None}),
    "rootseal_finalised_lag_blocks": Metric(
        "gauge", "Blocks between the newest and the newest final one.", {"network": None}
    ),
    "rootseal_ready": Metric("gauge", "1 when /readyz says so.", {}),
    "rootseal_build_info": Metric("gauge", "Always 1.", {"version": None}),
}
Sample = tuple[str, Mapping[str, str], float]


class Metrics:
    """Collects samples in memory; `flush` adds them to what the other processes counted."""

    def __init__(self, state: SharedState) -> None:
        """Keep sums in ``state``."""
        self._state = state
        self._lock = threading.Lock()
        self._pending: dict[str, float] = {}

    def count(self, name: str, labels: Mapping[str, str], amount: float = 1) -> None:
        """Add to a counter."""
        self._add(render_series(name, _bound(METRICS[name], labels)), amount)

    def observe(self, name: str, labels: Mapping[str, str], seconds: float) -> None:
        """Add a duration to a histogram."""
        labels = _bound(METRICS[name], labels)
        for limit in BUCKETS:
            if seconds <= limit:
                self._add(render_series(f"{name}_bucket", {**labels, "le": f"{limit:g}"}), 1)
        self._add(render_series(f"{name}_bucket", {**labels, "le": "+Inf"}), 1)
        self._add(render_series(f"{name}_sum", labels), seconds)
        self._add(render_series(f"{name}_count", labels), 1)

    def count_report(self, report: Report) -> None:
        """Count a report by its verdict and the check that decided it."""
        labels = {"verdict": str(report.verdict), "check": find_deciding_check(report)}
        self.count("rootseal_verifications_total", labels)

    def note_running(self, running: int) -> None:
        """Tell the other processes how many requests this one verifies now."""
        self._write([("INSERT OR REPLACE INTO jobs VALUES (?, ?)", (os.getpid(), running))])

    def flush(self) -> None:
        """Add what was collected to the shared sums."""
        with self._lock:
            pending, self._pending = self._pending, {}
        statement = (
            "INSERT INTO samples VALUES (?, ?) "
            "ON CONFLICT (series) DO UPDATE SET value = value + excluded.value"
        )
        if not self._write([(statement, row) for row in pending.items()]):
            for series, amount in pending.items():
                self._add(series, amount)

    def render(self, gauges: Iterable[Sample]) -> str:
        """Return everything in the text form, with gauges as they are now.

        Raises:
            sqlite3.Error: the sums cannot be read.
        """
        self.flush()
        with self._state.change() as connection:
            sums = dict(connection.execute("SELECT series, value FROM samples").fetchall())
            jobs = connection.execute("SELECT process, running FROM jobs").fetchall()
        for name, labels, value in gauges:
            sums[render_series(name, labels)] = value
        running = sum(count for process, count in jobs if _is_alive(process))
        sums["rootseal_jobs_in_flight"] = running
        return "".join(_render_metric(name, METRICS[name], sums) for name in METRICS)

    def _add(self, series: str, amount: float) -> None:
        with self._lock:
            self._pending[series] = self._pending.get(series, 0) + amount

    def _write(self, statements: list[tuple[str, tuple[object, ...]]]) -> bool:
        """Run statements; a full disk must not cost anybody their report."""
        if not statements:
            return True
        try:
            with self._state.change() as connection:
                for statement, values in statements:
                    connection.execute(statement, values)
        except sqlite3.Error:
            return False
        return True


def find_deciding_check(report: Report) -> str:
    """Return the id of the first required check that kept the report from passing."""
    good = (Verdict.PASSED, Verdict.NOT_APPLICABLE)
    for outcome in report.checks:
        failed = report.verdict is Verdict.FAILED
        decides = outcome.verdict is Verdict.FAILED if failed else outcome.verdict not in good
        if outcome.required and decides:
            return outcome.id
    return NOTHING


def render_series(name: str, labels: Mapping[str, str]) -> str:
    """Return a series' name with its labels, as the text form writes it."""
    if not labels:
        return name
    shown = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{shown}}}"


def _bound(metric: Metric, labels: Mapping[str, str]) -> dict[str, str]:
    bounded = {}
    for label, known in metric.labels.items():
        value = labels[label]
        bounded[label] = value if known is None or value in known else OTHER
    return bounded


def _render_metric(name: str, metric: Metric, sums: Mapping[str, float]) -> str:
    lines = [f"# HELP {name} {metric.help}", f"# TYPE {name} {metric.kind}"]
    names = (name, f"{name}_bucket", f"{name}_sum", f"{name}_count")
    series = [each for each in sums if each.partition("{")[0] in names]
    lines += [f"{each} {sums[each]:.15g}" for each in sorted(series, key=_find_place)]
    return "\n".join(lines) + "\n"


def _find_place(series: str) -> tuple[str, float, str]:
    """Return where a series stands among its metric's: buckets in the order of their limits."""
    before, mark, after = series.partition('le="')
    return before, float(after.partition('"')[0]) if mark else 0.0, series


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
