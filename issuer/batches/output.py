"""The folder that ``issue`` fills: one file a credential, or shards of them, and ``batch/``.

Only ``DIR/<uuid>.json`` is handed out. ``DIR/batch/`` and ``DIR/shards/`` stay with the
institution. A line of a shard and the file of the same credential hold the same bytes.
"""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from issuer.batches.ranges import Range
from issuer.errors import UsedFolderError
from issuer.files import OWNER_ONLY, sync_folder, write_group, write_stream, write_whole
from issuer.journal.entry_table import URN_PREFIX

BATCH_FOLDER: Final = "batch"
SHARDS_FOLDER: Final = "shards"
BATCH_FILE: Final = "batch.json"
MANIFEST_FILE: Final = "manifest.csv"
EVIDENCE_FILE: Final = "evidence.json"
INDEX_FILE: Final = "index.csv"
UNFINISHED: Final = ".unfinished"


class Layout(StrEnum):
    """What lies in the folder."""

    FILES = "files"
    """One file a credential."""
    SHARDS = "shards"
    """Shards of many credentials, one a line."""
    BOTH = "both"
    """Shards beside the files."""

    @property
    def has_files(self) -> bool:
        """Tell whether each credential has a file."""
        return self is not Layout.SHARDS

    @property
    def has_shards(self) -> bool:
        """Tell whether there are shards."""
        return self is not Layout.FILES


@dataclass(frozen=True, slots=True)
class Written:
    """One finished credential on disk: a whole file, or a line of a shard."""

    path: Path
    line: int | None = None
    """Counted from 1; None for a whole file."""
    offset: int = 0
    size_bytes: int = -1
    """-1 for all that follows."""

    @property
    def name(self) -> str:
        """How it is named in messages: ``file`` or ``file:line``."""
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"

    def read(self) -> bytes:
        """Return its bytes."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size_bytes)


def name_file(credential: str) -> str:
    """Return the file name of a credential, from its id.

    Raises:
        ValueError: the id is no ``urn:uuid:``.
    """
    if not credential.startswith(URN_PREFIX):
        message = f"{credential!r} is not a urn:uuid:"
        raise ValueError(message)
    return credential.removeprefix(URN_PREFIX) + ".json"


def name_shard(chosen: Range) -> str:
    """Return the name of the shard that holds a range, from the batch's folder."""
    return f"{SHARDS_FOLDER}/credentials-{chosen.number + 1:05}.ndjson"


def render_json(document: object) -> bytes:
    """Return JSON as people read it: UTF-8, members in their order, two blanks indent."""
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

    def open(self, layout: Layout = Layout.FILES) -> None:
        """Make the folders."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.batch_folder.mkdir(mode=0o700, exist_ok=True)
        self._staging.mkdir(exist_ok=True)
        if layout.has_shards:
            (self.folder / SHARDS_FOLDER).mkdir(mode=0o700, exist_ok=True)

    def write_credentials(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write credentials, unless they are there already."""
        folder = str(self.folder)
        missing = [
            (name, data) for name, data in files if not _is_there(f"{folder}{os.sep}{name}", data)
        ]
        write_group(self.folder, missing, self._staging)

    def write_shard(self, chosen: Range, data: bytes) -> None:
        """Write a shard, unless it is there already."""
        path = self.folder / name_shard(chosen)
        if not _is_there(str(path), data):
            write_whole(path, data, self._staging, mode=OWNER_ONLY)

    def write_batch_file(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write one of the files that stay with the institution, piece by piece."""
        write_stream(self.batch_folder / name, pieces, self._staging, mode=OWNER_ONLY)

    def write_index(self, pieces: Iterable[bytes]) -> None:
        """Write the index of the shards."""
        path = self.folder / SHARDS_FOLDER / INDEX_FILE
        write_stream(path, pieces, self._staging, mode=OWNER_ONLY)

    def close(self) -> None:
        """Make everything durable and leave nothing unfinished behind."""
        shutil.rmtree(self._staging)
        for folder in (self.folder / SHARDS_FOLDER, self.batch_folder, self.folder):
            if folder.is_dir():
                sync_folder(folder)
        sync_folder(self.folder.parent)


def _is_there(path: str, data: bytes) -> bool:
    return os.path.isfile(path) and Path(path).read_bytes() == data  # noqa: PTH113 (many files)
