"""Where the status of a credential file lies, by the file's own signed content."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from protocol.credentials.credential import Format, open_credential, parse_submission, recognise
from protocol.credentials.strict_json import CREDENTIAL_LIMIT_BYTES
from protocol.errors import ProtocolError
from protocol.primitives import ChainId, Root
from protocol.proofs.merkle import fold_path
from protocol.proofs.receipt import parse_receipt


@dataclass(frozen=True, slots=True)
class ReadJob:
    """Whose credentials are looked for, and on which chain."""

    did: str
    chain_id: ChainId


@dataclass(frozen=True, slots=True)
class SignedPlace:
    """What a file says of itself, and the root that its bytes lead to."""

    credential: str
    list: int
    index: int
    root: Root


Spot = tuple[Path, int | None]
"""A file, and for a shard the line, counted from 1."""


def read_place(job: ReadJob, spot: Spot) -> SignedPlace | str:
    """Return where the status of a file's credential lies, or what is wrong with the file.

    Not checked: whether the root is anchored. Until it is, nothing here is to be believed.
    """
    try:
        return _read_place(job, _read(*spot))
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    except (ProtocolError, ValueError) as error:
        return str(error)


def _read(path: Path, line: int | None) -> bytes:
    """Return a file, or one of its lines; of one that is too long, one byte more than allowed."""
    with path.open("rb") as file:
        if line is None:
            return file.read(CREDENTIAL_LIMIT_BYTES + 1)
        for found in islice(file, line - 1, line):
            return found.removesuffix(b"\n")
    message = f"it has no line {line}"
    raise ValueError(message)


def _read_place(job: ReadJob, data: bytes) -> SignedPlace | str:
    document = parse_submission(data)
    if recognise(document) is not Format.ROOTSEAL:
        return "it is no credential of Rootseal's own format"
    credential = open_credential(document)
    if credential.issuer != job.did:
        return f"it was issued by {credential.issuer}"
    if credential.status is None:
        return "it has no status entry"
    receipt = parse_receipt(str(credential.merkle["proofValue"]))
    if receipt.chain_id != job.chain_id:
        return f"it is anchored on the chain {receipt.chain_id}"
    return SignedPlace(
        credential=credential.id,
        list=credential.status.list,
        index=credential.status.index,
        root=fold_path(credential.leaf, receipt.path),
    )
