"""The folder that ``issue`` fills: one file a credential and nothing else, all else in ``batch/``.

Only ``DIR/<uuid>.json`` is handed out. ``DIR/batch/`` stays with the institution.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from issuer.errors import UsedFolderError
from issuer.files import sync_folder, write_whole

BATCH_FOLDER: Final = "batch"
BATCH_FILE: Final = "batch.json"
MANIFEST_FILE: Final = "manifest.csv"
EVIDENCE_FILE: Final = "evidence.json"
UNFINISHED: Final = ".unfinished"
URN_PREFIX: Final = "urn:uuid:"


def name_file(credential: str) -> str:
    """Return the file name of a credential, from its id.

    Raises:
        ValueError: the id is no ``urn:uuid:``.
    """
    if not credential.startswith(URN_PREFIX):
        message = f"{credential!r} is not a urn:uuid:"
        raise ValueError(message)
    return credential.removeprefix(URN_PREFIX) + ".json"


def render_json(document: object) -> bytes:
    """Return JSON as it is written to disk: UTF-8, members in their order, two blanks indent."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def find_contents(folder: Path) -> str | None:
    """Return what a folder holds, as a clause for a message; None if it may be filled."""
    if not folder.exists():
        return None
    if not folder.is_dir():
        return "is a file"
    if (folder / BATCH_FOLDER / BATCH_FILE).exists():
        return "holds another batch, or the same one from another home"
    if any(folder.iterdir()):
        return "is not empty"
    return None


def check_unused(folder: Path) -> None:
    """Refuse a folder that holds anything.

    Raises:
        UsedFolderError: it does.
    """
    contents = find_contents(folder)
    if contents is not None:
        raise UsedFolderError(folder, contents)


@dataclass(frozen=True, slots=True)
class OutputFolder:
    """A batch's folder while it is being filled; writing the same again changes nothing."""

    folder: Path

    @property
    def batch_folder(self) -> Path:
        """Where everything lies that stays with the institution."""
        return self.folder / BATCH_FOLDER

    @property
    def _staging(self) -> Path:
        return self.batch_folder / UNFINISHED

    def open(self) -> None:
        """Make the folders."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.batch_folder.mkdir(mode=0o700, exist_ok=True)
        self._staging.mkdir(exist_ok=True)

    def write_credential(self, name: str, data: bytes) -> None:
        """Write one credential, unless it is there already."""
        path = self.folder / name
        if not (path.is_file() and path.read_bytes() == data):
            write_whole(path, data, self._staging)

    def write_batch_file(self, name: str, data: bytes) -> None:
        """Write one of the files that stay with the institution."""
        write_whole(self.batch_folder / name, data, self._staging, mode=0o600)

    def close(self) -> None:
        """Make everything durable and leave nothing unfinished behind."""
        shutil.rmtree(self._staging)
        sync_folder(self.batch_folder)
        sync_folder(self.folder)
        sync_folder(self.folder.parent)
