"""What verifying one credential takes, step by step, warm and cold, beside cert-verifier-js.

    python -m benchmarks.verify --count 50

The credentials are issued by the same code as any, on the embedded chain, and once more on a node
of its own for the peer (`benchmarks/peer_verifier.py`). Times are core time of this process, the
best of several rounds over all credentials; whoever is compared takes turns. What an anvil does for
an answer is not in ours, so that questions over JSON-RPC are shown by the clock too.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import plain_pyld
from benchmarks.cohort import build_cohort
from benchmarks.peer_verifier import PeerWorld, is_installed, issue_for_peer
from issuer.batches.issuing import IssueRequest, issue_batch
from protocol.chain import Block, ChainReader
from protocol.credentials.canonical import canonicalise, hash_leaf
from protocol.credentials.credential import parse_submission
from protocol.credentials.schema import find_schema_problems
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.view import build_view
from protocol.primitives import BlockNumber, ChainId
from protocol.proofs.data_integrity import parse_signature, verify_ed25519
from protocol.proofs.merkle import fold_path
from protocol.proofs.multikey import parse_multikey
from protocol.proofs.receipt import parse_receipt
from protocol.registry.final_transactions import FinalReader, FinalTransactions
from protocol.registry.remembering import RememberingReader
from tests.issuer.scene import SIGNING_MULTIKEY, Watch, accept, build_home, open_desk
from verifier.documents import FolderDocuments
from verifier.policy import DEFAULT_POLICY
from verifier.reading import BY_JSON_LD, build_canonicalisers
from verifier.report import Verdict
from verifier.verify import Question, Surroundings, verify

ROUNDS = 7
PEER_FILES = 20
IN_ONE_RUN, AS_SERVE, ALL_ASKED = CHAIN_READS = ("in one run", "as rootseal serve", "all asked")


@dataclass(frozen=True)
class Chains:
    """A directory of one network, whose reader is made for each verification."""

    open_reader: Callable[[], ChainReader]

    def find_readers(self, _chain_id: ChainId) -> tuple[ChainReader, ...]:
        return (self.open_reader(),)


class Still(RememberingReader):
    """Has every answer at hand, also which block is the newest: no chain takes part."""

    def read_latest(self) -> Block:
        return self._once("latest", self._inner.read_latest)

    def read_final(self) -> Block:
        return self._once("final", self._inner.read_final)

    def read_block(self, number: BlockNumber) -> Block:
        return self._once(("block", number), lambda: self._inner.read_block(number))


@dataclass(frozen=True)
class Cost:
    """Of one credential, in microseconds."""

    core: float
    clock: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    count = parser.parse_args().count
    with issue_some(count) as (files, surroundings):
        print(f"a credential of {len(files[0]):,} bytes, {count} of them")
        show_steps(files)
        show_whole("embedded", files, surroundings)
    if is_installed():
        with issue_for_peer(PEER_FILES) as world:
            show_peer(world)
    else:
        print("cert-verifier-js and anvil are not installed: make test brings them")
    show_cold()


@contextmanager
def issue_some(count: int) -> Iterator[tuple[list[bytes], Surroundings]]:
    """Issue a batch and yield its files, and surroundings without memory."""
    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "home", Path(folder) / "out"
        build_home(home)
        with open_desk(home) as desk:
            issue_batch(desk, IssueRequest(build_cohort(count), out), accept)
            files = [path.read_bytes() for path in sorted(out.glob("*.json"))]
            reader = desk.channel.chain
            yield files, surround(reader, FolderDocuments(home / "issuers"), Watch().now)


def surround(reader: ChainReader, documents: FolderDocuments, clock: Callable) -> Surroundings:
    return Surroundings(Chains(lambda: reader), documents, DEFAULT_POLICY, clock)


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
    costs = time_all(
        {
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
        },
        len(files),
    )
    for name, cost in costs.items():
        print(f"  {name:44} {cost.core:9,.1f} us")
    plain = costs["pyld alone, without guard"].core
    ours = costs["guard, canonicalise: learned shape"].core
    print(f"  pyld : ours, guard included                  x{plain / ours:.0f}")


def show_whole(
    chain: str, files: Sequence[bytes], bare: Surroundings, *, by_clock: bool = False
) -> dict[str, Cost]:
    """Time the whole procedure, report included, and print it."""
    (reader,) = bare.chains.find_readers(ChainId(0))
    known = FinalTransactions()
    run, still = RememberingReader(reader), Still(reader)
    warm = replace(bare, canonicalisers=build_canonicalisers(refuse))
    ways = {
        "whole, without the chain": replace(warm, chains=Chains(lambda: still)),
        "  the same by JSON-LD": replace(
            warm, chains=Chains(lambda: still), canonicalisers=BY_JSON_LD
        ),
        f"whole, {chain}, {IN_ONE_RUN}": replace(warm, chains=Chains(lambda: run)),
        f"whole, {chain}, {AS_SERVE}": replace(
            warm, chains=Chains(lambda: FinalReader(reader, known))
        ),
        f"whole, {chain}, {ALL_ASKED}": warm,
    }
    costs = time_all(
        {name: (lambda at, way=way: must_pass(files[at], way)) for name, way in ways.items()},
        len(files),
    )
    for name, cost in costs.items():
        clock = f"   {cost.clock / 1_000:6,.2f} ms by the clock" if by_clock else ""
        print(f"  {name:44} {cost.core / 1_000:9,.3f} ms{clock}")
    own = costs["whole, without the chain"].core
    for way in CHAIN_READS:
        read = costs[f"whole, {chain}, {way}"].core - own
        print(f"  {f'of it reading the chain, {way}':44} {read / 1_000:9,.3f} ms")
    return costs


def show_peer(world: PeerWorld) -> None:
    print(f"beside cert-verifier-js 6.35.0, {len(world.files)} credentials on an anvil")
    bare = surround(world.connect(), world.find_documents(), Watch().now)
    costs = show_whole("JSON-RPC", world.files, bare, by_clock=True)
    peer = world.measure_peer(ROUNDS)
    name = "cert-verifier-js, all answers at hand"
    print(f"  {name:44} {peer.verify_ms:9,.3f} ms   {peer.whole_ms:6,.2f} ms with its reading")
    ours = {each: cost.core / 1_000 for each, cost in costs.items()}
    for each in ("whole, without the chain", f"whole, JSON-RPC, {AS_SERVE}"):
        print(f"  cert-verifier-js : ours, {each:31} x{peer.verify_ms / ours[each]:.1f}")


def must_pass(data: bytes, surroundings: Surroundings) -> None:
    report = verify(Question(data), surroundings)
    if report.verdict is not Verdict.PASSED:
        sys.exit(f"a genuine credential did not pass: {report.checks}")


def refuse(error: Exception) -> None:
    sys.exit(str(error))


def show_cold() -> None:
    """Time processes that start, verify one file, and end."""
    with tempfile.TemporaryDirectory() as folder:
        home, out = Path(folder) / "home", Path(folder) / "files"
        command = [sys.executable, "-m", "scripts.cli"]
        make = [*command, "demo", "--no-serve", "--home", str(home), "--out", str(out)]
        subprocess.run(make, check=True, capture_output=True)
        one = [*command, "verify", str(out / "genuine.json"), "--home", str(home)]
        ways = {
            "a process that loads the verifier": [sys.executable, "-c", "import verifier.verify"],
            "a process that runs rootseal verify FILE": one,
        }
        for name, way in ways.items():
            print(f"  {name:44} {time_process(way) * 1_000:9,.0f} ms")


def time_process(command: Sequence[str]) -> float:
    """Return the least core time that a process took, in seconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return best


def time_all(steps: dict[str, Callable[[int], object]], count: int) -> dict[str, Cost]:
    """Return the best of some rounds for each step; in turns, after one that is not counted."""
    best = {name: Cost(float("inf"), float("inf")) for name in steps}
    for number in range(ROUNDS + 1):
        for name, step in steps.items():
            core, clock = time.process_time(), time.perf_counter()
            for at in range(count):
                step(at)
            core, clock = time.process_time() - core, time.perf_counter() - clock
            if number:
                seen = Cost(core / count * 1e6, clock / count * 1e6)
                best[name] = Cost(
                    min(best[name].core, seen.core), min(best[name].clock, seen.clock)
                )
    return best


if __name__ == "__main__":
    main()
