"""Reading a range again as a stranger would: a pure function, for any executor.

Leaf, path and signature of every credential are recomputed from the bytes on disk (MK-17).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from issuer.batches.output import Layout, OutputFolder, name_file, name_shard
from issuer.batches.ranges import Range, split_ranges
from issuer.batches.tally import Counted, Tally, count_shapes
from issuer.journal.entry_table import EntryTable
from protocol.credentials.canonical import hash_leaf
from protocol.credentials.strict_json import parse_object
from protocol.errors import ProtocolError
from protocol.primitives import ChainId, Digest, Leaf, Root, TransactionHash
from protocol.proofs.data_integrity import parse_signature, signing_input, verify_ed25519
from protocol.proofs.merkle import fold_path
from protocol.proofs.multikey import Ed25519Key, parse_multikey
from protocol.proofs.receipt import parse_receipt


@dataclass(frozen=True, slots=True)
class CheckJob:
    """What all credentials of a batch are compared with."""

    root: Root
    transaction: TransactionHash
    chain_id: ChainId
    options_hash: Digest
    signing_method: str
    folder: OutputFolder
    layout: Layout


@dataclass(frozen=True, slots=True)
class CheckPiece:
    """One range, with the ids and leaves that its credentials must have."""

    chosen: Range
    table: EntryTable


@dataclass(frozen=True, slots=True)
class CheckedRange:
    """What a worker answers."""

    chosen: Range
    faults: tuple[str, ...]
    """A sentence for each credential that is not as it was to be."""
    tally: Tally


def list_check_pieces(table: EntryTable) -> Iterator[CheckPiece]:
    """Yield what is to be read again, range by range."""
    for each in split_ranges(len(table)):
        yield CheckPiece(each, table.take(each.start, each.stop))


def check_range(job: CheckJob, piece: CheckPiece) -> CheckedRange:
    """Read the credentials of a range and say which are not as they were to be."""
    faults: list[str] = []
    with count_shapes() as counted:
        for place, (label, found) in enumerate(_read_all(job, piece)):
            leaf = piece.table.find_leaf(place)
            fault = found if isinstance(found, str) else _check(job, found, leaf, counted)
            if fault is not None:
                faults.append(f"{label}: {fault}")
    return CheckedRange(piece.chosen, tuple(faults), counted.tally)


def _check(job: CheckJob, data: bytes, leaf: Leaf, counted: Counted) -> str | None:
    try:
        return _find_fault(job, data, leaf, counted)
    except (ProtocolError, ValueError, KeyError, TypeError) as error:
        return str(error) or type(error).__name__


def _read_all(job: CheckJob, piece: CheckPiece) -> Iterator[tuple[str, bytes | str]]:
    """Yield a label and the bytes of every credential, or why there are none."""
    shard = name_shard(piece.chosen)
    lines = _read_lines(job, shard, piece.chosen.count) if job.layout.has_shards else None
    for place in range(len(piece.table)):
        label, line = f"{job.folder.folder / shard}:{place + 1}", lines and lines[place]
        if not job.layout.has_files:
            yield label, line or "it is not there"
            continue
        path = job.folder.folder / name_file(piece.table.find_credential(place))
        try:
            data = path.read_bytes()
        except OSError as error:
            yield str(path), error.strerror or str(error)
            continue
        yield str(path), data if lines is None or line == data else f"{label} is another one"


def _read_lines(job: CheckJob, shard: str, count: int) -> list[bytes]:
    """Return a shard's lines; none of them if it has another number of lines."""
    try:
        lines = (job.folder.folder / shard).read_bytes().splitlines(keepends=True)
    except OSError:
        lines = []
    return lines if len(lines) == count else [b""] * count


def _find_fault(job: CheckJob, data: bytes, expected: Leaf, counted: Counted) -> str | None:
    document = parse_object(data)
    merkle, eddsa = _take_proofs(document)
    leaf = hash_leaf(counted.canonicaliser.canonicalise(document).nquads)
    receipt = parse_receipt(merkle["proofValue"])
    message = signing_input(job.options_hash, leaf)
    findings = (
        (leaf == expected == receipt.leaf, "its leaf is another one"),
        (fold_path(leaf, receipt.path) == receipt.root == job.root, "its path leads elsewhere"),
        (receipt.transaction == job.transaction, "its receipt names another transaction"),
        (receipt.chain_id == job.chain_id, "its receipt names another network"),
        (_is_signed(job, eddsa["proofValue"], message), "its signature does not hold"),
    )
    return next((fault for good, fault in findings if not good), None)


def _take_proofs(document: dict[str, object]) -> tuple[dict[str, str], dict[str, str]]:
    proofs = document.pop("proof")
    if not isinstance(proofs, list):
        message = "its proof is not a list"
        raise TypeError(message)
    merkle, eddsa = proofs
    return merkle, eddsa


def _is_signed(job: CheckJob, value: str, message: bytes) -> bool:
    key = parse_multikey(job.signing_method.partition("#")[2])
    return isinstance(key, Ed25519Key) and verify_ed25519(key.raw, parse_signature(value), message)
