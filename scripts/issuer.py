"""`rootseal issuer`: make and maintain an institution."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import click

from issuer.affairs.authority import load_registration, register_institution
from issuer.affairs.institution import Duty, HeldKey, Institution, find_institution
from issuer.affairs.key_changes import KeyChange, declare_compromised, find_named, rotate_key
from issuer.affairs.losses import count_losses
from issuer.affairs.onboarding import (
    Application,
    Enrolment,
    Initiation,
    init_institution,
    register_keys,
)
from issuer.affairs.treasury import fund_from_treasury
from issuer.keys.keystore import KeyRing
from issuer.progress import Progress
from protocol.nodes.networks import EMBEDDED
from protocol.primitives import Address, render_address
from scripts import options
from scripts.asking import confirm
from scripts.chains import Connection, connect, reach, read_clock
from scripts.config import Settings, load_settings
from scripts.desks import open_channel
from scripts.embedded_home import AUTHORITY, TREASURY, connect_embedded, load_embedded_signer
from scripts.funding import fund_on_development_chain
from scripts.issuer_profile import profile
from scripts.moments import parse_moment
from scripts.rings import open_own_ring, open_ring
from scripts.terminal import TerminalProgress


@click.group()
def issuer() -> None:
    """Make and maintain an institution.

    \b
    rootseal issuer init --name "Example Institute" --domain example.org --yes
    """


issuer.add_command(profile)


@issuer.command()
@click.option("--name", required=True, help="As credentials shall show it.")
@click.option(
    "--domain", required=True, help="Of the institution's web site; its DID is made of it."
)
@click.option(
    "--time-zone", metavar="ZONE", help="IANA name, for the days in rosters.  [default: UTC]"
)
@click.option("--status-base", metavar="URL", help="Where status lists will be published.")
@options.yes_option
@options.network_option
@options.home_option
@options.json_option
def init(
    name: str,
    domain: str,
    time_zone: str | None,
    status_base: str | None,
    network: str,
    home: Path | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Make an institution's keys, DID document, profile and registration.

    \b
    rootseal issuer init --name "Example Institute" --domain example.org --yes
    rootseal issuer init --network sepolia --name … --domain … --time-zone Pacific/Auckland

    On the embedded chain a local authority registers it at once. Elsewhere send the registration to
    your authority. Keys come back from a backup only: back up the home's keys folder.
    """
    settings, progress = load_settings(home), TerminalProgress()
    application = Application(name, domain, _read_zone(time_zone), status_base)
    confirm(f"Make “{name}” ({domain}) on {network}?", yes=yes)
    ring = open_own_ring(settings)
    connection = _connect(settings, network, progress)
    made = init_institution(settings.home, connection.network, application, ring, read_clock())
    if network == EMBEDDED:
        enrol_on_embedded(settings, connection, made, ring, progress)
    _show_initiation(made, network, as_json=as_json)


def enrol_on_embedded(
    settings: Settings,
    connection: Connection,
    made: Initiation,
    ring: KeyRing,
    progress: Progress,
) -> Enrolment:
    """Fund, register and enrol an institution with this home's own authority."""
    with open_channel(settings, connection, progress) as channel:
        treasury = load_embedded_signer(settings, channel, TREASURY)
        fund_from_treasury(channel, treasury, list_accounts(made.institution))
        authority = load_embedded_signer(settings, channel, AUTHORITY)
        register_institution(channel, authority, load_registration(made.publication.registration))
        return register_keys(channel, ring, made.institution)


@issuer.command()
@options.issuer_option
@options.network_option
@options.home_option
@options.json_option
def register(selector: str | None, network: str, home: Path | None, *, as_json: bool) -> None:
    """Add the institution's keys to the registry, each with its own consent.

    \b
    rootseal issuer register --network sepolia

    After the authority has registered the institution. Again it does what is missing, or nothing.
    """
    settings, progress = load_settings(home), TerminalProgress()
    connection = reach(settings, network)
    institution = find_institution(settings.home, connection.network, selector)
    ring = open_ring(settings, institution)
    with open_channel(settings, connection, progress) as channel:
        fund_on_development_chain(settings, channel, list_accounts(institution))
        enrolment = register_keys(channel, ring, institution)
    _show_enrolment(enrolment, as_json=as_json)


@issuer.command()
@click.option("--key", "duty", required=True, type=click.Choice([duty.value for duty in Duty]))
@options.issuer_option
@options.network_option
@options.home_option
@options.json_option
def rotate(
    duty: str, selector: str | None, network: str, home: Path | None, *, as_json: bool
) -> None:
    """Put a new key in the place of an old one, which stays listed: what it did stands.

    \b
    rootseal issuer rotate --key anchor
    """
    settings = load_settings(home)
    connection = reach(settings, network)
    institution = find_institution(settings.home, connection.network, selector)
    ring = open_ring(settings, institution)
    with open_channel(settings, connection, TerminalProgress()) as channel:
        change = rotate_key(channel, ring, institution, Duty(duty), read_clock())
        fund_on_development_chain(settings, channel, list_accounts(change.institution))
    _show_change(change, "is new", settings, as_json=as_json)


