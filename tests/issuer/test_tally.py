"""Batches go the fast way, what fell back is counted, and a difference stops all before signing."""

import pickle
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from issuer.batches import hashing, tally
from issuer.batches.hashing import rehearse
from issuer.batches.issuing import IssueRequest, issue_batch
from issuer.batches.tally import SIGHTS, Tally, count_shapes
from protocol.credentials.canonical import Canonical, canonicalise
from protocol.credentials.shapes import Canonicaliser
from protocol.credentials.shapes.template import Template
from protocol.errors import CanonicalisationDifferenceError
from tests.issuer import inputs
from tests.issuer.scene import SampleSource, accept, name_people, open_desk, read_anchored

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PEOPLE = SampleSource(name_people(30))


@pytest.fixture(autouse=True)
def learned_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "find_canonicaliser", cache(Canonicaliser))


def test_all_but_the_first_of_a_shape_go_the_fast_way(home: Path, tmp_path: Path) -> None:
    with open_desk(home) as desk:
        result = issue_batch(desk, IssueRequest(PEOPLE, tmp_path / "out"), accept)
    assert result.tally.count == 2 * PEOPLE.count, "once to hash, once to read again"
    assert sum(result.tally.fallen_back.values()) == 1
    assert result.tally.rechecked >= 1


def test_a_roster_with_every_identifier_goes_the_fast_way(tmp_path: Path) -> None:
    source = inputs.load(tmp_path)
    with count_shapes() as counted:
        for round_number in range(10):
            for position in range(source.count):
                seed = bytes([round_number]) * 32
                document = source.draft(
                    position, seed=seed, status=inputs.STATUS, moment=inputs.MOMENT
                )
                assert counted.canonicaliser.canonicalise(document) == canonicalise(document)
    assert counted.tally.count == 10 * source.count
    assert sum(counted.tally.fallen_back.values()) <= 2


def test_counts_of_parts_add_up() -> None:
    one, other = Tally(5, 1, {"x": 2}), Tally(7, 0, {"x": 1, "y": 4})
    assert one.plus(other) == Tally(12, 1, {"x": 3, "y": 4})
    assert one.plus(other).count == 19


def test_a_difference_stops_the_batch_before_anything_is_signed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poisoned shape: it fills in another name than the credential's."""
    canonicaliser = Canonicaliser(recheck_every=1)
    for position in range(3):
        document = PEOPLE.draft(position, seed=bytes(32), status=inputs.STATUS, moment=NOW)
        canonicaliser.canonicalise(document)
    monkeypatch.setattr(tally, "find_canonicaliser", lambda: canonicaliser)
    real, signed = Template.fill, []
    monkeypatch.setattr(
        Template, "fill", lambda self, flat: real(self, flat).replace(b"Brien", b"brien")
    )
    with open_desk(home) as desk:
        signer = type(desk.signers.credentials)
        monkeypatch.setattr(signer, "sign", lambda self, message: signed.append(message))
        with pytest.raises(CanonicalisationDifferenceError):
            issue_batch(desk, IssueRequest(PEOPLE, tmp_path / "out"), accept)
        assert desk.channel.journal.read("SELECT * FROM entry") == []
    assert signed == []
    assert read_anchored(home) == []


def test_after_a_difference_the_same_command_goes_on(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as poison, open_desk(home) as desk:
        poison.setattr(Canonicaliser, "canonicalise", _differ)
        with pytest.raises(CanonicalisationDifferenceError):
            issue_batch(desk, IssueRequest(PEOPLE, tmp_path / "out"), accept)
    with open_desk(home) as desk:
        issue_batch(desk, IssueRequest(PEOPLE, tmp_path / "out"), accept)
    assert len(read_anchored(home)) == 1


def _differ(_: Canonicaliser, document: dict[str, object], **_options: bool) -> Canonical:
    raise CanonicalisationDifferenceError(str(document["id"]))


def test_a_difference_in_a_worker_reaches_the_caller_as_it_was() -> None:
    error = pickle.loads(pickle.dumps(CanonicalisationDifferenceError("urn:uuid:1")))
    assert (error.name, str(error)) == (
        "urn:uuid:1",
        str(CanonicalisationDifferenceError("urn:uuid:1")),
    )


def test_a_rehearsal_learns_the_shape_and_has_its_first_recheck_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    canonicaliser = Canonicaliser(learn_at_sight=SIGHTS, recheck_every=10**9)
    monkeypatch.setattr(hashing, "find_canonicaliser", lambda: canonicaliser)
    rehearse(PEOPLE)
    assert (canonicaliser.counts.learned, canonicaliser.counts.rechecked) == (1, 1)


def test_a_shape_that_differed_in_a_rehearsal_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody hears of a rehearsal: whoever learns the shape again re-checks its first use again."""
    canonicaliser = Canonicaliser(learn_at_sight=SIGHTS, recheck_every=10**9)
    monkeypatch.setattr(hashing, "find_canonicaliser", lambda: canonicaliser)
    document = PEOPLE.draft(0, seed=bytes(32), status=inputs.STATUS, moment=NOW)
    canonicaliser.canonicalise(document, many=True)
    real = Template.fill
    monkeypatch.setattr(Template, "fill", lambda *each: real(*each).replace(b"Brien", b"brien"))
    with pytest.raises(CanonicalisationDifferenceError):
        rehearse(PEOPLE)
    assert len(canonicaliser._cache) == 0
