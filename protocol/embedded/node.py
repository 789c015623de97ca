"""The embedded chain as a node: JSON-RPC methods and what answers them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Self

from eth.exceptions import CanonicalHeadNotFound, HeaderNotFound, StateRootNotFound
from eth.vm.interrupt import EVMMissingData
from trie.exceptions import MissingTraversalNode, MissingTrieNode

from protocol.embedded import accounts, bodies, calls, fees
from protocol.embedded.mining import Miner
from protocol.embedded.parameters import parse_data, take
from protocol.embedded.render import render_quantity
from protocol.embedded.rules import Chain
from protocol.embedded.store import NETWORK_NAME, Store, report_damage
from protocol.embedded.transactions import decode_transaction
from protocol.nodes.node import NodeError
from protocol.primitives import TransactionHash, render_hex

METHOD_NOT_FOUND: Final = -32601
CLIENT_VERSION: Final = "Rootseal/embedded/py-evm"

METHODS: Final[Mapping[str, Callable[[Chain, Sequence[object]], object]]] = MappingProxyType(
    {
        "eth_chainId": lambda chain, _: render_quantity(chain.id),
        "net_version": lambda chain, _: str(chain.id),
        "web3_clientVersion": lambda _, __: CLIENT_VERSION,
        "eth_accounts": lambda _, __: [],
        "eth_syncing": lambda _, __: False,
        "eth_blockNumber": lambda chain, _: render_quantity(chain.read_head().block_number),
        "eth_getBlockByNumber": bodies.get_block_by_number,
        "eth_getBlockByHash": bodies.get_block_by_hash,
        "eth_getTransactionByHash": bodies.get_transaction,
        "eth_getTransactionReceipt": bodies.get_receipt,
        "eth_getBlockReceipts": bodies.get_block_receipts,
        "eth_getLogs": bodies.get_logs,
        "eth_getBalance": accounts.get_balance,
        "eth_getTransactionCount": accounts.get_transaction_count,
        "eth_getCode": accounts.get_code,
        "eth_getStorageAt": accounts.get_storage,
        "eth_getProof": accounts.get_proof,
        "eth_call": calls.call,
        "eth_estimateGas": calls.estimate_gas,
        "eth_gasPrice": fees.gas_price,
        "eth_maxPriorityFeePerGas": fees.max_priority_fee,
        "eth_feeHistory": fees.fee_history,
    }
)
"""Questions, each answered from one consistent view of the file. Sending is apart: it writes."""


class EmbeddedNode:
    """Implements `protocol.nodes.node.Node` on one file. Threads may share it; a fork may not."""

    network_name: Final = NETWORK_NAME

    def __init__(
        self,
        store: Store,
        chain: Chain,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        """Take an open chain, its clock and what waits for it; see `open_embedded`."""
        self._store = store
        self._chain = chain
        self._miner = Miner(store, chain, clock, sleep)

    def __enter__(self) -> Self:
        """Return itself; leaving closes the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def request(self, method: str, params: Sequence[object]) -> object:
        """Return the ``result`` of one JSON-RPC call, as parsed JSON.

        Raises:
            NodeError: the answer is an error; of a method unknown here, code -32601.
            ConfigurationError: the file is damaged or cannot be written.
        """
        if method == "eth_sendRawTransaction":
            return render_hex(self.send_together([parse_data(take(params, 0))])[0])
        answer = METHODS.get(method)
        if answer is None:
            raise NodeError(METHOD_NOT_FOUND, "Method not found")
        try:
            with self._store.read():
                return answer(self._chain, params)
        except MISSING as error:
            raise report_damage(self._store.path, "entries are missing") from error

    def send_together(self, raws: Sequence[bytes]) -> tuple[TransactionHash, ...]:
        """Mine signed transactions in one block, in this order, all or none; return their hashes.

        Raises:
            NodeError: one is refused; none is mined then.
            ConfigurationError: the file is damaged or cannot be written.
        """
        transactions = [decode_transaction(raw) for raw in raws]
        try:
            self._miner.mine(transactions)
        except MISSING as error:
            raise report_damage(self._store.path, "entries are missing") from error
        return tuple(TransactionHash(transaction.hash) for transaction in transactions)

    def close(self) -> None:
        """Close the file."""
        self._store.close()


MISSING: Final = (
    CanonicalHeadNotFound,
    EVMMissingData,
    HeaderNotFound,
    MissingTraversalNode,
    MissingTrieNode,
    StateRootNotFound,
)
"""What py-evm raises where an entry that a block names is not there."""
