"""ATTACKS 4.3 on the issuing side: equal credentials, receipts beside the wrong credential."""

from pathlib import Path

import pytest

from issuer.batches import writing
from issuer.batches.receipts_writer import ReceiptsWriter
from issuer.errors import DuplicateLeafError, OutputError
from protocol.credentials.status_index import render_status
from tests.issuer.killing import SOURCE, issue
from tests.issuer.scene import SampleSource, read_anchored

FIXED_STATUS = render_status("https://issuer.example.org/status/x", 1, 0)


class Twins(SampleSource):
    """Two rows give one and the same credential, id and status included."""

    def draft(self, position: int, **decided) -> dict[str, object]:
        return SampleSource.draft(self, 0, **{**decided, "status": FIXED_STATUS})


def test_mk_09_two_equal_credentials_are_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One revocation would hit both. The check of ids is switched off: the tree refuses too."""
    monkeypatch.setattr("issuer.batches.drafting._find_doubled", lambda source, found: iter(()))
    with pytest.raises(DuplicateLeafError):
        issue(home, tmp_path / "out", Twins(("Aroha", "Aroha")))
    assert read_anchored(home) == []


def test_mk_17_paths_shifted_by_one_never_leave_the_house(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is genuine, only each credential has its neighbour's path."""
    real = writing.pick_path

    def shift(levels, index) -> list[bytes]:
        return real(levels, (index + 1) % SOURCE.count)

    monkeypatch.setattr(writing, "pick_path", shift)
    with pytest.raises(OutputError, match="do not hand its files out") as caught:
        issue(home, tmp_path / "out")
    assert len(caught.value.problems) == SOURCE.count


def test_mk_17_signatures_of_a_neighbour_never_leave_the_house(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is genuine, only each credential has the same one's signature."""
    real = ReceiptsWriter.write
    first: list[bytes] = []

    def swap(self, draft, leaf, signature, steps) -> bytes:
        first.append(signature)
        return real(self, draft, leaf, first[0], steps)

    monkeypatch.setattr(ReceiptsWriter, "write", swap)
    with pytest.raises(OutputError, match="signature") as caught:
        issue(home, tmp_path / "out")
    assert len(caught.value.problems) == SOURCE.count - 1
