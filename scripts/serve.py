"""`rootseal serve`: the web verifier."""

import os
import sys
import threading
from dataclasses import replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Final

import click
from flask import Flask

from protocol.errors import CanonicalisationDifferenceError, ChainError, ConfigurationError
from protocol.nodes.networks import EMBEDDED, LOCAL, list_networks, load_network
from protocol.nodes.quorum_node import QuorumNode
from protocol.nodes.unanimous_node import UnanimousNode
from protocol.registry.final_transactions import FinalTransactions
from protocol.registry.reader import RegistryReader
from scripts import options
from scripts.chains import connect, has_embedded, read_clock
from scripts.config import Settings, load_settings
from scripts.failures import run_guarded
from scripts.options import PUBLISHED_FOLDER
from verifier.documents import FolderDocuments
from verifier.policy import DEFAULT_POLICY, Policy, load_policy
from verifier.reading import build_canonicalisers
from verifier.verify import Surroundings
from verifier.web.app import create_app
from verifier.web.config import WebConfig
from verifier.web.directory import OpenChains, Served
from verifier.web.logs import log_event
from verifier.web.metrics import Metrics
from verifier.web.server import Server, build_settings, check_address, open_state_folder
from verifier.web.service import Instruments, build_instruments
from verifier.web.watched_node import WatchedNode

STATE_FILE: Final = "counts.sqlite3"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--network", help="Ask this network only.  [default: every configured one]")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What you trust and demand (TOML, docs/policy.md).",
)
@click.option("--workers", type=click.IntRange(1, 64), help="Processes.  [default: one a core]")
@click.option(
    "--proxies",
    default=0,
    type=click.IntRange(0, 5),
    help="Reverse proxies in front, whose X-Forwarded-For and -Proto count.",
)
@click.option(
    "--status",
    "status_folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Status lists to serve (rootseal status publish).  [default: HOME/status]",
)
@click.option("--hostname", "hosts", multiple=True, help="Name that is served; may be repeated.")
@options.home_option
def serve(
    host: str,
    port: int,
    network: str | None,
    policy_file: Path | None,
    workers: int | None,
    proxies: int,
    status_folder: Path | None,
    hosts: tuple[str, ...],
    home: Path | None,
) -> None:
    """Serve the web verifier: a page for people, an API for programs.

    \b
    rootseal serve
    rootseal serve --host 0.0.0.0 --network sepolia --proxies 1 --hostname verify.example.org

    No file that is sent to it is kept, nor what it says of a learner. docs/api.md is about the
    API, docs/serving.md the rest.
    """
    settings = load_settings(home)
    config = WebConfig(
        proxies=proxies,
        hosts=hosts,
        network=network,
        status_folder=status_folder or settings.home / PUBLISHED_FOLDER,
    )
    policy = load_policy(policy_file) if policy_file else DEFAULT_POLICY
    serve_site(settings, config, policy, (host, port, workers))


def serve_site(
    settings: Settings,
    config: WebConfig,
    policy: Policy = DEFAULT_POLICY,
    address: tuple[str, int, int | None] = ("127.0.0.1", 8000, None),
) -> None:
    """Serve until stopped; ``address`` is host, port and processes (None: one a core).

    Raises:
        ConfigurationError: there is no network to ask, or the address cannot be listened on.
    """
    host, port, workers = address
    names = list_served_names(settings, config.network)
    _check_address(host, port)
    click.echo(f"Serving http://{host}:{port}/ (stop with Ctrl-C).", err=True)
    with open_state_folder() as folder:
        complete = replace(
            config, state_file=folder / STATE_FILE, version=metadata.version("rootseal")
        )
        count = workers or os.cpu_count() or 1
        build = partial(build_app, settings, complete, policy, names)
        Server(build_settings(host, port, count, config.proxies), build).run()


def _check_address(host: str, port: int) -> None:
    try:
        check_address(host, port)
    except OSError as error:
        reason = f"{host}:{port} cannot be listened on ({error.strerror or error})"
        remedy = "Stop what uses it, or give another --port or --host."
        raise ConfigurationError("--port", reason, remedy) from error


def build_app(
    settings: Settings, config: WebConfig, policy: Policy, names: tuple[str, ...]
) -> Flask:
    """Return a process's own application, its chains not yet opened."""
    instruments = build_instruments(config)
    chains = OpenChains(names, partial(open_served, settings, instruments.metrics))
    surroundings = Surroundings(
        chains=chains,
        documents=FolderDocuments(settings.home / "issuers"),
        policy=policy,
        clock=read_clock,
        canonicalisers=build_canonicalisers(tell_of_difference),
    )
    watched = Instruments(instruments.state, instruments.metrics, chains.list_served)
    # The EVM takes a second to load; nobody's first question should wait for it.
    threading.Thread(target=chains.list_served, daemon=True, name="rootseal-opening").start()
    return create_app(config, surroundings, watched)


def tell_of_difference(_error: CanonicalisationDifferenceError) -> None:
    """Write that learned shapes are not trusted any more; whose credential it was is not said."""
    log_event("canonicalisation_differs", {})


def list_served_names(settings: Settings, only: str | None) -> tuple[str, ...]:
    """Return the networks to ask: the named one, or every one that is configured.

    Raises:
        ConfigurationError: none, or no such network.
    """
    names = (only,) if only else list_networks(settings.home)
    found = tuple(name for name in names if _is_configured(settings, name))
    if not found:
        remedy = "Run rootseal demo, or give a network's endpoint (rootseal networks)."
        raise ConfigurationError("--network", "no network is configured here", remedy)
    return found


def open_served(settings: Settings, metrics: Metrics, name: str) -> Served:
    """Open one network, its questions counted."""
    try:
        connection = connect(settings, name)
    except (ConfigurationError, ChainError) as error:
        # The sentence names files of this machine: it is for the log alone.
        log_event("network_not_opened", {"network": name, "reason": str(error)})
        return Served(name, None, "It cannot be opened; the server's log says why.")
    reader = RegistryReader(connection.network, WatchedNode(connection.node, metrics))
    witness = None
    if isinstance(connection.node, QuorumNode):
        everyone = WatchedNode(UnanimousNode(connection.node), metrics)
        witness = RegistryReader(connection.network, everyone)
    return Served(name, reader, known=FinalTransactions(witness))


def _is_configured(settings: Settings, name: str) -> bool:
    if name == EMBEDDED:
        return has_embedded(settings)
    configured = load_network(name, settings.home, settings.endpoints)
    if name == LOCAL and LOCAL not in settings.endpoints:
        # Its address is built in, so it is asked where something was ever deployed there.
        record = f"{configured.network.chain_id}-*.json"
        return any((settings.home / "deployments").glob(record))
    return bool(configured.endpoints)


if __name__ == "__main__":
    sys.exit(run_guarded(lambda: serve.main(standalone_mode=False)))
