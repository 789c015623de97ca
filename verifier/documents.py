"""Copies of institutions' DID documents, kept under the SHA-256 of their exact bytes.

A copy with the digest that the registry records is as good as the institution's web server, also
after the domain is gone. A file whose bytes do not have the digest of its name counts as not had.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from protocol.errors import DocumentError
from protocol.primitives import DIGEST_BYTES, Digest, parse_hex
from protocol.proofs.did_document import DOCUMENT_LIMIT_BYTES, DidDocument, parse_did_document

COPY_LIMIT: Final = 1_000
"""Most copies that are looked through for a DID while the register is silent."""
_NAME: Final = re.compile(r"[0-9a-f]{64}\.json\Z")


class DocumentStore(Protocol):
    """Where copies of DID documents are looked for. It never asks the web."""

    def find(self, digest: Digest) -> bytes | None:
        """Return the document with this SHA-256, None if there is no copy of it."""
        ...

    def find_copies(self, did: str) -> tuple[DidDocument, ...]:
        """Return every readable copy of a DID's documents, old ones too, by their digests."""
        ...


@dataclass(frozen=True, slots=True)
class FolderDocuments:
    """Copies in a folder: ``<sha256 hex>.json``."""

    folder: Path

    def find(self, digest: Digest) -> bytes | None:
        """Return the document with this SHA-256, None if there is no copy of it."""
        data = _read_bounded(self.folder / f"{digest.hex()}.json")
        return data if data is not None and sha256(data).digest() == digest else None

    def find_copies(self, did: str) -> tuple[DidDocument, ...]:
        """Return every readable copy of a DID's documents, old ones too, by their digests."""
        if not self.folder.is_dir():
            return ()
        names = sorted(path.name for path in self.folder.iterdir() if _NAME.match(path.name))
        documents = (self._parse_copy(name) for name in names[:COPY_LIMIT])
        return tuple(document for document in documents if document and document.id == did)

    def _parse_copy(self, name: str) -> DidDocument | None:
        data = self.find(Digest(parse_hex(name.removesuffix(".json"), DIGEST_BYTES)))
        if data is None:
            return None
        try:
            return parse_did_document(data)
        except DocumentError:
            # Without the register nothing says that this file was ever an institution's document.
            return None


def _read_bounded(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(DOCUMENT_LIMIT_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= DOCUMENT_LIMIT_BYTES else None
