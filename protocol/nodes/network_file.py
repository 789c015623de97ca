"""A network's TOML file: ``home/networks/NAME.toml``.

It describes a network that Rootseal does not know, or changes one that it does: what the file
leaves out stays as built in. Its endpoints carry keys, so a message names the file and the key,
never a value.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from protocol.chain import FinalityRule, Network
from protocol.errors import ConfigurationError
from protocol.primitives import (
    DIGEST_BYTES,
    Address,
    ChainId,
    Digest,
    parse_address,
    parse_prefixed_hex,
    render_address,
    render_hex,
)

FILE_LIMIT_BYTES: Final = 65_536
CHAIN_ID_LIMIT: Final = 2**53
"""Larger ones do not survive JSON readers; EIP-2294 asks for less still."""
KEYS: Final = frozenset(
    (
        *("chain_id", "genesis", "endpoints", "contract", "code_hash", "authority"),
        *("authority_name", "finality", "freshness_seconds", "explorer"),
    )
)


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """What a network's file states; None where it is silent."""

    chain_id: ChainId | None = None
    genesis: Digest | None = None
    endpoints: tuple[str, ...] = field(default=(), repr=False)
    contract: Address | None = None
    code_hash: Digest | None = None
    authority: Address | None = None
    authority_name: str | None = None
    finality: FinalityRule | None = None
    freshness_seconds: int | None = None
    """0 means that blocks come on demand, so that their age says nothing."""
    explorer: str | None = None


def load_network_file(path: Path) -> NetworkFile:
    """Return what a network's file states.

    Raises:
        ConfigurationError: not TOML, an unknown key, or a value that cannot be used.
    """
    table = _load_table(path)
    unknown = sorted(set(table) - KEYS)
    if unknown:
        known = f"The keys are {', '.join(sorted(KEYS))}."
        raise ConfigurationError(_name(path), f"the key {unknown[0]} is not known", known)
    return NetworkFile(
        chain_id=_parse_chain_id(path, table),
        genesis=_parse_digest(path, table, "genesis"),
        endpoints=_parse_endpoints(path, table),
        contract=_parse_address(path, table, "contract"),
        code_hash=_parse_digest(path, table, "code_hash"),
        authority=_parse_address(path, table, "authority"),
        authority_name=_parse_text(path, table, "authority_name"),
        finality=_parse_finality(path, table),
        freshness_seconds=_parse_count(path, table, "freshness_seconds"),
        explorer=_parse_explorer(path, table),
    )


def find_endpoint_fault(endpoints: tuple[str, ...]) -> str | None:
    """Return what is wrong with the first unusable endpoint: by its place, not its address."""
    for place, endpoint in enumerate(endpoints, start=1):
        if not _is_web_address(endpoint):
            return f"endpoint {place} is no http:// or https:// address"
        if endpoint in endpoints[: place - 1]:
            return f"endpoint {place} repeats an earlier one, which confirms nothing"
    return None


def render_network(network: Network) -> str:
    """Return a network's file for others to put into their home; they add endpoints."""
    values: dict[str, str | int | None] = {
        "chain_id": network.chain_id,
        "genesis": render_hex(network.genesis) if network.genesis else None,
        "contract": render_address(network.contract) if network.contract else None,
        "code_hash": render_hex(network.code_hash) if network.code_hash else None,
        "authority": render_address(network.authority) if network.authority else None,
        "authority_name": network.authority_name,
        "finality": network.finality.value,
        "freshness_seconds": network.freshness_seconds or 0,
        "explorer": network.explorer,
    }
    lines = [f"{key} = {_quote(value)}" for key, value in values.items() if value is not None]
    return "\n".join(['# endpoints = ["https://…"]', *lines, ""])


def _quote(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = "".join(
        character
        if character.isprintable() and character not in '"\\'
        else f"\\U{ord(character):08x}"
        for character in value
    )
    return f'"{escaped}"'


def _load_table(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT_BYTES + 1)
        if len(data) > FILE_LIMIT_BYTES:
            message = f"it is larger than {FILE_LIMIT_BYTES:,} bytes"
            raise ConfigurationError(_name(path), message, "Remove what does not belong there.")
        return tomllib.loads(data.decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = "the file cannot be read as UTF-8 text"
        raise ConfigurationError(_name(path), message, "Restore or remove it.") from error
    except tomllib.TOMLDecodeError:
        # The parser's message quotes the line, which may hold an endpoint.
        message = "the file is not TOML"
        raise ConfigurationError(_name(path), message, "Correct or remove it.") from None


def _parse_text(path: Path, table: dict[str, object], key: str) -> str | None:
    value = table.get(key)
    if value is None or (isinstance(value, str) and value and value.isprintable()):
        return value
    raise _refuse(path, key, "is not a printable text")


def _parse_count(path: Path, table: dict[str, object], key: str) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    if type(value) is int and 0 <= value < CHAIN_ID_LIMIT:
        return value
    raise _refuse(path, key, "is not a whole number")


def _parse_chain_id(path: Path, table: dict[str, object]) -> ChainId | None:
    value = _parse_count(path, table, "chain_id")
    if value == 0:
        raise _refuse(path, "chain_id", "is not a chain id")
    return None if value is None else ChainId(value)


def _parse_digest(path: Path, table: dict[str, object], key: str) -> Digest | None:
    text = _parse_text(path, table, key)
    try:
        return None if text is None else Digest(parse_prefixed_hex(text, DIGEST_BYTES))
    except ValueError as error:
        raise _refuse(path, key, f"cannot be used: {error}") from error


def _parse_address(path: Path, table: dict[str, object], key: str) -> Address | None:
    text = _parse_text(path, table, key)
    try:
        return None if text is None else parse_address(text)
    except ValueError as error:
        raise _refuse(path, key, f"cannot be used: {error}") from error


def _parse_finality(path: Path, table: dict[str, object]) -> FinalityRule | None:
    text = _parse_text(path, table, "finality")
    if text is None:
        return None
    if text not in tuple(FinalityRule):
        raise _refuse(path, "finality", f"is none of {', '.join(FinalityRule)}")
    return FinalityRule(text)


def _parse_explorer(path: Path, table: dict[str, object]) -> str | None:
    text = _parse_text(path, table, "explorer")
    if text is None:
        return None
    if not _is_web_address(text) or text.count("{transaction}") != 1:
        raise _refuse(path, "explorer", "is not a web address with {transaction} in it")
    return text


def _parse_endpoints(path: Path, table: dict[str, object]) -> tuple[str, ...]:
    value = table.get("endpoints", [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise _refuse(path, "endpoints", "is not a list of texts")
    endpoints = tuple(value)
    fault = find_endpoint_fault(endpoints)
    if fault:
        raise _refuse(path, "endpoints", f"cannot be used: {fault}")
    return endpoints


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _name(path: Path) -> str:
    return f"networks/{path.name}"


def _refuse(path: Path, key: str, reason: str) -> ConfigurationError:
    return ConfigurationError(_name(path), f"{key} {reason}", f"Correct {key} there.")
