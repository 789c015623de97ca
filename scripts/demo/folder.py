"""The folder of a demo: made, marked and replaced by it alone."""

import shutil
from pathlib import Path
from typing import Final

from issuer.batches.output import find_contents
from issuer.errors import UsedFolderError

MARK: Final = ".rootseal-demo"
COHORT: Final = "cohort"
FILES: Final = ("genuine", "tampered", "revoked", "suspended", "stranger")
NOTE: Final = "Made by rootseal demo, which may replace what it wrote here.\n"


def prepare_folder(folder: Path) -> None:
    """Make the folder, or clear what an earlier demo left in it; other files there stay.

    Raises:
        UsedFolderError: it holds something and no demo made it.
    """
    mark = folder / MARK
    if not mark.is_file():
        contents = find_contents(folder)
        if contents is not None:
            raise UsedFolderError(folder, f"{contents}, and no demo made it")
        folder.mkdir(parents=True, exist_ok=True)
        mark.write_text(NOTE, encoding="utf-8")
    for name in FILES:
        (folder / f"{name}.json").unlink(missing_ok=True)
    shutil.rmtree(folder / COHORT, ignore_errors=True)
