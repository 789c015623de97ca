"""Unsigned credentials of a batch under way, one JSON line each, in the home.

They are kept from hashing to the end, so that what is written is what was hashed, even if the
program is upgraded or the roster deleted in between. They are personal data: owner-only, and
deleted at the end of the batch. Each range has a file of its own, so that workers write and read
them by themselves.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from issuer.batches.ranges import Range, split_ranges
from issuer.files import OWNER_ONLY, sync_folder
from issuer.journal.records import BatchRecord

KEY_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class WorkArea:
    """The folder of one batch."""

    folder: Path

    def open(self) -> None:
        """Make the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def drafts_path(self, attempt: int, chosen: Range) -> Path:
        """Return where an attempt's drafts of a range lie."""
        return self.folder / f"drafts-{attempt}-{chosen.number:05}.jsonl"

    def has_drafts(self, attempt: int, count: int) -> bool:
        """Tell whether an attempt's drafts are there, whole."""
        return all(self.drafts_path(attempt, each).exists() for each in split_ranges(count))

    def save_drafts(self, attempt: int, chosen: Range, lines: Iterable[bytes]) -> None:
        """Write the drafts of a range; the file is there only once it is whole and durable.

        Its entry in the folder is durable only after `sync`.
        """
        path = self.drafts_path(attempt, chosen)
        unfinished = path.with_suffix(".unfinished")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        with os.fdopen(os.open(unfinished, flags, OWNER_ONLY), "wb") as file:
            file.writelines(line + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)

    def sync(self) -> None:
        """Make it durable which drafts are there."""
        sync_folder(self.folder)

    def read_drafts(self, attempt: int, chosen: Range) -> list[bytes]:
        """Return the drafts of a range, in the order of the input."""
        return self.drafts_path(attempt, chosen).read_bytes().splitlines()

    def delete(self) -> None:
        """Delete everything of the batch here."""
        shutil.rmtree(self.folder, ignore_errors=True)


def find_work_area(home: Path, batch: BatchRecord) -> WorkArea:
    """Return the work area of a batch; its folder may not exist yet."""
    return WorkArea(home / "batches" / f"{batch.inputs.hex()[:KEY_DIGITS]}-{batch.number}")
