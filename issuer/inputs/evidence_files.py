"""The digests of evidence files, which themselves stay with the institution."""

from hashlib import file_digest
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from issuer.inputs.cells import CellError, parse_line
from protocol.primitives import Digest

REMEMBERED_FILES: Final = 1_024
"""Digests that are kept, so that a file which many rows share is hashed once."""


class EvidenceFiles:
    """Hashes files beside a roster, each of them once unless very many come between."""

    def __init__(self, folder: Path) -> None:
        """Look for files in ``folder`` and below."""
        self._folder = folder
        self._digests: dict[str, Digest] = {}

    def parse_file(self, raw: str) -> Digest:
        """Return the SHA-256 of the file that a cell names.

        Raises:
            CellError: a path out of the folder, no such file, or one that cannot be used.
        """
        name = parse_line(raw)
        if name not in self._digests:
            if len(self._digests) == REMEMBERED_FILES:
                del self._digests[next(iter(self._digests))]
            self._digests[name] = self._hash_file(name)
        return self._digests[name]

    def _hash_file(self, name: str) -> Digest:
        relative = PurePosixPath(name)
        if relative.is_absolute() or ".." in relative.parts or PureWindowsPath(name).anchor:
            reason = "leads out of the roster's folder"
            raise CellError(reason, "put the file beside the roster and write its path from there")
        path = self._folder / relative
        try:
            return _hash_content(path)
        except FileNotFoundError as error:
            reason = f"the file {path} does not exist"
            raise CellError(reason, "correct the path, or put it there") from error
        except OSError as error:
            reason = f"the file {path} cannot be read ({error.strerror})"
            raise CellError(reason, "give one file that can be read") from error


def _hash_content(path: Path) -> Digest:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").digest()
        if file.tell() == 0:
            raise CellError(f"the file {path} is empty", "give the file that was meant")
    return Digest(digest)
