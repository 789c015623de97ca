"""A question about one block is asked once; what can change is asked every time."""

import inspect
from datetime import UTC, datetime
from typing import Any

import pytest

from protocol.chain import Block, ChainReader
from protocol.errors import ChainUnreachableError
from protocol.primitives import (
    Address,
    BlockNumber,
    ChainId,
    Digest,
    IssuerId,
    Root,
    TransactionHash,
)
from protocol.registry.remembering import RememberingDirectory, RememberingReader

ARGUMENTS: dict[str, Any] = {
    "address": Address(bytes(20)),
    "officer": Address(bytes(20)),
    "issuer_id": IssuerId(1),
    "root": Root(bytes(32)),
    "identifier_hash": Digest(bytes(32)),
    "achievement": Digest(bytes(32)),
    "transaction": TransactionHash(bytes(32)),
    "word": 3,
    "number": BlockNumber(9),
    "block": BlockNumber(9),
}
NEVER_KEPT = {"read_latest", "read_final", "read_block", "read_events"}
QUESTIONS = sorted(name for name in vars(ChainReader) if name.startswith("read_"))
ABOUT_A_BLOCK = [n for n in QUESTIONS if "at" in inspect.signature(vars(ChainReader)[n]).parameters]
NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Oracle:
    """Gives another answer each time, so that a remembered one is known."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.silent = False

    def __getattr__(self, name: str) -> Any:
        def answer(*arguments: object) -> object:
            self.asked.append((name, *arguments))
            if self.silent:
                raise ChainUnreachableError("fake", "it is silent")
            return len(self.asked)

        return answer


def build_block(hash_: bytes) -> Block:
    return Block(BlockNumber(9), Digest(hash_ * 32), NOW)


def ask(reader: RememberingReader, name: str, at: Block, **changes: object) -> object:
    parameters = list(inspect.signature(vars(ChainReader)[name]).parameters)[1:]
    given = {**ARGUMENTS, "at": at, **changes}
    return getattr(reader, name)(*(given[each] for each in parameters))


@pytest.mark.parametrize("name", QUESTIONS)
def test_only_what_cannot_change_is_remembered(name: str) -> None:
    reader, block = RememberingReader(Oracle()), build_block(b"a")
    answers = [ask(reader, name, block), ask(reader, name, block)]
    assert answers == ([1, 2] if name in NEVER_KEPT else [1, 1])


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_question_is_passed_on_as_it_was(name: str) -> None:
    oracle, block = Oracle(), build_block(b"a")
    ask(RememberingReader(oracle), name, block)
    parameters = list(inspect.signature(vars(ChainReader)[name]).parameters)[1:]
    assert oracle.asked == [(name, *({**ARGUMENTS, "at": block}[each] for each in parameters))]


@pytest.mark.parametrize("name", ABOUT_A_BLOCK)
def test_another_block_of_the_same_number_is_asked_about_again(name: str) -> None:
    """The chain was rewritten: the number is the same, the hash another."""
    reader = RememberingReader(Oracle())
    assert [ask(reader, name, build_block(each)) for each in (b"a", b"b", b"a")] == [1, 2, 1]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("read_status", {"word": 4}),
        ("read_status", {"issuer_id": 2}),
        ("read_anchor", {"root": b"r" * 32}),
        ("read_anchor", {"issuer_id": 2}),
        ("read_key", {"address": b"k" * 20}),
        ("read_accreditation", {"achievement": b"a" * 32}),
        ("read_transaction", {"transaction": b"t" * 32}),
    ],
)
def test_another_question_has_another_answer(name: str, changes: dict[str, object]) -> None:
    reader, block = RememberingReader(Oracle()), build_block(b"a")
    assert [ask(reader, name, block), ask(reader, name, block, **changes)] == [1, 2]


def test_silence_is_not_remembered() -> None:
    oracle, block = Oracle(), build_block(b"a")
    oracle.silent = True
    reader = RememberingReader(oracle)
    with pytest.raises(ChainUnreachableError):
        ask(reader, "read_status", block)
    oracle.silent = False
    assert ask(reader, "read_status", block) == 2


def test_a_directory_gives_the_same_reader_again() -> None:
    class Directory:
        def find_readers(self, chain_id: int) -> tuple[Oracle, ...]:
            return (Oracle(),)

    directory = RememberingDirectory(Directory())
    first, again = (directory.find_readers(ChainId(1))[0] for _ in range(2))
    assert first is again
