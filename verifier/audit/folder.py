"""The credentials of a batch folder beside its leaves: altered, missing, extra or doubled ones.

Each file is read again from its bytes, as a verifier would: the leaf is recomputed. Nothing of its
content is told, only its file name, which is a random number, and its place in the status list.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.credentials.credential import open_credential, parse_submission
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import ProtocolError
from protocol.primitives import Leaf, render_hex
from protocol.proofs.receipt import Receipt, parse_receipt
from verifier.audit.claims import Claim, Statement
from verifier.audit.findings import Kind, Ledger, Progress

STAGE: Final = "Reading credentials"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A credential's leaf as recomputed, its receipt, and its place in a status list."""

    name: str
    leaf: Leaf
    receipt: Receipt
    list: int | None
    index: int | None


def compare_folder(
    folder: Path, claim: Claim, ledger: Ledger, progress: Progress
) -> Mapping[int, str]:
    """Name every difference of files and leaves; return the files by their status index."""
    positions = {leaf: place for place, leaf in enumerate(claim.leaves, start=1)}
    found: dict[Leaf, str] = {}
    indices: dict[int, str] = {}
    paths = sorted(folder.glob("*.json"))
    for number, path in enumerate(paths, start=1):
        file = _read_file(path, ledger)
        if file is not None and _is_of_batch(file, positions, found, ledger):
            _compare_receipt(file, claim.statement, ledger)
            _compare_index(file, claim.statement, indices, ledger)
        progress(STAGE, number, len(paths))
    for leaf, place in positions.items():
        if leaf not in found:
            sentence = f"No file has leaf {place} of the batch ({render_hex(leaf)})."
            ledger.add(Kind.DIFFERENCE, sentence)
    return indices


def _read_file(path: Path, ledger: Ledger) -> ReadFile | None:
    try:
        with path.open("rb") as file:
            data = file.read(CREDENTIAL_LIMIT_BYTES + 1)
        credential = open_credential(parse_submission(data))
        receipt = parse_receipt(str(credential.merkle["proofValue"]))
    except ProtocolError as error:
        sentence = f"{path.name} is not the file that was issued: {_name_rule(error)}."
        ledger.add(Kind.DIFFERENCE, sentence)
        return None
    except OSError as error:
        ledger.add(Kind.UNDETERMINED, f"{path.name} cannot be read ({error.strerror}).")
        return None
    status = credential.status
    return ReadFile(
        path.name,
        credential.leaf,
        receipt,
        status.list if status else None,
        status.index if status else None,
    )


def _name_rule(error: ProtocolError) -> str:
    """Return why a file was refused, without anything of its content."""
    rule = getattr(error, "rule", "")
    return f"rule {rule} refuses it" if rule else "it cannot be read as a credential of ours"


def _is_of_batch(
    file: ReadFile, positions: Mapping[Leaf, int], found: dict[Leaf, str], ledger: Ledger
) -> bool:
    """Tell whether a file is one of the batch's; of another nothing more is said than that."""
    if file.leaf not in positions:
        known = positions.get(file.receipt.leaf)
        sentence = (
            f"{file.name} was altered: its content has the leaf {render_hex(file.leaf)}, its "
            f"receipt names leaf {known} of the batch."
            if known
            else f"{file.name} is extra: its leaf {render_hex(file.leaf)} is none of the batch's."
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


def _compare_index(
    file: ReadFile, said: Statement | None, indices: dict[int, str], ledger: Ledger
) -> None:
    if said is None or file.index is None:
        return
    inside = range(said.status_start, said.status_start + said.status_size)
    if file.list != said.status_list or file.index not in inside:
        sentence = (
            f"{file.name} has entry {file.index} of list {file.list}, which is outside the batch's "
            f"range ({inside.start} to {inside.stop - 1} of list {said.status_list})."
        )
        ledger.add(Kind.DIFFERENCE, sentence)
    elif indices.setdefault(file.index, file.name) != file.name:
        sentence = (
            f"{file.name} and {indices[file.index]} have the same status entry, {file.index}: "
            "revoking one revokes both."
        )
        ledger.add(Kind.DIFFERENCE, sentence)
