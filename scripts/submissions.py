"""What is to be verified, one after the other: files, folders, standard input, lines of shards."""

import sys
from collections.abc import Iterable, Iterator
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
    return len(listed) == 1 and not _is_shard(listed[0]) and not Path(listed[0]).is_dir()


def read_submissions(names: Iterable[str]) -> Iterator[Submission]:
    """Yield every credential named. One that is too long comes with one byte more than allowed."""
    for name in _list_files(names):
        try:
            yield from _read_shard(name) if _is_shard(name) else [(name, _read(name))]
        except OSError as error:
            yield name, f"The file cannot be read ({error.strerror})."


def _list_files(names: Iterable[str]) -> Iterator[str]:
    """Yield what is named, and of a folder the credentials and shards that lie in it directly."""
    for name in names:
        folder = Path(name)
        within = sorted(folder.iterdir()) if folder.is_dir() else ()
        found = [str(each) for each in within if each.suffix.lower() in SUFFIXES]
        yield from found or [name]


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