@issuer.command()
@click.option("--key", "name", required=True, metavar="DUTY|ADDRESS|MULTIKEY", help="Which key.")
@click.option(
    "--since", required=True, metavar="TIME", help="From when on, e.g. 2026-11-24T12:00:00Z."
)
@options.yes_option
@options.issuer_option
@options.network_option
@options.home_option
@options.json_option
def compromised(
    name: str,
    since: str,
    selector: str | None,
    network: str,
    home: Path | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Declare that a key has been in other hands: what it anchored from then on does not count.

    \b
    rootseal issuer compromised --key anchor --since 2026-11-24T12:00:00Z

    Says how many batches that is, and asks.
    """
    settings, moment = load_settings(home), parse_moment(since)
    connection = reach(settings, network)
    institution = find_institution(settings.home, connection.network, selector)
    key = _find_key(institution, name)
    losses = count_losses(connection.reader, key, moment)
    confirm(_ask_about_loss(key, since, losses), yes=yes)
    ring = open_ring(settings, institution)
    with open_channel(settings, connection, TerminalProgress()) as channel:
        change = declare_compromised(
            channel, ring, institution, key.multikey, since=moment, now=read_clock()
        )
    _show_change(change, f"does not count from {since} on", settings, as_json=as_json)


def list_accounts(institution: Institution) -> tuple[Address, ...]:
    """Return the accounts that pay for an institution's transactions."""
    return (institution.admin, institution.anchor, institution.status)


def _find_key(institution: Institution, name: str) -> HeldKey:
    if name in tuple(Duty):
        return institution.find_current(Duty(name))
    return find_named(institution, name)


def _ask_about_loss(key: HeldKey, since: str, losses: int | None) -> str:
    """Put the question with what is at stake; a signing key takes no anchor with it."""
    if key.duty is Duty.SIGNING:
        stake = "nothing it ever signed is taken for your word; batches stand"
    else:
        count = "an unknown number of" if losses is None else f"{losses:,}"
        stake = f"{count} batch(es) anchored with it since {since} stop counting until endorsed"
    return f"Declare the {key.duty} key as having been in other hands? Then {stake}."


def _connect(settings: Settings, network: str, progress: Progress) -> Connection:
    if network == EMBEDDED:
        return connect_embedded(settings, progress)
    return connect(settings, network)


def _read_zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    if name not in available_timezones():
        raise click.UsageError(
            f"--time-zone: {name!r} is no IANA time zone, such as Pacific/Auckland."
        )
    return ZoneInfo(name)


def _show_initiation(made: Initiation, network: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_describe_initiation(made), ensure_ascii=False))
        return
    institution, files = made.institution, made.publication
    state = "is made" if made.fresh else "was here already"
    click.echo(f"{institution.name} ({institution.did}) {state}.")
    click.echo(f"Web root for its server: {files.profile.parent}")
    click.echo("Back up the keys folder of this home: nothing else brings a key back.")
    if network != EMBEDDED:
        click.echo("What comes next:")
        click.echo(f"  1. send {files.registration} to your authority, which runs")
        click.echo(f"     rootseal authority register registration.json --network {network}")
        click.echo(f"  2. see to funds: rootseal keys list --network {network}")
        click.echo(f"  3. rootseal issuer register --network {network}")


def _describe_initiation(made: Initiation) -> dict[str, object]:
    institution, files = made.institution, made.publication
    return {
        "did": institution.did,
        "name": institution.name,
        "network": institution.network,
        "admin": render_address(institution.admin),
        "anchor": render_address(institution.anchor),
        "status": render_address(institution.status),
        "did_document": str(files.did_document),
        "registration": str(files.registration),
        "fresh": made.fresh,
    }


def _show_enrolment(enrolment: Enrolment, *, as_json: bool) -> None:
    institution = enrolment.institution
    if as_json:
        answer = {"issuer_id": institution.issuer_id, "transactions": enrolment.transactions}
        click.echo(json.dumps(answer))
        return
    done = f"in {enrolment.transactions} transaction(s)" if enrolment.transactions else "already"
    click.echo(
        f"{institution.name} is issuer {institution.issuer_id}; its keys are registered {done}."
    )


def _show_change(change: KeyChange, what: str, settings: Settings, *, as_json: bool) -> None:
    key = change.key
    name = key.multikey if key.duty is Duty.SIGNING else render_address(key.address)
    if as_json:
        click.echo(json.dumps({"duty": key.duty, "key": name, "transactions": change.transactions}))
        return
    click.echo(f"The {key.duty} key {name} {what} ({change.transactions} transaction(s)).")
    web = settings.home / "web" / change.institution.domain
    click.echo(f"Put the new files in {web} on the institution's server.")
