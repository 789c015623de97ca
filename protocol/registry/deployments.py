"""Deployment records: which contract is the registry on which chain.

One JSON file a chain, ``<chain id>-<genesis hash>.json``, so that two chains with one id never
share a record. ``deploy`` writes it to the home; those shipped in ``protocol/deployments`` change
only by reviewed commit. A record of the home counts before a shipped one.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.errors import ConfigurationError
from protocol.primitives import (
    DIGEST_BYTES,
    Address,
    BlockNumber,
    ChainId,
    Digest,
    TransactionHash,
    parse_address,
    parse_prefixed_hex,
    render_address,
    render_hex,
)

RECORD_LIMIT_BYTES: Final = 16_384
"""A record has under 600 bytes; what is larger is something else."""
SHIPPED: Final = Path(__file__).parents[1] / "deployments"
_MEMBERS: Final = frozenset(
    (
        *("chain_id", "genesis", "contract", "code_hash", "authority", "authority_name"),
        *("block", "transaction"),
    )
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The registry as it was deployed on one chain."""

    chain_id: ChainId
    genesis: Digest
    """Hash of block 0."""
    contract: Address
    code_hash: Digest
    """Keccak-256 of the runtime code, read back from the chain."""
    authority: Address
    authority_name: str
    block: BlockNumber
    transaction: TransactionHash


@dataclass(frozen=True, slots=True)
class Record:
    """A deployment and where its record lies, in words for the report."""

    deployment: Deployment
    name: str


def name_record(chain_id: ChainId, genesis: Digest) -> str:
    """Return the file name of a chain's record."""
    return f"{chain_id}-{genesis.hex()}.json"


def find_deployment(
    home: Path, chain_id: ChainId, genesis: Digest, shipped: Path = SHIPPED
) -> Record | None:
    """Return a chain's record, of the home before a shipped one.

    Raises:
        ConfigurationError: a record that cannot be used, or that speaks of another chain.
    """
    file_name = name_record(chain_id, genesis)
    for folder, place in ((home / "deployments", "of this home"), (shipped, "shipped")):
        path = folder / file_name
        if path.is_file():
            deployment = load_deployment(path)
            _check_chain(path, deployment, file_name)
            return Record(deployment, f"deployments/{file_name}, {place}")
    return None


def load_deployment(path: Path) -> Deployment:
    """Return the deployment in a record.

    Raises:
        ConfigurationError: the file cannot be read or is no record.
    """
    try:
        with path.open("rb") as file:
            # What is cut off here is no whole JSON text any more, so a larger file is refused.
            return _parse_deployment(json.loads(file.read(RECORD_LIMIT_BYTES)))
    except (OSError, ValueError) as error:
        raise _refuse(path, str(error)) from error


def save_deployment(home: Path, deployment: Deployment) -> Path:
    """Write the record to the home, whole or not at all, and return its path."""
    folder = home / "deployments"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_record(deployment.chain_id, deployment.genesis)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        file.write(json.dumps(render_deployment(deployment), indent=2, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return path


def render_deployment(deployment: Deployment) -> dict[str, object]:
    """Return the record's JSON members."""
    return {
        "chain_id": deployment.chain_id,
        "genesis": render_hex(deployment.genesis),
        "contract": render_address(deployment.contract),
        "code_hash": render_hex(deployment.code_hash),
        "authority": render_address(deployment.authority),
        "authority_name": deployment.authority_name,
        "block": deployment.block,
        "transaction": render_hex(deployment.transaction),
    }


def _parse_deployment(record: object) -> Deployment:
    if not isinstance(record, dict) or set(record) != _MEMBERS:
        message = f"expected one object with the members {', '.join(sorted(_MEMBERS))}"
        raise ValueError(message)
    return Deployment(
        chain_id=ChainId(_parse_count(record, "chain_id")),
        genesis=Digest(_parse_bytes(record, "genesis")),
        contract=parse_address(_parse_text(record, "contract")),
        code_hash=Digest(_parse_bytes(record, "code_hash")),
        authority=parse_address(_parse_text(record, "authority")),
        authority_name=_parse_text(record, "authority_name"),
        block=BlockNumber(_parse_count(record, "block")),
        transaction=TransactionHash(_parse_bytes(record, "transaction")),
    )


def _parse_text(record: dict[str, object], member: str) -> str:
    value = record[member]
    if not isinstance(value, str):
        message = f"{member} is no text"
        raise ValueError(message)  # noqa: TRY004 (one kind of error for every unusable record)
    return value


def _parse_count(record: dict[str, object], member: str) -> int:
    value = record[member]
    if type(value) is not int or value < 0:
        message = f"{member} is no whole number"
        raise ValueError(message)
    return value


def _parse_bytes(record: dict[str, object], member: str) -> bytes:
    return parse_prefixed_hex(_parse_text(record, member), DIGEST_BYTES)


def _check_chain(path: Path, deployment: Deployment, file_name: str) -> None:
    if name_record(deployment.chain_id, deployment.genesis) != file_name:
        raise _refuse(path, "its chain id and genesis are not those of its file name")


def _refuse(path: Path, reason: str) -> ConfigurationError:
    remedy = "Restore it, or run deploy again on a chain that has no registry yet."
    return ConfigurationError(f"deployments/{path.name}", reason, remedy)
