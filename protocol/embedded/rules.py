"""The rules of the embedded chain (Prague's, EIP-1559 fees) and its blocks, by py-evm."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eth.abc import AtomicDatabaseAPI, BlockHeaderAPI, StateAPI
from eth.consensus.context import ConsensusContext
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.db.chain import ChainDB
from eth.exceptions import CanonicalHeadNotFound, HeaderNotFound
from eth.rlp.headers import BlockHeader
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth_typing import Address as EthAddress
from eth_typing import BlockNumber as EthBlockNumber
from eth_typing import Hash32

from protocol.embedded.store import Store
from protocol.primitives import Address, ChainId, Digest

GAS_LIMIT: Final = 30_000_000
"""Of every block; what public networks had when Prague's rules began."""
GENESIS_BASE_FEE_WEI: Final = 10**9
GENESIS_EXTRA_DATA: Final = b"Rootseal"
# It logs every write that it drops, byte by byte; the exception that it raises as well is enough.
logging.getLogger("eth.db.AtomicDBWriteBatch").setLevel(logging.CRITICAL)
CHAIN_ID_KEY: Final = b"rootseal:chain-id"


@dataclass(frozen=True, slots=True)
class Chain:
    """The blocks in a store. Reads see what the store's `read` or `write` around them sees."""

    id: ChainId
    database: ChainDB

    def read_head(self) -> BlockHeaderAPI:
        """Return the newest block's header."""
        return self.database.get_canonical_head()

    def find_header(self, number: int) -> BlockHeaderAPI | None:
        """Return a block's header by its number."""
        try:
            return self.database.get_canonical_block_header_by_number(EthBlockNumber(number))
        except HeaderNotFound:
            return None

    def find_header_by_hash(self, block_hash: Digest) -> BlockHeaderAPI | None:
        """Return a block's header by its hash."""
        try:
            return self.database.get_block_header_by_hash(Hash32(block_hash))
        except HeaderNotFound:
            return None

    def build_machine(self, header: BlockHeaderAPI) -> PragueVM:
        """Return the machine that works on the block of a header."""
        consensus = ConsensusContext(self.database.db)
        return PragueVM(header, self.database, ChainContext(self.id), consensus)

    def build_state(self, header: BlockHeaderAPI) -> StateAPI:
        """Return the state that a header names, in its block's surroundings."""
        return self.build_machine(header).state


def open_chain(store: Store) -> Chain:
    """Return the chain in a store.

    Raises:
        LookupError: there is none.
    """
    chain = Chain(ChainId(int(store[CHAIN_ID_KEY])), ChainDB(_wrap(store)))
    try:
        chain.read_head()
    except (CanonicalHeadNotFound, HeaderNotFound) as error:
        message = "no newest block"
        raise LookupError(message) from error
    return chain


def write_genesis(
    store: Store, chain_id: ChainId, balances: Mapping[Address, int], time: int
) -> None:
    """Write block 0, whose state gives each account its balance in wei. ``time`` is Unix time."""
    database = _wrap(store)
    store[CHAIN_ID_KEY] = str(chain_id).encode("ascii")
    nothing = BlockHeader(difficulty=0, block_number=EthBlockNumber(-1), gas_limit=0)
    state = PragueVM.build_state(database, nothing, ChainContext(chain_id))
    for account, balance in balances.items():
        state.set_balance(EthAddress(account), balance)
    state.persist()
    header = PragueVM.create_genesis_header(
        state_root=state.state_root,
        timestamp=time,
        gas_limit=GAS_LIMIT,
        base_fee_per_gas=GENESIS_BASE_FEE_WEI,
        extra_data=GENESIS_EXTRA_DATA,
    )
    ChainDB(database).persist_header(header)


def build_next_header(parent: BlockHeaderAPI, time: int) -> BlockHeaderAPI:
    """Return the header of an empty block on top of another. ``time`` is Unix time."""
    header: BlockHeaderAPI = PragueVM.create_header_from_parent(
        parent, timestamp=time, gas_limit=parent.gas_limit, coinbase=parent.coinbase
    )
    return header


def read_base_fee(header: BlockHeaderAPI) -> int:
    """Return a block's base fee in wei; every block of this chain has one."""
    return header.base_fee_per_gas or 0


def _wrap(store: Store) -> AtomicDatabaseAPI:
    return AtomicDB(_Database(store))


class _Database(BaseDB):
    """A store as py-evm wants it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getitem__(self, key: bytes) -> bytes:
        return self._store[key]

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._store[key] = value

    def __delitem__(self, key: bytes) -> None:
        del self._store[key]

    def _exists(self, key: bytes) -> bool:
        return key in self._store
