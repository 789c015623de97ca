"""How fast a batch is issued, by stage, beside cert-issuer and beside what no issuer can avoid.

    python -m benchmarks.issue 1000 10000 100000            each stage, credentials a second, memory
    python -m benchmarks.issue 1000 5000 --peer             beside cert-issuer, same credentials
    python -m benchmarks.issue 5000 --whole                 chain, journal and output check too
    python -m benchmarks.issue 1000000 --shards --rounds 1  by hand: some minutes

Runs of both sides alternate, and the best of each counts: on a shared machine the absolute numbers
mean little, and ratios of one run hold within a quarter. Each run of ours is a process of its own.
What is compared is from drafts to written credentials; "as a process" counts the start of Python
and of the workers on our side too, as it always does on the peer's.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import floor
from benchmarks.cohort import MOMENT, SEED, build_cohort
from benchmarks.peers import cert_issuer
from benchmarks.peers.cert_issuer import PeerRun
from issuer.batches.issuing import IssueRequest, issue_batch
from issuer.batches.lines import render_line
from issuer.batches.output import Layout
from protocol.credentials.status_index import render_status
from tests.issuer.scene import STATUS_BASE, accept, build_home, open_desk

START = "from benchmarks.pipeline import main; main()"


@dataclass(frozen=True)
class Options:
    """What is measured."""

    workers: int
    layouts: tuple[Layout, ...]
    rounds: int
    folder: Path | None
    is_checked: bool


class Stopwatch:
    """Remembers when each stage began and ended."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {}

    def report(self, stage: str, _done: int, _total: int) -> None:
        now = time.perf_counter()
        self.stages.setdefault(stage, [now, now])[1] = now

    def notice(self, _message: str) -> None:
        return


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("counts", type=read_count, nargs="*", default=[1_000])
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", action="store_true", help="beside cert-issuer 3.13.1")
    parser.add_argument("--whole", action="store_true", help="issue whole batches on a chain")
    parser.add_argument("--shards", action="store_true", help="shards only, no files")
    parser.add_argument("--folder", type=Path, help="where to write, such as /dev/shm")
    given = parser.parse_args()
    layouts = (Layout.SHARDS,) if given.shards else (Layout.FILES, Layout.SHARDS)
    options = Options(given.workers, layouts, given.rounds, given.folder, not given.peer)
    for count in given.counts:
        if given.peer:
            compare(count, options)
        elif given.whole:
            measure_whole(count, options)
        else:
            measure(count, options)


def read_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a number of credentials is 1 or more")
    return int(text)


def measure(count: int, options: Options) -> None:
    """Show each stage, and which share of the floor it all is."""
    for layout in options.layouts:
        runs = [run(count, layout, options.workers, options) for _ in range(options.rounds)]
        best = min(runs, key=lambda each: each["wall_s"])
        show_stages(best)
    show_floor(best, options)


Runs = dict[tuple[Layout, int], list[dict[str, Any]]]
"""By layout and number of workers."""


def compare(count: int, options: Options) -> None:
    """Let cert-issuer and ours take turns on the same credentials."""
    command = cert_issuer.install()
    variants = [(layout, workers) for layout in options.layouts for workers in (1, options.workers)]
    peers: list[PeerRun] = []
    ours: Runs = {}
    for _ in range(options.rounds):
        with make_folder(options) as folder:
            peers.append(cert_issuer.issue(command, folder, render_drafts(count)))
        for variant in variants:
            ours.setdefault(variant, []).append(run(count, *variant, options))
    roots = {each.root for each in peers}
    roots |= {each["root"] for runs in ours.values() for each in runs}
    print(f"{count:,} credentials, best of {options.rounds}; roots equal: {len(roots) == 1}")
    show_comparison(count, peers, ours)
    if len(roots) != 1:
        raise SystemExit("The roots differ.")


def show_comparison(count: int, peers: Sequence[PeerRun], ours: Runs) -> None:
    peer_s = min(each.wall_s for each in peers)
    peer_cpu_s = min(each.cpu_s for each in peers)
    peer_mib = max(each.memory_mib for each in peers)
    show_side(f"cert-issuer {cert_issuer.VERSION}", count, (peer_s, peer_cpu_s, peer_mib))
    for (layout, workers), runs in ours.items():
        wall_s, cpu_s, process_s = (
            min(each[name] for each in runs) for name in ("wall_s", "cpu_s", "process_s")
        )
        memory_mib = max(max(each["memory_mib"].values()) for each in runs)
        show_side(
            f"ours, signed, {layout}, {workers} workers",
            count,
            (wall_s, cpu_s, memory_mib),
            f"  x{peer_s / wall_s:.0f} (x{peer_cpu_s / cpu_s:.0f} in core time,"
            f" x{peer_s / process_s:.0f} as a process)",
        )


