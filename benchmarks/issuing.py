"""How fast a batch is issued, by stage, beside plain pyld on the same credentials.

    python -m benchmarks.issuing 1000 --workers 2

Everything is real: the embedded chain, the registry, the journal, fsync for every file. Only the
whole verification at the end is left out; `rootseal verify` measures that. Compare the ratios, not
the absolute numbers: they hold on a machine that does other work too.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pyld import jsonld

from issuer.batches.issuing import IssueRequest, issue_batch
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.contexts import load_context
from protocol.credentials.status_index import render_status
from tests.issuer.scene import SampleSource, accept, build_home, name_people, open_desk

SAMPLE = 200


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=1_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    source = SampleSource(name_people(options.count))
    measure_hashing(source)
    measure_issuing(source, options.workers)
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"largest process: {peak / 1024:.0f} MiB")


def measure_hashing(source: SampleSource) -> None:
    """Compare our guarded canonical form with pyld alone, in one process."""
    drafts = [draft(source, position) for position in range(min(source.count, SAMPLE))]
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    canonicalise(drafts[0])
    jsonld.normalize(drafts[0], options)
    started = time.perf_counter()
    plain = [sha256(jsonld.normalize(each, options).encode()).digest() for each in drafts]
    middle = time.perf_counter()
    ours = [hash_leaf(canonicalise(each).nquads) for each in drafts]
    ended = time.perf_counter()
    if plain != ours:
        raise SystemExit("pyld and Rootseal disagree about a leaf")
    show("plain pyld, one process", len(drafts), middle - started)
    show("with guard, one process", len(drafts), ended - middle)


def measure_issuing(source: SampleSource, workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home, watch = Path(folder) / "home", Stopwatch()
        build_home(home)
        started = time.perf_counter()
        with open_desk(home, workers=workers) as desk:
            channel = replace(desk.channel, progress=watch)
            request = IssueRequest(source, Path(folder) / "out")
            issue_batch(replace(desk, channel=channel), request, accept)
        for stage, (begun, ended) in watch.stages.items():
            if stage != "Verifying":
                show(stage, source.count, ended - begun)
        show(f"issued, {workers} workers", source.count, time.perf_counter() - started)


def draft(source: SampleSource, position: int) -> dict[str, object]:
    status = render_status("https://issuer.example.org/status/x", 1, position)
    return source.draft(position, seed=bytes(32), status=status, moment=datetime.now(UTC))


def load(url: str, _options: Mapping[str, object]) -> dict[str, object]:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": load_context(url),
        "tag": "static",
    }


def show(what: str, count: int, seconds: float) -> None:
    rate = f"{count / seconds:10,.0f} a second" if seconds > 0 else ""
    print(f"{what:28} {count:8,} in {seconds:7.2f} s {rate}")


if __name__ == "__main__":
    main()
