"""The networks that this home knows: four built in, any other from a file.

A network that states its genesis is known before any node is asked. ``embedded`` and ``local``
cannot state theirs (each chain begins anew), so their registry is looked up once their node has
been asked which chain it serves: see `complete_network`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from protocol.chain import FinalityRule, Network
from protocol.errors import ConfigurationError
from protocol.nodes.network_file import NetworkFile, find_endpoint_fault, load_network_file
from protocol.primitives import ChainId, Digest
from protocol.registry.abi import load_registry_abi
from protocol.registry.deployments import find_deployment

EMBEDDED: Final = "embedded"
LOCAL: Final = "local"
LOCAL_CHAIN_ID: Final = ChainId(31_337)
"""What anvil and hardhat serve unless told otherwise. A fork of a public network on loopback is
refused rather than taken for it; ``networks/local.toml`` may state another id."""
LOCAL_ENDPOINT: Final = "http://127.0.0.1:8545"
FRESHNESS_SECONDS: Final = 600
"""A public network makes a block every 12 seconds; fifty missed in a row: the node is behind."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_SEPOLIA_GENESIS: Final = "25a5cc106eea7138acab33231d7160d69cb777ee0c2c553fcddf5138993e6dd9"
_HOODI_GENESIS: Final = "bbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b"


@dataclass(frozen=True, slots=True)
class ChainIdentity:
    """Which chain a node serves."""

    chain_id: ChainId
    genesis: Digest


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """A network and where it is asked."""

    network: Network
    endpoints: tuple[str, ...] = field(default=(), repr=False)
    """Addresses of nodes; they carry keys and are never shown. Empty where none is configured."""


def _build(name: str, chain_id: ChainId, finality: FinalityRule) -> Network:
    return Network(
        name=name,
        chain_id=chain_id,
        genesis=None,
        contract=None,
        code_hash=None,
        authority=None,
        authority_name="",
        finality=finality,
        freshness_seconds=FRESHNESS_SECONDS if finality is FinalityRule.FINALIZED else None,
        explorer=None,
        record="",
    )


def _build_public(name: str, chain_id: int, genesis: str) -> Network:
    return replace(
        _build(name, ChainId(chain_id), FinalityRule.FINALIZED),
        genesis=Digest(bytes.fromhex(genesis)),
        explorer=f"https://{name}.etherscan.io/tx/{{transaction}}",
    )


BUILT_IN: Final[Mapping[str, Network]] = {
    LOCAL: _build(LOCAL, LOCAL_CHAIN_ID, FinalityRule.ONE_CONFIRMATION),
    "sepolia": _build_public("sepolia", 11_155_111, _SEPOLIA_GENESIS),
    "hoodi": _build_public("hoodi", 560_048, _HOODI_GENESIS),
}


def list_networks(home: Path) -> tuple[str, ...]:
    """Return the names of all networks: the built-in ones, then those of files."""
    files = sorted(path.stem for path in (home / "networks").glob("*.toml"))
    known = (EMBEDDED, *BUILT_IN)
    return (*known, *(name for name in files if name not in known and _NAME.match(name)))


def load_network(
    name: str,
    home: Path,
    endpoints: Mapping[str, tuple[str, ...]],
    identity: ChainIdentity | None = None,
) -> NetworkSettings:
    """Return a network by its name.

    ``endpoints`` (from the environment, by network name) count before those of the network's file.
    ``identity`` is what the network's node says of itself; ``embedded`` cannot do without.

    Raises:
        ConfigurationError: no such network, or its file, record or endpoints cannot be used.
    """
    if name == EMBEDDED:
        return NetworkSettings(_build_embedded(home, identity))
    file = _find_file(name, home)
    network = _merge(_find_base(name, home, file), file, name)
    if identity is None and network.genesis is not None:
        identity = ChainIdentity(network.chain_id, network.genesis)
    if identity is not None:
        network = complete_network(network, identity, home)
    return NetworkSettings(network, _choose_endpoints(name, endpoints, file))


