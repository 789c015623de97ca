"""`rootseal networks`: which networks this home knows, and how they are."""

import json
import sys
from pathlib import Path

import click

from protocol.errors import ChainError, ConfigurationError
from protocol.nodes.networks import EMBEDDED, list_networks
from protocol.primitives import render_address
from scripts import options
from scripts.chains import connect, has_embedded
from scripts.config import Settings, load_settings
from scripts.failures import run_guarded


@click.command()
@options.home_option
@options.json_option
def networks(home: Path | None, *, as_json: bool) -> None:
    """List the networks this home knows, and ask each how it is.

    \b
    rootseal networks --json

    Endpoints come from ROOTSEAL_RPC_<NETWORK> or networks/NAME.toml in the home; they carry
    keys and are not shown.
    """
    settings = load_settings(home)
    rows = [_describe(settings, name) for name in list_networks(settings.home)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        contract = row["contract"] or "no registry"
        click.echo(f"{row['name']:<10} {row['chain_id'] or '':<15} {contract:<43} {row['state']}")


def _describe(settings: Settings, name: str) -> dict[str, object]:
    row: dict[str, object] = {"name": name, "chain_id": None, "contract": None, "record": None}
    if name == EMBEDDED and not has_embedded(settings):
        return row | {"state": "not made yet (rootseal issuer init)"}
    try:
        connection = connect(settings, name)
    except (ConfigurationError, ChainError) as error:
        return row | {"state": str(error)}
    network = connection.network
    contract = render_address(network.contract) if network.contract else None
    row |= {"chain_id": network.chain_id, "contract": contract, "record": network.record or None}
    try:
        return row | {"state": f"block {connection.reader.read_latest().number:,}"}
    except ChainError as error:
        return row | {"state": str(error)}


if __name__ == "__main__":
    sys.exit(run_guarded(lambda: networks.main(standalone_mode=False)))
