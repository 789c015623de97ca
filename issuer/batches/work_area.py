"""Unsigned credentials of a batch under way, one JSON line each, in the home.

They are kept from hashing to the end, so that what is written is what was hashed, even if the
program is upgraded or the roster deleted in between. They are personal data: owner-only, and
deleted at the end of the batch.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from issuer.files import OWNER_ONLY, sync_folder
from issuer.journal.records import BatchRecord

KEY_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class WorkArea:
    """The folder of one batch."""

    folder: Path

    def drafts_path(self, attempt: int) -> Path:
        """Return where the drafts of an attempt lie."""
        return self.folder / f"drafts-{attempt}.jsonl"

    def has_drafts(self, attempt: int) -> bool:
        """Tell whether an attempt's drafts are there, whole."""
        return self.drafts_path(attempt).exists()

    def save_drafts(self, attempt: int, lines: Iterable[bytes]) -> None:
        """Write the drafts as they come; the file is there only once it is whole and durable."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.drafts_path(attempt)
        unfinished = path.with_suffix(".unfinished")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with os.fdopen(os.open(unfinished, flags, OWNER_ONLY), "wb") as file:
            file.writelines(line + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(self.folder)

    def read_drafts(self, attempt: int) -> Iterator[bytes]:
        """Yield the drafts in the order of the input."""
        with self.drafts_path(attempt).open("rb") as file:
            for line in file:
                yield line.removesuffix(b"\n")

    def delete(self) -> None:
        """Delete everything of the batch here."""
        shutil.rmtree(self.folder, ignore_errors=True)


def find_work_area(home: Path, batch: BatchRecord) -> WorkArea:
    """Return the work area of a batch; its folder may not exist yet."""
    return WorkArea(home / "batches" / f"{batch.inputs.hex()[:KEY_DIGITS]}-{batch.number}")
