"""Documents made to be learned, so that another one gets what is not its own."""

import copy

import pytest

from protocol.credentials.canonical import canonicalise
from protocol.credentials.shapes import Canonicaliser
from protocol.errors import GuardError
from tests.protocol.credentials import build_unsigned
from tests.protocol.shapes.documents import find_fate


def make(credits_earned: float, name: str = "Honest") -> dict:
    document = build_unsigned() | {"name": name}
    document["credentialSubject"]["creditsEarned"] = credits_earned
    return document


def know(document: dict) -> Canonicaliser:
    """Return a canonicaliser that has tried the document's shape, and is not going to again."""
    canonicaliser = Canonicaliser(recheck_every=10**9)
    for _ in range(3):
        canonicaliser.canonicalise(copy.deepcopy(document))
    return canonicaliser


@pytest.mark.parametrize("zeros", [(0.0, -0.0), (0, -0.0), (3.0, -0.0), (2.5, -0.0)])
def test_no_learned_number_lets_a_negative_zero_pass(zeros) -> None:
    learned, spoilt = zeros
    canonicaliser = know(make(learned))
    with pytest.raises(GuardError) as refused:
        canonicaliser.canonicalise(make(spoilt))
    assert refused.value.rule == "G0"


def test_a_credential_that_was_broken_off_leaves_nothing_to_the_next() -> None:
    """The number is none that the guard knows how to refuse before the name is written."""
    canonicaliser = know(make(3))
    with pytest.raises(GuardError):
        canonicaliser.canonicalise(make(10**400, name="Forged"))
    honest = make(3) | {"validFrom": "2026-02-02T00:00:00Z"}
    assert canonicaliser.canonicalise(honest) == canonicalise(honest)


def test_a_template_that_breaks_down_leaves_nothing_to_the_next(monkeypatch) -> None:
    canonicaliser = know(make(3))
    family = next(iter(canonicaliser._cache.list_recent()))
    template = family.templates[0]
    monkeypatch.setattr(template, "_choose_labels", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        canonicaliser.canonicalise(make(3, name="Forged"))
    monkeypatch.undo()
    honest = make(3) | {"validFrom": "2026-02-02T00:00:00Z"}
    assert canonicaliser.canonicalise(honest) == canonicalise(honest)
    assert canonicaliser.counts.fast > 2


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["@context"].append("https://evil.example/context"),
        lambda document: document["type"].append("AchievementCredential"),
        lambda document: document["evidence"][0]["type"].append("Profile"),
    ],
    ids=["contexts", "type", "type of evidence"],
)
def test_a_document_changed_in_place_after_it_was_learned_from_is_another(change) -> None:
    document = make(3)
    canonicaliser = Canonicaliser(recheck_every=10**9)
    canonicaliser.canonicalise(document)
    canonicaliser.canonicalise(copy.deepcopy(document))
    change(document)
    for spoilt in (document, copy.deepcopy(document)):
        assert find_fate(canonicaliser.canonicalise, spoilt) == find_fate(canonicalise, spoilt)
