"""`rootseal authority`: the qualification authority's side."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from issuer.affairs import authority as affairs
from issuer.affairs.enrolment import build_policy
from issuer.keys.keystore import KeyRing, KeystoreSigner, load_transaction_signer
from issuer.sending.channel import Channel, require_registry
from issuer.status.reasons import REASONS
from protocol.chain import Standing
from protocol.nodes.networks import EMBEDDED
from protocol.primitives import Address, render_hex
from scripts import options
from scripts.accounts import find_account
from scripts.asking import confirm
from scripts.chains import reach
from scripts.config import Settings, load_settings
from scripts.desks import open_channel
from scripts.embedded_home import AUTHORITY, connect_embedded, load_embedded_signer
from scripts.funding import fund_on_development_chain
from scripts.moments import parse_moment
from scripts.rings import open_own_ring
from scripts.terminal import TerminalProgress

INPUT_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
STANDINGS: Final = {
    "active": Standing.ACTIVE,
    "suspended": Standing.SUSPENDED,
    "closed": Standing.CLOSED,
}
key_option = click.option(
    "--key", metavar="ADDRESS", help="Act with this account.  [default: the authority's]"
)
reason_option = click.option(
    "--reason", type=click.Choice(list(REASONS)), default="unspecified", show_default=True
)


@click.group()
def authority() -> None:
    """Approve institutions and what they may award.

    \b
    rootseal authority register registration.json --network sepolia
    rootseal authority accredit example.org achievement.json --network sepolia
    """


@authority.command()
@click.argument("registration", type=INPUT_FILE)
@key_option
@options.network_option
@options.home_option
@options.json_option
def register(
    registration: Path, key: str | None, network: str, home: Path | None, *, as_json: bool
) -> None:
    """Register an institution from the file that its `issuer init` wrote.

    \b
    rootseal authority register registration.json --network sepolia

    Check name and domain with the institution first: employers will read them as yours.
    """
    wanted = affairs.load_registration(registration)
    with _open(load_settings(home), network, key) as (channel, signer):
        act = affairs.register_institution(channel, signer, wanted)
    _show(act, f"{wanted.name} ({wanted.identifier}) is registered", as_json=as_json)


@authority.command()
@click.argument("institution", metavar="DOMAIN|DID")
@click.option("--lift", "state", flag_value="active", help="Make it active again.")
@click.option(
    "--close", "state", flag_value="closed", help="Close it for ever; its name becomes free."
)
@reason_option
@key_option
@options.yes_option
@options.network_option
@options.home_option
@options.json_option
def suspend(
    institution: str,
    state: str | None,
    reason: str,
    key: str | None,
    network: str,
    home: Path | None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Suspend an institution: it anchors nothing until that is lifted. What it issued stands.

    \b
    rootseal authority suspend example.org --reason investigation
    rootseal authority suspend example.org --lift
    rootseal authority suspend example.org --close
    """
    standing = STANDINGS[state or "suspended"]
    if standing is Standing.CLOSED:
        confirm(f"Close {institution} for ever?", yes=yes)
    did = affairs.resolve_did(institution)
    with _open(load_settings(home), network, key) as (channel, signer):
        act = affairs.set_standing(channel, signer, did, standing, REASONS[reason])
    _show(act, f"{did} is {standing.name.lower()}", as_json=as_json)


@authority.command()
@click.argument("institution", metavar="DOMAIN|DID")
@click.argument("achievement", metavar="ACHIEVEMENT.JSON|ID")
@click.option("--until", metavar="TIME", help="When it ends.  [default: never]")
@key_option
@options.network_option
@options.home_option
@options.json_option
def accredit(
    institution: str,
    achievement: str,
    until: str | None,
    key: str | None,
    network: str,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Accredit an institution for an achievement, from now on.

    \b
    rootseal authority accredit example.org achievement.json --network sepolia
    """
    did, name = affairs.resolve_did(institution), affairs.read_achievement_id(achievement)
    end = parse_moment(until) if until is not None else None
    with _open(load_settings(home), network, key) as (channel, signer):
        act = affairs.accredit(channel, signer, did, name, end)
    _show(act, f"{did} may award {name}", as_json=as_json)


@authority.command()
@click.argument("institution", metavar="DOMAIN|DID")
@click.argument("achievement", metavar="ACHIEVEMENT.JSON|ID")
@reason_option
@key_option
@options.network_option
@options.home_option
@options.json_option
def withdraw(
    institution: str,
    achievement: str,
    reason: str,
    key: str | None,
    network: str,
    home: Path | None,
    *,
    as_json: bool,
) -> None:
    """Withdraw an accreditation from now on; what was awarded under it keeps it.

    \b
    rootseal authority withdraw example.org achievement.json --reason requirement-not-met
    """
    did, name = affairs.resolve_did(institution), affairs.read_achievement_id(achievement)
    with _open(load_settings(home), network, key) as (channel, signer):
        act = affairs.withdraw(channel, signer, did, name, REASONS[reason])
    _show(act, f"{did} may no longer award {name}", as_json=as_json)


@contextmanager
def _open(
    settings: Settings, network: str, key: str | None
) -> Iterator[tuple[Channel, KeystoreSigner]]:
    """Return the channel and the authority's signer, or an officer's that was named."""
    progress = TerminalProgress()
    if network == EMBEDDED:
        if key is not None:
            raise click.UsageError("--key: on the embedded chain this home's own authority acts.")
        connection = connect_embedded(settings, progress)
        with open_channel(settings, connection, progress) as channel:
            yield channel, load_embedded_signer(settings, channel, AUTHORITY)
        return
    connection = reach(settings, network)
    with open_channel(settings, connection, progress) as channel:
        require_registry(channel.chain)
        ring = open_own_ring(settings)
        account = _find_actor(channel, ring, key)
        signer = load_transaction_signer(ring, account, build_policy(channel))
        fund_on_development_chain(settings, channel, [account])
        yield channel, signer


def _find_actor(channel: Channel, ring: KeyRing, key: str | None) -> Address:
    """Return the account that was named, else the authority's, whose key this home may lack."""
    named = find_account(ring, key) if key else None
    return named or channel.chain.read_authority(channel.chain.read_latest())


def _show(act: affairs.Act, sentence: str, *, as_json: bool) -> None:
    transaction = act.transaction and render_hex(act.transaction.hash)
    if as_json:
        click.echo(json.dumps({"issuer_id": act.issuer_id, "transaction": transaction}))
        return
    how = f"transaction {transaction}" if transaction else "it was so already"
    click.echo(f"{sentence}, as issuer {act.issuer_id} ({how}).")
