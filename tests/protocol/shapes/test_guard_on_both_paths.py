"""What the guard refuses, no shape accepts; what it accepts, shapes give the same bytes for."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings

from protocol.credentials.canonical import canonicalise
from protocol.credentials.shapes import Canonicaliser
from tests.protocol.credentials import build_unsigned
from tests.protocol.shapes.documents import find_fate
from tests.protocol.test_master_property import edits, find, list_places

CANONICALISER = Canonicaliser(recheck_every=10**9)


def judge(document: dict) -> None:
    expected = find_fate(canonicalise, document)
    for _ in range(2):
        assert find_fate(CANONICALISER.canonicalise, document) == expected


@settings(max_examples=400, derandomize=True, deadline=None, database=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(edits())
def test_an_edited_credential_has_one_fate_by_both_paths(document) -> None:
    judge(document)


def build_full() -> dict:
    """Return a credential that has a leaf of every kind, language and number included."""
    document = build_unsigned()
    document["description"] = {"@value": "Kia ora", "@language": "mi"}
    document["credentialSubject"]["licenseNumber"] = "L 1"
    document["credentialSubject"]["creditsEarned"] = 3
    return document


LEAVES = [
    path
    for path in list_places(build_full())
    if path and not isinstance(find(build_full(), path), dict | list)
]
SPOILT = (
    "", " ", "no iri", "_:b0", "a\x07", "\ud800", "3", "true", "@type", "urn:a:b", "did:a:b c",
    "https://a.example/\u200b", "x-relative:a", "en_NZ", "x" * 9_000, 1, 1.0, 2.5, -0.0, 2**60,
    0.1 + 0.2, 1e-9, float("nan"), True, False, None, [], {}, ["a"], ["a", "a"], {"id": "urn:a:b"},
    {"@value": "a"}, "Profile", "did:web:issuer.example",
    "urn:uuid:6c1a8a52-1111-4a7e-9d10-1f2f3f4f5f60",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
def test_whatever_a_single_leaf_becomes_has_one_fate_by_both_paths(path) -> None:
    """Every rule that looks at a value looks at it here, in a shape that is known."""
    canonicaliser = Canonicaliser(recheck_every=10**9)
    canonicaliser.canonicalise(build_full())
    for value in SPOILT:
        document = copy.deepcopy(build_full())
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        expected = find_fate(canonicalise, document)
        assert find_fate(canonicaliser.canonicalise, document) == expected
    assert canonicaliser.counts.learned > 0
