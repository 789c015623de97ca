"""What is to be verified, one after the other: files, folders, standard input, lines of shards."""

import sys
from collections.abc import Iterable, Iterator
from os.path import exists, isdir, isfile
from pathlib import Path
from typing import Final

from protocol.credentials.shards import SHARD_SUFFIX, read_lines
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES

STANDARD_INPUT: Final = "-"
SUFFIXES: Final = (".json", ".ndjson")

Submission = tuple[str, bytes | str]
"""Where one credential came from, ``file:line`` for a line of a shard, and its bytes; a sentence
instead of them says why there are none."""


def is_single(names: Iterable[str]) -> bool:
    """Tell whether exactly one credential was named."""
    listed = list(names)
    return len(listed) == 1 and not _is_shard(listed[0]) and not _is_folder(listed[0])


def read_submissions(names: Iterable[str]) -> Iterator[Submission]:
    """Yield every credential named. One that is too long comes with one byte more than allowed."""
    for name in names:
        yield from _read_folder(name) if _is_folder(name) else _read_file(name)


def _is_folder(name: str) -> bool:
    # A Path raises where it may not look: there opening says why.
    return name != STANDARD_INPUT and isdir(name)  # noqa: PTH112 (see above)


def _read_folder(name: str) -> Iterator[Submission]:
    """Yield what lies directly in a folder; no pipes or devices, which nobody named."""
    try:
        within = sorted(each for each in Path(name).iterdir() if each.suffix.lower() in SUFFIXES)
    except OSError as error:
        yield name, f"The folder cannot be read ({error.strerror})."
        return
    files = [str(each) for each in within if _may_be_file(each)]
    if not files:
        yield name, f"The folder has no files that end in {' or '.join(SUFFIXES)}."
    for each in files:
        yield from _read_file(each)


def _may_be_file(path: Path) -> bool:
    """Tell whether it is a file, or nothing that can be seen: then opening it says why."""
    return isfile(path) or not exists(path)  # noqa: PTH110, PTH113 (a Path may raise)


def _read_file(name: str) -> Iterator[Submission]:
    try:
        yield from _read_shard(name) if _is_shard(name) else [(name, _read(name))]
    except OSError as error:
        yield name, f"The file cannot be read ({error.strerror})."


def _is_shard(name: str) -> bool:
    return name.lower().endswith(SHARD_SUFFIX)


def _read(name: str) -> bytes:
    if name == STANDARD_INPUT:
        return sys.stdin.buffer.read(CREDENTIAL_LIMIT_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(CREDENTIAL_LIMIT_BYTES + 1)


def _read_shard(name: str) -> Iterator[Submission]:
    count = 0
    with Path(name).open("rb") as file:
        for number, line in read_lines(file):
            count += 1
            yield f"{name}:{number}", line
    if not count:
        yield name, "The file has no lines."
