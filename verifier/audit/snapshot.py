"""The one block that an audit speaks of, and whom it believes about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from protocol.chain import Block, Network
from protocol.errors import (
    ChainError,
    NoRegistryError,
    ProofRefusedError,
    WrongChainError,
    WrongGenesisError,
)
from protocol.nodes.answers import Answer, ask
from protocol.nodes.node import Node
from protocol.nodes.state_proofs import check_header
from protocol.primitives import Address, BlockNumber, Digest, render_hex
from protocol.registry.reader import RegistryReader
from verifier.audit.errors import CodeAtBlockError, NoSuchBlockError
from verifier.audit.findings import Kind, Ledger, Progress

CLOCKS_APART: Final = timedelta(minutes=5)
"""A block's time may lie so far ahead of this machine's clock."""


class Proving(Enum):
    """Whether storage is proven against the block's hash."""

    IF_GIVEN = "if the node gives proofs"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A network, a node to ask, and how."""

    network: Network
    node: Node
    proving: Proving
    clock: Callable[[], datetime]
    progress: Progress
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The pinned block: everything that is read is read at it or below it."""

    block: Block
    contract: Address
    is_final: bool
    state_root: Digest | None
    """From the header whose hash was recomputed; None where that could not be done."""
    refusal: str | None
    """Why there is no state root."""


def open_snapshot(inquiry: Inquiry, at: BlockNumber | None) -> Snapshot:
    """Pin a block (the newest final one unless another is named) on the right chain.

    Raises:
        ChainError: the chain does not answer, is another one, lacks that block's state, or holds
            no registry with the known code there.
    """
    network = inquiry.network
    if network.contract is None:
        raise NoRegistryError(network.name)
    reader = RegistryReader(network, inquiry.node)
    _check_chain(reader)
    final = reader.read_final()
    if at is not None:
        newest = reader.read_latest().number
        if at > newest:
            raise NoSuchBlockError(network.name, at, newest)
    number = final.number if at is None else at
    header = ask(inquiry.node, "eth_getBlockByNumber", hex(number), False)  # no bodies
    block = header.parse_block()
    if block.number != number:
        raise header.refuse(f"it is block {block.number} instead of {number}")
    if reader.read_code_hash(network.contract, block) != network.code_hash:
        raise _explain_code(reader, network.contract, block, is_chosen=at is not None)
    _check_age(inquiry, final)
    root, refusal = _find_state_root(inquiry, header)
    return Snapshot(block, network.contract, number <= final.number, root, refusal)


def check_unchanged(inquiry: Inquiry, snapshot: Snapshot) -> None:
    """Read the pinned block again: if it was replaced meanwhile, answers may be of two chains."""
    try:
        now = RegistryReader(inquiry.network, inquiry.node).read_block(snapshot.block.number)
    except ChainError as error:
        inquiry.ledger.add_silence("Whether the block is still the same", error)
        return
    if now.hash != snapshot.block.hash:
        sentence = (
            f"Block {now.number:,} was replaced while it was being read "
            f"({render_hex(snapshot.block.hash)} became {render_hex(now.hash)}): ask again."
        )
        inquiry.ledger.add(Kind.UNDETERMINED, sentence, block=now.number)


def _explain_code(
    reader: RegistryReader, contract: Address, block: Block, *, is_chosen: bool
) -> CodeAtBlockError:
    """Say at which block there is no such code, and what to do where a later one has it."""
    network, clause = reader.network, ""
    if not is_chosen:
        clause = ", the newest final one"
        newest = reader.read_latest()
        if reader.read_code_hash(contract, newest) == network.code_hash:
            clause += (
                f"; at block {newest.number:,}, the newest, it does: wait until that is final, "
                "name it with --at-block, or give the network's `finality` in its file"
            )
    return CodeAtBlockError(network.name, contract, block.number, clause)


def _check_chain(reader: RegistryReader) -> None:
    network, actual = reader.network, reader.read_chain_id()
    if actual != network.chain_id:
        raise WrongChainError(network.name, network.chain_id, actual)
    if network.genesis is not None:
        genesis = reader.read_genesis()
        if genesis != network.genesis:
            raise WrongGenesisError(network.name, network.genesis, genesis)


def _check_age(inquiry: Inquiry, final: Block) -> None:
    """Say where the newest block that we are shown cannot be the newest there is."""
    limit, now = inquiry.network.freshness_seconds, inquiry.clock()
    if limit is not None:
        # What is final lies some blocks back by its nature: three such limits.
        if now - final.time > timedelta(seconds=3 * limit):
            sentence = (
                f"The newest final block that is shown, {final.number:,}, is of "
                f"{final.time:%Y-%m-%d %H:%M} UTC: an endpoint is behind, or hides what is newer."
            )
            inquiry.ledger.add(Kind.UNDETERMINED, sentence, block=final.number)
        if final.time - now > CLOCKS_APART:
            sentence = "The newest block lies in the future by this machine's clock."
            inquiry.ledger.add(Kind.UNDETERMINED, sentence, block=final.number)


def _find_state_root(inquiry: Inquiry, header: Answer) -> tuple[Digest | None, str | None]:
    if inquiry.proving is Proving.NEVER:
        return None, "proofs were not asked for"
    try:
        return check_header(header), None
    except ProofRefusedError as error:
        return None, error.reason
    except ChainError:
        return None, "the block's header lacks members"
