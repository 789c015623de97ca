"""The registry's interface and code as the compiler left them (``protocol/abi``)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType as freeze  # noqa: N813 (a read-only view of a dict)
from typing import Any, Final

from protocol.primitives import DIGEST_BYTES, Digest, hash_keccak, parse_prefixed_hex

SELECTOR_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of a call, a result, an event or an error; ``type`` in canonical form."""

    name: str
    type: str
    indexed: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A function, an event or an error of the interface."""

    name: str
    parameters: tuple[Parameter, ...]
    results: tuple[Parameter, ...]
    changes_state: bool

    @property
    def hash(self) -> Digest:
        """Return Keccak-256 of the signature: an event's topic; its start is a selector."""
        types = ",".join(parameter.type for parameter in self.parameters)
        return hash_keccak(f"{self.name}({types})".encode("ascii"))

    @property
    def selector(self) -> bytes:
        """Return the four bytes that call this function, or begin this error's data."""
        return self.hash[:SELECTOR_BYTES]


@dataclass(frozen=True, slots=True)
class RegistryAbi:
    """Everything needed to call the registry and to read what it answers."""

    functions: Mapping[str, Entry]
    """By name; the contract overloads none."""
    events: Mapping[bytes, Entry]
    """By topic."""
    errors: Mapping[bytes, Entry]
    """By selector."""
    bytecode: bytes
    """What creates the contract, without the constructor's arguments."""
    code_hash: Digest
    """Keccak-256 of the runtime code: the same on every chain, since nothing is immutable in it."""


@cache
def load_registry_abi() -> RegistryAbi:
    """Return the interface and code that this release belongs to."""
    text = resources.files("protocol.abi").joinpath("RootsealRegistry.json").read_text("utf-8")
    artefact = json.loads(text)
    entries = [(item["type"], _parse_entry(item)) for item in artefact["abi"]]
    return RegistryAbi(
        functions=freeze({each.name: each for kind, each in entries if kind == "function"}),
        events=freeze({each.hash: each for kind, each in entries if kind == "event"}),
        errors=freeze({each.selector: each for kind, each in entries if kind == "error"}),
        bytecode=bytes.fromhex(artefact["bytecode"].removeprefix("0x")),
        code_hash=Digest(parse_prefixed_hex(artefact["codeHash"], DIGEST_BYTES)),
    )


def _parse_entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        name=item.get("name", ""),
        parameters=tuple(_parse_parameter(each) for each in item.get("inputs", ())),
        results=tuple(_parse_parameter(each) for each in item.get("outputs", ())),
        changes_state=item.get("stateMutability") not in ("view", "pure"),
    )


def _parse_parameter(item: Mapping[str, Any]) -> Parameter:
    return Parameter(item["name"], _render_type(item), bool(item.get("indexed")))


def _render_type(item: Mapping[str, Any]) -> str:
    """Return the canonical type; a struct is the list of its members' types."""
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    members = ",".join(_render_type(each) for each in item["components"])
    return f"({members}){kind.removeprefix('tuple')}"
