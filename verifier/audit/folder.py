"""The credentials of a batch folder beside its leaves: altered, extra or doubled ones.

They are files, lines of shards, or both, with the same credentials in each. Each is read again from
its bytes, as a verifier would: the leaf is recomputed. Nothing of its content is told, only its
file's name, which is a random number, and its place in the status list.

A credential that is not there is counted, and is no difference: an institution may have handed it
out and deleted it, and the list of leaves is whole by the root it leads to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol.credentials.canonical import Canonicalise
from protocol.credentials.credential import open_credential, parse_submission
from protocol.credentials.shards import SHARD_SUFFIX, SHARDS_FOLDER, read_lines
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import ProtocolError
from protocol.primitives import Leaf, render_hex
from protocol.proofs.receipt import Receipt, parse_receipt
from verifier.audit.claims import Claim, Statement
from verifier.audit.files import open_file, show_name
from verifier.audit.findings import Kind, Ledger, Progress
from verifier.reading import build_canonicalisers

STAGE: Final = "Reading credentials"
_DOUBT: Final = (
    "A learned shape gave other bytes than JSON-LD, a fault of this program: leaves recomputed "
    "before that are uncertain."
)

Entry = tuple[int, int]
"""A status list, and an index in it."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A credential's leaf as recomputed, its receipt, and its place in a status list."""

    name: str
    leaf: Leaf
    receipt: Receipt
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Compared:
    """What a folder came to, beside what the ledger holds against it."""

    by_entry: Mapping[Entry, str]
    """Names of credentials by their status entry."""
    missing: tuple[int, ...]
    """Leaves, counted from 1, without a credential here."""


@dataclass(frozen=True, slots=True)
class _Tally:
    """What has been seen of the batch so far."""

    positions: Mapping[Leaf, int]
    files: dict[Leaf, str] = field(default_factory=dict)
    lines: dict[Leaf, str] = field(default_factory=dict)
    altered: set[Leaf] = field(default_factory=set)
    """Leaves whose credential is here, with other content."""
    entries: dict[Entry, Leaf] = field(default_factory=dict)

    def name(self, leaf: Leaf) -> str:
        return self.files.get(leaf) or self.lines[leaf]


def compare_folder(folder: Path, claim: Claim, ledger: Ledger, progress: Progress) -> Compared:
    """Name every difference of credentials and leaves; count the leaves without a credential."""
    tally = _Tally({leaf: place for place, leaf in enumerate(claim.leaves, start=1)})
    files, shards = _list_files(folder), _list_shards(folder)
    total = (len(files) + (len(claim.leaves) if shards else 0)) or 1
    sources = (
        (_read_files(files, ledger), tally.files),
        (_read_shards(shards, ledger), tally.lines),
    )
    canonicalise = build_canonicalisers(lambda _: ledger.add(Kind.UNDETERMINED, _DOUBT)).credential
    done = 0
    for credentials, found in sources:
        for name, data in credentials:
            file = _parse(name, data, canonicalise, ledger)
            if file is not None and _is_of_batch(file, tally, found, ledger):
                _compare_receipt(file, claim.statement, ledger)
                _compare_index(file, claim.statement, tally, ledger)
            done += 1
            progress(STAGE, min(done, total - 1), total)
    progress(STAGE, total, total)
    here = tally.files.keys() | tally.lines.keys() | tally.altered
    return Compared(
        {entry: tally.name(leaf) for entry, leaf in tally.entries.items()},
        tuple(place for leaf, place in tally.positions.items() if leaf not in here),
    )


def _list_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def _list_shards(folder: Path) -> list[Path]:
    return sorted((folder / SHARDS_FOLDER).glob(f"*{SHARD_SUFFIX}"))


def _read_files(paths: list[Path], ledger: Ledger) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            with open_file(path) as file:
                data = file.read(CREDENTIAL_LIMIT_BYTES + 1)
        except OSError as error:
            _report_unreadable(show_name(path.name), error, ledger)
            continue
        yield show_name(path.name), data


