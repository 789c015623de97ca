"""A registry and its chain in memory, whole history kept, with a dial for every way to mislead.

`FakeChain` does what the contract does; `FakeReader` answers for it, and can be told to be silent
at any question or to answer falsely. Nothing is mocked: every state is there at every block.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from protocol.chain import (
    AccreditationRecord,
    AnchorRecord,
    Block,
    FinalityRule,
    IssuerNames,
    IssuerRecord,
    KeyRecord,
    Network,
    Role,
    Standing,
    StatusWord,
    Transaction,
)
from protocol.errors import ChainError, ChainUnreachableError, StateUnavailableError
from protocol.identifiers import hash_achievement, hash_identifier
from protocol.primitives import Address, BlockNumber, ChainId, Digest, IssuerId, KeyIndex, Root
from protocol.registry.events import (
    AccreditationChanged,
    Anchored,
    BatchEndorsed,
    BatchRevoked,
    Event,
    IssuerChanged,
    LogPosition,
    StatusChange,
    StatusChanged,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
CONTRACT = Address(b"\xc0" * 20)
OTHER_CONTRACT = Address(b"\xd0" * 20)
AUTHORITY = Address(b"\xa0" * 20)
ADMIN = Address(b"\xad" * 20)
CODE_HASH = Digest(b"\xcc" * 32)
AUTHORITY_NAME = "Qualifications Authority"


@dataclass
class State:
    """The contract's storage after one block."""

    anchors: dict = field(default_factory=dict)
    keys: dict = field(default_factory=dict)
    issuers: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    bindings: dict = field(default_factory=dict)
    words: dict = field(default_factory=dict)
    grants: dict = field(default_factory=dict)


