"""Read JSON-RPC parameters, as strictly as a node does."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from eth.abc import BlockHeaderAPI
from eth_typing import Address

from protocol.embedded.rules import Chain
from protocol.nodes.node import NodeError
from protocol.primitives import ADDRESS_BYTES, DIGEST_BYTES, Digest

INVALID_PARAMS: Final = -32602
RESOURCE_NOT_FOUND: Final = -32001
NEWEST: Final = frozenset({"latest", "pending", "safe", "finalized"})
"""A transaction is mined when it is sent, and a block is final when it is mined."""
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}\Z")
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*\Z")


class InvalidParamsError(NodeError):
    """A question with parameters that it cannot have."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(INVALID_PARAMS, reason)


def take(params: Sequence[object], at: int) -> object:
    """Return a parameter that must be there."""
    if at >= len(params):
        message = f"expected at least {at + 1} parameters, got {len(params)}"
        raise InvalidParamsError(message)
    return params[at]


def parse_quantity(value: object) -> int:
    """Return a number from ``0x`` and up to 64 digits."""
    if not isinstance(value, str) or not _QUANTITY.match(value):
        message = f"expected a number in hexadecimal with 0x, got {value!r}"
        raise InvalidParamsError(message)
    return int(value, 16)


def parse_data(value: object) -> bytes:
    """Return bytes from ``0x`` and an even number of digits."""
    if not isinstance(value, str) or not _DATA.match(value):
        message = "expected bytes in hexadecimal with 0x"
        raise InvalidParamsError(message)
    return bytes.fromhex(value[2:])


def parse_digest(value: object) -> Digest:
    """Return exactly 32 bytes."""
    return Digest(_parse_fixed(value, DIGEST_BYTES))


def parse_account(value: object) -> Address:
    """Return exactly 20 bytes, whatever the case of the digits."""
    return Address(_parse_fixed(value, ADDRESS_BYTES))


def parse_mapping(value: object) -> Mapping[str, object]:
    """Return an object."""
    if not isinstance(value, Mapping):
        message = "expected an object"
        raise InvalidParamsError(message)
    return value


def find_block(chain: Chain, value: object) -> BlockHeaderAPI | None:
    """Return the block that a tag or number names, None where there is none."""
    if value in NEWEST:
        return chain.read_head()
    return chain.find_header(0 if value == "earliest" else parse_quantity(value))


def read_block(chain: Chain, params: Sequence[object], at: int) -> BlockHeaderAPI:
    """Return the block at which a question is asked, the newest where it names none.

    It is named by tag, number or EIP-1898 object.

    Raises:
        NodeError: there is no such block.
    """
    value = params[at] if at < len(params) else "latest"
    if isinstance(value, Mapping):
        return _read_named_block(chain, value)
    header = find_block(chain, value)
    if header is None:
        raise report_out_of_range(chain, parse_quantity(value))
    return header


def report_out_of_range(chain: Chain, number: int) -> NodeError:
    """Return the error for a block that is not there yet, in anvil's words."""
    height = chain.read_head().block_number
    return InvalidParamsError(
        f"BlockOutOfRangeError: block height is {height} but requested was {number}"
    )


def _read_named_block(chain: Chain, value: Mapping[str, object]) -> BlockHeaderAPI:
    if "blockHash" not in value:
        return read_block(chain, [value.get("blockNumber")], 0)
    header = chain.find_header_by_hash(parse_digest(value["blockHash"]))
    if header is None:
        raise NodeError(RESOURCE_NOT_FOUND, "Resource not found")
    return header


def _parse_fixed(value: object, size_bytes: int) -> bytes:
    data = parse_data(value)
    if len(data) != size_bytes:
        message = f"expected {size_bytes} bytes, got {len(data)}"
        raise InvalidParamsError(message)
    return data
