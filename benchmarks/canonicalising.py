"""What a credential costs by its learned shape, step by step, beside pyld on the same credentials.

    python -m benchmarks.canonicalising --count 2000

Each step is timed by itself over all credentials, the fastest of several rounds; pyld and the
guarded slow path take turns with them on a sample, so that other work on the machine burdens all
alike. Every form is compared byte by byte. Compare the ratios, not the times.
"""

import argparse
import copy
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata

from pyld import jsonld

from benchmarks.plain_pyld import load
from protocol.credentials import guard
from protocol.credentials.canonical import canonicalise
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.shapes.learning import learn
from protocol.credentials.shapes.shape import read_shape
from protocol.credentials.strict_json import parse_object
from tests.protocol.credentials import STATUS, build_unsigned

OPTIONS = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
SAMPLE = 50


@dataclass(frozen=True)
class Step:
    """Something that is done to each credential."""

    name: str
    do: Callable[[object], object]
    inputs: Sequence[object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    documents = [make(number) for number in range(options.count)]
    canonicaliser = Canonicaliser()
    compare(documents, canonicaliser)
    steps = list_steps(documents, canonicaliser)
    best = dict.fromkeys((step.name for step in steps), float("inf"))
    for _ in range(options.rounds):
        for step in steps:
            best[step.name] = min(best[step.name], measure(step))
    show(documents[0], best, canonicaliser)


def make(number: int) -> dict:
    """Return one of a batch: six of its leaves differ from those of the others."""
    document = build_unsigned()
    document["id"] = f"urn:uuid:{number:08d}-7f0c-4a6e-9d10-1f2f3f4f5f60"
    document["credentialSubject"]["id"] = f"did:example:learner{number}"
    hashed, named = document["credentialSubject"]["identifier"]
    hashed["identityHash"] = f"sha256${hashlib.sha256(b'%d' % number).hexdigest()}"
    named["identityHash"] = f"Aroha Ngāwaka {number}"
    document["credentialStatus"] |= {"id": f"{STATUS}#{number}", "statusListIndex": str(number)}
    return document


def compare(documents: Sequence[dict], canonicaliser: Canonicaliser) -> None:
    """Let the shape be learned, and make sure that nothing is measured that is wrong."""
    for document in documents[:SAMPLE]:
        expected = jsonld.normalize(document, OPTIONS).encode()
        if canonicaliser.canonicalise(document).nquads != expected:
            raise SystemExit("pyld and Rootseal disagree about a canonical form")


def list_steps(documents: Sequence[dict], canonicaliser: Canonicaliser) -> list[Step]:
    written = [json.dumps(document, ensure_ascii=False).encode() for document in documents]
    forms = [canonicaliser.canonicalise(document).nquads for document in documents]
    shape, _ = read_shape(documents[0])
    sample = documents[:SAMPLE]
    return [
        Step("parse, strictly", parse_object, written),
        Step("check the shape", shape.flatten, documents),
        Step("canonical form, shape known", canonicaliser.canonicalise, documents),
        Step("SHA-256", lambda form: hashlib.sha256(form).digest(), forms),
        Step("guard on the document, rule by rule", guard.check_document, sample),
        Step("canonical form with guard, by pyld", canonicalise, sample),
        Step("pyld alone", lambda document: jsonld.normalize(document, OPTIONS), sample),
        Step("learn the shape", lambda each: learn(each, canonicalise(each).nquads), sample[:3]),
    ]


def measure(step: Step) -> float:
    """Return microseconds a credential."""
    inputs = copy.copy(step.inputs)
    started = time.perf_counter()
    for each in inputs:
        step.do(each)
    return (time.perf_counter() - started) / len(inputs) * 1e6


def show(document: dict, best: dict[str, float], canonicaliser: Canonicaliser) -> None:
    form = canonicalise(document).nquads
    lines = form.count(b"\n")
    size = len(json.dumps(document, ensure_ascii=False).encode())
    counts = canonicaliser.counts
    print(f"pyld {metadata.version('pyld')}; {size:,} bytes of JSON, {lines:,} quads,")
    print(f"{len(form):,} bytes of N-Quads; {counts.fast:,} by shape, {counts.slow.total():,} not")
    pyld = best["pyld alone"]
    for name, taken in best.items():
        print(f"{name:38} {taken:10,.1f} µs {pyld / taken:9,.1f} times pyld")
    whole = best["canonical form, shape known"] + best["SHA-256"]
    print(f"{'canonical form and hash':38} {whole:10,.1f} µs {pyld / whole:9,.1f} times pyld")


if __name__ == "__main__":
    main()
