"""One question at a time: finding a block by its time, walking an event chain back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from protocol.errors import (
    ChainDisagreementError,
    ChainError,
    ChainUnreachableError,
    StateUnavailableError,
    TransactionPendingError,
    TransactionRefusedError,
    WrongChainError,
)
from protocol.nodes.node import NodeError
from protocol.primitives import BlockNumber, ChainId, TransactionHash
from protocol.registry.events import StatusChange, StatusChanged
from tests.verifier.fake_chain import FakeChain, FakeReader, build_network
from verifier.evidence import Cause, Unknown
from verifier.questions import ask, build_status_chain, find_block_at, walk_back

SECRET = "https://node.example/v3/key"


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 33])
def test_the_last_block_at_or_before_a_moment_is_found(length: int) -> None:
    chain = FakeChain()
    while len(chain.blocks) < length:
        chain.wait(seconds=7 + len(chain.blocks) % 5)
    reader = FakeReader(chain, build_network(chain))
    second = timedelta(seconds=1)
    for block in chain.blocks:
        for moment in (block.time - second, block.time, block.time + second):
            expected = [each for each in chain.blocks if each.time <= moment][-1:]
            found = find_block_at(reader, chain.blocks[-1], moment)
            if expected:
                assert found == expected[0]
            else:
                assert isinstance(found, Unknown)
                assert found.cause is Cause.NO_STATE


def test_finding_a_block_takes_few_questions() -> None:
    chain = FakeChain()
    for _ in range(1_000):
        chain.wait(seconds=12)
    reader = FakeReader(chain, build_network(chain))
    find_block_at(reader, chain.blocks[-1], chain.blocks[333].time)
    assert len(reader.asked) <= 12


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ChainUnreachableError("fake", SECRET), Cause.SILENT),
        (NodeError(-32_000, SECRET), Cause.SILENT),
        (TransactionRefusedError(SECRET), Cause.SILENT),
        (ChainDisagreementError("fake", "eth_call"), Cause.DISAGREEMENT),
        (StateUnavailableError("fake", BlockNumber(1)), Cause.NO_STATE),
        (TransactionPendingError("fake", TransactionHash(bytes(32))), Cause.PENDING),
        (WrongChainError("fake", ChainId(1), ChainId(2)), Cause.OTHER_CHAIN),
    ],
)
def test_every_error_of_the_chain_is_an_unknown_without_addresses(
    error: ChainError, cause: Cause
) -> None:
    def fail() -> None:
        raise error

    answer = ask(fail)
    assert isinstance(answer, Unknown)
    assert answer.cause is cause
    assert SECRET not in answer.reason


def test_a_mistake_of_our_own_is_no_unknown() -> None:
    with pytest.raises(ZeroDivisionError):
        ask(lambda: 1 // 0)


@pytest.fixture
def chain() -> FakeChain:
    chain = FakeChain()
    own = chain.register("did:web:a.example", "A", bytes(32))
    other = chain.register("did:web:b.example", "B", bytes(32))
    for word in range(5):
        chain.set_status(own, word, 1, StatusChange.REVOKE)
        chain.set_status(other, word, 1, StatusChange.REVOKE)
    return chain


def find_word(word: int):
    return lambda event: isinstance(event, StatusChanged) and event.word == word


def test_an_entry_is_found_among_another_institutions(chain: FakeChain) -> None:
    reader = FakeReader(chain, build_network(chain))
    own = build_status_chain(chain.state.issuers[1])
    found = walk_back(reader, own, find_word(0))
    assert isinstance(found, StatusChanged)
    assert found.issuer_id == 1
    assert len(reader.asked) == 5


def test_a_chain_without_the_entry_says_that_there_is_none(chain: FakeChain) -> None:
    own = build_status_chain(chain.state.issuers[1])
    assert walk_back(FakeReader(chain, build_network(chain)), own, find_word(9)) is None


def test_a_withheld_entry_is_a_gap_never_an_absence(chain: FakeChain) -> None:
    own = build_status_chain(chain.state.issuers[1])
    hidden = chain.state.issuers[1].status_block - 4

    def hide(number: int) -> tuple:
        return () if number == hidden else chain.events[number]

    reader = FakeReader(chain, build_network(chain), answers={"read_events": hide})
    found = walk_back(reader, own, find_word(9))
    assert isinstance(found, Unknown)
    assert found.cause is Cause.DISAGREEMENT


def test_several_entries_in_one_block_are_walked_in_their_order(chain: FakeChain) -> None:
    """Three changes in one block point to that block itself."""
    record = chain.state.issuers[1]
    block = record.status_block
    (template,) = chain.events[block]
    pair = [
        replace(template, seq=template.seq + number, previous_block=block, word=100 + number)
        for number in (1, 2)
    ]
    chain.events[block] = (template, *pair)
    head = replace(build_status_chain(record), seq=record.status_seq + 2)
    reader = FakeReader(chain, build_network(chain))
    assert walk_back(reader, head, find_word(101)) == pair[0]
    assert reader.asked == ["read_events"]
    assert walk_back(reader, head, find_word(3)) is not None