def show_side(name: str, count: int, found: tuple[float, float, float], ratios: str = "") -> None:
    wall_s, cpu_s, memory_mib = found
    print(
        f"  {name:33} {wall_s:8.2f} s {count / wall_s:9,.0f} a second"
        f"  {cpu_s / count * 1e6:7,.0f} us of a core each  {memory_mib:4.0f} MiB{ratios}"
    )


def measure_whole(count: int, options: Options) -> None:
    """Issue on the embedded chain with journal, sync and output check, as the command does."""
    for layout in options.layouts:
        with make_folder(options) as folder:
            home, watch = folder / "home", Stopwatch()
            build_home(home)
            started = time.perf_counter()
            with open_desk(home, workers=options.workers) as desk:
                channel = replace(desk.channel, progress=watch)
                request = IssueRequest(build_cohort(count), folder / "out", layout=layout)
                issue_batch(replace(desk, channel=channel), request, accept)
            print(f"{count:,} credentials, whole, {layout}, {options.workers} workers")
            for stage, (begun, ended) in watch.stages.items():
                if stage != "Verifying":
                    show(stage, count, ended - begun)
            show("all, with chain and journal", count, time.perf_counter() - started)


def run(count: int, layout: Layout, workers: int, options: Options) -> dict[str, Any]:
    """Run the stages in a fresh process."""
    with make_folder(options) as folder:
        arguments = [str(count), str(workers), layout, str(folder)]
        arguments.append("check" if options.is_checked else "")
        # Not by -m: workers would load the main module again, with all that measuring needs.
        command = [sys.executable, "-c", START, *arguments]
        started = time.perf_counter()
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        process_s = time.perf_counter() - started
    found: dict[str, Any] = json.loads(answer)
    return found | {"process_s": process_s}


def render_drafts(count: int) -> Iterator[bytes]:
    """Yield the very credentials that ours hashes."""
    cohort = build_cohort(count)
    for position in range(count):
        status = render_status(STATUS_BASE, 1, position)
        yield render_line(cohort.draft(position, seed=SEED, status=status, moment=MOMENT))


def show_stages(found: Mapping[str, Any]) -> None:
    count = found["count"]
    print(f"{count:,} credentials, {found['layout']}, {found['workers']} workers")
    for stage, seconds in found["stages"].items():
        show(stage, count, seconds)
    show("drafts to written", count, found["wall_s"])
    memory = ", ".join(f"{name} {mib:.0f} MiB" for name, mib in found["memory_mib"].items())
    print(
        f"  {found['cpu_s'] / count * 1e6:,.0f} us of a core each; "
        f"{found['written_bytes'] / count:,.0f} bytes each; peak of {memory}; "
        f"fell back to JSON-LD proper {found['fell_back']:,} times"
    )


def show_floor(best: Mapping[str, Any], options: Options) -> None:
    with make_folder(options) as folder:
        lowest = floor.measure(best["count"], folder)
    steps = ", ".join(f"{name} {us:.1f}" for name, us in lowest.steps.items())
    core_us = best["cpu_s"] / best["count"] * 1e6
    wall_us = best["wall_s"] / best["count"] * 1e6 * best["workers"]
    print(f"  floor {lowest.total_us:.0f} us on one core ({steps})")
    print(
        f"  of the floor: {lowest.total_us / core_us:.0%} by core time, "
        f"{lowest.total_us / wall_us:.0%} by wall time on {best['workers']} workers"
    )


def show(what: str, count: int, seconds: float) -> None:
    rate = f"{count / seconds:10,.0f} a second" if seconds > 0 else ""
    print(f"  {what:28} {seconds:8.3f} s {rate} {seconds / count * 1e6:8.1f} us each")


class make_folder:  # noqa: N801 (used as a function)
    """A folder that is gone afterwards."""

    def __init__(self, options: Options) -> None:
        self._path = Path(tempfile.mkdtemp(dir=options.folder))

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path)


if __name__ == "__main__":
    main()