def _read_shards(paths: list[Path], ledger: Ledger) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        name = f"{SHARDS_FOLDER}/{show_name(path.name)}"
        try:
            with open_file(path) as file:
                for number, line in read_lines(file):
                    yield f"{name}:{number}", line
        except OSError as error:
            _report_unreadable(name, error, ledger)


def _report_unreadable(name: str, error: OSError, ledger: Ledger) -> None:
    ledger.add(Kind.UNDETERMINED, f"{name} cannot be read ({error.strerror}).")


def _parse(name: str, data: bytes, canonicalise: Canonicalise, ledger: Ledger) -> ReadFile | None:
    try:
        credential = open_credential(parse_submission(data), canonicalise)
        receipt = parse_receipt(str(credential.merkle["proofValue"]))
    except ProtocolError as error:
        sentence = f"{name} is not the file that was issued: {_name_rule(error)}."
        ledger.add(Kind.DIFFERENCE, sentence)
        return None
    status = credential.status
    return ReadFile(
        name,
        credential.leaf,
        receipt,
        (status.list, status.index) if status else None,
    )


def _name_rule(error: ProtocolError) -> str:
    """Return why a file was refused, without anything of its content."""
    rule = getattr(error, "rule", "")
    return f"rule {rule} refuses it" if rule else "it cannot be read as a credential of ours"


def _is_of_batch(file: ReadFile, tally: _Tally, found: dict[Leaf, str], ledger: Ledger) -> bool:
    """Tell whether a file is one of the batch's; of another nothing more is said than that."""
    if file.leaf not in tally.positions:
        known = tally.positions.get(file.receipt.leaf)
        sentence = f"{file.name} is extra: its leaf {render_hex(file.leaf)} is none of the batch's."
        if known:
            tally.altered.add(file.receipt.leaf)
            sentence = (
                f"{file.name} was altered: its content has the leaf {render_hex(file.leaf)}, its "
                f"receipt names leaf {known} of the batch."
            )
        ledger.add(Kind.DIFFERENCE, sentence)
    elif file.leaf in found:
        sentence = f"{file.name} and {found[file.leaf]} are the same credential."
        ledger.add(Kind.DIFFERENCE, sentence)
    else:
        found[file.leaf] = file.name
        return True
    return False


def _compare_receipt(file: ReadFile, said: Statement | None, ledger: Ledger) -> None:
    if said is None:
        return
    pairs = {
        "root": (file.receipt.root, said.root),
        "transaction": (file.receipt.transaction, said.transaction),
    }
    for what, (inside, stated) in pairs.items():
        if inside != stated:
            sentence = (
                f"The receipt in {file.name} names the {what} {render_hex(inside)}, batch.json "
                f"{render_hex(stated)}."
            )
            ledger.add(Kind.DIFFERENCE, sentence)
    if file.receipt.chain_id != said.chain_id:
        sentence = (
            f"The receipt in {file.name} names chain {file.receipt.chain_id}, batch.json "
            f"{said.chain_id}."
        )
        ledger.add(Kind.DIFFERENCE, sentence)


def _compare_index(file: ReadFile, said: Statement | None, tally: _Tally, ledger: Ledger) -> None:
    if said is None or file.entry is None:
        return
    number, index = file.entry
    if index not in said.spans.get(number, ()):
        sentence = (
            f"{file.name} has entry {index} of list {number}, which is outside the batch's "
            f"range ({_name_spans(said)})."
        )
        ledger.add(Kind.DIFFERENCE, sentence)
    elif tally.entries.setdefault(file.entry, file.leaf) != file.leaf:
        first = tally.name(tally.entries[file.entry])
        clause = "revoking one revokes both"
        sentence = f"{file.name} and {first} have the same status entry, {index}: {clause}."
        ledger.add(Kind.DIFFERENCE, sentence)


def _name_spans(said: Statement) -> str:
    return ", ".join(
        f"{indices.start} to {indices.stop - 1} of list {number}"
        for number, indices in said.spans.items()
    )