def complete_network(network: Network, identity: ChainIdentity, home: Path) -> Network:
    """Add genesis and registry of the chain that a node serves, where the configuration is silent.

    A node of another chain adds nothing: whoever asks next finds the difference and says so.
    """
    if identity.chain_id != network.chain_id or network.genesis not in (None, identity.genesis):
        return network
    found = find_deployment(home, identity.chain_id, identity.genesis)
    network = replace(network, genesis=identity.genesis)
    if found is None or network.contract not in (None, found.deployment.contract):
        return network
    return replace(
        network,
        contract=found.deployment.contract,
        code_hash=network.code_hash or found.deployment.code_hash,
        authority=network.authority or found.deployment.authority,
        authority_name=network.authority_name or found.deployment.authority_name,
        record=network.record or found.name,
    )


def find_networks(chain_id: ChainId, networks: Iterable[Network]) -> tuple[Network, ...]:
    """Return the networks with a chain id; of several, those whose chain has a registry.

    More than one left means that only ``--network`` can tell.
    """
    same = tuple(network for network in networks if network.chain_id == chain_id)
    if len(same) < 2:  # noqa: PLR2004 (several)
        return same
    return tuple(network for network in same if network.contract is not None) or same


def _find_file(name: str, home: Path) -> NetworkFile | None:
    path = home / "networks" / f"{name}.toml"
    return load_network_file(path) if _NAME.match(name) and path.is_file() else None


def _find_base(name: str, home: Path, file: NetworkFile | None) -> Network:
    if name in BUILT_IN:
        return BUILT_IN[name]
    if file is None:
        known = f"Known are {', '.join(list_networks(home))}; others need networks/NAME.toml."
        raise ConfigurationError("--network", f"there is no network {name!r}", known)
    if file.chain_id is None:
        raise ConfigurationError(f"networks/{name}.toml", "chain_id is missing", "Add it.")
    return _build(name, file.chain_id, file.finality or FinalityRule.FINALIZED)


def _merge(base: Network, file: NetworkFile | None, name: str) -> Network:
    if file is None:
        return base
    if file.chain_id not in (None, base.chain_id) and file.genesis is None:
        base = replace(base, genesis=None)
    freshness = file.freshness_seconds
    return replace(
        base,
        chain_id=file.chain_id or base.chain_id,
        genesis=file.genesis or base.genesis,
        contract=file.contract,
        code_hash=file.code_hash or _find_code_hash(file),
        authority=file.authority,
        authority_name=file.authority_name or "",
        finality=file.finality or base.finality,
        freshness_seconds=base.freshness_seconds if freshness is None else freshness or None,
        explorer=file.explorer or base.explorer,
        record=f"networks/{name}.toml" if file.contract else "",
    )


def _find_code_hash(file: NetworkFile) -> Digest | None:
    """Return this release's code hash for a registry that the file names without one."""
    return load_registry_abi().code_hash if file.contract else None


def _build_embedded(home: Path, identity: ChainIdentity | None) -> Network:
    if identity is None:
        remedy = "Run rootseal issuer init or rootseal demo: both make one."
        raise ConfigurationError("--network", "this home has no embedded chain yet", remedy)
    network = _build(EMBEDDED, identity.chain_id, FinalityRule.LATEST)
    return complete_network(network, identity, home)


def _choose_endpoints(
    name: str, endpoints: Mapping[str, tuple[str, ...]], file: NetworkFile | None
) -> tuple[str, ...]:
    given = endpoints.get(name) or endpoints.get(name.replace("-", "_")) or ()
    fault = find_endpoint_fault(given)
    if fault:
        setting = f"ROOTSEAL_RPC_{name.upper().replace('-', '_')}"
        raise ConfigurationError(setting, fault, "Separate several with commas.")
    built_in = (LOCAL_ENDPOINT,) if name == LOCAL else ()
    return given or (file.endpoints if file else ()) or built_in
