"""What no issuer in Python can do without: for each unavoidable step the best native call.

Nothing is drafted, guarded, validated or checked here, and nothing is right by construction: it is
what remains if all else cost nothing. On one core.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cbor2
from gmpy2 import mpz

from benchmarks.cohort import MOMENT, SEED, build_cohort
from issuer.batch import build_batch
from issuer.batches.lines import render_line
from protocol.credentials.canonical import canonicalise
from protocol.credentials.status_index import render_status
from protocol.primitives import Leaf
from protocol.proofs.merkle import Side
from tests.issuer.scene import CHAIN_ID, SIGNING_KEY, STATUS_BASE

SAMPLE = 200


@dataclass(frozen=True)
class Floor:
    """Microseconds for one credential, by step."""

    steps: dict[str, float]

    @property
    def total_us(self) -> float:
        return sum(self.steps.values())


def measure(count: int, folder: Path, rounds: int = 5) -> Floor:
    """Measure the steps for a batch of ``count``, the best of some rounds each."""
    cohort = build_cohort(SAMPLE)
    statuses = [render_status(STATUS_BASE, 1, at) for at in range(SAMPLE)]
    drafts = [
        cohort.draft(at, seed=SEED, status=statuses[at], moment=MOMENT) for at in range(SAMPLE)
    ]
    lines = [render_line(draft) for draft in drafts]
    forms = [canonicalise(draft).nquads for draft in drafts]
    leaves = [Leaf(sha256(b"%d" % at).digest()) for at in range(count)]
    pairs = [_list_pairs(leaves[0], path) for path in build_batch(leaves[:SAMPLE]).paths]
    depth = max(1, (count - 1).bit_length())
    numbers = [int.from_bytes(form[: 150 + 72 * (depth + 2)]) for form in forms]
    file = (folder / "floor").open("wb")
    with file:
        steps: dict[str, Callable[[], object]] = {
            "parse JSON": lambda: [json.loads(line) for line in lines],
            "SHA-256 of the canonical form": lambda: [sha256(form).digest() for form in forms],
            "Ed25519": lambda: [SIGNING_KEY.sign(form[:64]) for form in forms],
            "CBOR": lambda: [cbor2.dumps(each) for each in pairs],
            "base 58": lambda: [mpz(number).digits(58) for number in numbers],
            "append": lambda: [file.write(line + line[:2_000]) for line in lines],
        }
        found = {name: _time(step, SAMPLE, rounds) for name, step in steps.items()}
    found["tree and path"] = _time(lambda: _fold_all(leaves), count, 2)
    return Floor(found)


def _fold_all(leaves: list[Leaf]) -> object:
    """Hash every level and pick every sibling, on bytes alone."""
    level: list[bytes] = list(leaves)
    levels = []
    while len(level) > 1:
        levels.append(level)
        level = [sha256(a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)] + (
            level[-1:] if len(level) % 2 else []
        )
    return [
        [
            each[(at >> height) ^ 1]
            for height, each in enumerate(levels)
            if (at >> height) ^ 1 < len(each)
        ]
        for at in range(len(leaves))
    ]


def _list_pairs(leaf: Leaf, path: tuple[object, ...]) -> list[object]:
    wrap = cbor2.dumps
    steps = [[int(step.side is Side.RIGHT), wrap(step.sibling.hex())] for step in path]  # type: ignore[attr-defined]
    anchor = [[0, 1], [1, CHAIN_ID], [2, wrap("0x" + leaf.hex())]]
    return [[3, steps], [0, wrap(leaf.hex())], [1, wrap(leaf.hex())], [2, [anchor]]]


def _time(step: Callable[[], object], count: int, rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        step()
        best = min(best, time.process_time() - started)
    return best / count * 1e6
