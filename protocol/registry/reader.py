"""The registry and its chain, asked through any node.

State is read by block number. Whoever reads several things for one answer reads that block's hash
again at the end: if the chain was reorganised in between, the answers may be of two chains.
"""

from collections.abc import Callable
from typing import TypeVar

from protocol.chain import (
    AccreditationRecord,
    AnchorRecord,
    Block,
    ChainReader,
    IssuerNames,
    IssuerRecord,
    KeyRecord,
    Network,
    RegistryHead,
    StatusWord,
    Transaction,
)
from protocol.errors import (
    NoRegistryError,
    StateUnavailableError,
    TransactionPendingError,
    UnexpectedCodeError,
)
from protocol.nodes.answers import Answer, ask
from protocol.nodes.blocks import find_final_block, is_state_missing, read_block
from protocol.nodes.node import Node, NodeError
from protocol.nodes.transactions import rebuild_transaction
from protocol.primitives import (
    Address,
    BlockNumber,
    ChainId,
    Digest,
    IssuerId,
    Root,
    TransactionHash,
    hash_keccak,
    render_hex,
)
from protocol.registry import records
from protocol.registry.calldata import decode_result, encode_call
from protocol.registry.event_logs import parse_events
from protocol.registry.events import Event

Record = TypeVar("Record")


class RegistryReader(ChainReader):
    """Asks one network's registry through a node (`ChainReader` says what each question means)."""

    def __init__(self, network: Network, node: Node) -> None:
        """Ask ``node`` about the registry that ``network`` trusts."""
        self._network = network
        self._node = node

    @property
    def network(self) -> Network:
        return self._network

    def read_chain_id(self) -> ChainId:
        return ChainId(ask(self._node, "eth_chainId").parse_quantity())

    def read_genesis(self) -> Digest:
        return self.read_block(BlockNumber(0)).hash

    def read_latest(self) -> Block:
        return read_block(self._node, "latest")

    def read_final(self) -> Block:
        return find_final_block(self._node, self._network.finality)

    def read_block(self, number: BlockNumber) -> Block:
        return read_block(self._node, number)

    def read_code_hash(self, address: Address, at: Block) -> Digest | None:
        code = self._ask_state(at, "eth_getCode", render_hex(address)).parse_data()
        return hash_keccak(code) if code else None

    def read_transaction(self, transaction: TransactionHash) -> Transaction | None:
        found = ask(self._node, "eth_getTransactionByHash", render_hex(transaction))
        if found.value is None:
            return None
        if found.find_member("blockHash").value is None:
            raise TransactionPendingError(self._network.name, transaction)
        content = rebuild_transaction(found, transaction)
        receipt = ask(self._node, "eth_getTransactionReceipt", render_hex(transaction))
        self._check_receipt(receipt, found, transaction)
        return Transaction(
            hash=transaction,
            sender=content.sender,
            to=content.to,
            input=content.input,
            nonce=content.nonce,
            succeeded=receipt.find_member("status").parse_quantity() == 1,
            block=BlockNumber(receipt.find_member("blockNumber").parse_quantity()),
            block_hash=receipt.find_member("blockHash").parse_digest(),
            events=self._parse_receipt_events(receipt),
        )

    def read_anchor(self, issuer_id: IssuerId, root: Root, at: Block) -> AnchorRecord | None:
        return self._read_view(
            at,
            lambda *values: records.build_anchor(issuer_id, root, values),
            *("anchorOf", issuer_id, root),
        )

    def read_key(self, address: Address, at: Block) -> KeyRecord | None:
        return self._read_view(
            at, lambda *values: records.build_key(address, values), "keyOf", address
        )

    def read_issuer_id(self, identifier_hash: Digest, at: Block) -> IssuerId | None:
        return self._read_view(
            at,
            lambda number: IssuerId(number) if number else None,
            *("issuerIdOf", identifier_hash),
        )

    def read_issuer(self, issuer_id: IssuerId, at: Block) -> IssuerRecord | None:
        return self._read_view(
            at, lambda *values: records.build_issuer(issuer_id, values), "issuerOf", issuer_id
        )

    def read_names(self, issuer_id: IssuerId, at: Block) -> IssuerNames:
        return self._read_view(at, IssuerNames, "namesOf", issuer_id)

    def read_status(self, issuer_id: IssuerId, word: int, at: Block) -> StatusWord:
        return self._read_view(at, StatusWord, "statusWord", issuer_id, word)

    def read_accreditation(
        self, issuer_id: IssuerId, achievement: Digest, at: Block
    ) -> AccreditationRecord | None:
        return self._read_view(
            at,
            lambda *values: records.build_accreditation(values),
            *("accreditationOf", issuer_id, achievement),
        )

    def read_registry(self, at: Block) -> RegistryHead:
        return self._read_view(at, RegistryHead, "registry")

    def read_authority(self, at: Block) -> Address:
        return self._read_view(at, lambda current, *_: Address(current), "authority")

    def read_officer(self, officer: Address, at: Block) -> int:
        return self._read_view(at, int, "officerRoles", officer)

    def read_events(self, block: BlockNumber) -> tuple[Event, ...]:
        wanted = {
            "address": render_hex(self._require_contract()),
            "fromBlock": hex(block),
            "toBlock": hex(block),
        }
        logs = ask(self._node, "eth_getLogs", wanted)
        events = parse_events(logs, self._require_contract())
        if any(event.position.block != block for event in events):
            raise logs.refuse("a log of another block is among them")
        return events

    def _read_view(
        self, at: Block, build: Callable[..., Record], function: str, *arguments: object
    ) -> Record:
        contract = self._require_contract()
        call = {"to": render_hex(contract), "data": render_hex(encode_call(function, *arguments))}
        answer = self._ask_state(at, "eth_call", call)
        data = answer.parse_data()
        if not data:
            # Code that answers nothing to a view of ours is not the registry's, or is not there.
            raise UnexpectedCodeError(self._network.name, contract)
        try:
            return build(*decode_result(function, data))
        except ValueError as error:
            raise answer.refuse(f"{function}: {error}") from error

    def _ask_state(self, at: Block, method: str, *params: object) -> Answer:
        try:
            return ask(self._node, method, *params, hex(at.number))
        except NodeError as error:
            if is_state_missing(error):
                raise StateUnavailableError(self._network.name, at.number) from error
            raise

    def _require_contract(self) -> Address:
        if self._network.contract is None:
            raise NoRegistryError(self._network.name)
        return self._network.contract

    def _check_receipt(self, receipt: Answer, found: Answer, transaction: TransactionHash) -> None:
        """Refuse a receipt that speaks of another transaction or block than its transaction."""
        if TransactionHash(receipt.find_member("transactionHash").parse_digest()) != transaction:
            raise receipt.refuse("it is another transaction's receipt")
        places = [
            (
                each.find_member("blockNumber").parse_quantity(),
                each.find_member("blockHash").parse_digest(),
            )
            for each in (receipt, found)
        ]
        if places[0] != places[1]:
            raise receipt.refuse("it names another block than the transaction does")

    def _parse_receipt_events(self, receipt: Answer) -> tuple[Event, ...]:
        if self._network.contract is None:
            return ()
        events = parse_events(receipt.find_member("logs"), self._network.contract)
        here = receipt.find_member("blockHash").parse_digest()
        wanted = TransactionHash(receipt.find_member("transactionHash").parse_digest())
        for event in events:
            place = event.position
            if (place.block_hash, place.transaction) != (here, wanted):
                raise receipt.refuse("a log of another transaction is in it")
        return events
