"""Copies of DID documents are believed by their digest alone."""

from hashlib import sha256
from pathlib import Path

import pytest

from protocol.primitives import Digest
from protocol.proofs.did_document import DOCUMENT_LIMIT_BYTES
from tests.verifier.world import DID, OTHER_DID, Institution
from verifier.documents import FolderDocuments

OWN = Institution.derive(DID).build_document()
OTHER = Institution.derive(OTHER_DID).build_document()


def save(folder: Path, data: bytes, name: str | None = None) -> Digest:
    digest = Digest(sha256(data).digest())
    (folder / f"{name or digest.hex()}.json").write_bytes(data)
    return digest


def test_a_copy_is_found_by_its_digest(tmp_path: Path) -> None:
    digest = save(tmp_path, OWN)
    assert FolderDocuments(tmp_path).find(digest) == OWN


def test_a_changed_copy_counts_as_not_had(tmp_path: Path) -> None:
    digest = Digest(sha256(OWN).digest())
    save(tmp_path, OWN + b" ", digest.hex())
    documents = FolderDocuments(tmp_path)
    assert documents.find(digest) is None
    assert documents.find_copies(DID) == ()


def test_a_copy_that_is_too_large_counts_as_not_had(tmp_path: Path) -> None:
    fits, large = (b"{}" + b" " * (DOCUMENT_LIMIT_BYTES - 2 + extra) for extra in (0, 1))
    documents = FolderDocuments(tmp_path)
    assert documents.find(save(tmp_path, fits)) == fits
    assert documents.find(save(tmp_path, large)) is None


def test_copies_of_one_institution_are_found_among_others(tmp_path: Path) -> None:
    save(tmp_path, OTHER)
    older = save(tmp_path, OWN)
    newer = save(tmp_path, OWN + b"\n")
    save(tmp_path, b"not JSON")
    (tmp_path / "notes.txt").write_text("mine")
    found = FolderDocuments(tmp_path).find_copies(DID)
    assert {document.digest for document in found} == {older, newer}
    assert {document.id for document in found} == {DID}


@pytest.mark.parametrize("name", ["absent", "file"])
def test_without_a_folder_there_are_no_copies(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    documents = FolderDocuments(tmp_path / name)
    assert documents.find(Digest(bytes(32))) is None
    assert documents.find_copies(DID) == ()
