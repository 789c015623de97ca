"""Byte for byte what JSON-LD proper makes, on credentials by chance: ordinary, hostile and odd."""

import collections
import copy
import json
from collections.abc import Iterator
from random import Random

import pytest

from protocol.credentials.canonical import canonicalise
from protocol.credentials.contexts import CREDENTIAL_CONTEXTS
from protocol.credentials.shapes import Canonicaliser, Reason
from protocol.credentials.shapes.canonicaliser import try_to_learn
from protocol.errors import ProtocolError
from tests.protocol.credentials import VECTORS, build_unsigned
from tests.protocol.shapes.documents import (
    draw_alike,
    draw_shape,
    refill,
    refill_alike,
)

IN_EVERY_RUN = 5_000
IN_A_LONG_RUN = 100_000
SEEDS = range(5)
REFILLS = 20
HOSTILITY = (0, 0, 0, 0.005, 0.1)


def draw_documents(draw: Random, count: int) -> Iterator[dict]:
    """Yield credentials by shape, each with leaves of many kinds."""
    drawn = 0
    while drawn < count:
        kind = draw.random()
        base = draw_shape(draw) if kind < 0.65 else draw_alike(draw)
        base = build_unsigned() if kind > 0.8 else base
        try:
            canonicalise(base)
        except ProtocolError:
            continue
        for _ in range(REFILLS):
            alike = 0.65 <= kind <= 0.8
            yield refill_alike(draw, base) if alike else refill(draw, base, draw.choice(HOSTILITY))
            drawn += 1


def compare(seed: int, count: int) -> tuple[collections.Counter[str], Canonicaliser]:
    """Canonicalise by shapes; where a shape answers, JSON-LD must accept too, and say the same."""
    fates: collections.Counter[str] = collections.Counter()
    canonicaliser = Canonicaliser(capacity=32)
    for document in draw_documents(Random(seed), count):
        before = copy.deepcopy(document)
        try:
            answer = canonicaliser.try_shapes(document)
            if not isinstance(answer, Reason):
                assert answer == canonicalise(document)
                fates["by its shape"] += 1
                continue
            canonical = canonicalise(document)
        except ProtocolError:
            assert isinstance(answer, Reason), "JSON-LD refuses what a shape accepted"
            fates["refused"] += 1
            continue
        signature = canonicaliser.note_sight(document, answer)
        if signature is not None:
            canonicaliser.keep(signature, try_to_learn(document, canonical))
        fates["by JSON-LD"] += 1
        assert document == before
    return fates, canonicaliser


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_shapes_give_the_bytes_of_json_ld(seed) -> None:
    fates, canonicaliser = compare(seed, IN_EVERY_RUN // len(SEEDS))
    assert fates["by its shape"] > IN_EVERY_RUN // len(SEEDS) // 3
    assert fates["refused"] > 0
    assert canonicaliser.counts.learned > 10


@pytest.fixture
def _asked_for(request) -> None:
    if "long" not in request.config.getoption("-m"):
        pytest.skip("asked for with -m long")


@pytest.mark.long
@pytest.mark.timeout(7_200)
@pytest.mark.usefixtures("_asked_for")
def test_shapes_give_the_bytes_of_json_ld_a_hundred_thousand_times() -> None:
    fates: collections.Counter[str] = collections.Counter()
    reasons: collections.Counter[Reason] = collections.Counter()
    for seed in range(100):
        found, canonicaliser = compare(1_000 + seed, IN_A_LONG_RUN // 100)
        fates += found
        reasons += canonicaliser.counts.slow
    print(dict(fates), {reason.name: count for reason, count in reasons.items()})  # noqa: T201 (the figures are what one asked for)
    assert fates.total() >= IN_A_LONG_RUN
    for reason in (Reason.TEXT, Reason.ADDRESS, Reason.NUMBER, Reason.REPEAT, Reason.ALIKE_NODES):
        assert reasons[reason] > 0


def list_files() -> list[dict]:
    """Return every credential of the vectors, others' as well, under our contexts."""
    found = []
    for path in sorted(VECTORS.rglob("*.json")):
        if path.stat().st_size > 1 << 16 or "poison" in path.parts:
            continue
        document = json.loads(path.read_bytes())
        if isinstance(document, dict) and "credentialSubject" in document:
            document.pop("proof", None)
            found += [document, document | {"@context": list(CREDENTIAL_CONTEXTS)}]
    return found


def test_shapes_that_others_made_are_filled_alike() -> None:
    draw, accepted = Random(0), 0
    canonicaliser = Canonicaliser(recheck_every=1)
    for document in list_files():
        try:
            expected = canonicalise(document)
        except ProtocolError:
            continue
        accepted += 1
        assert canonicaliser.canonicalise(document) == expected
        for _ in range(5):
            try:
                canonicaliser.canonicalise(refill(draw, document, 0))
            except ProtocolError:
                continue
    assert accepted > 5
    assert canonicaliser.counts.fast == canonicaliser.counts.rechecked > accepted
