"""`rootseal keys`: this home's keys, by their public halves."""

import json
from pathlib import Path

import click

from issuer.affairs.institution import Institution, load_institutions
from issuer.affairs.treasury import LOW_WEI
from issuer.keys.keystore import (
    KeyFile,
    KeyKind,
    create_chain_key,
    create_signing_key,
    list_keys,
)
from issuer.sending.operations import render_ether
from protocol.errors import ChainError, ConfigurationError
from protocol.primitives import parse_address, render_address
from protocol.proofs.multikey import (
    Secp256k1Key,
    find_key_address,
    parse_multikey,
    render_ed25519,
    render_secp256k1,
)
from scripts import options
from scripts.chains import Connection, connect
from scripts.config import Settings, load_settings
from scripts.rings import KEYS_FOLDER, open_own_ring


@click.group()
def keys() -> None:
    """Make and list keys; private halves are never shown.

    \b
    rootseal keys new --kind chain
    rootseal keys list --network sepolia
    """


@keys.command()
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in KeyKind]),
    default="chain",
    show_default=True,
)
@options.home_option
@options.json_option
def new(kind: str, home: Path | None, *, as_json: bool) -> None:
    """Make a key: an account of a chain (Ethereum keystore V3) or for signing (PKCS#8).

    \b
    rootseal keys new --kind chain
    """
    settings = load_settings(home)
    ring = open_own_ring(settings)
    if KeyKind(kind) is KeyKind.CHAIN:
        public = create_chain_key(ring)
        answer = {
            "address": render_address(find_key_address(public)),
            "multikey": render_secp256k1(public.compressed),
        }
    else:
        answer = {"multikey": render_ed25519(create_signing_key(ring).raw)}
    if as_json:
        click.echo(json.dumps(answer))
        return
    click.echo("\n".join(f"{name}: {value}" for name, value in answer.items()))
    click.echo(f"Back up {ring.folder}: nothing else brings this key back.")


@keys.command(name="list")
@options.network_option
@options.home_option
@options.json_option
def list_(network: str, home: Path | None, *, as_json: bool) -> None:
    """List keys with their duty, balance and what they need.

    \b
    rootseal keys list --network sepolia --json
    """
    settings = load_settings(home)
    connection, silence = _try_connect(settings, network)
    duties = (
        _find_duties(load_institutions(settings.home, connection.network)) if connection else {}
    )
    silence = silence or (_find_silence(connection) if connection else None)
    rows = [
        _describe(key, duties.get(key.name, ""), None if silence else connection)
        for key in list_keys(settings.home / KEYS_FOLDER)
    ]
    if as_json:
        click.echo(json.dumps({"network": network, "silence": silence, "keys": rows}))
        return
    for row in rows:
        columns = (row["name"], row["kind"], row["duty"], row["balance"], row["needs"])
        click.echo("  ".join(column for column in columns if column))
    if silence:
        click.echo(f"Balances are not known: {silence}", err=True)
    if not rows:
        click.echo("This home has no keys yet: rootseal issuer init, or rootseal keys new.")


@keys.command(name="export-public")
@click.argument("name", metavar="ADDRESS|MULTIKEY")
@options.network_option
@options.home_option
def export_public(name: str, network: str, home: Path | None) -> None:
    """Print a key's public half as JSON: nothing in it is secret.

    \b
    rootseal keys export-public z6Mk…
    """
    settings = load_settings(home)
    connection, _ = _try_connect(settings, network)
    held = [
        key
        for each in (load_institutions(settings.home, connection.network) if connection else ())
        for key in each.keys
    ]
    kinds = {key.name: key.kind for key in list_keys(settings.home / KEYS_FOLDER)}
    multikeys = {_name(key.multikey): key.multikey for key in held}
    if name not in kinds:
        raise click.UsageError(f"This home has no key {name} (rootseal keys list).")
    click.echo(json.dumps(_describe_public(name, kinds[name], multikeys.get(name))))


def _describe_public(name: str, kind: KeyKind, multikey: str | None) -> dict[str, str]:
    """Return the public half; an account's address is all that its key file says unopened."""
    if kind is KeyKind.SIGNING:
        return {"kind": kind.value, "multikey": name}
    shown = {"kind": kind.value, "address": name}
    return shown | {"multikey": multikey} if multikey else shown


def _name(multikey: str) -> str:
    """Return the name of a key's file: a chain key goes by its address."""
    key = parse_multikey(multikey)
    return render_address(find_key_address(key)) if isinstance(key, Secp256k1Key) else multikey


def _try_connect(settings: Settings, network: str) -> tuple[Connection | None, str | None]:
    try:
        return connect(settings, network), None
    except (ConfigurationError, ChainError) as error:
        return None, str(error)


def _find_silence(connection: Connection) -> str | None:
    """Say why the network does not answer; None if it does."""
    try:
        connection.reader.read_latest()
    except ChainError as error:
        return str(error)
    return None


def _find_duties(institutions: tuple[Institution, ...]) -> dict[str, str]:
    """Return what each key does, by its public name."""
    duties = {render_address(each.admin): f"admin of {each.domain}" for each in institutions}
    for each in institutions:
        for key in each.keys:
            duties[_name(key.multikey)] = f"{key.duty} of {each.domain} ({key.stage})"
    return duties


def _describe(key: KeyFile, duty: str, connection: Connection | None) -> dict[str, str]:
    row = {"name": key.name, "kind": key.kind.value, "duty": duty, "balance": "", "needs": ""}
    if key.kind is KeyKind.SIGNING or connection is None:
        return row
    try:
        balance = connection.sender.read_balance(parse_address(key.name))
    except ChainError as error:
        return row | {"needs": str(error)}
    needs = "funds for transactions" if balance < LOW_WEI // 100 else ""
    return row | {"balance": render_ether(balance), "needs": needs}
