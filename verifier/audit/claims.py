"""What somebody says of a batch: a batch folder, its ``batch.json`` alone, or a list of leaves.

A list of leaf digests (one in hexadecimal a line) or ``batch.json`` holds nothing personal, so that
an auditor need not be handed any credential. It may come from anybody: it is read as such.
"""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from protocol.credentials.status_index import LIST_ENTRIES, LIST_LIMIT, WORD_ENTRIES, find_spans
from protocol.credentials.strict_json import parse_object
from protocol.errors import NotACredentialError
from protocol.primitives import (
    DIGEST_BYTES,
    Address,
    Digest,
    Leaf,
    Root,
    TransactionHash,
    parse_address,
    parse_hex,
    parse_prefixed_hex,
)
from verifier.audit.errors import ClaimError
from verifier.audit.files import open_file

CLAIM_LIMIT_BYTES: Final = 128 << 20
"""A million leaves, the most of one tree, take 70 MB."""
LEAF_LIMIT: Final = 1_000_000
"""The most leaves of one tree."""
RANGE_LIMIT: Final = -(-LEAF_LIMIT // WORD_ENTRIES) * WORD_ENTRIES
"""The most entries of a batch's range: whole words."""
LINE_COUNT_LIMIT: Final = 2 * LEAF_LIMIT
"""Empty lines between leaves included."""
_LINE_LIMIT: Final = 1_024
_BEGIN_BYTES: Final = 4_096
_OBJECT_START: Final = b"{"
_UTF_16: Final = (BOM_UTF16_LE, BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Statement:
    """What ``batch.json`` says beside the leaves."""

    issuer: str
    root: Root
    count: int
    spans: Mapping[int, range]
    """The batch's range: for each status list the indices in it."""
    chain_id: int
    contract: Address
    key: Address
    seq: int
    transaction: TransactionHash
    block: int
    block_hash: Digest
    block_time: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Leaves in their order, and what is said of them."""

    leaves: tuple[Leaf, ...]
    statement: Statement | None
    """None for a bare list."""
    folder: Path | None
    """Where the credentials lie; None where they were not handed over."""


def load_claim(path: Path) -> Claim:
    """Read a batch folder, a ``batch.json``, or a list of leaves.

    Raises:
        ClaimError: it is none of these.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return _load_folder(path)
    with open_file(path) as file:
        begin = file.read(_BEGIN_BYTES)
    if begin.startswith(_UTF_16):
        raise ClaimError(path, "it is UTF-16: save it as plain text or UTF-8")
    if begin.removeprefix(BOM_UTF8).lstrip()[:1] == _OBJECT_START:
        return _parse_batch(path, _read(path), None)
    return Claim(_read_list(path), None, None)


def _load_folder(path: Path) -> Claim:
    inner = path / "batch" / "batch.json"
    if inner.is_file():
        return _parse_batch(inner, _read(inner), path)
    alone = path / "batch.json"
    if alone.is_file():
        return _parse_batch(alone, _read(alone), None)
    raise ClaimError(path, "there is no batch/batch.json in it")


def _read(path: Path) -> bytes:
    with open_file(path) as file:
        data = file.read(CLAIM_LIMIT_BYTES + 1)
    if len(data) > CLAIM_LIMIT_BYTES:
        raise ClaimError(path, f"it is larger than {CLAIM_LIMIT_BYTES >> 20} MiB")
    return data


def _read_list(path: Path) -> tuple[Leaf, ...]:
    """Read a list line by line: neither a long line nor a long file is held in memory."""
    leaves: list[Leaf] = []
    with open_file(path) as file, TextIOWrapper(file, "utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(_LINE_LIMIT), ""), start=1):
            if number > LINE_COUNT_LIMIT:
                raise ClaimError(path, f"it has more than {LINE_COUNT_LIMIT:,} lines")
            text = line.strip().removeprefix("0x").lower()
            if text:
                leaves.append(_parse_leaf(path, number, text))
            if len(leaves) > LEAF_LIMIT:
                raise ClaimError(path, f"it has more than {LEAF_LIMIT:,} leaves")
    if not leaves:
        raise ClaimError(path, "there is no leaf in it")
    return tuple(leaves)


def _parse_leaf(path: Path, number: int, text: str) -> Leaf:
    try:
        return Leaf(parse_hex(text, DIGEST_BYTES))
    except ValueError as error:
        raise ClaimError(path, f"line {number}: a leaf is 64 hexadecimal digits") from error


def _parse_batch(path: Path, data: bytes, folder: Path | None) -> Claim:
    try:
        members = parse_object(data.removeprefix(BOM_UTF8), CLAIM_LIMIT_BYTES)
    except NotACredentialError as error:
        raise ClaimError(path, f"it cannot be read ({error.reason})") from error
    try:
        leaves = _take_list(members, "leaves")
        return Claim(leaves, _parse_statement(members), folder)
    except (ValueError, KeyError) as error:
        reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise ClaimError(path, f"it is no batch.json ({reason})") from error


def _parse_statement(members: Mapping[str, object]) -> Statement:
    return Statement(
        issuer=_take_text(members, "issuer"),
        root=Root(_take_digest(members, "root")),
        count=_take_number(members, "count"),
        spans=_take_spans(members),
        chain_id=_take_number(members, "chain_id"),
        contract=parse_address(_take_text(members, "contract")),
        key=parse_address(_take_text(members, "key")),
        seq=_take_number(members, "seq"),
        transaction=TransactionHash(_take_digest(members, "transaction")),
        block=_take_number(members, "block"),
        block_hash=Digest(_take_digest(members, "block_hash")),
        block_time=_take_moment(members, "block_time"),
    )


def _take_spans(members: Mapping[str, object]) -> Mapping[int, range]:
    """Read a range as the issuer writes it: a part of one list, or more from a list's begin on."""
    number = _take_number(members, "status_list", LIST_LIMIT)
    start = _take_number(members, "status_start", LIST_ENTRIES)
    size = _take_number(members, "status_size", (RANGE_LIMIT if not start else LIST_ENTRIES) + 1)
    spans = find_spans(number, start, size)
    if start and len(spans) > 1:
        message = "status_start and status_size lead beyond the end of the list"
        raise ValueError(message)
    return spans


def _take_list(members: Mapping[str, object], name: str) -> tuple[Leaf, ...]:
    value = members[name]
    if not isinstance(value, list) or not value:
        message = f"{name} is no list"
        raise ValueError(message)
    return tuple(Leaf(parse_prefixed_hex(str(each), DIGEST_BYTES)) for each in value)


def _take_text(members: Mapping[str, object], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        message = f"{name} is no text"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for every unusable file)
    return value


def _take_moment(members: Mapping[str, object], name: str) -> datetime:
    moment = datetime.fromisoformat(_take_text(members, name))
    if moment.tzinfo is None:
        message = f"{name} has no time zone"
        raise ValueError(message)
    return moment


def _take_digest(members: Mapping[str, object], name: str) -> bytes:
    return parse_prefixed_hex(_take_text(members, name), DIGEST_BYTES)


def _take_number(members: Mapping[str, object], name: str, limit: int = 1 << 64) -> int:
    value = members[name]
    if type(value) is not int or not 0 <= value < limit:
        message = f"{name} is no whole number in its range"
        raise ValueError(message)
    return value
