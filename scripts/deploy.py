"""`rootseal deploy`: put the registry on a network, once, as its qualification authority."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import click

from issuer.affairs.deploy import Installation, deploy_registry
from issuer.keys.keystore import KeyRing, create_chain_key, load_transaction_signer
from issuer.keys.signer import SigningPolicy
from issuer.sending.channel import Channel
from protocol.chain import Network
from protocol.nodes.network_file import render_network
from protocol.nodes.networks import EMBEDDED
from protocol.primitives import Address, render_address
from protocol.proofs.multikey import find_key_address
from scripts import options
from scripts.accounts import find_account
from scripts.chains import Connection, connect
from scripts.config import load_settings
from scripts.desks import open_channel
from scripts.embedded_home import connect_embedded
from scripts.failures import run_guarded
from scripts.funding import fund_on_development_chain
from scripts.rings import open_own_ring
from scripts.terminal import TerminalProgress


@click.command()
@click.option("--authority-name", default="", help="How reports shall call the authority.")
@click.option(
    "--key",
    metavar="ADDRESS",
    help="The authority's account.  [default: this home's, or a new one]",
)
@options.network_option
@options.home_option
@options.json_option
def deploy(
    authority_name: str, key: str | None, network: str, home: Path | None, *, as_json: bool
) -> None:
    """Deploy the registry and write the deployment record.

    \b
    rootseal deploy --network sepolia --authority-name "Example Qualifications Authority"

    Prints the network's file for those who shall trust this registry: they put it into their home
    as networks/NAME.toml. Where a registry is recorded already, only says so.
    """
    settings, progress = load_settings(home), TerminalProgress()
    if network == EMBEDDED:
        _show(connect_embedded(settings, progress).network, None, as_json=as_json)
        return
    connection = connect(settings, network)
    if connection.network.contract is not None:
        _show(connection.network, None, as_json=as_json)
        return
    ring = open_own_ring(settings)
    with open_channel(settings, connection, progress) as channel:
        authority = _find_authority(ring, key)
        progress.notice(f"The authority's account is {render_address(authority)}.")
        fund_on_development_chain(settings, channel, [authority])
        installation = _deploy(
            channel, ring, authority, authority_name or "Qualifications authority"
        )
    _show(_complete(connection, installation), installation, as_json=as_json)


def _find_authority(ring: KeyRing, key: str | None) -> Address:
    found = find_account(ring, key)
    return found if found is not None else find_key_address(create_chain_key(ring))


def _deploy(channel: Channel, ring: KeyRing, authority: Address, name: str) -> Installation:
    chain_id = channel.chain.network.chain_id
    policy = SigningPolicy(chain_id, None, channel.fee_cap_wei, may_deploy=True)
    return deploy_registry(
        channel, load_transaction_signer(ring, authority, policy), authority, name
    )


def _complete(connection: Connection, installation: Installation) -> Network:
    found = installation.deployment
    return replace(
        connection.network,
        genesis=found.genesis,
        contract=found.contract,
        code_hash=found.code_hash,
        authority=found.authority,
        authority_name=found.authority_name,
    )


def _show(network: Network, installation: Installation | None, *, as_json: bool) -> None:
    contract = render_address(network.contract) if network.contract else ""
    if as_json:
        record = str(installation.record) if installation else network.record
        click.echo(json.dumps({"network": network.name, "contract": contract, "record": record}))
        return
    if installation is None:
        click.echo(f"{network.name} has a registry already: {contract} ({network.record}).")
    else:
        click.echo(f"The registry is {contract}; its record is {installation.record}.")
    click.echo(f"For others, as networks/{network.name}.toml in their home:\n")
    click.echo(render_network(network))


if __name__ == "__main__":
    sys.exit(run_guarded(lambda: deploy.main(standalone_mode=False)))
