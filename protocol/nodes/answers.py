"""A node's answers, read as if an enemy wrote them.

JSON-RPC answers are JSON of any shape. Everything that is taken from one goes through here, so that
rubbish ends as ``ChainUnreachableError`` with the question's name and never as a default value.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from protocol.chain import Block
from protocol.errors import ChainUnreachableError
from protocol.nodes.node import Node
from protocol.primitives import (
    ADDRESS_BYTES,
    DIGEST_BYTES,
    Address,
    BlockNumber,
    Digest,
    parse_prefixed_hex,
)

_YEAR_LIMIT: Final = 253_402_300_800
"""Seconds up to the year 10000, where Python's times end."""
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}\Z")
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*\Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """A part of what a node answered, and what it was asked."""

    network: str
    question: str
    value: object

    def refuse(self, reason: str) -> ChainUnreachableError:
        """Return the error for an answer that cannot be used."""
        return ChainUnreachableError(
            self.network, f"the answer to {self.question} cannot be used: {reason}"
        )

    def parse_members(self) -> Mapping[str, object]:
        """Return the members of an object."""
        if not isinstance(self.value, dict):
            raise self.refuse("it is no object")
        return self.value

    def find_member(self, name: str) -> "Answer":
        """Return a member; one that is missing or null answers no question about it."""
        return Answer(self.network, self.question, self.parse_members().get(name))

    def parse_list(self) -> tuple["Answer", ...]:
        """Return the entries of a list."""
        if not isinstance(self.value, list):
            raise self.refuse("it is no list")
        return tuple(Answer(self.network, self.question, entry) for entry in self.value)

    def parse_quantity(self) -> int:
        """Return a number from its hexadecimal form."""
        if not isinstance(self.value, str) or not _QUANTITY.match(self.value):
            raise self.refuse("a number is missing")
        return int(self.value, 16)

    def parse_data(self) -> bytes:
        """Return bytes of any length."""
        if not isinstance(self.value, str) or not _DATA.match(self.value):
            raise self.refuse("bytes are missing")
        return bytes.fromhex(self.value[2:])

    def parse_digest(self) -> Digest:
        """Return 32 bytes."""
        return Digest(self._parse_fixed(DIGEST_BYTES))

    def parse_address(self) -> Address:
        """Return 20 bytes; the capitals carry no meaning here."""
        return Address(self._parse_fixed(ADDRESS_BYTES))

    def parse_time(self) -> datetime:
        """Return a time from Unix seconds."""
        seconds = self.parse_quantity()
        if seconds >= _YEAR_LIMIT:
            raise self.refuse("a time is out of range")
        return datetime.fromtimestamp(seconds, UTC)

    def parse_block(self) -> Block:
        """Return a block from its JSON object; a pending one has no hash and is refused."""
        return Block(
            BlockNumber(self.find_member("number").parse_quantity()),
            self.find_member("hash").parse_digest(),
            self.find_member("timestamp").parse_time(),
        )

    def _parse_fixed(self, size_bytes: int) -> bytes:
        try:
            if isinstance(self.value, str):
                return parse_prefixed_hex(self.value, size_bytes)
        except ValueError as error:
            raise self.refuse(str(error)) from error
        raise self.refuse(f"{size_bytes} bytes are missing")


def ask(node: Node, method: str, *params: object) -> Answer:
    """Ask a node one question."""
    return Answer(node.network_name, method, node.request(method, params))


def find_time(seconds: int) -> datetime | None:
    """Return one of the registry's times, None for 0; beyond the calendar is its last second."""
    if seconds == 0:
        return None
    return datetime.fromtimestamp(min(seconds, _YEAR_LIMIT - 1), UTC)