class FakeChain:
    """Blocks, each with the storage and events after it. Every change mines one block."""

    def __init__(self, chain_id: int = 31_337, fork: bytes = b"") -> None:
        self.chain_id = ChainId(chain_id)
        self.fork = fork
        self.blocks: list[Block] = []
        self.states: list[State] = []
        self.events: list[tuple[Event, ...]] = []
        self.transactions: dict[bytes, Transaction] = {}
        self.state = State()
        self._mine(START)

    @property
    def now(self) -> datetime:
        return self.blocks[-1].time

    def wait(self, **span: float) -> None:
        """Let time pass, and mine a block at its end."""
        self._mine(self.now + timedelta(**span))

    # What an authority and an institution do.

    def register(self, identifier: str, name: str, digest: bytes) -> IssuerId:
        issuer_id = IssuerId(len(self.state.issuers) + 1)
        hashed = hash_identifier(identifier)
        self.state.bindings[hashed] = issuer_id
        self.state.names[issuer_id] = IssuerNames(identifier, name)
        self.state.issuers[issuer_id] = IssuerRecord(
            issuer_id=issuer_id,
            affairs_seq=0,
            affairs_block=BlockNumber(0),
            status_seq=0,
            status_block=BlockNumber(0),
            standing=Standing.ACTIVE,
            reason=0,
            valid_until=None,
            key_count=0,
            admin=ADMIN,
            next_admin=None,
            identifier_hash=hashed,
            document_digest=Digest(digest),
        )
        self._change_affairs(issuer_id)
        return issuer_id

    def change_issuer(self, issuer_id: IssuerId, **changes: object) -> None:
        self.state.issuers[issuer_id] = replace(self.state.issuers[issuer_id], **changes)
        self._change_affairs(issuer_id)

    def rebind(self, identifier: str, issuer_id: IssuerId) -> None:
        """Give a closed issuer's identifier to another."""
        self.state.bindings[hash_identifier(identifier)] = issuer_id
        self._mine()

    def rename(self, issuer_id: IssuerId, identifier: str, name: str) -> None:
        self.state.names[issuer_id] = IssuerNames(identifier, name)
        self.state.bindings[hash_identifier(identifier)] = issuer_id
        self._mine()

    def add_key(self, issuer_id: IssuerId, address: Address, roles: Role) -> None:
        issuer = self.state.issuers[issuer_id]
        index = KeyIndex(issuer.key_count + 1)
        self.state.issuers[issuer_id] = replace(issuer, key_count=index)
        self._mine()
        self.state.keys[address] = KeyRecord(
            address, issuer_id, roles, index, self.now, None, None, 0, BlockNumber(0)
        )
        self._mine()

    def change_key(self, address: Address, **changes: object) -> None:
        self.state.keys[address] = replace(self.state.keys[address], **changes)
        self._mine()

    def accredit(
        self, issuer_id: IssuerId, achievement: str, until: datetime | None = None
    ) -> None:
        moment = self.now + timedelta(seconds=12)
        self._grant(issuer_id, achievement, AccreditationRecord(moment, until, None, 0))

    def withdraw(self, issuer_id: IssuerId, achievement: str) -> None:
        grant = self.state.grants[issuer_id, hash_achievement(achievement)]
        moment = self.now + timedelta(seconds=12)
        self._grant(issuer_id, achievement, replace(grant, withdrawn_at=moment, reason=7))

    def anchor(self, key: Address, root: Root, **changes: object) -> bytes:
        """Send the root; ``succeeded``, ``to``, ``contract``, ``input`` make it go wrong."""
        record = self.state.keys[key]
        succeeded, contract = changes.get("succeeded", True), changes.get("contract", CONTRACT)
        hash_ = sha256(self.fork + root + key + str(len(self.blocks)).encode()).digest()
        issuer_id, block = record.issuer_id, self._next_number()
        event = Anchored(
            self._place(hash_, contract), record.seq + 1, record.last_block, key, issuer_id, root, 0
        )
        if succeeded and contract == CONTRACT:
            self.state.keys[key] = replace(record, seq=record.seq + 1, last_block=block)
            self.state.anchors[issuer_id, root] = AnchorRecord(
                *(issuer_id, root, record.index, self.now + timedelta(seconds=12), block),
                *(record.seq + 1, None, 0, 0, None),
            )
        self._mine(events=(event,) if succeeded and contract == CONTRACT else ())
        self.transactions[hash_] = Transaction(
            hash=hash_,
            sender=key,
            to=changes.get("to", contract),
            input=changes.get("input", root),
            nonce=0,
            succeeded=bool(succeeded),
            block=self.blocks[-1].number,
            block_hash=self.blocks[-1].hash,
            events=(event,) if succeeded and contract == CONTRACT else (),
        )
        return hash_

    def set_status(
        self, issuer_id: IssuerId, word: int, mask: int, change: StatusChange, reason: int = 0
    ) -> None:
        seen = self.state.words.get((issuer_id, word), StatusWord(0, 0))
        match change:
            case StatusChange.REVOKE:
                seen = replace(seen, revoked=seen.revoked | mask)
            case StatusChange.SUSPEND:
                seen = replace(seen, suspended=seen.suspended | mask)
            case StatusChange.REINSTATE:
                seen = replace(seen, suspended=seen.suspended & ~mask)
        self.state.words[issuer_id, word] = seen
        self._add_status(
            issuer_id,
            lambda *head: StatusChanged(*head, issuer_id, word, ADMIN, change, reason, mask),
        )

    def revoke_batch(self, issuer_id: IssuerId, root: Root, reason: int) -> None:
        record = self.state.anchors[issuer_id, root]
        moment = self.now + timedelta(seconds=12)
        self.state.anchors[issuer_id, root] = replace(record, revoked_at=moment, reason=reason)
        self._add_status(
            issuer_id, lambda *head: BatchRevoked(*head, issuer_id, root, ADMIN, reason)
        )

    def endorse(self, by: Address, root: Root) -> None:
        key = self.state.keys[by]
        record = self.state.anchors[key.issuer_id, root]
        self.state.anchors[key.issuer_id, root] = replace(record, endorsed_by=key.index)
        self._add_status(
            key.issuer_id,
            lambda *head: BatchEndorsed(*head, key.issuer_id, root, by, key.index),
        )

    # How blocks come about.

    def _grant(self, issuer_id: IssuerId, achievement: str, grant: AccreditationRecord) -> None:
        hashed = hash_achievement(achievement)
        self.state.grants[issuer_id, hashed] = grant
        times = [
            0 if moment is None else int(moment.timestamp())
            for moment in (grant.valid_from, grant.valid_until, grant.withdrawn_at)
        ]
        self._add_affair(
            issuer_id,
            lambda *head: AccreditationChanged(
                *head, issuer_id, hashed, AUTHORITY, *times, grant.reason
            ),
        )

    def _change_affairs(self, issuer_id: IssuerId) -> None:
        issuer = self.state.issuers[issuer_id]
        self._add_affair(
            issuer_id,
            lambda *head: IssuerChanged(
                *head,
                issuer_id,
                *(AUTHORITY, int(issuer.standing), issuer.reason, 0, ADMIN, Address(bytes(20))),
                *(issuer.identifier_hash, issuer.document_digest),
            ),
        )

    def _add_affair(self, issuer_id: IssuerId, build: Callable[..., Event]) -> None:
        issuer = self.state.issuers[issuer_id]
        event = build(self._place(), issuer.affairs_seq + 1, issuer.affairs_block)
        self.state.issuers[issuer_id] = replace(
            issuer, affairs_seq=event.seq, affairs_block=self._next_number()
        )
        self._mine(events=(event,))

    def _add_status(self, issuer_id: IssuerId, build: Callable[..., Event]) -> None:
        issuer = self.state.issuers[issuer_id]
        event = build(self._place(), issuer.status_seq + 1, issuer.status_block)
        self.state.issuers[issuer_id] = replace(
            issuer, status_seq=event.seq, status_block=self._next_number()
        )
        self._mine(events=(event,))

    def _next_number(self) -> BlockNumber:
        return BlockNumber(len(self.blocks))

    def _place(
        self, transaction: bytes = b"\x77" * 32, contract: Address = CONTRACT
    ) -> LogPosition:
        number = self._next_number()
        return LogPosition(number, self._hash(number), transaction, 0, contract)

    def _hash(self, number: int) -> Digest:
        return Digest(sha256(self.fork + b"block" + str(number).encode()).digest())

    def _mine(self, time: datetime | None = None, events: tuple[Event, ...] = ()) -> None:
        number = self._next_number()
        moment = time or self.now + timedelta(seconds=12)
        self.blocks.append(Block(number, self._hash(number), moment))
        self.states.append(deepcopy(self.state))
        self.events.append(events)


