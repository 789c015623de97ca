"""A chain's answers remembered for one run: each question about one block is asked once.

State at a block, named by its hash, never changes. What does change is asked every time: which
block is the newest, which is final, and which block a number names, so that a rewritten chain is
still noticed. Not for the life of a service: nothing is ever forgotten, and a transaction is taken
to stay in the block in which it was first found (`final_transactions` is for that).
"""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

from protocol.chain import (
    AccreditationRecord,
    AnchorRecord,
    Block,
    ChainDirectory,
    ChainReader,
    IssuerNames,
    IssuerRecord,
    KeyRecord,
    Network,
    RegistryHead,
    StatusWord,
    Transaction,
)
from protocol.primitives import (
    Address,
    BlockNumber,
    ChainId,
    Digest,
    IssuerId,
    Root,
    TransactionHash,
)
from protocol.registry.events import Event

Answer = TypeVar("Answer")


class RememberingReader(ChainReader):
    """Asks another reader, and remembers."""

    def __init__(self, inner: ChainReader) -> None:
        """Take who is asked."""
        self._inner: Final = inner
        self._known: Final[dict[Hashable, Any]] = {}

    def _once(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        if question not in self._known:
            self._known[question] = ask()
        answer: Answer = self._known[question]
        return answer

    @property
    def network(self) -> Network:
        """The configured network that is asked."""
        return self._inner.network

    def read_chain_id(self) -> ChainId:
        return self._once("chain id", self._inner.read_chain_id)

    def read_genesis(self) -> Digest:
        return self._once("genesis", self._inner.read_genesis)

    def read_latest(self) -> Block:
        return self._inner.read_latest()

    def read_final(self) -> Block:
        return self._inner.read_final()

    def read_block(self, number: BlockNumber) -> Block:
        return self._inner.read_block(number)

    def read_events(self, block: BlockNumber) -> tuple[Event, ...]:
        return self._inner.read_events(block)

    def read_code_hash(self, address: Address, at: Block) -> Digest | None:
        ask = self._inner.read_code_hash
        return self._once(("code", address, at.hash), lambda: ask(address, at))

    def read_transaction(self, transaction: TransactionHash) -> Transaction | None:
        ask = self._inner.read_transaction
        return self._once(("transaction", transaction), lambda: ask(transaction))

    def read_anchor(self, issuer_id: IssuerId, root: Root, at: Block) -> AnchorRecord | None:
        ask = self._inner.read_anchor
        question = ("anchor", issuer_id, root, at.hash)
        return self._once(question, lambda: ask(issuer_id, root, at))

    def read_key(self, address: Address, at: Block) -> KeyRecord | None:
        ask = self._inner.read_key
        return self._once(("key", address, at.hash), lambda: ask(address, at))

    def read_issuer_id(self, identifier_hash: Digest, at: Block) -> IssuerId | None:
        ask = self._inner.read_issuer_id
        question = ("issuer id", identifier_hash, at.hash)
        return self._once(question, lambda: ask(identifier_hash, at))

    def read_issuer(self, issuer_id: IssuerId, at: Block) -> IssuerRecord | None:
        ask = self._inner.read_issuer
        return self._once(("issuer", issuer_id, at.hash), lambda: ask(issuer_id, at))

    def read_names(self, issuer_id: IssuerId, at: Block) -> IssuerNames:
        ask = self._inner.read_names
        return self._once(("names", issuer_id, at.hash), lambda: ask(issuer_id, at))

    def read_status(self, issuer_id: IssuerId, word: int, at: Block) -> StatusWord:
        ask = self._inner.read_status
        question = ("status", issuer_id, word, at.hash)
        return self._once(question, lambda: ask(issuer_id, word, at))

    def read_accreditation(
        self, issuer_id: IssuerId, achievement: Digest, at: Block
    ) -> AccreditationRecord | None:
        ask = self._inner.read_accreditation
        question = ("accreditation", issuer_id, achievement, at.hash)
        return self._once(question, lambda: ask(issuer_id, achievement, at))

    def read_registry(self, at: Block) -> RegistryHead:
        ask = self._inner.read_registry
        return self._once(("registry", at.hash), lambda: ask(at))

    def read_authority(self, at: Block) -> Address:
        ask = self._inner.read_authority
        return self._once(("authority", at.hash), lambda: ask(at))

    def read_officer(self, officer: Address, at: Block) -> int:
        ask = self._inner.read_officer
        return self._once(("officer", officer, at.hash), lambda: ask(officer, at))


class RememberingDirectory(ChainDirectory):
    """The configured networks, each asked through one remembering reader."""

    def __init__(self, inner: ChainDirectory) -> None:
        """Take who knows the networks."""
        self._inner: Final = inner
        self._known: Final[dict[ChainId, tuple[ChainReader, ...]]] = {}

    def find_readers(self, chain_id: ChainId) -> tuple[ChainReader, ...]:
        """Return a reader for each configured network with this chain id."""
        if chain_id not in self._known:
            found = self._inner.find_readers(chain_id)
            self._known[chain_id] = tuple(map(RememberingReader, found))
        return self._known[chain_id]
