"""Shards: files with a credential on each line, as `rootseal issue --shards` writes them."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES

SHARD_SUFFIX: Final = ".ndjson"
SHARDS_FOLDER: Final = "shards"
"""Where they lie in a batch's folder."""


def read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield numbers and bytes of the lines that are not blank, without their ends.

    Of a line that is too long, one byte more than is allowed is yielded.
    """
    for number, line in enumerate(_read_all(file), start=1):
        if line.strip():
            yield number, line


def _read_all(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(CREDENTIAL_LIMIT_BYTES + 2):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(CREDENTIAL_LIMIT_BYTES)
        yield line.removesuffix(b"\n")