def build_network(chain: FakeChain, **changes: object) -> Network:
    network = Network(
        name="fake",
        chain_id=chain.chain_id,
        genesis=chain.blocks[0].hash,
        contract=CONTRACT,
        code_hash=CODE_HASH,
        authority=AUTHORITY,
        authority_name=AUTHORITY_NAME,
        finality=FinalityRule.FINALIZED,
        freshness_seconds=3_600,
        explorer="https://explorer.example/{transaction}",
        record="fake record",
    )
    return replace(network, **changes)


class FakeReader:
    """Answers for a `FakeChain` (`protocol.chain.ChainReader`), as well as it is told to.

    ``silent`` are the numbers of questions, counted from 0, or names of methods that get no answer;
    ``error`` is what is raised; ``answers`` replace what the chain would say, by method.
    """

    def __init__(
        self,
        chain: FakeChain,
        network: Network,
        silent: frozenset[int | str] = frozenset(),
        answers: Mapping[str, object] | None = None,
        error: ChainError | None = None,
        final: int | None = None,
    ) -> None:
        self.chain = chain
        self.network = network
        self.asked: list[str] = []
        self._silent = silent
        self._answers = answers or {}
        self._error = error or ChainUnreachableError(network.name, "no answer")
        self._final = final

    def __getattr__(self, name: str) -> Callable[..., object]:
        if not name.startswith("read_"):
            raise AttributeError(name)
        return lambda *arguments: self._answer(name, arguments)

    def _answer(self, name: str, arguments: tuple) -> object:
        number = len(self.asked)
        self.asked.append(name)
        if number in self._silent or name in self._silent:
            raise self._error
        if name in self._answers:
            answer = self._answers[name]
            return answer(*arguments) if callable(answer) else answer
        return getattr(self, "_say" + name.removeprefix("read"))(*arguments)

    def _at(self, block: Block) -> State:
        if self.chain.blocks[block.number].hash != block.hash:
            raise StateUnavailableError(self.network.name, block.number)
        return self.chain.states[block.number]

    def _say_chain_id(self) -> ChainId:
        return self.chain.chain_id

    def _say_genesis(self) -> Digest:
        return self.chain.blocks[0].hash

    def _say_latest(self) -> Block:
        return self.chain.blocks[-1]

    def _say_final(self) -> Block:
        return self.chain.blocks[-1 if self._final is None else self._final]

    def _say_block(self, number: BlockNumber) -> Block:
        return self.chain.blocks[number]

    def _say_code_hash(self, address: Address, at: Block) -> Digest | None:
        return CODE_HASH if address == CONTRACT else None

    def _say_transaction(self, transaction: bytes) -> Transaction | None:
        return self.chain.transactions.get(transaction)

    def _say_anchor(self, issuer_id: IssuerId, root: Root, at: Block) -> AnchorRecord | None:
        return self._at(at).anchors.get((issuer_id, root))

    def _say_key(self, address: Address, at: Block) -> KeyRecord | None:
        return self._at(at).keys.get(address)

    def _say_issuer_id(self, identifier_hash: Digest, at: Block) -> IssuerId | None:
        return self._at(at).bindings.get(identifier_hash)

    def _say_issuer(self, issuer_id: IssuerId, at: Block) -> IssuerRecord | None:
        return self._at(at).issuers.get(issuer_id)

    def _say_names(self, issuer_id: IssuerId, at: Block) -> IssuerNames:
        return self._at(at).names[issuer_id]

    def _say_status(self, issuer_id: IssuerId, word: int, at: Block) -> StatusWord:
        return self._at(at).words.get((issuer_id, word), StatusWord(0, 0))

    def _say_accreditation(
        self, issuer_id: IssuerId, achievement: Digest, at: Block
    ) -> AccreditationRecord | None:
        return self._at(at).grants.get((issuer_id, achievement))

    def _say_authority(self, at: Block) -> Address:
        return AUTHORITY

    def _say_events(self, block: BlockNumber) -> tuple[Event, ...]:
        return self.chain.events[block]
