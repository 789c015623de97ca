"""What verifying one credential takes, step by step, warm and cold, beside pyld alone.

    python -m benchmarks.verify --count 50

The credentials are issued on the embedded chain, by the same code as any, and each step is timed
over all of them in core time, the best of several rounds. pyld and ours take turns. The embedded
chain is an EVM in this process; a node over HTTP costs its own time instead.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import plain_pyld
from benchmarks.cohort import build_cohort
from issuer.batches.issuing import IssueRequest, issue_batch
from protocol.chain import ChainReader
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.credential import parse_submission
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.view import build_view
from protocol.primitives import ChainId
from protocol.proofs.data_integrity import parse_signature, verify_ed25519
from protocol.proofs.merkle import fold_path
from protocol.proofs.multikey import parse_multikey
from protocol.proofs.receipt import parse_receipt
from protocol.registry.remembering import RememberingDirectory
from tests.issuer.scene import SIGNING_MULTIKEY, Watch, accept, build_home, open_desk
from verifier.documents import FolderDocuments
from verifier.policy import DEFAULT_POLICY
from verifier.reading import BY_JSON_LD, build_canonicalisers
from verifier.report import Verdict
from verifier.verify import Question, Surroundings, verify

ROUNDS = 5


@dataclass(frozen=True)
class OneChain:
    """A directory of one network."""

    reader: ChainReader

    def find_readers(self, _chain_id: ChainId) -> tuple[ChainReader, ...]:
        return (self.reader,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    count = parser.parse_args().count
    with issue_some(count) as (files, surroundings):
        show_steps(files)
        show_whole(files, surroundings)
    show_cold_process()


@contextmanager
def issue_some(count: int):
    """Issue a batch and yield its files, and surroundings without memory."""
    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "home", Path(folder) / "out"
        build_home(home)
        with open_desk(home) as desk:
            cohort = build_cohort(count)
            issuing = IssueRequest(cohort, out)
            issue_batch(desk, issuing, accept)
            files = [path.read_bytes() for path in sorted(out.glob("*.json"))]
            yield (
                files,
                Surroundings(
                    chains=OneChain(desk.channel.chain),
                    documents=FolderDocuments(home / "issuers"),
                    policy=DEFAULT_POLICY,
                    clock=Watch().now,
                ),
            )


def show_steps(files: Sequence[bytes]) -> None:
    documents = [parse_submission(each) for each in files]
    drafts = [{k: v for k, v in each.items() if k != "proof"} for each in documents]
    proofs: list[Any] = [each["proof"] for each in documents]
    forms = [canonicalise(each).nquads for each in drafts]
    leaves = [hash_leaf(form) for form in forms]
    paths = [parse_receipt(each[0]["proofValue"]).path for each in proofs]
    learned = Canonicaliser()
    for draft in drafts[:3]:
        learned.canonicalise(draft)
    key: Any = parse_multikey(SIGNING_MULTIKEY)
    steps: dict[str, Callable[[int], object]] = {
        "parse": lambda at: parse_submission(files[at]),
        "guard, canonicalise: learned shape": lambda at: learned.canonicalise(drafts[at]),
        "guard, canonicalise: by JSON-LD": lambda at: canonicalise(drafts[at]),
        "pyld alone, without guard": lambda at: plain_pyld.normalise(drafts[at]),
        "hash": lambda at: hash_leaf(forms[at]),
        "schema": lambda at: find_schema_problems(documents[at]),
        "view of what is signed": lambda at: build_view(forms[at], str(drafts[at]["id"])),
        "receipt": lambda at: parse_receipt(proofs[at][0]["proofValue"]),
        "path": lambda at: fold_path(leaves[at], paths[at]),
        "Ed25519": lambda at: verify_ed25519(
            key.raw, parse_signature(proofs[at][1]["proofValue"]), bytes(64)
        ),
    }
    times = time_all(steps, len(files))
    for name, us in times.items():
        print(f"  {name:38} {us:10,.1f} us")
    plain, ours = times["pyld alone, without guard"], times["guard, canonicalise: learned shape"]
    print(f"  pyld beside a learned shape, guard included: x{plain / ours:.0f}")


def show_whole(files: Sequence[bytes], bare: Surroundings) -> None:
    def refuse(error: Exception) -> None:
        raise SystemExit(str(error))

    warm = replace(
        bare,
        chains=RememberingDirectory(bare.chains),
        canonicalisers=build_canonicalisers(refuse),
    )
    ways = {
        "whole, learned, chain remembered": warm,
        "whole, learned, chain asked": replace(warm, chains=bare.chains),
        "whole, by JSON-LD, chain remembered": replace(warm, canonicalisers=BY_JSON_LD),
        "whole, by JSON-LD, chain asked": bare,
    }
    for surroundings in ways.values():
        for file in files[:3]:
            report = verify(Question(file), surroundings)
            if report.verdict is not Verdict.PASSED:
                raise SystemExit(f"a genuine credential did not pass: {report.checks}")
    steps = {
        name: (lambda at, each=each: verify(Question(files[at]), each))
        for name, each in ways.items()
    }
    for name, us in time_all(steps, len(files)).items():
        print(f"  {name:38} {us / 1000:10,.2f} ms")


def show_cold_process() -> None:
    """Time a process that starts, verifies one file without a chain, and ends."""
    code = "import verifier.verify, verifier.reading"
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        best = min(best, time.perf_counter() - started)
    print(f"  {'a process that has loaded the verifier':38} {best * 1000:10,.0f} ms")


def time_all(steps: dict[str, Callable[[int], object]], count: int) -> dict[str, float]:
    """Return the best of some rounds for each step, in microseconds a credential; in turns."""
    best = dict.fromkeys(steps, float("inf"))
    for _ in range(ROUNDS):
        for name, step in steps.items():
            started = time.process_time()
            for at in range(count):
                step(at)
            best[name] = min(best[name], (time.process_time() - started) / count * 1e6)
    return best


if __name__ == "__main__":
    main()
