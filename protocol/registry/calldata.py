"""What is sent to the registry and what it answers, as bytes."""

from collections.abc import Sequence
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from protocol.primitives import Address, render_address
from protocol.registry.abi import SELECTOR_BYTES, Entry, load_registry_abi

SELECTORS: Final[frozenset[bytes]] = frozenset(
    entry.selector for entry in load_registry_abi().functions.values()
)
"""Selectors of every function. A root that begins with one would run it and anchor nothing."""
_ERROR_SELECTOR: Final = bytes.fromhex("08c379a0")
_PANIC_SELECTOR: Final = bytes.fromhex("4e487b71")
_TEXT_LIMIT: Final = 300
"""A contract's own words are shown up to here: they come from whoever wrote it."""


def encode_call(function: str, *arguments: object) -> bytes:
    """Return the data that calls a function of the registry.

    Addresses and digests are bytes; lists may be tuples. A wrong argument is the caller's bug.
    """
    entry = load_registry_abi().functions[function]
    return entry.selector + encode(_list_types(entry), arguments)


def encode_deployment(authority: Address) -> bytes:
    """Return the data that creates a registry with its first authority."""
    return load_registry_abi().bytecode + encode(["address"], [authority])


def decode_result(function: str, data: bytes) -> tuple[Any, ...]:
    """Return what a view answered; one struct counts as the tuple of its members.

    Raises:
        ValueError: the data are not such an answer.
    """
    values = decode_values(
        [each.type for each in load_registry_abi().functions[function].results], data
    )
    return values[0] if len(values) == 1 and isinstance(values[0], tuple) else values


def decode_values(types: Sequence[str], data: bytes) -> tuple[object, ...]:
    """Return ABI-encoded values: addresses as bytes, text that is not UTF-8 with replacement marks.

    Raises:
        ValueError: the data are not such values.
    """
    plain = ["bytes" if each == "string" else each for each in types]
    try:
        values = decode(plain, data)
    except (DecodingError, OverflowError) as error:
        message = "the data are not the expected values"
        raise ValueError(message) from error
    return tuple(_convert(kind, value) for kind, value in zip(types, values, strict=True))


def describe_revert(data: str | None) -> str:
    """Return why a call reverted: the contract's error by name with its arguments."""
    revert = _parse_data(data)
    if revert is None or not revert:
        return "reverted without a reason"
    selector, values = revert[:SELECTOR_BYTES], revert[SELECTOR_BYTES:]
    try:
        if selector == _ERROR_SELECTOR:
            return _show_text(str(decode_values(["string"], values)[0]))
        if selector == _PANIC_SELECTOR:
            return f"panic {decode_values(['uint256'], values)[0]:#x} in the contract"
        return _describe_error(selector, values)
    except ValueError:
        return f"reverted with data that cannot be read (0x{revert[:36].hex()}…)"


def _describe_error(selector: bytes, values: bytes) -> str:
    entry = load_registry_abi().errors.get(selector)
    if entry is None:
        return f"reverted with an error that the registry does not have (0x{selector.hex()})"
    decoded = decode_values(_list_types(entry), values)
    shown = [
        f"{parameter.name} {_show_value(parameter.type, value)}"
        for parameter, value in zip(entry.parameters, decoded, strict=True)
    ]
    return f"{entry.name}({', '.join(shown)})"


def _list_types(entry: Entry) -> list[str]:
    return [parameter.type for parameter in entry.parameters]


def _convert(kind: str, value: object) -> object:
    if kind == "string" and isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if kind == "address" and isinstance(value, str):
        return Address(bytes.fromhex(value[2:]))
    if kind.startswith("(") and isinstance(value, tuple):
        kinds = kind[1:-1].split(",")
        return tuple(_convert(each, member) for each, member in zip(kinds, value, strict=True))
    return value


def _show_value(kind: str, value: object) -> str:
    if kind == "address" and isinstance(value, bytes):
        return render_address(Address(value))
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _show_text(text: str) -> str:
    cut = text[:_TEXT_LIMIT]
    return "".join(character if character.isprintable() else "\ufffd" for character in cut)


def _parse_data(data: str | None) -> bytes | None:
    try:
        return bytes.fromhex(data.removeprefix("0x")) if data else None
    except ValueError:
        return None
